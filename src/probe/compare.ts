/** Sets what the model says beside what the probe has proven. */
import type {FindingCode} from '../findings/catalogue.js';
import {type Layer, type Step, stepText} from '../services/step.js';
import {type Disposition, type Walk, worse} from '../trace/disposition.js';
import {type Backend, type Trace, worstOf} from '../trace/targets.js';
import type {Verdict} from './judge.js';
import type {PathMtu} from './ladder.js';
import type {Point, PointKind, ProbeDirection} from './types.js';

/** The model's own answer, before the probe's was known. */
export interface ModelSays {
  disposition: Disposition;
  forward: Disposition;
  reverse: Disposition | null;
}

export interface Comparison {
  model: ModelSays;
  /** Null where the model leaves open what the probe has answered, or the other way round. */
  agreesWithModel: boolean | null;
  difference: string | null;
}

const passing: ReadonlySet<Disposition> = new Set(['delivered', 'deliverable']);
const failing: ReadonlySet<Disposition> = new Set(['dropped', 'unreachable', 'isolated', 'no-such-endpoint']);

export function compare(trace: Trace, verdict: Verdict, mtu: PathMtu | null, points: Point[]): Comparison {
  const {forward, reverse} = trace;
  const model: ModelSays = {
    disposition: trace.disposition,
    forward: forward.disposition,
    reverse: reverse?.disposition ?? null,
  };
  const modelSays = contradicted(trace, verdict, points);
  if (modelSays !== null) {
    return {
      model,
      agreesWithModel: false,
      difference: `tables say ${modelSays}; probe: ${verdict.text}`,
    };
  }
  const difference = verdict.code === 'arrived' ? otherMtu(model, mtu) : null;
  if (difference !== null) return {model, agreesWithModel: false, difference};
  return {model, agreesWithModel: decided(trace, verdict, mtu) ? true : null, difference: null};
}

/** What the model says against the verdict; null where it says nothing against it. */
function contradicted(
  {disposition, forward, reverse}: Trace,
  verdict: Verdict,
  points: Point[],
): string | null {
  const broken = [forward, reverse].find((walk) => walk && failing.has(walk.disposition));
  const passes = passing.has(disposition) ? disposition : null;
  switch (verdict.code) {
    case 'arrived':
      return broken || forward.disposition === 'refused' ? failureText(broken ?? forward) : null;
    case 'refused':
      return broken ? failureText(broken) : openPort(forward);
    case 'lossy':
      return broken ? failureText(broken) : passes;
    case 'lost-after':
      return lossContradicted(verdict.direction === 'reverse' ? reverse : forward, verdict, points);
    case 'no-answer':
      return silenceContradicted(forward, passes);
    case 'not-sent':
    case 'unanswered':
      return passes;
  }
}

/** What the model says against a destination that sends nothing back; it may say itself that pings get no answer there. */
function silenceContradicted(walk: Walk, passes: string | null): string | null {
  if (walk.hops.some(({code}) => code === 'ping-ignored')) return null;
  return failing.has(walk.disposition) && !mayReachEndpoint(walk) ? failureText(walk) : passes;
}

/** What the model says against a loss at a known point of one direction. */
function lossContradicted(walk: Walk | null, verdict: Verdict, points: Point[]): string | null {
  // What Docker keeps apart is stopped by rules in several places.
  if (!walk || walk.disposition === 'isolated') return null;
  if (failing.has(walk.disposition)) return fits(walk, verdict, points) ? null : failureText(walk);
  return passing.has(walk.disposition) || walk.disposition === 'limited' ? walk.disposition : null;
}

/** Whether both have decided; the model leaves much open, and a probe that nobody answers decides little. */
function decided(
  {disposition, forward, reverse}: Trace,
  {code, direction}: Verdict,
  mtu: PathMtu | null,
): boolean {
  if (code === 'refused' && disposition === 'refused') return true;
  if (code === 'arrived' || code === 'refused')
    return passing.has(disposition) || (disposition === 'limited' && mtu !== null);
  if (code === 'not-sent') return failing.has(forward.disposition);
  if (code === 'lost-after') {
    const walk = direction === 'reverse' ? reverse : forward;
    return walk !== null && failing.has(walk.disposition);
  }
  return code !== 'lossy' && failing.has(disposition);
}

function otherMtu({disposition}: ModelSays, mtu: PathMtu | null): string | null {
  if (!mtu) return null;
  const full = mtu.largestWhole >= mtu.interfaceMtu;
  if (disposition === 'limited')
    return full ? `tables say limited; probe: full-size packets (${mtu.interfaceMtu} bytes) pass` : null;
  if (full || !passing.has(disposition)) return null;
  const how = mtu.largestPassing > mtu.largestWhole ? 'are fragmented' : 'do not pass';
  return `tables say ${disposition}; probe: packets above ${mtu.largestWhole} bytes ${how}`;
}

/** A socket that the model has seen, and that the destination denies. */
function openPort({disposition, hops}: Walk): string | null {
  const open = hops.find(({layer, verdict}) => layer === 'port' && verdict === 'pass');
  return open && disposition !== 'refused' ? open.summary : null;
}

function failingHop({hops}: Walk): Step | undefined {
  return [...hops].reverse().find(({verdict}) => verdict === 'fail');
}

function failureText(walk: Walk): string {
  const hop = failingHop(walk);
  return hop ? `${walk.disposition}: ${stepText(hop)}` : walk.disposition;
}

/**
 * Frames for a MAC that is not the destination's go where an FDB entry of that MAC sends them, which a vxlan device may have
 * learned long ago (drivers/net/vxlan/vxlan_core.c, vxlan_snoop), and a bridge floods them.
 */
const misaddressed: ReadonlySet<FindingCode | undefined> = new Set<FindingCode>([
  'container-neighbour-wrong',
  'neighbour-wrong-mac',
]);

/** What the destination itself throws away is still seen at its interface: a capture comes before all of its checks. */
function mayReachEndpoint(walk: Walk): boolean {
  const hop = failingHop(walk);
  return (
    failing.has(walk.disposition) &&
    (hop?.layer === 'endpoint' || hop?.layer === 'endpoint-filter' || misaddressed.has(hop?.code))
  );
}

/** After which points a packet is gone that fails at a layer: of the host that sends it on, and of the one that it comes to. */
const lastPoints: Partial<Record<Layer, {near: (PointKind | 'none')[]; far: PointKind[]}>> = {
  // Without its own route or address the source may still send, by another interface and out of the network.
  route: {near: ['none', 'container', 'bridge-port', 'uplink'], far: []},
  neighbour: {near: ['none', 'container', 'bridge-port', 'vxlan'], far: []},
  interface: {near: ['none', 'container', 'bridge-port', 'uplink'], far: []},
  'source-filter': {near: ['none'], far: []},
  veth: {near: ['container'], far: ['vxlan', 'bridge-port']},
  parent: {near: ['container'], far: ['container']},
  bridge: {near: ['container', 'bridge-port'], far: ['vxlan', 'uplink']},
  'bridge-filter': {near: ['bridge-port'], far: ['vxlan']},
  'bridge-fdb': {near: ['bridge-port'], far: ['vxlan']},
  forwarding: {near: ['bridge-port'], far: ['vxlan']},
  'vxlan-fdb': {near: ['vxlan', 'uplink'], far: []},
  vxlan: {near: ['bridge-port', 'vxlan'], far: ['uplink']},
  encryption: {near: ['vxlan'], far: []},
  'underlay-route': {near: ['vxlan', 'uplink'], far: []},
  'underlay-mtu': {near: ['vxlan'], far: []},
  'underlay-neighbour': {near: ['vxlan'], far: []},
  'filter-out': {near: ['vxlan'], far: []},
  underlay: {near: ['uplink'], far: ['uplink']},
  'filter-in': {near: [], far: ['uplink']},
  'data-path-port': {near: [], far: ['uplink']},
  vni: {near: [], far: ['uplink']},
  'source-row': {near: [], far: ['uplink']},
  'endpoint-filter': {near: [], far: ['container']},
  endpoint: {near: ['bridge-port'], far: ['vxlan', 'bridge-port', 'container']},
  outside: {near: ['uplink', 'bridge-port', 'container'], far: []},
};

/** Whether packets that fail where the model says are last seen where the probe saw them. */
function fits(walk: Walk, verdict: Verdict, points: Point[]): boolean {
  const hop = failingHop(walk);
  if (!hop || misaddressed.has(hop.code)) return true;
  const {direction, after, before} = verdict;
  const ordered = direction === 'reverse' ? [...points].reverse() : points;
  // Decided on the sender, and noticed by nobody but the receiver.
  const host = hop.code === 'outer-source-mismatch' ? (ordered.at(-1)?.host ?? null) : hop.host;
  const last = hop.code === 'outer-source-mismatch' ? lastPoints['source-row'] : lastPoints[hop.layer];
  // Of a layer without a place on the wire it is enough that the packets are lost.
  if (!last) return true;
  const {near, far} = last;
  const same = new Set(points.map((point) => point.host)).size < 2;
  const kinds = same ? [...near, ...far] : host === ordered[0]?.host ? near : far;
  if (after === null) return kinds.includes('none');
  // What can't be captured at lies between the two; the loss may be anywhere from the one up to the other.
  const index = (name: {host: string; point: PointKind} | null) =>
    name
      ? ordered.findIndex((point) => point.host === name.host && point.point === name.point)
      : ordered.length;
  return ordered
    .slice(index(after), Math.max(index(before), index(after) + 1))
    .some((point) => (host === null || point.host === host) && kinds.includes(point.point));
}

/** What the trace says once the probe has spoken: its dispositions, with the probe as one more hop of each way that it judges. */
export function withProbe(
  trace: Trace,
  verdict: Verdict,
  mtu: PathMtu | null,
  protocol: 'icmp' | 'tcp' = 'icmp',
): Trace {
  const ways = proven(verdict, trace, mtu);
  const forward = judged(trace.forward, ways.forward, verdict);
  const reverse = trace.reverse ? judged(trace.reverse, ways.reverse, verdict) : null;
  const backends = unconfirmed(trace, verdict, protocol);
  return {...trace, disposition: worstOf({forward, reverse, backends}), forward, reverse};
}

/** The tasks of which tables have the last word: connections that a VIP has answered went to tasks, and echoes did not. */
function unconfirmed({vip, backends = []}: Trace, {code}: Verdict, protocol: 'icmp' | 'tcp'): Backend[] {
  if (!vip || code !== 'arrived' || protocol === 'icmp') return backends;
  return backends.filter(({disposition}) => disposition !== 'deliverable');
}

type Ways = Record<ProbeDirection, Disposition | undefined>;

/** Which ways the probe has decided; undefined leaves the model's word. */
function proven(verdict: Verdict, {forward, reverse}: Trace, mtu: PathMtu | null): Ways {
  switch (verdict.code) {
    case 'refused':
      return {forward: 'refused', reverse: 'delivered'};
    case 'arrived':
    case 'lossy':
      return answered(verdict, {forward, reverse}, mtu);
    case 'not-sent':
      return {forward: keep(forward, 'unreachable'), reverse: undefined};
    case 'lost-after':
      if (verdict.direction === 'reverse') {
        return {forward: 'delivered', reverse: reverse ? keep(reverse, 'dropped') : undefined};
      }
      return {forward: keep(forward, 'dropped'), reverse: undefined};
    case 'no-answer':
      return {
        forward: mayReachEndpoint(forward) ? undefined : 'delivered',
        reverse: reverse && failing.has(reverse.disposition) ? undefined : 'undecided',
      };
    case 'unanswered':
      return {
        forward: stillOpen(forward.disposition),
        reverse: reverse ? stillOpen(reverse.disposition) : undefined,
      };
  }
}

/** Both ways where some or all were answered. */
function answered(
  {code, direction}: Verdict,
  {forward, reverse}: Pick<Trace, 'forward' | 'reverse'>,
  mtu: PathMtu | null,
): Record<ProbeDirection, Disposition> {
  const small = mtu !== null && mtu.largestPassing < mtu.interfaceMtu;
  // Small packets say nothing about large ones.
  const way = (walk: Walk | null): Disposition =>
    small || (mtu === null && walk?.disposition === 'limited') ? 'limited' : 'delivered';
  const ways = {forward: way(forward), reverse: way(reverse)};
  if (code === 'arrived') return ways;
  // Where the lost ones were last seen tells in which direction they were lost.
  const lossy = direction ?? 'forward';
  return {...ways, [lossy]: worse(ways[lossy], 'lossy')};
}

/** Where both say that it fails, the model's word is the more exact one. */
function keep({disposition}: Walk, otherwise: Disposition): Disposition {
  return failing.has(disposition) ? disposition : otherwise;
}

/** Nothing came back, and nobody knows why: what passed by the model alone is open again. */
function stillOpen(disposition: Disposition): Disposition | undefined {
  return passing.has(disposition) || disposition === 'sent-outside' ? 'undecided' : undefined;
}

/** Where all arrived and the way is not good all the same, large packets were lost. */
function codeOf({code}: Verdict): FindingCode {
  return code === 'arrived' ? 'probe-too-large' : `probe-${code}`;
}

function judged(walk: Walk, disposition: Disposition | undefined, verdict: Verdict): Walk {
  if (disposition === undefined) return walk;
  const hop: Step = {
    host: verdict.after?.host ?? null,
    layer: 'probe',
    verdict: passing.has(disposition) ? 'pass' : disposition === 'undecided' ? 'unknown' : 'fail',
    summary: verdict.text,
    evidence: [],
    ...(passing.has(disposition) ? {} : {code: codeOf(verdict)}),
  };
  return {disposition, hops: [...walk.hops, hop]};
}
