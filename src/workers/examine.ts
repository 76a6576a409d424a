/** A thread of `doctor`: looks at the hosts of one snapshot file after another, each by itself. */
import {parentPort} from 'node:worker_threads';
import {checks} from '../checks/registry.js';
import {boilDown, type Kept} from '../checks/run.js';
import {type HostFacts, hostFacts} from '../cli/host-facts.js';
import {OvdiagError} from '../errors.js';
import {type RecordedFile, readRecorded} from '../evidence/snapshot-folder.js';
import type {Answer} from '../hosts/threads.js';
import {withoutForeignDocker} from '../join/same-machine.js';
import {hostModel} from '../model/host.js';

/** What is kept of each host of a file when its model is gone. */
export type Examined = {kept: Kept; facts: HostFacts}[];

async function examine(file: RecordedFile): Promise<Examined> {
  return (await readRecorded(file)).map((evidence) => {
    const model = withoutForeignDocker(hostModel(evidence));
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
