import {setImmediate} from 'node:timers/promises';
import {createGunzip} from 'node:zlib';
import {CorruptCapture, CutCapture} from './framer.js';
import type {ByteSource} from './source.js';

/** Compressed bytes handed over at a time: deflate makes at most 1032 times as much of them (16.5 MiB here). */
const inputChunk = 16_384;
/** What no capture reaches: a stream that is larger than this and also this many times its compressed size. */
const bombSize = 256 * 1024 * 1024;
const bombRatio = 500;

export interface GunzipLimits {
  size: number;
  ratio: number;
}

/**
 * Unpacks a gzipped source as it is read. Where the compressed data ends early or turns bad, all bytes before
 * come first; only the read after them fails.
 */
export function gunzipSource(
  source: ByteSource,
  head: Buffer,
  limits: GunzipLimits = {size: bombSize, ratio: bombRatio},
): ByteSource {
  const gunzip = createGunzip({chunkSize: 65_536});
  const nextInput = inputReader(source, head);
  const output: Buffer[] = [];
  let taken = 0;
  let inside = 0;
  let outside = 0;
  let finished = false;
  let failure: Error | undefined;
  gunzip.on('data', (chunk: Buffer) => {
    outside += chunk.length;
    output.push(chunk);
  });
  const done = new Promise<void>((resolve) => {
    gunzip.once('end', resolve);
    gunzip.once('error', (error) => {
      failure = unpackFailure(error);
      resolve();
    });
    gunzip.once('close', resolve);
  });

  async function feed(): Promise<void> {
    const chunk = await nextInput();
    if (chunk === undefined) {
      finished = true;
      gunzip.end();
      await done;
      return;
    }
    inside += chunk.length;
    await Promise.race([done, new Promise<void>((resolve) => gunzip.write(chunk, () => resolve()))]);
    while (gunzip.readableLength > 0 && failure === undefined) await setImmediate();
    if (failure !== undefined) finished = true;
    if (outside > limits.size && outside > inside * limits.ratio) {
      finished = true;
      failure = new CorruptCapture(
        `its compressed data unpacks to more than ${limits.ratio} times its size, which no capture does`,
      );
    }
  }

  return {
    size: source.size,
    async read(into, at) {
      while (output.length === 0 && !finished) await feed();
      const first = output[0];
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
      gunzip.destroy();
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

function unpackFailure(error: Error): Error {
  return (error as NodeJS.ErrnoException).code === 'Z_BUF_ERROR'
    ? new CutCapture('its compressed data ends in the middle')
    : new CorruptCapture(`its compressed data is damaged (${error.message})`);
}
