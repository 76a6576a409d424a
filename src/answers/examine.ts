/** A thread of `doctor`: looks at the hosts of one snapshot file after another, each by itself. */
import {parentPort} from 'node:worker_threads';
import {OvdiagError} from '../base/errors.js';
import {checks} from '../checks/registry.js';
import {boilDown, type Kept} from '../checks/run.js';
import {type HostFacts, hostFacts} from '../hosts/host-facts.js';
import {type RecordedFile, readRecorded} from '../snapshot/snapshot-folder.js';
import {hostFromEvidence} from '../topology/host-from-evidence.js';
import type {Answer} from './threads.js';

/** What is kept of each host of a file when its model is gone. */
export type Examined = {kept: Kept; facts: HostFacts}[];

/** Reads a file and boils down the hosts in it. Throws what reading a snapshot throws. */
export async function examine(file: RecordedFile): Promise<Examined> {
  return (await readRecorded(file)).map((evidence) => {
    const model = hostFromEvidence(evidence);
    return {kept: boilDown(checks, model), facts: hostFacts(model)};
  });
}

async function answer(file: RecordedFile): Promise<Answer<Examined>> {
  try {
    return {result: await examine(file)};
  } catch (error) {
    if (!(error instanceof OvdiagError)) throw error;
    const {code, message, suggestions, exit} = error;
    return {error: {code, message, suggestions, exit}};
  }
}

parentPort?.on('message', (file: RecordedFile) => {
  void answer(file).then((said) => parentPort?.postMessage(said));
});
