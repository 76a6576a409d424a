import {type ExitStatus, exitStatus, usageError} from '../base/errors.js';
import {type Wanted, withoutLog} from '../collect/wanted.js';
import type {Advice} from '../findings/advice.js';
import {type HostDocument, hostDocument} from '../hosts/document.js';
import type {Readings} from '../hosts/readings.js';
import type {HostModel} from '../model/host.js';
import type {ProbeTarget} from '../probe/points.js';
import type {ProbeReport} from '../probe/probe.js';
import type {Step} from '../services/step.js';
import {findContainer, findDestination} from '../topology/names.js';
import type {Traffic} from '../trace/filter.js';
import {type Naming, traceName, withName} from '../trace/naming.js';
import type {PublishedQuestion} from '../trace/published.js';
import {differs, mayPass, settle, settleEntries} from '../trace/settle.js';
import type {PublishedTrace, Trace, TraceEnd, TraceTarget} from '../trace/targets.js';
import {trace} from '../trace/trace.js';
import {type Outcome, outcomeOf} from './outcome.js';
import {lookTwice, type Reader} from './reader.js';
import {decisiveHop, traceVerdict} from './trace-verdict.js';

const wanted: Wanted = withoutLog;

/** A frame from one endpoint to another. */
export interface PathQuestion {
  /** Source and destination as they were typed. */
  source: string;
  destination: string;
  /** Walk on this network, where they share several. */
  network?: string | undefined;
  traffic: Traffic;
  /** Send real packets too; with `mtu` also find the largest that passes. */
  probe?: {mtu: boolean; count?: number | undefined} | undefined;
}

/** A frame between two endpoints, or a request from outside to a published port. */
export type TraceQuestion = PathQuestion | {published: PublishedQuestion};

/** A reader through which packets can be sent as well. */
export interface ProbingReader extends Reader {
  /** Told what is about to be sent, before it is. */
  announce(lines: string[]): void;
  /** Work that is told when to stop. */
  interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T>;
}

/** The answer in one line, which text shows first. */
interface Judged extends Partial<Advice> {
  verdict: string;
}

export type PathDocument = HostDocument & Judged & Trace & {probe?: ProbeReport};
export type PublishedDocument = HostDocument & Judged & PublishedTrace;
export type TraceDocument = PathDocument | PublishedDocument;

export function traceAnswer(reader: ProbingReader, question: TraceQuestion): Promise<TraceDocument> {
  return 'published' in question ? walkPublished(reader, question.published) : walkPath(reader, question);
}

/** 0 where it arrives as far as is known, 1 where it is proven not to, 3 where nothing decides. */
export function statusOfTrace({disposition}: TraceDocument): ExitStatus {
  const statuses: Record<Outcome, ExitStatus> = {
    passes: exitStatus.ok,
    open: exitStatus.cannotLook,
    fails: exitStatus.problemFound,
  };
  return statuses[outcomeOf(disposition)];
}

/** A walk, with what it was walked by. */
interface Walked {
  source: TraceEnd;
  target: TraceTarget;
  /** Without the name that was asked for. */
  modelled: Trace;
  naming: Naming | undefined;
  /** With it. */
  whole: Trace;
}

async function walkPath(reader: ProbingReader, question: PathQuestion): Promise<PathDocument> {
  const {readings, seen} = await lookTwice(
    reader,
    wanted,
    await reader.read(wanted),
    ({hosts}) => walk(hosts, question),
    {
      // Real packets tell more than a second look at the tables.
      mayPass: ({whole}) => question.probe === undefined && mayPass(whole),
      differs: (now, before) => differs(now.whole, before.whole),
    },
  );
  if (question.probe) {
    const {answer, probe} = await proven(reader, readings.hosts, seen, question.traffic, question.probe);
    const verdict = traceVerdict({...answer, probe}, endsOf(question));
    const advice = await adviceFor(readings.hosts, decisiveHop({...answer, probe})?.hop);
    return {...hostDocument(readings), verdict, ...advice, ...answer, probe};
  }
  const {before} = readings;
  const answer = before ? settle(seen.whole, walk(before, question).whole) : seen.whole;
  const advice = await adviceFor(readings.hosts, decisiveHop(answer)?.hop);
  return {...hostDocument(readings), verdict: traceVerdict(answer, endsOf(question)), ...advice, ...answer};
}

/** The check and fix of the hop that fails. Loaded then alone: with it comes the text of all findings. */
async function adviceFor(hosts: readonly HostModel[], hop: Step | undefined): Promise<Partial<Advice>> {
  if (hop?.verdict !== 'fail') return {};
  const {traceAdvice} = await import('./trace-advice.js');
  return traceAdvice(hosts, hop);
}

/** As it was typed. */
function endsOf({source, destination}: PathQuestion): string {
  return `${source} → ${destination}`;
}

function walk(hosts: HostModel[], {source: from, destination, network, traffic}: PathQuestion): Walked {
  const source = findContainer(hosts, from);
  const {target, name} = findDestination(hosts, destination);
  const modelled = trace(hosts, source, target, {network, traffic});
  const naming = name === undefined ? undefined : traceName(source, target, modelled, name);
  return {source, target, modelled, naming, whole: naming ? withName(modelled, naming) : modelled};
}

/** A request from outside, which needs no source that was read. */
async function walkPublished(reader: Reader, question: PublishedQuestion): Promise<PublishedDocument> {
  const first = await reader.read(wanted);
  const {tracePublished} = await import('../trace/published.js');
  const look = ({hosts}: Pick<Readings, 'hosts'>) => tracePublished(hosts, question);
  const {readings, seen} = await lookTwice(reader, wanted, first, look, {mayPass, differs});
  const {before} = readings;
  const answer = before ? settleEntries(seen, look({hosts: before})) : seen;
  const verdict = traceVerdict(answer, `${answer.source} → ${answer.destination}`);
  const advice = await adviceFor(readings.hosts, decisiveHop(answer)?.hop);
  return {...hostDocument(readings), verdict, ...advice, ...answer};
}

/** What real packets say of a walk: sends and captures, after saying what it is about to do. */
async function proven(
  reader: ProbingReader,
  hosts: HostModel[],
  {source, target, modelled, naming}: Walked,
  traffic: Traffic,
  {mtu, count}: {mtu: boolean; count?: number | undefined},
): Promise<{answer: Trace; probe: ProbeReport}> {
  const [{planLines, planProbe}, {runProbe}, {withProbe}] = await Promise.all([
    import('../probe/plan.js'),
    import('../probe/probe.js'),
    import('../probe/compare.js'),
  ]);
  const planned = planProbe({
    hosts,
    source,
    target: probeTarget(target, modelled),
    naming,
    network: modelled.network,
    traffic: traffic.protocol === 'tcp' ? {protocol: 'tcp', port: traffic.dport ?? 0} : {protocol: 'icmp'},
    mtu,
    count,
  });
  reader.announce(planLines(planned.plan));
  const probe = await reader.interruptible((signal) => runProbe({hosts, planned, trace: modelled, signal}));
  const answer = withProbe(modelled, probe.verdict, probe.mtu, planned.traffic.protocol);
  return {answer: naming ? withName(answer, naming, probe.name ?? undefined) : answer, probe};
}

/** Of a service its address is probed, or the first task where it has none. */
function probeTarget(target: TraceTarget, {vip, backends = []}: Trace): ProbeTarget {
  if (!('service' in target)) return target;
  if (vip) return {ip: vip, tasks: backends.length};
  const ip = backends[0]?.address;
  if (ip !== undefined) return {ip};
  throw usageError('probe-without-address', `Service ${target.service} has no address to probe.`, [
    'Run it without --probe to see why.',
  ]);
}
