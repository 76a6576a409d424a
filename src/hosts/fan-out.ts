import {setMaxListeners} from 'node:events';

/** How far a fan-out has come, for whoever waits. */
export interface Progress {
  done: number;
  /** Of those that are done: what brought less than was asked. */
  failed: number;
  /** Those being worked on now, in the order in which they were begun. */
  running: string[];
  waiting: number;
}

export interface Ended<R> {
  /** Which of the items this is the result of. */
  index: number;
  result: R;
}

/**
 * Works on many items, at most `limit` of them at once, and gives their results in the order in which they come.
 * Nothing new is begun while nobody takes results, so no more than `limit` + 1 of them are ever held here. Where the
 * taker stops early, or one piece of work rejects, the signal that all work was given is aborted, and this ends only
 * when none of it runs any more.
 */
export async function* fanOut<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T, signal: AbortSignal) => Promise<R>,
  signal: AbortSignal,
  onChange: (indexes: {running: number[]; waiting: number}) => void = () => {},
): AsyncGenerator<Ended<R>, void, undefined> {
  const stop = new AbortController();
  // Many pieces of work listen to it at once; Node takes more than ten listeners for a leak.
  setMaxListeners(0, stop.signal);
  const passOn = () => stop.abort(signal.reason);
  if (signal.aborted) passOn();
  signal.addEventListener('abort', passOn, {once: true});
  const running = new Map<number, Promise<Ended<R>>>();
  let next = 0;
  const begin = () => {
    for (; running.size < limit && next < items.length; next++) {
      const index = next;
      const one = work(items[index] as T, stop.signal).then((result) => ({index, result}));
      // It may fail while nobody waits; the race below tells of it then.
      one.catch(() => undefined);
      running.set(index, one);
    }
    onChange({running: [...running.keys()], waiting: items.length - next});
  };
  try {
    begin();
    while (running.size > 0) {
      const ended = await Promise.race(running.values());
      running.delete(ended.index);
      begin();
      yield ended;
    }
  } finally {
    signal.removeEventListener('abort', passOn);
    stop.abort(new Error('not wanted any more'));
    await Promise.allSettled(running.values());
  }
}
