import {setTimeout as sleep} from 'node:timers/promises';
import type {FoldedFinding} from '../../../src/findings/finding.js';
import {foldFindings} from '../../../src/findings/fold.js';
import type {HostEvidence} from '../../../src/snapshot/snapshot.js';
import type {DoctorFault} from '../doctor-faults/fault.js';
import {examineAll, readNodes, readSample} from '../doctor-run.js';
import type {Lab} from '../lab.js';
import {expectedHere} from './kernel-has.js';

/** The milliseconds between `doctor`'s two looks, and some. */
const secondLook = 3200;

/** The readings by which a fault is found: one, a second one where that does not name it, or a sample while something is sent. */
export async function readingsOf(lab: Lab, {code, traffic}: DoctorFault): Promise<HostEvidence[][]> {
  if (traffic) return readSample(lab, 3, await traffic(lab));
  const first = await readNodes(lab);
  if (findingsIn(code, [first])[0]?.code === code) return [first];
  await sleep(secondLook);
  return [first, await readNodes(lab)];
}

/** What is found beyond what this kernel brings along to a healthy swarm. */
export function findingsIn(code: string, readings: HostEvidence[][]): FoldedFinding[] {
  const expected = expectedHere();
  return foldFindings(examineAll(...readings).findings).filter(
    (one) => one.code === code || !expected.has(one.code),
  );
}
