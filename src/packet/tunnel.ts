import {get8, get16, get24, get32} from './bytes.js';
import {type Frame, stopShort, Tunnel} from './frame.js';
import {EtherType} from './numbers.js';

/*
 * Geneve, RFC 8926 3.4:
 *   0 version (2 bits), length of the options in words (6)   1 control, critical, reserved
 *   2 protocol type (16, an EtherType)   4 virtual network identifier (24)   7 reserved   8 options
 */
export const geneveField = {proto: 2, vni: 4, header: 8} as const;
export const genevePort = 6081;

/*
 * VXLAN-GPE, draft-ietf-nvo3-vxlan-gpe 3:
 *   0 flags (8: version 2 bits, I 0x08, P 0x04, B 0x02, O 0x01)   1 reserved (16)   3 next protocol
 *   4 VXLAN network identifier (24)   7 reserved
 */
export const gpeField = {flags: 0, next: 3, vni: 4, header: 8} as const;
export const gpePort = 4790;
const GpeFlag = {vni: 0x08, next: 0x04} as const;

/*
 * GRE, RFC 2784 and RFC 2890:
 *   0 checksum 0x8000, routing 0x4000 (RFC 1701), key 0x2000, sequence 0x1000, version (3 bits)   2 protocol type (16)
 *   then 4 bytes for each of checksum, key and sequence that is there
 */
export const greField = {flags: 0, proto: 2, header: 4} as const;
export const GreFlag = {
  checksum: 0x8000,
  routing: 0x4000,
  key: 0x2000,
  sequence: 0x1000,
  version: 7,
} as const;

/** EtherTypes of the next protocols that VXLAN-GPE numbers; 0x894f is NSH (RFC 8300). */
const gpeTypes = [-1, EtherType.ipv4, EtherType.ipv6, EtherType.bridged, 0x894f, EtherType.mpls] as const;

/** Whether what an EtherType names is decoded where a tunnel carries it. */
const isFollowed = (type: number): boolean =>
  type === EtherType.bridged ||
  type === EtherType.ipv4 ||
  type === EtherType.ipv6 ||
  type === EtherType.mpls ||
  type === EtherType.mplsMulticast;

/** Notes the tunnel; gives the offset of what it carries in frame.payload where that is read, else -1. */
export function scanGeneve(frame: Frame, at: number): number {
  const {payload, l4End} = frame;
  open(frame, Tunnel.geneve, at);
  if (at + geneveField.header > l4End) return tooShort(frame, at, geneveField.header);
  frame.tunnelProto = get16(payload, at + geneveField.proto);
  frame.tunnelId = get24(payload, at + geneveField.vni);
  const version = get8(payload, at) >> 6;
  const header = geneveField.header + geneveOptions(frame);
  if (at + header > l4End) return tooShort(frame, at, header);
  return version === 0 && isFollowed(frame.tunnelProto) ? at + header : -1;
}

/** Bytes of the options. */
export const geneveOptions = ({payload, tunnelAt}: Frame): number => (get8(payload, tunnelAt) & 0x3f) * 4;

/** The same for VXLAN-GPE. */
export function scanGpe(frame: Frame, at: number): number {
  const {payload, l4End} = frame;
  open(frame, Tunnel.gpe, at);
  if (at + gpeField.header > l4End) return tooShort(frame, at, gpeField.header);
  const flags = get8(payload, at);
  if ((flags & GpeFlag.vni) !== 0) frame.tunnelId = get24(payload, at + gpeField.vni);
  // Without the P flag it is as VXLAN, which carries Ethernet.
  frame.tunnelProto = (flags & GpeFlag.next) === 0 ? EtherType.bridged : (gpeTypes[gpeNext(frame)] ?? -1);
  return flags >> 6 === 0 && isFollowed(frame.tunnelProto) ? at + gpeField.header : -1;
}

/** The number of the next protocol, as VXLAN-GPE counts them. */
export const gpeNext = ({payload, tunnelAt}: Frame): number => get8(payload, tunnelAt + gpeField.next);

/** The same for GRE, which stands right above IP. */
export function scanGre(frame: Frame): number {
  const {payload, l4, l4End} = frame;
  open(frame, Tunnel.gre, l4);
  if (l4 + greField.header > l4End) return tooShort(frame, l4, greField.header);
  frame.tunnelProto = get16(payload, l4 + greField.proto);
  const flags = get16(payload, l4);
  // Version 1 is PPTP's (RFC 2637), and routing has no fixed length (RFC 1701).
  if ((flags & (GreFlag.version | GreFlag.routing)) !== 0) return -1;
  let header: number = greField.header;
  if ((flags & GreFlag.checksum) !== 0) header += 4;
  if ((flags & GreFlag.key) !== 0) {
    if (l4 + header + 4 <= l4End) frame.tunnelId = get32(payload, l4 + header);
    header += 4;
  }
  if ((flags & GreFlag.sequence) !== 0) header += 4;
  if (l4 + header > l4End) return tooShort(frame, l4, header);
  return isFollowed(frame.tunnelProto) ? l4 + header : -1;
}

/** Bytes of the header with the optional words that its flags name. */
export function greHeaderLength({payload, tunnelAt}: Frame): number {
  const flags = get16(payload, tunnelAt);
  const words = [GreFlag.checksum, GreFlag.key, GreFlag.sequence].filter((flag) => (flags & flag) !== 0);
  return greField.header + words.length * 4;
}

function open(frame: Frame, tunnel: Tunnel, at: number): void {
  frame.tunnel = tunnel;
  frame.tunnelAt = at;
  frame.tunnelProto = -1;
  frame.tunnelId = -1;
}

function tooShort(frame: Frame, at: number, need: number): number {
  stopShort(frame, at, need, frame.l4WireEnd);
  return -1;
}
