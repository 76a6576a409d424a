/** Proves a path with real packets: captures at every point, sends, and judges what was seen. */

import {randomBytes, randomInt} from 'node:crypto';
import {OvdiagError} from '../base/errors.js';
import {quoteText} from '../base/escape.js';
import {defaultNetnsDir} from '../base/netns-dir.js';
import {parseHost} from '../collect/transport.js';
import type {HostModel} from '../model/host.js';
import type {Trace} from '../trace/targets.js';
import {askName, type NameProbe} from './ask.js';
import {type Captures, startCaptures} from './captures.js';
import {compare, type ModelSays} from './compare.js';
import {type Judged, judge} from './judge.js';
import {type PathMtu, pathMtu} from './ladder.js';
import {type Loss, lossOf} from './loss.js';
import type {Planned, ProbePlan} from './plan.js';
import {climb, echoHeaders, plainSize, sendProbes} from './send.js';
import {openShell, type ProbeShell, type Tools} from './session.js';
import {patternBytes, type Signature} from './sight.js';
import type {ProbeTraffic} from './types.js';

export interface RoundTrip {
  minMs: number;
  meanMs: number;
  maxMs: number;
}

export interface ProbeReport extends Judged {
  plan: ProbePlan;
  /** What the source is told for the destination's name; null where there was none to ask for. */
  name: NameProbe | null;
  /** Echo requests or connections; the sizes of the ladder are not among them. */
  sent: number;
  loss: Loss;
  roundTrip: RoundTrip | null;
  /** All packets that left the source, those of the ladder and the question for the name included. */
  packets: number;
  mtu: PathMtu | null;
  /** Where packets that were too large for the way were last seen; null where none was lost. */
  mtuLost: Judged['verdict'] | null;
  model: ModelSays;
  agreesWithModel: boolean | null;
  /** Where the two differ, in a sentence. */
  difference: string | null;
}

/** A run is never longer than this; the far sides end by themselves after it. */
const longestSeconds = 120;
/** Above the ports that Linux gives out by itself (ip_local_port_range ends at 60999). */
const ownPorts = {from: 61_000, to: 65_500};

export interface ProbeRun {
  hosts: HostModel[];
  planned: Planned;
  trace: Trace;
  signal: AbortSignal;
}

export async function runProbe({hosts, planned, trace, signal}: ProbeRun): Promise<ProbeReport> {
  const {way, traffic} = planned;
  const keys = new Set([way.source.key, ...way.points.map(({hostKey}) => hostKey)]);
  const shells = new Map<string, ProbeShell | {failure: string}>();
  try {
    await Promise.all(
      hosts
        .filter(({key}) => keys.has(key))
        .map(async (host) => shells.set(host.key, await shellOn(host, signal))),
    );
    signal.throwIfAborted();
    const shell = senderOn(way.source, shells.get(way.source.key), traffic, planned.plan.mtu !== null);
    return await measure({planned, trace, shells, shell, signal});
  } finally {
    await Promise.all([...shells.values()].map((shell) => ('close' in shell ? shell.close() : undefined)));
    signal.throwIfAborted();
  }

  function shellOn(host: HostModel, stop: AbortSignal) {
    const netnsDir = host.netnsDir ?? defaultNetnsDir;
    return openShell(parseHost(host.source), {netnsDir, signal: stop, longestSeconds});
  }
}

interface Measuring {
  planned: Planned;
  trace: Trace;
  shells: ReadonlyMap<string, ProbeShell | {failure: string}>;
  shell: ProbeShell;
  signal: AbortSignal;
}

async function measure({planned, trace, shells, shell, signal}: Measuring): Promise<ProbeReport> {
  const {way, plan, traffic, naming} = planned;
  const [main] = plan.sends;
  const signature = newSignature(traffic, main?.count ?? 0);
  const captures = await startCaptures({
    points: way.points,
    shells,
    signature,
    traffic: plan.mtu && traffic.protocol === 'tcp' ? [traffic, {protocol: 'icmp'}] : [traffic],
    tries: main?.count ?? 0,
    address: way.address,
  });
  signal.throwIfAborted();
  const {sightings} = captures;
  const sender = {
    shell,
    inode: way.inode,
    netns: way.netns,
    address: way.address,
    signature,
    sightings,
    signal,
  };
  const name = naming
    ? await askName({naming, server: naming.server, shell, inode: way.inode, netns: way.netns})
    : null;
  signal.throwIfAborted();
  const sent = await sendProbes(sender, traffic, main?.count ?? 0);
  const judged = judge({
    points: way.points,
    ...captures,
    ...sent,
    transmitted: traffic.protocol === 'icmp' ? sent.packets : null,
  });
  const climbed = plan.mtu && judged.received > 0 ? await climb(sender, plan.mtu.largest) : undefined;
  const mtu = climbed && plan.mtu ? pathMtu(plainSize + echoHeaders, plan.mtu.largest, climbed.steps) : null;
  const {verdict} = judged;
  return {
    plan,
    ...judged,
    sent: sent.tries.length,
    loss: lossOf(sent.tries.length, sent.tries.length - judged.received),
    roundTrip: roundTrip(sent.roundTrips),
    name,
    packets: sent.packets + (climbed?.packets ?? 0) + (name && name.result !== 'not-asked' ? 1 : 0),
    mtu,
    mtuLost: climbed ? whereLost(planned, captures, climbed) : null,
    ...compare(trace, verdict, mtu, way.points),
  };
}

/** Where the packets of the ladder that were not answered were last seen. */
function whereLost(
  {way: {points}}: Planned,
  captures: Captures,
  {steps, tries}: {steps: {result: string}[]; tries: string[]},
): Judged['verdict'] | null {
  const lost = tries.filter((id) => {
    const step = steps[Number(id.split('.')[0]) - 2];
    return step?.result === 'lost';
  });
  if (lost.length === 0) return null;
  return judge({points, ...captures, tries: lost, answered: new Set(), transmitted: null, said: []}).verdict;
}

function newSignature(traffic: ProbeTraffic, count: number): Signature {
  const pattern = randomBytes(patternBytes);
  if (traffic.protocol === 'icmp') return {pattern};
  const first = randomInt(ownPorts.from, ownPorts.to - count);
  return {
    pattern,
    tcp: {port: traffic.port, sources: Array.from({length: count}, (_, index) => first + index)},
  };
}

function roundTrip(times: number[]): RoundTrip | null {
  if (times.length === 0) return null;
  const round = (value: number) => Math.round(value * 1000) / 1000;
  return {
    minMs: round(Math.min(...times)),
    meanMs: round(times.reduce((sum, time) => sum + time, 0) / times.length),
    maxMs: round(Math.max(...times)),
  };
}

/** The source's shell, if it can send what is wanted; else an error that says what is missing there. */
function senderOn(
  {name}: HostModel,
  shell: ProbeShell | {failure: string} | undefined,
  traffic: ProbeTraffic,
  ladder: boolean,
): ProbeShell {
  if (!shell || 'failure' in shell) {
    throw new OvdiagError({
      code: 'probe-host-failed',
      message: `Nothing can be sent from ${name}: ${shell?.failure ?? 'there is no way to run anything there'}`,
    });
  }
  const {found, root, canEnter} = shell.tools;
  if (!found.has('nsenter')) throw missingTool(name, 'nsenter', 'util-linux');
  if (!canEnter) {
    throw new OvdiagError({
      code: 'permission',
      message: root
        ? `root on ${name} may not enter network namespaces (CAP_SYS_ADMIN is missing).`
        : `Sending from a container's network namespace needs root on ${name}.`,
      suggestions: ['Run it with sudo, or give a host with root: --host ssh://root@HOST'],
    });
  }
  if (traffic.protocol === 'icmp' || ladder) needPing(name, shell.tools);
  if (traffic.protocol === 'tcp' && !found.has('connect'))
    throw missingTool(name, 'nc', 'netcat-openbsd', 'and curl are not installed there');
  return shell;
}

function needPing(host: string, {found, pingVersion}: Tools): void {
  if (!found.has('ping')) throw missingTool(host, 'ping', 'iputils-ping');
  if (pingVersion.includes('iputils')) return;
  const why = `is not that of iputils (it says ${quoteText(pingVersion || 'nothing')})`;
  throw missingTool(host, 'ping', 'iputils-ping', why);
}

function missingTool(host: string, tool: string, packages: string, why = 'is not installed there') {
  return new OvdiagError({
    code: 'probe-tool-missing',
    message: `${host} can't send the probe: ${tool} ${why}.`,
    suggestions: [`Install there: apt-get install ${packages}`],
  });
}
