import type {PacketRecord} from '../packet/record.js';

/**
 * Cuts a file format's records out of bytes. It does no I/O and keeps no bytes, so the same code serves a file,
 * a pipe and a fuzzer.
 */
export interface Framer {
  /**
   * Looks at data[from, to) and returns
   * - a positive count: that many bytes were one packet, now described by `record`;
   * - a negative count: that many bytes hold no packet (they may reach beyond `to`, which skips them unseen);
   * - 0: `need` bytes from `from` on are needed to go on.
   * Throws a CorruptCapture where the bytes contradict the format.
   */
  step(data: Buffer, from: number, to: number, record: PacketRecord): number;
  need: number;
}

/** The bytes at the current record can't be what the format says; nothing after them can be trusted. */
export class CorruptCapture extends Error {
  override name = 'CorruptCapture';
}

/** The bytes end within a record, or within what packs them. */
export class CutCapture extends Error {
  override name = 'CutCapture';
}

export function read32(data: Buffer, at: number, bigEndian: boolean): number {
  const a = data[at] ?? 0;
  const b = data[at + 1] ?? 0;
  const c = data[at + 2] ?? 0;
  const d = data[at + 3] ?? 0;
  return bigEndian
    ? ((a << 24) | (b << 16) | (c << 8) | d) >>> 0
    : ((d << 24) | (c << 16) | (b << 8) | a) >>> 0;
}

export function read16(data: Buffer, at: number, bigEndian: boolean): number {
  const a = data[at] ?? 0;
  const b = data[at + 1] ?? 0;
  return bigEndian ? (a << 8) | b : (b << 8) | a;
}
