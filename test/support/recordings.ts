import {readdirSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {type HostModel, hostModel} from '../../src/model/host.js';
import {recordedEvidence} from './evidence.js';

const root = fileURLToPath(new URL('../../fixtures/recorded', import.meta.url));

const byFolder = new Map<string, string[]>();
for (const {name, parentPath} of readdirSync(root, {recursive: true, withFileTypes: true})) {
  const [, node] = /^(node\d)\.json\.gz$/.exec(name) ?? [];
  if (node === undefined) continue;
  const folder = parentPath.slice(root.length + 1);
  byFolder.set(folder, [...(byFolder.get(folder) ?? []), node].sort());
}

/** The folders of fixtures/recorded that hold a host of the lab's swarm or both; '' is the healthy one. */
export const recordings: readonly string[] = [...byFolder.keys()].sort();

/** The hosts of a recording. */
export function recordedHosts(folder: string): HostModel[] {
  return (byFolder.get(folder) ?? []).map((node) =>
    hostModel(recordedEvidence(folder === '' ? node : `${folder}/${node}`)),
  );
}

/** The containers at the two ends of a fault that trace is tried on; the task's name is the engine's own. */
export const tracePairs = {
  web: ['web1', 'web2'],
  cross: ['ts1a', 'ts2b'],
  secret: ['secret1', 'secret2'],
  same: ['web1', 'service:app@node1'],
} as const;
