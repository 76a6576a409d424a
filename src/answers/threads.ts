import {Worker} from 'node:worker_threads';
import {OvdiagError} from '../base/errors.js';
import {type Ended, fanOut, type Progress} from '../hosts/fan-out.js';

/** What a thread answers to a job. */
export type Answer<Result> =
  | {result: Result}
  | {error: Pick<OvdiagError, 'code' | 'message' | 'suggestions' | 'exit'>};

/**
 * Hands jobs to threads that run the same module, one at a time to each, and gives their results as they come. Threads
 * end with the loop, however it ends.
 *
 * @param module answers each message, a job, by one message, an `Answer`
 */
export async function* inThreads<Job, Result>(
  module: URL,
  jobs: readonly Job[],
  threads: number,
  signal: AbortSignal,
  onProgress: (progress: Pick<Progress, 'done' | 'waiting'>) => void = () => {},
): AsyncGenerator<Ended<Result>, void, undefined> {
  const idle: Worker[] = [];
  const all: Worker[] = [];
  let done = 0;
  const work = async (job: Job, stop: AbortSignal): Promise<Result> => {
    const worker = idle.pop() ?? new Worker(module);
    if (!all.includes(worker)) all.push(worker);
    const answer = await ask<Job, Result>(worker, job, stop);
    idle.push(worker);
    if ('error' in answer) throw new OvdiagError(answer.error);
    done++;
    return answer.result;
  };
  try {
    yield* fanOut(jobs, threads, work, signal, ({waiting}) => onProgress({done, waiting}));
  } finally {
    await Promise.all(all.map((worker) => worker.terminate()));
  }
}

function ask<Job, Result>(worker: Worker, job: Job, stop: AbortSignal): Promise<Answer<Result>> {
  return new Promise((resolve, reject) => {
    const end = (settle: () => void) => {
      worker.off('message', onMessage).off('error', onError).off('exit', onExit);
      stop.removeEventListener('abort', onStop);
      settle();
    };
    const onMessage = (answer: Answer<Result>) => end(() => resolve(answer));
    const onError = (error: Error) => end(() => reject(error));
    const onExit = () => end(() => reject(new Error('a thread ended before its work was done')));
    const onStop = () => end(() => reject(stop.reason));
    worker.on('message', onMessage).on('error', onError).on('exit', onExit);
    stop.addEventListener('abort', onStop, {once: true});
    worker.postMessage(job);
  });
}
