import {after, before} from 'node:test';
import {labUnavailable} from './available.js';
import type {Lab} from './lab.js';
import {defaultLabName, labNames} from './names.js';
import {readState} from './state.js';
import {down, up} from './swarm.js';

/** Set where the lab must run: then a machine that can't run it fails the tests instead of skipping them. */
function labRequired(): boolean {
  return process.env['OVDIAG_LAB_REQUIRED'] === '1';
}

/** For `describe`: skips a suite, with the reason, on a machine that can't run the lab. */
export function labSuite(): {skip: string | false} {
  const reason = labRequired() ? undefined : labUnavailable();
  return {skip: reason === undefined ? false : `no lab here: ${reason}`};
}

/**
 * Called in a suite's body, it has the lab standing before the suite's first test. Each test file is a process, and
 * the first one builds; the others find the lab standing, and whoever started them takes it down when all are done.
 */
export function useLab(name?: string): () => Lab {
  return standing(() => up(name));
}

/** A lab of three nodes: beside the usual one, and gone when the suite is over unless it stood before. */
export function useLargeLab(): () => Lab {
  const name = `${defaultLabName()}3`;
  let stood = false;
  const lab = standing(async () => {
    stood = (await readState(labNames(name))) !== undefined;
    return up(name, {nodeCount: 3});
  });
  after(async () => {
    if (!stood && labUnavailable() === undefined) await down(name);
  });
  return lab;
}

function standing(build: () => Promise<Lab>): () => Lab {
  let lab: Lab | undefined;
  before(async () => {
    const reason = labUnavailable();
    if (reason !== undefined) throw new Error(`the lab is required, but can't run here: ${reason}`);
    lab = await build();
  });
  return () => {
    if (lab === undefined) throw new Error('the lab stands only within tests');
    return lab;
  };
}
