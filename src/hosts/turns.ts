/** Who may begin, and when: for connections that pass one jump host. */
import {setTimeout as sleep} from 'node:timers/promises';

/** Runs so many jobs at once, and the others in the order in which they came. */
export function atMost(count: number): <T>(job: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let free = count;
  return async (job) => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await job();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free++;
    }
  };
}

/** Lets its callers pass one after the other, some time apart. */
export function turns(spacingMs: number): (signal: AbortSignal) => Promise<void> {
  let next = 0;
  return async (signal) => {
    const mine = Math.max(next, Date.now());
    next = mine + spacingMs;
    if (mine > Date.now()) await sleep(mine - Date.now(), undefined, {signal});
  };
}
