import {OvdiagError, usageError} from '../errors.js';
import type {HostEvidence} from '../evidence/snapshot.js';
import {eachRecorded} from '../evidence/snapshot-folder.js';
import {localTransport, parseHost, type Transport} from '../evidence/transport.js';
import type {Wanted} from '../evidence/wanted.js';
import {fanOut, type Progress} from './fan-out.js';

/** Where evidence is to come from, as the flags say it. */
export interface HostSelection {
  hosts: string[];
  /** Snapshot files, and directories of them. */
  snapshots: string[];
  netnsDir?: string;
  /** How many live hosts are read at once. */
  parallel?: number;
  /** How long the reading of one live host may take; what came by then is kept. */
  hostTimeoutMs?: number;
}

/** A source that gives evidence; a live one can be asked again, a recorded one always tells the same. */
export interface EvidenceSource {
  live: boolean;
  /**
   * Host by host, in the order in which they come, so that whoever needs only one at a time holds only one. A host
   * that could not be read is among them, with its `failure`. Leaving the loop early ends what still runs.
   */
  each(wanted: Wanted, signal: AbortSignal, onProgress?: (progress: Progress) => void): Evidences;
  /** All of them at once, in the order in which they were named. */
  read(
    wanted: Wanted,
    signal: AbortSignal,
    onProgress?: (progress: Progress) => void,
  ): Promise<HostEvidence[]>;
}

export type Evidences = AsyncGenerator<HostEvidence, void, undefined>;

export const defaultParallel = 16;

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
    return recordedSource(snapshots);
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
  return liveSource(transports, selection);
}

function recordedSource(paths: string[]): EvidenceSource {
  async function* each(
    _: Wanted,
    signal: AbortSignal,
    onProgress: (progress: Progress) => void = () => {},
  ): Evidences {
    let done = 0;
    let failed = 0;
    for (const [index, path] of paths.entries()) {
      for await (const {evidence, left} of eachRecorded(path)) {
        signal.throwIfAborted();
        onProgress({done, failed, running: [evidence.source], waiting: left + paths.length - index - 1});
        yield evidence;
        done++;
        if (evidence.failure) failed++;
      }
    }
  }
  return {
    live: false,
    each,
    async read(wanted, signal, onProgress) {
      const all: HostEvidence[] = [];
      for await (const evidence of each(wanted, signal, onProgress)) all.push(evidence);
      return all;
    },
  };
}

function liveSource(transports: Transport[], selection: HostSelection): EvidenceSource {
  const {netnsDir, parallel = defaultParallel, hostTimeoutMs} = selection;
  async function* inOrderOfArrival(
    wanted: Wanted,
    signal: AbortSignal,
    onProgress: (progress: Progress) => void = () => {},
  ) {
    // Loaded here: it starts processes, and an answer from snapshots starts none.
    const {collect} = await import('../evidence/collect.js');
    let done = 0;
    let failed = 0;
    const read = async (transport: Transport, stop: AbortSignal) => {
      const evidence = await collect(transport, wanted, {
        signal: stop,
        ...(netnsDir === undefined ? {} : {netnsDir}),
        ...(hostTimeoutMs === undefined ? {} : {endBy: Date.now() + hostTimeoutMs}),
      });
      done++;
      if (evidence.failure) failed++;
      return evidence;
    };
    yield* fanOut(transports, parallel, read, signal, ({running, waiting}) =>
      onProgress({
        done,
        failed,
        running: running.flatMap((index) => transports[index]?.label ?? []),
        waiting,
      }),
    );
  }
  return {
    live: true,
    async *each(wanted, signal, onProgress) {
      for await (const {result} of inOrderOfArrival(wanted, signal, onProgress)) yield result;
    },
    async read(wanted, signal, onProgress) {
      const all: HostEvidence[] = [];
      for await (const {index, result} of inOrderOfArrival(wanted, signal, onProgress)) all[index] = result;
      return all;
    },
  };
}
