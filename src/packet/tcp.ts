import {get8, get16, get32} from './bytes.js';
import type {Frame} from './frame.js';

/*
 * RFC 9293 3.1:
 *   0 source port   2 destination port   4 sequence number (32)   8 acknowledgement (32)
 *   12 data offset in words (4 bits), reserved (4)   13 flags   14 window   16 checksum   18 urgent pointer
 */
export const tcpField = {
  seq: 4,
  ack: 8,
  offset: 12,
  flags: 13,
  window: 14,
  checksum: 16,
  header: 20,
} as const;

export const TcpFlag = {fin: 1, syn: 2, rst: 4, psh: 8, ack: 16, urg: 32, ece: 64, cwr: 128} as const;

/** Letters for the flags from the lowest bit on. */
export const tcpFlagLetters = 'FSRPAUEC';

/** Whether the fixed header is captured. */
export const hasTcpHeader = (frame: Frame): boolean =>
  frame.l4 >= 0 && frame.l4 + tcpField.header <= frame.l4End;

export const tcpSeq = (frame: Frame): number => get32(frame.payload, frame.l4 + tcpField.seq);
export const tcpAck = (frame: Frame): number => get32(frame.payload, frame.l4 + tcpField.ack);
export const tcpFlags = (frame: Frame): number => get8(frame.payload, frame.l4 + tcpField.flags);
export const tcpWindow = (frame: Frame): number => get16(frame.payload, frame.l4 + tcpField.window);
export const tcpChecksum = (frame: Frame): number => get16(frame.payload, frame.l4 + tcpField.checksum);
export const tcpHeaderLength = (frame: Frame): number =>
  (get8(frame.payload, frame.l4 + tcpField.offset) >> 4) * 4;

/** Bytes of data that the segment had on the wire; 0 where the header is nonsense. */
export function tcpDataLength(frame: Frame): number {
  const header = tcpHeaderLength(frame);
  if (header < tcpField.header) return 0;
  const length = frame.l4WireEnd - frame.l4 - header;
  return Math.max(length, 0);
}
