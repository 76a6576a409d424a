import {get8, get16} from './bytes.js';
import {Fragment, type Frame} from './frame.js';
import {icmpField} from './icmp.js';
import {ipv4Field, ipv4HeaderLength} from './ipv4.js';
import {extensionLength, ipv6Field, isExtension} from './ipv6.js';
import {Proto} from './numbers.js';
import {tcpField} from './tcp.js';
import {udpField} from './udp.js';

/** What a checksum says. */
export const Checksum = {
  /** There is none to verify: no such header, or the packet isn't whole. */
  none: 0,
  good: 1,
  bad: 2,
  /** UDP without one (RFC 768; over IPv6 only tunnels may, RFC 6935). */
  absent: 3,
  /**
   * The sum of the pseudo-header alone, as a sender leaves it to its network card (Linux: CHECKSUM_PARTIAL) and as merged
   * segments carry it. On the wire it would be bad; in a capture on the sending host it is usual.
   */
  offloaded: 4,
} as const;
export type Checksum = (typeof Checksum)[keyof typeof Checksum];

export const checksumNames = ['', 'good', 'bad', 'absent', 'offloaded'] as const;

/** RFC 1071: the one's complement sum of data[from, to) in 16-bit words, not folded; `to - from` below 2^31. */
function sum16(data: Buffer, from: number, to: number): number {
  let sum = 0;
  let at = from;
  for (; at + 8 <= to; at += 8) {
    sum +=
      (((data[at] as number) +
        (data[at + 2] as number) +
        (data[at + 4] as number) +
        (data[at + 6] as number)) <<
        8) +
      (data[at + 1] as number) +
      (data[at + 3] as number) +
      (data[at + 5] as number) +
      (data[at + 7] as number);
  }
  for (; at + 1 < to; at += 2) sum += get16(data, at);
  return at < to ? sum + get8(data, at) * 256 : sum;
}

function fold(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded & 0xffff) + Math.floor(folded / 65_536);
  return folded;
}

/** Of the IPv4 header; IPv6 has none. */
export function ipChecksum({ip, version, data, end}: Frame): Checksum {
  if (ip < 0 || version !== 4) return Checksum.none;
  const header = ipv4HeaderLength(data, ip);
  if (ip + header > end) return Checksum.none;
  return fold(sum16(data, ip, ip + header)) === 0xffff ? Checksum.good : Checksum.bad;
}

/** Where the checksum of a protocol stands behind the start of its header, and the least length of that; else -1. */
function fieldOf(proto: number): {at: number; header: number} | undefined {
  switch (proto) {
    case Proto.tcp:
      return {at: tcpField.checksum, header: tcpField.header};
    case Proto.udp:
      return {at: udpField.checksum, header: udpField.header};
    case Proto.icmp:
    case Proto.icmpv6:
      return {at: icmpField.checksum, header: icmpField.header};
    default:
      return undefined;
  }
}

/** Of TCP, UDP, ICMP or ICMPv6, where all that it covers is there; `inner` is the frame that it carries in a tunnel. */
export function transportChecksum(frame: Frame, inner: Frame | undefined): Checksum {
  const {payload, l4, l4End, proto} = frame;
  const field = fieldOf(proto);
  if (field === undefined || !isWhole(frame) || l4 + field.header > l4End) return Checksum.none;
  const value = get16(payload, l4 + field.at);
  if (proto === Proto.udp && value === 0) return Checksum.absent;
  const pseudo = proto === Proto.icmp ? 0 : pseudoSum(frame);
  if (fold(sum16(payload, l4, l4End) + pseudo) === 0xffff) return Checksum.good;
  const isOffloaded = proto !== Proto.icmp && (value === fold(pseudo) || isLocallyOffloaded(frame, inner));
  return isOffloaded ? Checksum.offloaded : Checksum.bad;
}

/**
 * Linux fills in the checksum of a tunnel's header for the inner checksum that the network card will write
 * (Documentation/networking/checksum-offloads.rst, LCO): with that one in place the inner segment sums up to the
 * complement of its pseudo-header, whatever it holds.
 */
function isLocallyOffloaded(frame: Frame, inner: Frame | undefined): boolean {
  if (inner?.l4Checksum !== Checksum.offloaded || inner.payload !== frame.payload) return false;
  const {payload, l4, l4End} = frame;
  // Behind the inner packet there is nothing, and before it whole words, but for frames that nobody sends.
  if (inner.l4End !== l4End || (inner.l4 - l4) % 2 !== 0) return false;
  return fold(sum16(payload, l4, inner.l4) + 0xffff - fold(pseudoSum(inner)) + pseudoSum(frame)) === 0xffff;
}

/** Whether all of the datagram is captured, and its length known. */
function isWhole(frame: Frame): boolean {
  const {ip, l4, l4End, l4WireEnd, missing, fragment, isPart, data, version} = frame;
  if (ip < 0 || l4 < 0 || l4End < l4WireEnd || missing > 0 || isPart) return false;
  if (fragment === Fragment.waiting || fragment === Fragment.alone) return false;
  // A length that was left to the network card says nothing of what goes onto the wire.
  if (version === 4) return get16(data, ip + ipv4Field.length) !== 0;
  return get16(data, ip + ipv6Field.length) !== 0 && !hasRouting(frame);
}

/** With a routing header the destination of the pseudo-header is another (RFC 8200 8.1). */
function hasRouting({data, ip, end}: Frame): boolean {
  let next = get8(data, ip + ipv6Field.next);
  for (let at = ip + ipv6Field.header; isExtension(next) && at + 8 <= end; ) {
    if (next === 43) return true;
    const length = extensionLength(data, at, next);
    next = get8(data, at);
    at += length;
  }
  return false;
}

/** RFC 9293 3.1, RFC 8200 8.1: both addresses, the protocol and the length. */
function pseudoSum({data, src, version, proto, l4, l4End}: Frame): number {
  return sum16(data, src, src + (version === 6 ? 32 : 8)) + proto + (l4End - l4);
}

/** Of a frame's checksums the one that tells the most: a bad header, else what its payload's says. */
export const worstChecksum = ({ipChecksum: ip, l4Checksum}: Frame): number =>
  ip === Checksum.bad ? Checksum.bad : l4Checksum;
