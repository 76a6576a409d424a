import {before} from 'node:test';
import {labUnavailable} from './available.js';
import type {Lab} from './lab.js';
import {up} from './swarm.js';

/** Set where the lab must run: then a machine that can't run it fails the tests instead of skipping them. */
function labRequired(): boolean {
  return process.env['OVDIAG_LAB_REQUIRED'] === '1';
}

/** For `describe`: skips a suite, with the reason, on a machine that can't run the lab. */
export function labSuite(): {skip: string | false; timeout: number} {
  const reason = labRequired() ? undefined : labUnavailable();
  return {skip: reason === undefined ? false : `no lab here: ${reason}`, timeout: 300_000};
}

/**
 * Called in a suite's body, it has the lab standing before the suite's first test. Each test file is a process, and
 * the first one builds; the others find the lab standing, and whoever started them takes it down when all are done.
 */
export function useLab(name?: string): () => Lab {
  let lab: Lab | undefined;
  before(async () => {
    const reason = labUnavailable();
    if (reason !== undefined) throw new Error(`the lab is required, but can't run here: ${reason}`);
    lab = await up(name);
  });
  return () => {
    if (lab === undefined) throw new Error('the lab stands only within tests');
    return lab;
  };
}
