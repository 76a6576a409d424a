import {open} from 'node:fs/promises';
import {availableParallelism} from 'node:os';
import {Worker} from 'node:worker_threads';
import {isPcap, type PcapHeader, pcapHeaderLength, readPcapHeader} from '../pcap/pcap.js';
import type {PartAnswer, PartWork} from './part.js';
import type {DecodedPart, PartAsked} from './part-decoder.js';
import {newTurns, newTurnsMemory} from './part-turns.js';
import type {RunOrigin} from './run.js';

/**
 * Files below this are done before threads are as fast as they get: each thread compiles the decoder for itself, which takes
 * about half a second of a processor.
 */
const worthThreads = 1024 * 1024 * 1024;
/** Bytes that the records of a part start in. */
const partLength = 4 * 1024 * 1024;
/** Each holds a part and what it prints, some 20 MB. */
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
  take(decoded: DecodedPart): Promise<boolean>;
}

/**
 * Decodes a capture from `from` on in parts, each in a thread, and hands them over in order. Ends early where a part can't be
 * decoded by itself; whoever called goes on behind the last part that was taken, as with the rest of the file.
 */
export async function decodeInThreads(
  {file, header, size, threads}: LargeCapture,
  asked: PartAsked,
  from: number,
  {origin, take}: PartsListener,
): Promise<void> {
  const {packets, ...times} = origin;
  const parts = Math.floor((size - from) / partLength);
  const job = {file, header, from, length: partLength, asked, origin: times};
  const memory = newTurnsMemory({position: from, packets});
  const turns = newTurns(memory, parts);
  const pool = startThreads({job, memory, parts}, threads);
  try {
    for (let index = 0; index < parts; index++) {
      const {decoded, giveBack} = (await pool.answerFor(index)) ?? {};
      if (decoded === undefined || !(await take(decoded))) return;
      turns.taken(index + 1);
      giveBack?.(decoded.output.map(({buffer}) => buffer));
    }
  } finally {
    turns.stop();
    await pool.end();
  }
}

/** What a thread answered, and where its buffers go when they are written. */
interface Answer extends PartAnswer {
  giveBack(buffers: ArrayBuffer[]): void;
}

interface Pool {
  /** Waits for a part; undefined where a thread failed. */
  answerFor(index: number): Promise<Answer | undefined>;
  end(): Promise<void>;
}

function startThreads(work: PartWork, count: number): Pool {
  const workers = Array.from({length: count}, () => new Worker(module, {workerData: work}));
  const answers = new Map<number, Answer>();
  let hasFailed = false;
  let wake = (): void => undefined;
  const fail = (): void => {
    hasFailed = true;
    wake();
  };
  for (const worker of workers) {
    // One that got the buffers of the others would keep more and more of them.
    const giveBack = (buffers: ArrayBuffer[]): void => worker.postMessage(buffers, buffers);
    worker.on('message', (answer: PartAnswer) => {
      answers.set(answer.index, {...answer, giveBack});
      wake();
    });
    worker.on('error', fail);
    worker.on('exit', (status) => {
      if (status !== 0) fail();
    });
  }
  return {
    async answerFor(index) {
      while (!(answers.has(index) || hasFailed)) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      const answer = answers.get(index);
      answers.delete(index);
      return answer;
    },
    async end() {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}
