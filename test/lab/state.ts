import {readFile, rename, writeFile} from 'node:fs/promises';
import type {LabNames} from './names.js';
import type {ProcessId} from './process.js';
import type {NodeSpec} from './topology.js';

/** What another process must know to use a standing lab. Written last, so a lab that has it was built to its end. */
export interface LabState {
  /** A lab of another layout is rebuilt, not used. */
  readonly layout: typeof layout;
  /** The tree its engines run from; absent for the machine's own. */
  readonly root?: string;
  readonly nodes: ReadonlyArray<NodeSpec & {readonly dockerd: ProcessId; readonly forwarding: ProcessId}>;
}

export const layout = 1;

export async function readState(names: LabNames): Promise<LabState | undefined> {
  try {
    const state = JSON.parse(await readFile(names.stateFile, 'utf8')) as LabState;
    return state.layout === layout ? state : undefined;
  } catch {
    return undefined;
  }
}

export async function writeState(names: LabNames, state: LabState): Promise<void> {
  const draft = `${names.stateFile}.new`;
  await writeFile(draft, `${JSON.stringify(state, undefined, 2)}\n`, {mode: 0o600});
  await rename(draft, names.stateFile);
}
