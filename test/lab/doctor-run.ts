import {checks} from '../../src/checks/registry.js';
import {type Examination, Examiner} from '../../src/checks/run.js';
import {collect} from '../../src/collect/collect.js';
import {parseHost} from '../../src/collect/transport.js';
import {everything, parts, type Wanted, without} from '../../src/collect/wanted.js';
import type {HostEvidence} from '../../src/snapshot/snapshot.js';
import {hostFromEvidence} from '../../src/topology/host-from-evidence.js';
import {told} from '../checks/support.js';
import type {Traffic} from './doctor-faults/fault.js';
import {LabError} from './error.js';
import {expectedHere} from './full/kernel-has.js';
import type {Lab} from './lab.js';
import {until} from './wait.js';

/** The evidence of all nodes, read at the same time. */
export function readNodes(lab: Lab, listenSeconds?: number): Promise<HostEvidence[]> {
  return readWanted(lab, listenSeconds === undefined ? everything : {...everything, listenSeconds});
}

function readWanted(lab: Lab, wanted: Wanted): Promise<HostEvidence[]> {
  const {signal} = new AbortController();
  return Promise.all(
    lab.nodes.map(({prefix}) => collect(parseHost(`exec:${prefix.join(' ')}`), wanted, {signal})),
  );
}

/** What all checks say of readings, as `doctor` asks them. */
export function examineAll(...readings: HostEvidence[][]): Examination {
  const examiner = new Examiner(checks);
  for (const evidence of readings.flat()) examiner.add(hostFromEvidence(evidence));
  return examiner.end();
}

/** What all checks say after a second look that reads only what the findings of the first rest on, as `doctor` takes it. */
export async function lookAgainPartly(lab: Lab, first: HostEvidence[]): Promise<Examination> {
  const examiner = new Examiner(checks);
  for (const evidence of first) examiner.add(hostFromEvidence(evidence));
  const left = examiner.spared(parts, examiner.end());
  for (const evidence of await readWanted(lab, without(everything, left)))
    if (!examiner.addPartly(hostFromEvidence(evidence), left))
      throw new LabError(`${evidence.source} goes by another name than at the first look`);
  return examiner.end();
}

/** Two readings of all nodes while somebody listens, and something is sent again and again. */
export async function readSample(lab: Lab, seconds: number, traffic: Traffic): Promise<HostEvidence[][]> {
  const before = await readNodes(lab);
  let isOver = false;
  const reading = readNodes(lab, seconds).finally(() => {
    isOver = true;
  });
  const sending = async () => {
    while (!isOver) await traffic();
  };
  const [after] = await Promise.all([reading, sending()]);
  return [before, after];
}

/** Waits until `doctor` finds nothing on any node but what this kernel brings along; gossip may need a minute to heal. */
export async function untilClean(lab: Lab, patience?: number): Promise<void> {
  // Each look reads both nodes as a whole.
  const pauses = {first: 1000, longest: 8000};
  const expected = expectedHere();
  await until({what: 'a swarm in which nothing is found', pauses, ...(patience && {patience})}, async () => {
    const {findings} = examineAll(await readNodes(lab));
    const left = told(findings.filter(({code}) => !expected.has(code)));
    if (left.length > 0) throw new LabError(`still found: ${left.join('; ')}`);
    return true;
  });
}
