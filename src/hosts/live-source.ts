import {setTimeout as sleep} from 'node:timers/promises';
import type {Transport} from '../collect/transport.js';
import type {Wanted} from '../collect/wanted.js';
import type {HostEvidence} from '../snapshot/snapshot.js';
import {fanOut, type Progress} from './fan-out.js';
import type {EvidenceSource} from './source.js';
import type {Target} from './targets.js';
import {atMost, turns} from './turns.js';

export interface LiveOptions {
  /** Where the namespace files are; each engine is asked where this is not given. */
  netnsDir?: string;
  /** How many hosts are read at once. */
  parallel?: number;
  /** How long the reading of one host may take; what came by then is kept. */
  hostTimeoutMs?: number;
}

const defaultParallel = 16;

/**
 * A jump host that all connections pass through takes only so many that have not logged in yet, and closes others at
 * random (sshd's MaxStartups: from the tenth on). So they are begun one after the other, and again where that happened.
 */
const sshSpacingMs = 100;
const sshRetries = 5;
const sshPauseMs = 1500;
/** Hosts that are asked again at once. Each has two connections at the jump host, which takes nine. */
const sshAgainAtOnce = 4;

/** A node that its manager calls down may still be reached, and tell most, but is not waited for long. */
const patienceWithDownMs = 5000;

/** Live hosts, a few at a time. */
export function liveSource(
  targetsOf: (signal: AbortSignal) => Promise<Target[]>,
  options: LiveOptions,
): EvidenceSource {
  async function* inOrderOfArrival(
    wanted: Wanted,
    signal: AbortSignal,
    onProgress: (progress: Progress) => void = () => {},
  ) {
    // Loaded here: it starts processes, and an answer from snapshots starts none.
    const [{collect}, {ofTarget, unreached}] = await Promise.all([
      import('../collect/collect.js'),
      import('./targets.js'),
    ]);
    const targets = await targetsOf(signal);
    const readOne = patientReader(collect, wanted, options);
    let done = 0;
    let failed = 0;
    const read = async (target: Target, stop: AbortSignal) => {
      const {transport, node} = target;
      const evidence = transport ? await readOne(transport, node, stop) : unreached(target);
      done++;
      if (evidence.failure) failed++;
      return ofTarget(target, evidence);
    };
    const {parallel = defaultParallel} = options;
    yield* fanOut(targets, parallel, read, signal, ({running, waiting}) =>
      onProgress({done, failed, running: running.flatMap((index) => targets[index]?.label ?? []), waiting}),
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

type Collect = typeof import('../collect/collect.js')['collect'];

/** Reads a host within its time: over ssh in turn, and again where it was turned away. */
function patientReader(collect: Collect, wanted: Wanted, {netnsDir, hostTimeoutMs}: LiveOptions) {
  const inTurn = turns(sshSpacingMs);
  const few = atMost(sshAgainAtOnce);
  const waitMs = (wanted.listenSeconds ?? 0) * 1000;
  return async (transport: Transport, node: Target['node'], signal: AbortSignal): Promise<HostEvidence> => {
    const options = {
      signal,
      ...(netnsDir === undefined ? {} : {netnsDir}),
      ...(hostTimeoutMs === undefined ? {} : {endBy: Date.now() + waitMs + hostTimeoutMs}),
      ...(node === undefined || node.state === 'ready' ? {} : {startMs: patienceWithDownMs}),
    };
    if (transport.kind === 'ssh') await inTurn(signal);
    let evidence = await collect(transport, wanted, options);
    for (let again = 0; again < sshRetries && turnedAway(evidence); again++) {
      await sleep(sshPauseMs * (1 + Math.random()), undefined, {signal});
      evidence = await few(() => collect(transport, wanted, options));
    }
    return evidence;
  };
}

/** Whether the host, or a jump host before it, closed a connection before anything was said: for both of them, or one. */
function turnedAway({failure, sections, docker}: HostEvidence): boolean {
  return (
    (failure?.code === 'ssh-closed' && sections.length === 0) ||
    (docker.answers.length === 0 &&
      /^kex_exchange_identification|^Connection (closed|reset) by/m.test(docker.failure ?? ''))
  );
}
