import {get8, get32} from './bytes.js';
import {type Frame, stopShort} from './frame.js';
import {Proto} from './numbers.js';
import {udpField} from './udp.js';

/* RFC 4303 2: 0 security parameters index (32)   4 sequence number (32)   8 what only the two ends can read */
export const espField = {spi: 0, sequence: 4, header: 8} as const;

/*
 * RFC 4302 2:
 *   0 next header   1 length in words beyond the first two   2 reserved   4 security parameters index (32)
 *   8 sequence number (32)   12 integrity check value
 */
export const ahField = {next: 0, length: 1, spi: 4, sequence: 8, header: 12} as const;

/** UDP port of ESP and IKE behind address translation (RFC 3948). */
export const espPort = 4500;

/** Where ESP starts: right above IP, or in UDP. */
export const espStart = ({proto, l4}: Frame): number => (proto === Proto.udp ? l4 + udpField.header : l4);

export function scanEsp(frame: Frame): void {
  const {payload, l4End} = frame;
  const at = espStart(frame);
  if (at + 4 <= l4End) frame.spi = get32(payload, at);
  if (at + espField.header > l4End) stopShort(frame, at, espField.header, frame.l4WireEnd);
}

/** RFC 3948 2: an index of 0 is IKE's marker, and a single byte keeps the translation alive. */
export function scanEspInUdp(frame: Frame, at: number): void {
  if (at + espField.header <= frame.l4End && get32(frame.payload, at) !== 0) scanEsp(frame);
}

/** The sequence number, or -1. */
export function espSequence(frame: Frame): number {
  const at = espStart(frame);
  return at + espField.header <= frame.l4End ? get32(frame.payload, at + espField.sequence) : -1;
}

/** Steps over an authentication header to what it protects; false where that isn't there. */
export function scanAh(frame: Frame): boolean {
  const {payload, l4, l4End} = frame;
  if (l4 + ahField.header > l4End) {
    stopShort(frame, l4, ahField.header, frame.l4WireEnd);
    return false;
  }
  const length = ahLength(payload, l4);
  if (l4 + length > l4End) {
    stopShort(frame, l4, length, frame.l4WireEnd);
    return false;
  }
  frame.ah = l4;
  frame.proto = get8(payload, l4);
  frame.l4 = l4 + length;
  return true;
}

export const ahLength = (payload: Buffer, at: number): number => (get8(payload, at + ahField.length) + 2) * 4;
