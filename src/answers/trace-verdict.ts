/** The answer of `trace` in one line: who, what, where and why. */
import type {PointName, PointReport} from '../probe/judge.js';
import {lossText} from '../probe/loss.js';
import type {ProbeReport} from '../probe/probe.js';
import type {Step} from '../services/step.js';
import type {Disposition, Walk} from '../trace/disposition.js';
import type {Backend, Entry, Trace} from '../trace/targets.js';
import {outcomeOf} from './outcome.js';

/** What the first line calls each disposition. */
const words: Record<Disposition, string> = {
  'no-such-endpoint': 'NO SUCH ENDPOINT',
  'not-on-this-host': 'SOURCE HOST NOT READ',
  unreachable: 'UNREACHABLE',
  dropped: 'DROPPED',
  isolated: 'ISOLATED',
  unresolved: 'NAME NOT RESOLVED',
  refused: 'REFUSED',
  limited: 'LARGE PACKETS DROPPED',
  lossy: 'LOSSY',
  undecided: 'UNDECIDED',
  'sent-receiver-unknown': 'SENT, RECEIVER NOT READ',
  'sent-outside': 'SENT OUTSIDE',
  deliverable: 'DELIVERABLE',
  delivered: 'DELIVERED',
};

/** What is known where no single hop decides. */
const meanings: Partial<Record<Disposition, string>> = {
  'no-such-endpoint': 'source or destination is not running',
  'not-on-this-host': 'the host that runs the source was not read',
  undecided: 'a lookup on the path could not be read',
  'sent-receiver-unknown': 'sender side OK; receiver not inspected',
  'sent-outside': 'leaves the overlay; path beyond unknown',
  deliverable: 'forwarding OK; no traffic seen yet',
  delivered: 'forwarding OK; recent traffic confirmed',
};

/** The hop by which a trace is judged, and whose walk it is in. */
interface Decisive {
  way: 'forward' | 'reply';
  hop: Step;
  /** The task of a service or published port to which it belongs. */
  backend?: Backend;
  entry?: Entry;
}

interface Walked {
  way: Decisive['way'];
  walk: Walk;
  backend?: Backend;
  entry?: Entry;
}

type Traced = Trace & {entries?: Entry[]; probe?: ProbeReport};

/**
 * One line: `web1 → web2: DROPPED on node1 at vxlan0: no FDB entry for 02:42:0a:00:01:09 (fdb-row-missing)`.
 *
 * @param ends how it was typed: `web1 → web2`
 */
export function traceVerdict(trace: Traced, ends: string): string {
  const {probe} = trace;
  const said = probe ? probeVerdict(trace, probe) : undefined;
  return `${ends}: ${said ?? tablesVerdict(trace)}`;
}

/** The hop that decides a trace; undefined where all hops pass, or none is at fault. */
export function decisiveHop(trace: Traced): Decisive | undefined {
  const {disposition} = trace;
  for (const {walk, ...whose} of walksOf(trace)) {
    if (walk.disposition !== disposition) continue;
    const hop = deciding(walk);
    if (hop) return {...whose, hop};
  }
  return undefined;
}

function walksOf({forward, reverse, backends = [], entries}: Traced): Walked[] {
  if (entries && entries.length > 0) {
    return entries.flatMap((entry) => [
      ...entry.backends.flatMap((backend) => ofBackend(backend).map((walked) => ({...walked, entry}))),
      {way: 'forward' as const, walk: entry.forward, entry},
    ]);
  }
  return [
    {way: 'forward', walk: forward},
    ...(reverse ? [{way: 'reply' as const, walk: reverse}] : []),
    ...backends.flatMap(ofBackend),
  ];
}

function ofBackend(backend: Backend): Walked[] {
  const {forward, reverse} = backend;
  return [
    {way: 'forward', walk: forward, backend},
    ...(reverse ? [{way: 'reply' as const, walk: reverse, backend}] : []),
  ];
}

/** Layers that are unknown on every path and decide nothing. */
const alwaysOpen: ReadonlySet<Step['layer']> = new Set(['underlay', 'outside', 'name']);

function deciding({disposition, hops}: Walk): Step | undefined {
  if (outcomeOf(disposition) === 'fails') {
    const failed = hops.filter(({verdict}) => verdict === 'fail');
    const ofName = (hop: Step) => hop.layer === 'name' || hop.code === 'probe-unresolved';
    return failed.findLast((hop) => ofName(hop) === (disposition === 'unresolved'));
  }
  if (unconfirmed.has(disposition))
    return hops.find(({layer, verdict}) => layer === 'source-row' && verdict === 'unknown');
  if (disposition !== 'undecided') return undefined;
  const open = hops.filter(({verdict, layer}) => verdict === 'unknown' && !alwaysOpen.has(layer));
  // A walk that could not go on ends at its reason; one that went on is open for the first of them.
  return open.find((hop) => hop === hops.at(-1)) ?? open[0];
}

function tablesVerdict(trace: Traced): string {
  const {disposition} = trace;
  const decisive = decisiveHop(trace);
  if (!decisive) return `${words[disposition]}${share(trace)}: ${unplaced(trace)}`;
  const {hop, way, backend} = decisive;
  const named = hop.code === 'not-running' ? 'NOT RUNNING' : words[disposition];
  const word = `${way === 'reply' ? 'REPLY ' : ''}${unconfirmed.has(disposition) ? 'NOT CONFIRMED' : named}`;
  const where = placeOf(hop);
  const whose = backend ? `${backend.name} (${backend.address}): ` : '';
  const code = hop.code ? ` (${hop.code})` : '';
  return `${word}${share(trace)}${where}: ${whose}${hop.summary}${code}${advice(disposition)}`;
}

function unplaced({disposition, forward}: Traced): string {
  const meaning = meanings[disposition] ?? disposition;
  const target = forward.hops.find(({layer}) => layer === 'vxlan-fdb');
  return disposition === 'sent-receiver-unknown' && target ? `${meaning}: ${target.summary}` : meaning;
}

/** ` on node1 at vxlan0`. */
function placeOf({host, device}: Step): string {
  return `${host === null ? '' : ` on ${host}`}${device === undefined ? '' : ` at ${device}`}`;
}

/** How many of several tasks, or of several hosts, are as bad as the whole. */
function share({disposition, backends = [], entries = []}: Traced): string {
  const parts = entries.length > 0 ? entries : backends;
  if (parts.length < 2) return '';
  const alike = parts.filter((part) => part.disposition === disposition).length;
  if (alike === 0) return '';
  return ` for ${alike} of ${parts.length} ${entries.length > 0 ? 'hosts' : 'tasks'}`;
}

/** Ways that would pass; where a hop speaks against one, frames were sent of which none was seen to arrive. */
const unconfirmed: ReadonlySet<Disposition> = new Set(['deliverable', 'sent-receiver-unknown']);

function advice(disposition: Disposition): string {
  return unconfirmed.has(disposition) ? '; run it again in a minute, or use --probe' : '';
}

/** What real packets showed comes before anything that tables say. Undefined where it leaves the word to them. */
function probeVerdict(trace: Traced, probe: ProbeReport): string | undefined {
  const {verdict, sent, received, loss} = probe;
  if (trace.disposition === 'unresolved') return undefined;
  const tables = tablesSay(trace, probe);
  switch (verdict.code) {
    case 'arrived':
      return `${words[trace.disposition]}: ${received} of ${sent} probes answered${sizes(probe)}${tables}`;
    case 'refused':
      return `REFUSED: ${verdict.text}${tables}`;
    case 'lossy':
      return `LOSSY: ${lossText(sent, loss)}; ${verdict.text}${tables}`;
    default:
      // Something before the destination refused the connections: that is an answer as well.
      return received > 0
        ? `REFUSED: ${verdict.text}${tables}`
        : `NO ANSWER: ${unansweredText(probe)}${tables}`;
  }
}

function sizes({mtu}: ProbeReport): string {
  if (!mtu) return '';
  return mtu.largestWhole >= mtu.interfaceMtu
    ? ` at full size (${mtu.interfaceMtu} bytes)`
    : `, but only up to ${mtu.largestWhole} bytes unfragmented (interface MTU ${mtu.interfaceMtu})`;
}

/** `3 of 3 probes left node1 eth0, none came back`. */
function unansweredText({verdict, points, sent}: ProbeReport): string {
  const {code, direction, after, before} = verdict;
  const seen = after && points.find(({host, point}) => host === after.host && point === after.point);
  const next = before ? pointAt(before) : undefined;
  if (code === 'not-sent') return `0 of ${sent} probes left the source`;
  if (!seen || !after) return `${sent} probes were sent, none came back`;
  const at = pointAt(after);
  if (direction === 'reverse' && code === 'lost-after')
    return `${count(seen, 'reverse')} of ${sent} replies reached ${at}, none ${next === undefined ? 'came back' : `arrived at ${next}`}`;
  if (code === 'no-answer')
    return `${count(seen, 'forward')} of ${sent} probes reached the destination (${at}), none was answered`;
  return `${count(seen, 'forward')} of ${sent} probes left ${at}, none ${next === undefined ? 'came back' : `arrived at ${next}`}`;
}

function pointAt({host, point, interface: name}: PointName): string {
  return `${host} ${name}${point === 'container' ? ' (container)' : ''}`;
}

function count(point: PointReport, direction: 'forward' | 'reverse'): number {
  return point[direction].packets;
}

/** What the tables alone would have said, where they name a cause or say otherwise. */
function tablesSay({forward, reverse}: Traced, probe: ProbeReport): string {
  const {agreesWithModel, model} = probe;
  const failed = [forward, reverse]
    .flatMap((walk) => walk?.hops ?? [])
    .find(({verdict, layer}) => verdict === 'fail' && layer !== 'probe' && layer !== 'name');
  if (failed) return `; tables: ${failed.summary}${placeOf(failed)}${failed.code ? ` (${failed.code})` : ''}`;
  return agreesWithModel === false ? `; tables alone say ${model.disposition}` : '';
}
