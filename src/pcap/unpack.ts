import {setImmediate} from 'node:timers/promises';
import zlib from 'node:zlib';
import {CorruptCapture, CutCapture} from './framer.js';
import type {ByteSource} from './source.js';

export type Packing = 'gzip' | 'zstd';

/** Compressed bytes handed over at a time: deflate makes at most 1032 times as much of them (16.5 MiB here). */
const inputChunk = 16_384;
/** What no capture reaches: a stream that is larger than this and also this many times its compressed size. */
const bombSize = 256 * 1024 * 1024;
const bombRatio = 500;
/** The largest window of zstd that is made room for (32 MiB); `zstd --ultra` and `--long` may ask for more. */
const zstdWindowLog = 25;

export interface UnpackLimits {
  size: number;
  ratio: number;
}

/** What zlib of Node.js 22.15 and later has besides. */
interface Zstd {
  createZstdDecompress?: (options: {chunkSize: number; params: Record<number, number>}) => zlib.Gunzip;
}
const ZSTD_d_windowLogMax = 100;

export const canUnpack = (packing: Packing): boolean =>
  packing === 'gzip' || (zlib as Zstd).createZstdDecompress !== undefined;

/**
 * Unpacks a packed source as it is read. Where the packed data ends early or turns bad, all that was packed before that
 * byte comes first, whatever pieces it arrived in; only the read after it fails.
 */
export function unpackSource(
  source: ByteSource,
  head: Buffer,
  packing: Packing,
  limits: UnpackLimits = {size: bombSize, ratio: bombRatio},
): ByteSource {
  const nextInput = inputReader(source, head);
  const inflater = newInflater(packing);
  // A source that can't be read again is unpacked twice, the second time a piece behind: see `untilDamage`.
  let behind = source.again === undefined ? newInflater(packing) : undefined;
  let output: Buffer[] = [];
  let taken = 0;
  let inside = 0;
  let outside = 0;
  let finished = false;
  let failure: Error | undefined;

  async function feed(): Promise<void> {
    const piece = await nextInput();
    const before = outside;
    output = await (piece === undefined ? inflater.end() : inflater.write(piece));
    outside += sizeOf(output);
    failure = inflater.failure();
    finished = piece === undefined || failure !== undefined;
    if (failure instanceof CorruptCapture && piece !== undefined) {
      behind ??= await inflateAgain(source, packing, inside);
      output = await untilDamage(behind, piece);
    } else if (piece !== undefined) await behind?.write(piece);
    inside += piece?.length ?? 0;
    if (before === outside || outside <= limits.size || outside <= inside * limits.ratio) return;
    finished = true;
    failure = new CorruptCapture(
      `its compressed data unpacks to more than ${limits.ratio} times its size, which no capture does`,
    );
  }

  return {
    size: source.size,
    async read(into, at) {
      while (output.length === 0 && !finished) await feed();
      const [first] = output;
      if (first === undefined) {
        if (failure) throw failure;
        return 0;
      }
      const count = first.copy(into, at, taken);
      taken += count;
      if (taken === first.length) {
        output.shift();
        taken = 0;
      }
      return count;
    },
    cancel: () => source.cancel(),
    async close() {
      inflater.close();
      behind?.close();
      await source.close();
    },
  };
}

/** Gives the compressed bytes in pieces, first those that were read already; undefined at their end. */
function inputReader(source: ByteSource, head: Buffer): () => Promise<Buffer | undefined> {
  const input = Buffer.allocUnsafe(inputChunk);
  let pending = head;
  return async () => {
    if (pending.length > 0) {
      const chunk = pending.subarray(0, inputChunk);
      pending = pending.subarray(chunk.length);
      return chunk;
    }
    const count = await source.read(input, 0);
    return count === 0 ? undefined : input.subarray(0, count);
  };
}

interface Inflater {
  /** Unpacks a piece; gives what came of it. */
  write(piece: Buffer): Promise<Buffer[]>;
  end(): Promise<Buffer[]>;
  failure(): Error | undefined;
  close(): void;
}

function newInflater(packing: Packing): Inflater {
  const chunkSize = 65_536;
  const {createZstdDecompress} = zlib as Zstd;
  const stream =
    packing === 'zstd' && createZstdDecompress !== undefined
      ? createZstdDecompress({chunkSize, params: {[ZSTD_d_windowLogMax]: zstdWindowLog}})
      : zlib.createGunzip({chunkSize});
  let output: Buffer[] = [];
  let failure: Error | undefined;
  stream.on('data', (chunk: Buffer) => output.push(chunk));
  const done = new Promise<void>((resolve) => {
    stream.once('end', resolve);
    stream.once('close', resolve);
    stream.once('error', (error) => {
      failure = unpackFailure(error);
      resolve();
    });
  });
  const take = (): Buffer[] => {
    const all = output;
    output = [];
    return all;
  };
  return {
    failure: () => failure,
    close: () => stream.destroy(),
    async write(piece) {
      await Promise.race([done, new Promise<void>((resolve) => stream.write(piece, () => resolve()))]);
      while (stream.readableLength > 0 && failure === undefined) await setImmediate();
      return take();
    },
    async end() {
      stream.end();
      await done;
      return take();
    },
  };
}

const sizeOf = (chunks: readonly Buffer[]): number => chunks.reduce((sum, {length}) => sum + length, 0);

/**
 * zlib keeps back what it unpacked in the call that met the damage. So the piece in which that happened goes byte by
 * byte through a second unpacker, which has taken in all before it.
 */
async function untilDamage(behind: Inflater, piece: Buffer): Promise<Buffer[]> {
  const output: Buffer[] = [];
  for (let at = 0; at < piece.length && behind.failure() === undefined; at++) {
    output.push(...(await behind.write(piece.subarray(at, at + 1))));
  }
  return output;
}

/** An unpacker that has taken in the first `length` packed bytes. */
async function inflateAgain(source: ByteSource, packing: Packing, length: number): Promise<Inflater> {
  const inflater = newInflater(packing);
  const input = Buffer.allocUnsafe(inputChunk);
  for (let at = 0; at < length; ) {
    const count = (await source.again?.(input.subarray(0, Math.min(inputChunk, length - at)), at)) ?? 0;
    // The file became shorter: what there is has to do.
    if (count === 0) break;
    await inflater.write(input.subarray(0, count));
    at += count;
  }
  return inflater;
}

function unpackFailure(error: Error): Error {
  return (error as NodeJS.ErrnoException).code === 'Z_BUF_ERROR'
    ? new CutCapture('its compressed data ends in the middle')
    : new CorruptCapture(`its compressed data is damaged (${error.message})`);
}
