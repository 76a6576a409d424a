import {arpField} from './arp.js';
import {isDns} from './dns.js';
import {ethernetField} from './ethernet.js';
import type {Frame} from './frame.js';
import {EtherType, Proto} from './numbers.js';
import type {PacketView} from './view.js';

/** A set of addresses: those whose first `bits` are those of `bytes` (4 or 16 of them). */
export interface AddressRange {
  bytes: Buffer;
  bits: number;
}

/** What `--proto` can ask for. */
export type ProtoTest = {kind: 'ip'; proto: number} | {kind: 'etherType'; etherType: number} | {kind: 'dns'};

/** Each list is alternatives; all lists that aren't empty must hold. */
export interface FilterOptions {
  vnis: readonly number[];
  addresses: readonly AddressRange[];
  /** Six bytes each. */
  macs: readonly Buffer[];
  protos: readonly ProtoTest[];
}

export type Filter = (view: PacketView) => boolean;

/** Undefined where nothing is asked for, so that nobody pays for it. */
export function newFilter(options: FilterOptions): Filter | undefined {
  const {vnis, addresses, macs, protos} = options;
  const tests: Filter[] = [];
  if (vnis.length > 0)
    tests.push((view) => someFrame(view, 0, (frame) => frame.vni >= 0 && vnis.includes(frame.vni)));
  if (addresses.length > 0) tests.push((view) => someFrame(view, 0, (frame) => hasAddress(frame, addresses)));
  if (macs.length > 0) tests.push((view) => someFrame(view, 0, (frame) => hasMac(frame, macs)));
  // The outer UDP of a tunnel says nothing about what it carries.
  if (protos.length > 0)
    tests.push((view) =>
      someFrame(view, Math.min(view.base + 1, view.depth - 1), (frame) => hasProto(frame, protos)),
    );
  if (tests.length === 0) return undefined;
  return (view) => tests.every((test) => test(view));
}

function someFrame(view: PacketView, from: number, test: (frame: Frame) => boolean): boolean {
  for (let level = from; level < view.depth; level++) {
    const frame = view.frames[level];
    if (frame !== undefined && test(frame)) return true;
  }
  return false;
}

/** At either end. */
const hasAddress = (frame: Frame, ranges: readonly AddressRange[]): boolean =>
  ranges.some((range) => isAddress(frame, range, true) || isAddress(frame, range, false));

/** At one end; also in ARP, whose addresses are what it is about. */
function isAddress(frame: Frame, range: AddressRange, isSource: boolean): boolean {
  const {data, src, dst, version, arp, end} = frame;
  if (arp >= 0) {
    if (range.bytes.length !== 4 || arp + arpField.length > end) return false;
    return inRange(data, arp + (isSource ? arpField.sender : arpField.target), range);
  }
  const at = isSource ? src : dst;
  return at >= 0 && range.bytes.length === (version === 4 ? 4 : 16) && inRange(data, at, range);
}

function inRange(data: Buffer, at: number, {bytes, bits}: AddressRange): boolean {
  const whole = bits >> 3;
  for (let index = 0; index < whole; index++) if (data[at + index] !== bytes[index]) return false;
  const rest = bits & 7;
  return rest === 0 || (((data[at + whole] ?? 0) ^ (bytes[whole] ?? 0)) & (0xff00 >> rest) & 0xff) === 0;
}

const hasMac = (frame: Frame, macs: readonly Buffer[]): boolean =>
  macs.some((mac) => isMac(frame, mac, true) || isMac(frame, mac, false));

function isMac({data, ethernet}: Frame, mac: Buffer, isSource: boolean): boolean {
  const at = ethernet + (isSource ? ethernetField.src : ethernetField.dst);
  return ethernet >= 0 && mac.compare(data, at, at + 6) === 0;
}

const hasProto = (frame: Frame, tests: readonly ProtoTest[]): boolean =>
  tests.some((test) => isProto(frame, test));

function isProto(frame: Frame, test: ProtoTest): boolean {
  switch (test.kind) {
    case 'ip':
      return frame.proto === test.proto || (test.proto === Proto.ah && frame.ah >= 0);
    case 'etherType':
      return frame.etherType === test.etherType;
    default:
      return frame.sport >= 0 && isDns(frame);
  }
}

/** Tests of one frame, for `--filter`: of an address or a MAC at one end, and of a protocol. */
export const frameHas = {address: isAddress, mac: isMac, proto: isProto};

const protoNames: Record<string, ProtoTest> = {
  tcp: {kind: 'ip', proto: 6},
  udp: {kind: 'ip', proto: 17},
  icmp: {kind: 'ip', proto: 1},
  icmpv6: {kind: 'ip', proto: 58},
  icmp6: {kind: 'ip', proto: 58},
  esp: {kind: 'ip', proto: 50},
  igmp: {kind: 'ip', proto: 2},
  sctp: {kind: 'ip', proto: 132},
  gre: {kind: 'ip', proto: 47},
  ah: {kind: 'ip', proto: 51},
  vrrp: {kind: 'ip', proto: 112},
  arp: {kind: 'etherType', etherType: EtherType.arp},
  ip: {kind: 'etherType', etherType: EtherType.ipv4},
  ipv4: {kind: 'etherType', etherType: EtherType.ipv4},
  ipv6: {kind: 'etherType', etherType: EtherType.ipv6},
  ip6: {kind: 'etherType', etherType: EtherType.ipv6},
  dns: {kind: 'dns'},
};

export const knownProtos = Object.keys(protoNames);

/** A name from the list above or an IP protocol number; undefined for anything else. */
export function protoTest(text: string): ProtoTest | undefined {
  const named = Object.hasOwn(protoNames, text.toLowerCase()) ? protoNames[text.toLowerCase()] : undefined;
  if (named !== undefined) return named;
  return /^\d{1,3}$/.test(text) && Number(text) < 256 ? {kind: 'ip', proto: Number(text)} : undefined;
}
