import {OvdiagError, usageError} from '../base/errors.js';
import {localTransport, parseHost, type Transport} from '../collect/transport.js';
import type {Wanted} from '../collect/wanted.js';
import type {HostEvidence} from '../snapshot/snapshot.js';
import {eachRecorded, recordedFiles} from '../snapshot/snapshot-folder.js';
import type {ServiceChoice, SwarmChoice} from './choice.js';
import type {Progress} from './fan-out.js';
import {type LiveOptions, liveSource} from './live-source.js';
import type {EvidenceSource, Evidences} from './source.js';
import type {Target} from './targets.js';

/** Where evidence is to come from, as the flags say it. */
export interface HostSelection extends LiveOptions {
  hosts: string[];
  /** Snapshot files, and directories of them. */
  snapshots: string[];
  /** Docker's context that "this host" is meant by. */
  context?: string;
  /** All nodes that a manager knows, instead of the hosts: the manager is the only host, or this one. */
  swarm?: SwarmChoice;
}

/** A host with a thousand namespaces takes half of it. */
const defaultHostTimeoutMs = 60_000;

/** Where the selected evidence comes from. Throws where the parts of the selection exclude each other. */
export function evidenceSource(
  selection: HostSelection,
  platform: string = process.platform,
): EvidenceSource {
  if (selection.snapshots.length > 0) {
    checkRecorded(selection);
    return recordedSource(selection.snapshots);
  }
  const {hosts, context, swarm} = selection;
  if (context !== undefined && hosts.length > 0) {
    throw usageError(
      'host-and-context',
      '--context chooses the engine of this host and --host another host: give one of them.',
    );
  }
  const local = context === undefined ? localTransport : {...localTransport, context};
  const transports = hosts.length > 0 ? hosts.map(parseHost) : [local];
  if (swarm) return swarmSource(transports, swarm, selection);
  if (platform !== 'linux' && transports.some(({kind}) => kind === 'local')) throw notLinux();
  const targets = transports.map((transport) => ({label: transport.label, transport}));
  return liveSource(() => Promise.resolve(targets), selection);
}

/** Flags that only mean something on a live host do not go with snapshots. */
function checkRecorded({hosts, context, swarm, netnsDir}: HostSelection): void {
  const live =
    hosts.length > 0 ? '--host' : swarm ? '--swarm' : context === undefined ? undefined : '--context';
  if (live !== undefined)
    throw usageError(
      'host-and-snapshot',
      `${live} reads live and --snapshot reads files: give one kind of them.`,
    );
  if (netnsDir !== undefined) {
    throw usageError(
      'netns-dir-and-snapshot',
      '--netns-dir names a folder of a live host; a snapshot has its namespaces in it.',
    );
  }
}

function notLinux(): OvdiagError {
  return new OvdiagError({
    code: 'not-linux',
    message: 'Docker overlay networks live in a Linux kernel, and this is another system.',
    suggestions: [
      'Snapshots work here: ovdiag COMMAND --snapshot FILE',
      'So do other hosts: ovdiag COMMAND --host ssh://user@host',
    ],
  });
}

/** The nodes of a swarm: its manager is asked for them, once. */
function swarmSource(
  [manager = localTransport, ...more]: Transport[],
  swarm: SwarmChoice,
  selection: HostSelection,
): EvidenceSource {
  if (more.length > 0) {
    throw usageError(
      'one-manager',
      '--swarm asks one manager for all nodes: give one --host, or none for this host.',
    );
  }
  const {via} = swarm;
  if (via) return serviceSource(manager, {...swarm, via}, selection);
  let found: Promise<Target[]> | undefined;
  return liveSource((signal) => {
    found ??= nodesOfSwarm(manager, swarm, signal);
    return found;
  }, selection);
}

async function nodesOfSwarm(manager: Transport, choice: SwarmChoice, signal: AbortSignal): Promise<Target[]> {
  const [{askSwarm}, {locate}, {nodeTargets}] = await Promise.all([
    import('../collect/ask-swarm.js'),
    import('../collect/collect.js'),
    import('./targets.js'),
  ]);
  const access = await locate(manager, signal);
  // An engine that gives no shell is reached over ssh like any other node.
  return nodeTargets(await askSwarm(access, signal), choice, access.elsewhere ? undefined : manager);
}

function serviceSource(
  manager: Transport,
  choice: SwarmChoice & {via: ServiceChoice},
  {netnsDir, hostTimeoutMs = defaultHostTimeoutMs}: HostSelection,
): EvidenceSource {
  const each: EvidenceSource['each'] = async function* (wanted, signal, onProgress) {
    const {serviceEvidence} = await import('./service-source.js');
    yield* serviceEvidence(manager, choice, {netnsDir, hostTimeoutMs}, wanted, signal, onProgress);
  };
  return {live: true, each, read: (...call) => gathered(each(...call))};
}

async function gathered(evidences: Evidences): Promise<HostEvidence[]> {
  const all: HostEvidence[] = [];
  for await (const evidence of evidences) all.push(evidence);
  return all;
}

function recordedSource(paths: string[]): EvidenceSource {
  const input: {evidence: HostEvidence; left: number}[] = [];
  /** Standard input is there once, so what came by it is kept for whoever reads again. */
  async function* eachOf(path: string): ReturnType<typeof eachRecorded> {
    if (path !== '-') return yield* eachRecorded(path);
    if (input.length === 0) for await (const one of eachRecorded(path)) input.push(one);
    yield* input;
  }
  async function* each(
    _: Wanted,
    signal: AbortSignal,
    onProgress: (progress: Progress) => void = () => {},
  ): Evidences {
    let done = 0;
    let failed = 0;
    for (const [index, path] of paths.entries()) {
      for await (const {evidence, left} of eachOf(path)) {
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
    // Standard input is there once.
    files: async () => (paths.includes('-') ? [] : (await Promise.all(paths.map(recordedFiles))).flat()),
    each,
    read: (...call) => gathered(each(...call)),
  };
}
