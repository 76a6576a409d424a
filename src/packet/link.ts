import {get8, get16, get32} from './bytes.js';
import {scanEthernet, scanEtherType} from './ethernet.js';
import {type Frame, Stop, stopMalformed, stopShort} from './frame.js';
import {EtherType} from './numbers.js';

/** https://www.tcpdump.org/linktypes.html */
export const LinkType = {
  null: 0,
  ethernet: 1,
  /** Raw IP under the numbers that the BSDs gave it. */
  rawBsd: 12,
  rawOpenBsd: 14,
  raw: 101,
  loop: 108,
  linuxSll: 113,
  ipv4: 228,
  ipv6: 229,
  linuxSll2: 276,
} as const;

/** Linux cooked capture: 6 bytes, an address of 8, then the protocol. SLL2 has the protocol first. */
const sllLength = 16;
const sllProtocol = 14;
const sll2Length = 20;

const linkNames: Record<number, string> = {
  0: 'BSD loopback',
  1: 'Ethernet',
  12: 'raw IP',
  14: 'raw IP',
  101: 'raw IP',
  105: 'IEEE 802.11',
  108: 'OpenBSD loopback',
  113: 'Linux cooked v1',
  127: 'IEEE 802.11 with radiotap',
  228: 'raw IPv4',
  229: 'raw IPv6',
  276: 'Linux cooked v2',
};

export const linkName = (linkType: number): string => {
  const name = linkNames[linkType];
  return name === undefined ? `link type ${linkType}` : `${name} (link type ${linkType})`;
};

/** Reads the link header; gives the offset of the network header with frame.etherType set, or -1. */
export function scanLink(frame: Frame, linkType: number): number {
  switch (linkType) {
    case LinkType.ethernet:
      return scanEthernet(frame, frame.start);
    case LinkType.linuxSll:
      return scanCooked(frame, sllLength, sllProtocol);
    case LinkType.linuxSll2:
      return scanCooked(frame, sll2Length, 0);
    case LinkType.raw:
    case LinkType.rawBsd:
    case LinkType.rawOpenBsd:
      return scanRaw(frame);
    case LinkType.ipv4:
      frame.etherType = EtherType.ipv4;
      return frame.start;
    case LinkType.ipv6:
      frame.etherType = EtherType.ipv6;
      return frame.start;
    case LinkType.null:
    case LinkType.loop:
      return scanFamily(frame);
    default:
      frame.stop = Stop.link;
      frame.stopAt = frame.start;
      return -1;
  }
}

function scanCooked(frame: Frame, length: number, protocolAt: number): number {
  const {start} = frame;
  if (start + length > frame.end) {
    stopShort(frame, start, length, frame.wireEnd);
    return -1;
  }
  return scanEtherType(frame, get16(frame.data, start + protocolAt), start + length);
}

function scanRaw(frame: Frame): number {
  const {start} = frame;
  if (start >= frame.end) {
    stopShort(frame, start, 1, frame.wireEnd);
    return -1;
  }
  const version = get8(frame.data, start) >> 4;
  if (version !== 4 && version !== 6) {
    stopMalformed(frame, start);
    return -1;
  }
  frame.etherType = version === 4 ? EtherType.ipv4 : EtherType.ipv6;
  return start;
}

/** A 32-bit address family, in the byte order of the machine that captured (NULL) or big-endian (LOOP). */
function scanFamily(frame: Frame): number {
  const {start} = frame;
  if (start + 4 > frame.end) {
    stopShort(frame, start, 4, frame.wireEnd);
    return -1;
  }
  const value = get32(frame.data, start);
  // Families are small: in the other byte order the value is beyond 2^24.
  const family = value > 0xffff ? Math.floor(value / 0x100_0000) : value;
  if (family === 2) frame.etherType = EtherType.ipv4;
  // AF_INET6 is 24 on NetBSD and OpenBSD, 28 on FreeBSD, 30 on macOS, 10 on Linux.
  else if (family === 24 || family === 28 || family === 30 || family === 10) frame.etherType = EtherType.ipv6;
  else {
    frame.family = family;
    frame.stop = Stop.link;
    frame.stopAt = start;
    return -1;
  }
  return start + 4;
}
