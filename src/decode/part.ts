/** A thread that decodes parts of a large classic capture: this is the thread's program. */
import {parentPort, receiveMessageOnPort, workerData} from 'node:worker_threads';
import {type DecodedPart, newPartDecoder, type PartsJob} from './part-decoder.js';
import {newTurns} from './part-turns.js';

/** What a thread is started with. */
export interface PartWork {
  job: PartsJob;
  memory: SharedArrayBuffer;
  parts: number;
}

/** What it answers for each part that it has claimed; what was written of it comes back as a list of buffers. */
export interface PartAnswer {
  index: number;
  decoded: DecodedPart | undefined;
}

async function work({job, memory, parts}: PartWork): Promise<void> {
  const port = parentPort;
  if (port === null) return;
  const turns = newTurns(memory, parts);
  const decoder = newPartDecoder(job, turns);
  for (;;) {
    const index = turns.claim();
    if (index === undefined) break;
    for (let back = receiveMessageOnPort(port); back !== undefined; back = receiveMessageOnPort(port))
      decoder.giveBack(back.message as ArrayBuffer[]);
    const decoded = await decoder.decode(index);
    const buffers = (decoded?.output ?? []).map(({buffer}) => buffer);
    port.postMessage({index, decoded} satisfies PartAnswer, buffers);
  }
  decoder.close();
}

void work(workerData as PartWork);
