import {get32} from './bytes.js';
import {type Frame, stopShort} from './frame.js';

/* RFC 4303 2: 0 security parameters index (32)   4 sequence number (32)   8 what only the two ends can read */
export const espField = {spi: 0, sequence: 4, header: 8} as const;

export function scanEsp(frame: Frame): void {
  const {payload, l4, l4End} = frame;
  if (l4 + 4 <= l4End) frame.spi = get32(payload, l4);
  if (l4 + espField.header > l4End) stopShort(frame, l4, espField.header, frame.l4WireEnd);
}

/** The sequence number, or -1. */
export const espSequence = (frame: Frame): number =>
  frame.l4 + espField.header <= frame.l4End ? get32(frame.payload, frame.l4 + espField.sequence) : -1;
