import {get16} from './bytes.js';
import {type Frame, stopMalformed, stopShort} from './frame.js';

/* RFC 768: 0 source port (16)   2 destination port (16)   4 length with this header (16)   6 checksum (16) */
export const udpField = {sport: 0, dport: 2, length: 4, checksum: 6, header: 8} as const;

/** Reads the ports that TCP, UDP and SCTP all have first; says whether both are there. */
export function scanPorts(frame: Frame): boolean {
  const {payload, l4, l4End} = frame;
  if (l4 + 4 > l4End) {
    stopShort(frame, l4, 4, frame.l4WireEnd);
    return false;
  }
  frame.sport = get16(payload, l4);
  frame.dport = get16(payload, l4 + 2);
  return true;
}

/** Gives the offset of what UDP carries, its end narrowed to UDP's own length; -1 where decoding stops. */
export function scanUdp(frame: Frame): number {
  if (!scanPorts(frame)) return -1;
  const {payload, l4} = frame;
  if (l4 + udpField.header > frame.l4End) {
    stopShort(frame, l4, udpField.header, frame.l4WireEnd);
    return -1;
  }
  const length = get16(payload, l4 + udpField.length);
  // 0 stands for "longer than 65535" (RFC 2675) and is what GSO frames may carry.
  if (length === 0) return l4 + udpField.header;
  if (length < udpField.header) {
    stopMalformed(frame, l4);
    return -1;
  }
  if (l4 + length < frame.l4WireEnd) frame.l4WireEnd = l4 + length;
  if (frame.l4WireEnd < frame.l4End) frame.l4End = frame.l4WireEnd;
  return l4 + udpField.header;
}
