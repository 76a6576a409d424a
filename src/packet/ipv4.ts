import {get8, get16} from './bytes.js';
import {Fragment, type Frame, setEnds, stopMalformed, stopShort} from './frame.js';

/*
 * RFC 791 3.1:
 *   0 version (4 bits), header length in words (4)   1 type of service   2 total length (16)
 *   4 identification (16)   6 flags (3), fragment offset in units of 8 (13)
 *   8 time to live   9 protocol   10 checksum (16)   12 source   16 destination   20 options
 */
export const ipv4Field = {
  tos: 1,
  length: 2,
  id: 4,
  fragment: 6,
  ttl: 8,
  proto: 9,
  checksum: 10,
  src: 12,
  dst: 16,
  options: 20,
} as const;

const minHeader = 20;
export const dontFragment = 0x4000;
const moreFragments = 0x2000;
const offsetMask = 0x1fff;

export const ipv4HeaderLength = (data: Buffer, at: number): number => (get8(data, at) & 0x0f) * 4;

/** Fills in the header's part of the frame; the caller goes on at frame.l4. */
export function scanIpv4(frame: Frame, at: number): void {
  const {data, end, wireEnd} = frame;
  if (at + minHeader > end) {
    scanCutHeader(frame, at);
    return;
  }
  const header = ipv4HeaderLength(data, at);
  const total = get16(data, at + ipv4Field.length);
  if (get8(data, at) >> 4 !== 4 || header < minHeader || (total !== 0 && total < header)) {
    stopMalformed(frame, at);
    return;
  }
  frame.ip = at;
  frame.version = 4;
  frame.src = at + ipv4Field.src;
  frame.dst = at + ipv4Field.dst;
  frame.proto = get8(data, at + ipv4Field.proto);
  // A length of 0 is a frame that the sender left for its network card to split (TSO, BIG TCP): it goes to the end.
  const claimed = total === 0 ? wireEnd : at + total;
  setEnds(frame, claimed);
  if (at + header > end) {
    stopShort(frame, at + minHeader, header - minHeader, wireEnd);
    return;
  }
  frame.l4 = at + header;
  const bits = get16(data, at + ipv4Field.fragment);
  if ((bits & (moreFragments | offsetMask)) !== 0) {
    frame.fragment = Fragment.waiting;
    frame.fragmentOffset = (bits & offsetMask) * 8;
    frame.fragmentMore = (bits & moreFragments) !== 0;
    frame.fragmentId = get16(data, at + ipv4Field.id);
  }
}

/** What the snap length left of a header: the protocol and the source may be there without the rest. */
function scanCutHeader(frame: Frame, at: number): void {
  const {data, end} = frame;
  stopShort(frame, at, minHeader, frame.wireEnd);
  if (at + ipv4Field.checksum > end || get8(data, at) >> 4 !== 4) return;
  frame.proto = get8(data, at + ipv4Field.proto);
  if (at + ipv4Field.dst > end) return;
  frame.version = 4;
  frame.src = at + ipv4Field.src;
}
