import {setTimeout as sleep} from 'node:timers/promises';
import {HopelessError, LabError} from './error.js';

export interface Deadline {
  /** What is waited for, as the words after "waited N s for". */
  readonly what: string;
  readonly seconds: number;
  /** Called once on failure: what a reader needs to find out why, such as the end of a log. */
  readonly explain?: () => Promise<string>;
}

const pause = 100;

/** Asks again and again until the probe gives a value; an error thrown by the probe counts as "not yet". */
export async function until<T>(
  {what, seconds, explain}: Deadline,
  probe: () => Promise<T | undefined>,
): Promise<T> {
  const start = Date.now();
  let last = '';
  do {
    try {
      const value = await probe();
      if (value !== undefined) return value;
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
      if (error instanceof HopelessError) break;
    }
    await sleep(pause);
  } while (Date.now() < start + seconds * 1000);
  const waited = ((Date.now() - start) / 1000).toFixed(1);
  const details = [last, explain === undefined ? '' : await explain()].filter((text) => text !== '');
  throw new LabError([`waited ${waited} s for ${what}`, ...details].join('\n'));
}
