import {Worker} from 'node:worker_threads';
import type {LargeCapture} from './large-capture.js';
import type {PartAnswer, PartWork} from './part.js';
import type {DecodedPart, PartAsked} from './part-decoder.js';
import {newTurns, newTurnsMemory} from './part-turns.js';
import type {RunOrigin} from './run.js';

/** Bytes that the records of a part start in. */
const partLength = 4 * 1024 * 1024;
/** As the build puts it. From the sources there are no threads: what makes Node read TypeScript does not reach into them. */
const module = new URL('../workers/decode-part.js', import.meta.url);

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
