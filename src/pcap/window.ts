import {maxBlock} from '../packet/record.js';
import type {ByteSource} from './source.js';

/** One read's worth of bytes: large enough that its cost vanishes, small enough to stay in the caches. */
const chunkLength = 524_288;

/** The bytes of a source that are at hand: data[from, to). */
export interface Window {
  source: ByteSource;
  readonly data: Buffer;
  from: number;
  to: number;
  /** Position of data[from] in the (unpacked) file. */
  position: number;
}

/** The bytes of a window that is done with: for the next file, as hundreds of files would leave as many behind. */
let spare: Buffer | undefined;

export function newWindow(source: ByteSource): Window {
  // Room for a chunk behind the longest unfinished record, so that records are always in one piece.
  const data = spare ?? Buffer.allocUnsafeSlow(maxBlock + chunkLength);
  spare = undefined;
  return {source, data, from: 0, to: 0, position: 0};
}

/** Nothing of the window may be used after this. */
export async function closeWindow({source, data}: Window): Promise<void> {
  await source.close();
  spare = data;
}

/** Steps over bytes that were looked at. */
export function advance(window: Window, count: number): void {
  window.from += count;
  window.position += count;
}

/** Reads once behind what is there, having made room for `need` bytes from `from` on; false at the end. */
export async function readMore(window: Window, need: number): Promise<boolean> {
  const {data, from, to} = window;
  if (from === to || from + need > data.length || data.length - to < chunkLength / 2) {
    data.copyWithin(0, from, to);
    window.to = to - from;
    window.from = 0;
  }
  const count = await window.source.read(data, window.to);
  window.to += count;
  return count > 0;
}

/** Reads until `need` bytes are there; false where the source ends before. */
export async function fill(window: Window, need: number): Promise<boolean> {
  while (window.to - window.from < need) if (!(await readMore(window, need))) return false;
  return true;
}

/** Steps over bytes, even over those that were not read yet; false where the source ends before. */
export async function skip(window: Window, count: number): Promise<boolean> {
  let left = count;
  while (left > window.to - window.from) {
    left -= window.to - window.from;
    advance(window, window.to - window.from);
    if (!(await readMore(window, 1))) return false;
  }
  advance(window, left);
  return true;
}
