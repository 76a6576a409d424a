import {setTimeout as sleep} from 'node:timers/promises';
import {HopelessError, LabError} from './error.js';

export interface Awaited {
  /** What is waited for, as the words after "waited N s for". */
  readonly what: string;
  /** Called once on failure: what a reader needs to find out why, such as the end of a log. */
  readonly explain?: () => Promise<string>;
  /** Milliseconds between two questions, at first and at most; where a question is dear, more than usual. */
  readonly pauses?: {readonly first: number; readonly longest: number};
  /** Milliseconds after which it is given up; `patience` where not given. */
  readonly patience?: number;
}

/**
 * Milliseconds after which a state that was not reached is taken to be out of reach. The longest of them, gossip that
 * heals, takes about a minute on a quiet machine.
 */
export const patience = 900_000;

/** The first questions come quickly, and what takes long is not asked for often. */
const usualPauses = {first: 50, longest: 2000};

/** Asks again and again until the probe gives a value; an error thrown by the probe counts as "not yet". */
export async function until<T>(
  {what, explain, pauses = usualPauses, patience: longest = patience}: Awaited,
  probe: () => Promise<T | undefined>,
): Promise<T> {
  const start = Date.now();
  let last = '';
  let pause = pauses.first;
  do {
    try {
      const value = await probe();
      if (value !== undefined) return value;
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
      if (error instanceof HopelessError) break;
    }
    await sleep(pause);
    pause = Math.min(pause * 1.5, pauses.longest);
  } while (Date.now() < start + longest);
  const waited = ((Date.now() - start) / 1000).toFixed(1);
  const details = [last, explain === undefined ? '' : await explain()].filter((text) => text !== '');
  throw new LabError([`waited ${waited} s for ${what}`, ...details].join('\n'));
}
