import {open} from 'node:fs/promises';
import {availableParallelism} from 'node:os';
import {Worker} from 'node:worker_threads';
import {maxCaptured, newRecord} from '../packet/record.js';
import {read32} from '../pcap/framer.js';
import {isPcap, type PcapHeader, pcapFramer, pcapHeaderLength, readPcapHeader} from '../pcap/pcap.js';
import type {PartAsked, PartDecode, PartDecoded, PartFramed, PartJob} from './part.js';
import type {RunOrigin, RunPart} from './run.js';

/**
 * Files below this are done before threads are as fast as they get: each thread compiles the decoder for itself, which takes
 * about half a second of a processor, with JSON nearly one.
 */
const worthThreads = 1024 * 1024 * 1024;
const partLength = 4 * 1024 * 1024;
/** Each holds a part and what it prints, some 40 MB. */
const mostThreads = 4;

/** As the build puts it. From the sources there are no threads: what makes Node read TypeScript does not reach into them. */
const module = new URL('../workers/decode-part.js', import.meta.url);

/** A classic capture that is large enough to be decoded in parts. */
export interface LargeCapture {
  file: string;
  header: PcapHeader;
  size: number;
  threads: number;
}

/** Whether a file is worth threads; undefined where it is decoded here as a whole. OVDIAG_THREADS_FROM=BYTES is for tests. */
export async function largeCapture(file: string): Promise<LargeCapture | undefined> {
  const threads = Math.min(mostThreads, availableParallelism());
  if (import.meta.url.endsWith('.ts') || threads < 2 || file === '-') return undefined;
  const least = Number(process.env['OVDIAG_THREADS_FROM'] ?? worthThreads);
  const handle = await open(file).catch(() => undefined);
  if (handle === undefined) return undefined;
  try {
    const status = await handle.stat();
    if (!status.isFile() || status.size < least) return undefined;
    const start = Buffer.alloc(pcapHeaderLength);
    await handle.read(start, 0, pcapHeaderLength, 0);
    return isPcap(start, 0)
      ? {file, header: readPcapHeader(start, 0), size: status.size, threads}
      : undefined;
  } catch {
    // Whoever reads it from its start says what is wrong.
    return undefined;
  } finally {
    await handle.close();
  }
}

export interface PartsListener {
  /** Where the times of the run began, and how many packets came before the parts. */
  origin: RunOrigin;
  /** Takes the parts in order; false where no more are wanted, or this one has to be decoded again. */
  take(part: RunPart, output: readonly Uint8Array<ArrayBuffer>[], end: number): Promise<boolean>;
}

/**
 * Decodes a capture from `from` on in parts, each in a thread, and hands them over in order. A part begins where one of the
 * right form seems to be a record, and counts only if the part before it ends exactly there. Ends early where a part
 * can't be decoded by itself; whoever called goes on behind the last part that was taken.
 */
export async function decodeInThreads(
  capture: LargeCapture,
  asked: PartAsked,
  from: number,
  {origin, take}: PartsListener,
): Promise<void> {
  const workers = Array.from({length: capture.threads}, () => new Worker(module));
  for (const worker of workers) worker.on('error', () => undefined);
  const borders = await bordersOf(capture, from);
  let packets = origin.packets;
  /** Resolves to where the parts before it end; undefined where one of them failed. */
  let before: Promise<number | undefined> = Promise.resolve(from);
  /** Written buffers, by thread: one that got those of the others would keep more and more of them. */
  const spare = new Map<Worker, ArrayBuffer[]>();
  const inWork: Promise<{decoded: PartDecoded['decoded']; end: number} | undefined>[] = [];
  let next = 0;

  function begin(worker: Worker): void {
    const [start, to] = [borders[next], borders[next + 1]];
    if (start === undefined || to === undefined) return;
    next++;
    const framed = ask<PartFramed>(worker, {...capture, from: start, to} satisfies PartJob);
    const here = before;
    const known = Promise.all([here, framed]).then(([end, answer]) => {
      if (end !== start || answer?.framed === undefined) return undefined;
      const first = packets;
      packets += answer.framed.packets;
      return {end: answer.framed.end, first};
    });
    before = known.then((part) => part?.end);
    inWork.push(
      known.then(async (part) => {
        if (part === undefined) return undefined;
        const own = spare.get(worker) ?? [];
        spare.delete(worker);
        const message: PartDecode = {asked, origin: {...origin, packets: part.first}, spare: own};
        const answer = await ask<PartDecoded>(worker, message, message.spare);
        return {decoded: answer?.decoded, end: part.end};
      }),
    );
  }

  try {
    for (const worker of workers) begin(worker);
    for (let done = 0; done < inWork.length; done++) {
      const {decoded, end = 0} = (await inWork[done]) ?? {};
      if (decoded === undefined) return;
      // Its thread is free again, and works while this part is written.
      const worker = workers[done % workers.length] as Worker;
      begin(worker);
      if (!(await take(decoded.part, decoded.output, end))) return;
      spare.set(worker, [...(spare.get(worker) ?? []), ...decoded.output.map(({buffer}) => buffer)]);
    }
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

/** One question to a thread; undefined where the thread ended. */
function ask<Answer>(
  worker: Worker,
  message: PartJob | PartDecode,
  moved: ArrayBuffer[] = [],
): Promise<Answer | undefined> {
  return new Promise((resolve) => {
    const end = (answer?: Answer): void => {
      worker.off('message', end).off('error', onEnd).off('exit', onEnd);
      resolve(answer);
    };
    const onEnd = (): void => end();
    worker.on('message', end).on('error', onEnd).on('exit', onEnd);
    worker.postMessage(message, moved);
  });
}

/** Bytes that are looked through for a border, and records in a row that make one. */
const searched = 1024 * 1024;
const chain = 16;
/** Where no border is found for so long, none is looked for behind it. */
const longestPart = 4 * partLength;

/** Where the parts begin, and the end of the last one; the rest of the file is left to whoever reads it to its end. */
async function bordersOf({file, header, size}: LargeCapture, from: number): Promise<number[]> {
  const handle = await open(file);
  const bytes = Buffer.allocUnsafeSlow(searched);
  const borders = [from];
  try {
    for (let at = from + partLength; at + partLength < size; at += partLength) {
      for (const length of [searched / 16, searched]) {
        const {bytesRead} = await handle.read(bytes, 0, length, at);
        const found = findRecord(bytes, bytesRead, header);
        if (found < 0) continue;
        borders.push(at + found);
        break;
      }
      if (at - (borders.at(-1) ?? 0) > longestPart) break;
    }
  } finally {
    await handle.close();
  }
  return borders;
}

/**
 * A place where a record begins: behind the first records of likely lengths and times that follow each other, as bytes of a
 * packet may look like one record more before them. -1 where there is none.
 */
export function findRecord(bytes: Buffer, end: number, header: PcapHeader): number {
  const framer = pcapFramer(header);
  const record = newRecord();
  const endOfChain = (from: number): number => {
    let at = from;
    let seconds = -1;
    for (let count = 0; count < chain; count++) {
      const length = hasLengths(at) ? framer.step(bytes, at, end, record) : 0;
      if (length <= 0) return -1;
      if (seconds >= 0 && Math.abs(record.seconds - seconds) > 86_400) return -1;
      seconds = record.seconds;
      at += length;
    }
    return at;
  };
  /** What nearly no other bytes have, so that the framer needn't refuse them. */
  const hasLengths = (at: number): boolean => {
    const captured = read32(bytes, at + 8, header.bigEndian);
    const original = read32(bytes, at + 12, header.bigEndian);
    return captured <= original && original <= maxCaptured;
  };
  for (let from = 0; from < Math.min(end, 300_000); from++) {
    const found = endOfChain(from);
    if (found >= 0) return found;
  }
  return -1;
}
