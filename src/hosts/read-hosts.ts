import {OvdiagError, usageError} from '../errors.js';
import {collect} from '../evidence/collect.js';
import {type HostEvidence, type Snapshot, snapshotSchemaVersion} from '../evidence/snapshot.js';
import {readSnapshot, writeSnapshot} from '../evidence/snapshot-file.js';
import {localTransport, parseHost} from '../evidence/transport.js';
import type {Wanted} from '../evidence/wanted.js';

/** Where evidence is to come from, as the flags say it. */
export interface HostSelection {
  hosts: string[];
  snapshots: string[];
  netnsDir?: string;
}

/** A source that gives evidence; a live one can be asked again, a recorded one always tells the same. */
export interface EvidenceSource {
  live: boolean;
  read(wanted: Wanted, signal: AbortSignal): Promise<HostEvidence[]>;
}

export function evidenceSource(
  selection: HostSelection,
  platform: string = process.platform,
): EvidenceSource {
  const {hosts, snapshots, netnsDir} = selection;
  if (snapshots.length > 0) {
    if (hosts.length > 0)
      throw usageError(
        'host-and-snapshot',
        '--host reads live and --snapshot reads files: give one kind of them.',
      );
    if (netnsDir !== undefined) {
      throw usageError(
        'netns-dir-and-snapshot',
        '--netns-dir names a folder of a live host; a snapshot has its namespaces in it.',
      );
    }
    return {
      live: false,
      read: async () =>
        (await Promise.all(snapshots.map(readSnapshot))).flatMap((snapshot) => snapshot.hosts),
    };
  }
  const transports = hosts.length > 0 ? hosts.map(parseHost) : [localTransport];
  if (platform !== 'linux' && transports.some(({kind}) => kind === 'local')) {
    throw new OvdiagError({
      code: 'not-linux',
      message: 'Docker overlay networks live in a Linux kernel, and this is another system.',
      suggestions: [
        'Snapshots work here: ovdiag COMMAND --snapshot FILE',
        'So do other hosts: ovdiag COMMAND --host ssh://user@host',
      ],
    });
  }
  return {
    live: true,
    read: (wanted, signal) =>
      Promise.all(
        transports.map((transport) =>
          collect(transport, wanted, {signal, ...(netnsDir === undefined ? {} : {netnsDir})}),
        ),
      ),
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
