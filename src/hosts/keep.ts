import {stat} from 'node:fs/promises';
import {type HostEvidence, type Snapshot, snapshotSchemaVersion} from '../snapshot/snapshot.js';
import {writeSnapshot} from '../snapshot/snapshot-file.js';
import {createSnapshotFolder} from '../snapshot/snapshot-folder.js';

/** Where a snapshot is put, host by host. */
export interface Keeper {
  kind: 'file' | 'directory';
  add(name: string, evidence: HostEvidence): Promise<void>;
  /** Makes it whole; returns its path. */
  finish(): Promise<string>;
  /** Leaves nothing of it. */
  discard(): Promise<void>;
}

/**
 * One file for one host, a directory with a file a host for several, unless the name says otherwise: `x.json`,
 * `x.json.gz` and `-` are files, `x/` and what is a directory already are directories.
 */
export async function openKeeper(
  output: string | undefined,
  {several, version}: {several: boolean; version: string},
): Promise<Keeper> {
  if (!(await meansDirectory(output, several))) return fileKeeper(output, version);
  const path = output ?? `ovdiag-hosts-${timestamp()}`;
  const folder = await createSnapshotFolder(path, version);
  return {
    kind: 'directory',
    add: (name, evidence) => folder.add(name, evidence),
    async finish() {
      await folder.finish();
      return path;
    },
    discard: () => folder.discard(),
  };
}

async function meansDirectory(output: string | undefined, several: boolean): Promise<boolean> {
  if (output === undefined || output === '-') return several && output === undefined;
  if (output.endsWith('/')) return true;
  const details = await stat(output).catch(() => undefined);
  return details?.isDirectory() ?? (several && !/\.json(\.gz)?$/.test(output));
}

/** All hosts in one file, held until the last has come. */
function fileKeeper(output: string | undefined, version: string): Keeper {
  const hosts: HostEvidence[] = [];
  const names = new Set<string>();
  return {
    kind: 'file',
    add(name, evidence) {
      names.add(name);
      hosts.push(evidence);
      return Promise.resolve();
    },
    async finish() {
      const path = output ?? defaultName([...names]);
      await record(path, hosts, version);
      return path;
    },
    discard: () => Promise.resolve(),
  };
}

/** Keeps evidence as a snapshot file. */
export async function record(path: string, hosts: HostEvidence[], version: string): Promise<void> {
  const snapshot: Snapshot = {
    schemaVersion: snapshotSchemaVersion,
    tool: {name: 'ovdiag', version},
    createdAt: new Date().toISOString(),
    hosts,
  };
  await writeSnapshot(path, snapshot);
}

/** Names one host by its name, several by their number. */
function defaultName(hosts: string[]): string {
  const who =
    hosts.length === 1
      ? (hosts[0] ?? 'host').replace(/[^A-Za-z0-9._-]/g, '_').slice(0, 64)
      : `${hosts.length}-hosts`;
  return `ovdiag-${who}-${timestamp()}.json.gz`;
}

function timestamp(): string {
  return new Date().toISOString().replace(/[-:]|\.\d+/g, '');
}
