import {get8, get16, get32} from './bytes.js';
import {Fragment, type Frame, Stop, setEnds, stopMalformed, stopShort} from './frame.js';

/*
 * RFC 8200 3:
 *   0 version (4 bits), traffic class (8), flow label (20)   4 payload length (16)   6 next header
 *   7 hop limit   8 source (16 bytes)   24 destination (16 bytes)   40 extension headers
 * An extension header: 0 next header, 1 length in units of 8 beyond the first 8. The fragment header has
 * 8 bytes: 2 offset in units of 8 (13 bits), reserved (2), more fragments (1), 4 identification (32).
 */
export const ipv6Field = {length: 4, next: 6, hopLimit: 7, src: 8, dst: 24, header: 40} as const;

const hopByHop = 0;
const routing = 43;
const fragmentHeader = 44;
const destinationOptions = 60;
const mobility = 135;
/** What no sender does: more extension headers than this are not followed. */
const maxHeaders = 16;

export function isExtension(next: number): boolean {
  return (
    next === hopByHop ||
    next === routing ||
    next === fragmentHeader ||
    next === destinationOptions ||
    next === mobility
  );
}

export const extensionLength = (data: Buffer, at: number, kind: number): number =>
  kind === fragmentHeader ? 8 : (get8(data, at + 1) + 1) * 8;

/** Fills in the header's part of the frame; the caller goes on at frame.l4. */
export function scanIpv6(frame: Frame, at: number): void {
  const {data, end, wireEnd} = frame;
  if (at + ipv6Field.header > end) {
    scanCutHeader(frame, at);
    return;
  }
  if (get8(data, at) >> 4 !== 6) {
    stopMalformed(frame, at);
    return;
  }
  frame.ip = at;
  frame.version = 6;
  frame.src = at + ipv6Field.src;
  frame.dst = at + ipv6Field.dst;
  const length = get16(data, at + ipv6Field.length);
  const payload = at + ipv6Field.header;
  // 0 with hop-by-hop options is a jumbogram (RFC 2675); 0 in a frame that 16 bits can't count is BIG TCP, whose
  // length the network card fills in. Both go to the end.
  const isOpen = length === 0 && (get8(data, at + ipv6Field.next) === hopByHop || wireEnd - payload > 0xffff);
  const claimed = isOpen ? wireEnd : payload + length;
  setEnds(frame, claimed);
  scanExtensions(frame, payload);
}

/** What the snap length left of a header: the protocol and the source may be there without the rest. */
function scanCutHeader(frame: Frame, at: number): void {
  const {data, end} = frame;
  stopShort(frame, at, ipv6Field.header, frame.wireEnd);
  if (at + ipv6Field.hopLimit > end || get8(data, at) >> 4 !== 6) return;
  frame.proto = get8(data, at + ipv6Field.next);
  if (at + ipv6Field.dst > end) return;
  frame.version = 6;
  frame.src = at + ipv6Field.src;
}

function scanExtensions(frame: Frame, start: number): void {
  const {data} = frame;
  let next = get8(data, frame.ip + ipv6Field.next);
  let at = start;
  for (let count = 0; isExtension(next); count++) {
    if (count === maxHeaders) {
      frame.stop = Stop.deep;
      frame.stopAt = at;
      frame.proto = next;
      return;
    }
    const length = at + 2 <= frame.l4End ? extensionLength(data, at, next) : 8;
    if (at + length > frame.l4End) {
      // Its first byte already tells what would follow.
      frame.proto = at + 2 <= frame.l4End ? get8(data, at) : next;
      stopShort(frame, at, length, frame.l4WireEnd);
      return;
    }
    if (next === fragmentHeader && setFragment(frame, at)) {
      frame.proto = get8(data, at);
      frame.l4 = at + 8;
      return;
    }
    next = get8(data, at);
    at += length;
  }
  frame.proto = next;
  frame.l4 = at;
}

/** False for an atomic fragment (RFC 6946): a whole datagram that merely carries the header. */
function setFragment(frame: Frame, at: number): boolean {
  const bits = get16(frame.data, at + 2);
  if ((bits & 0xfff9) === 0) return false;
  frame.fragment = Fragment.waiting;
  frame.fragmentOffset = bits & 0xfff8;
  frame.fragmentMore = (bits & 1) !== 0;
  frame.fragmentId = get32(frame.data, at + 4);
  return true;
}
