/** What captured packets prove. Pure: points, what was seen there, and what came back. */
import type {Point, PointKind, PointState, ProbeDirection, Sighting, TryId} from './types.js';

export interface PointName {
  host: string;
  point: PointKind;
  netns: string;
  interface: string;
}

export interface Seen {
  /** Probes (echo requests, first packets of connections) or answers that were seen here, each once. */
  packets: number;
  /** Seconds since the epoch by this host's clock; null where none was seen. */
  firstSeen: string | null;
  lastSeen: string | null;
}

export interface PointReport extends PointName {
  forward: Seen;
  reverse: Seen;
  /** Why nothing could be captured here; absent where it could. */
  failure?: string;
  /** ESP packets between the two hosts meanwhile, ours or not. */
  sealed?: {forward: number; reverse: number};
  /** Where outer packets went at an uplink. */
  outer?: string[];
}

export type VerdictCode =
  /** Every probe was answered. */
  | 'arrived'
  /** Every connection was refused by the destination itself: the way is open, the port is not. */
  | 'refused'
  /** Some were answered. */
  | 'lossy'
  /** None was answered, and a point is known after which they were not seen any more. */
  | 'lost-after'
  /** They reached the destination's interface, which sent nothing back. */
  | 'no-answer'
  /** They left the last point at which anybody looked, and nothing came back. */
  | 'unanswered'
  /** Not one left the source. */
  | 'not-sent';

export interface Verdict {
  code: VerdictCode;
  direction: ProbeDirection | null;
  /** Where they were last seen, and where they should have been seen next. */
  after: PointName | null;
  before: PointName | null;
  text: string;
  /** What does not fit, or should be known beside it. */
  notes: string[];
}

export interface Observed {
  points: Point[];
  states: PointState[];
  sightings: Sighting[];
  /** What was sent. */
  tries: TryId[];
  /** What the sender's own program saw answered. */
  answered: ReadonlySet<TryId>;
  /** Packets that the sender's program says it has sent; null where it does not count them. */
  transmitted: number | null;
  /** Why the sender's program could not send, in its own words. */
  said: string[];
}

export interface Judged {
  points: PointReport[];
  lastSeen: {forward: PointName | null; reverse: PointName | null};
  received: number;
  verdict: Verdict;
}

export function judge(observed: Observed): Judged {
  const {points, states, tries} = observed;
  const sent = new Set(tries);
  const mine = observed.sightings.filter((seen) => seen.part === 'probe' && sent.has(seen.try));
  const answers = answersOf(observed, mine);
  const lost = tries.filter((id) => !answers.answered.has(id));
  // Of packets that are lost the way is told; where none is, of all.
  const asked = new Set(lost.length > 0 ? lost : tries);
  const sight = lookThrough(
    points,
    states,
    mine.filter((seen) => asked.has(seen.try)),
  );
  const name = (index: number | undefined) => {
    const point = index === undefined ? undefined : points[index];
    return point ? nameOf(point) : null;
  };
  return {
    points: points.map((point, index) => report(point, states[index], mine, index)),
    lastSeen: {forward: name(sight.forward), reverse: name(sight.reverse)},
    received: answers.answered.size,
    verdict: verdictOf(observed, sight, answers, lost),
  };
}

interface Answers {
  answered: Set<TryId>;
  refused: Set<TryId>;
}

function answersOf({points, answered: told}: Observed, mine: Sighting[]): Answers {
  const home = points.findIndex(({side, point}) => side === 'source' && point === 'container');
  const atHome = mine.filter(({point, direction}) => point === home && direction === 'reverse');
  const accepted = new Set(atHome.filter(({answer}) => answer === 'accepted').map((seen) => seen.try));
  const refused = new Set(
    atHome.filter((seen) => seen.answer === 'refused' && !accepted.has(seen.try)).map((seen) => seen.try),
  );
  return {answered: new Set([...told, ...accepted, ...refused]), refused};
}

/** How far packets were seen: indexes of points; undefined where nowhere. */
interface Sight {
  forward: number | undefined;
  reverse: number | undefined;
  /** The next point at which they should have been seen and somebody looked. */
  forwardNext: number | undefined;
  reverseNext: number | undefined;
  /** Whether somebody looked at the source's own interface, and at the destination's. */
  home: number | undefined;
  far: number | undefined;
}

function lookThrough(points: Point[], states: PointState[], seen: Sighting[]): Sight {
  const at = (direction: ProbeDirection) =>
    seen.filter((one) => one.direction === direction).map(({point}) => point);
  const forward = at('forward');
  const reverse = at('reverse');
  const farthest = forward.length > 0 ? Math.max(...forward) : undefined;
  const nearest = reverse.length > 0 ? Math.min(...reverse) : undefined;
  const looked = (direction: ProbeDirection) =>
    points.flatMap((point, index) => {
      const state = states[index];
      if (!state || state.failure !== undefined) return [];
      // Encrypted packets can't be told apart, but where there is none at all, ours was not there.
      return point.carries === 'esp' && (state.sealed?.[direction] ?? 0) > 0 ? [] : [index];
    });
  const open = looked('forward');
  const back = looked('reverse');
  const isEnd = (side: Point['side']) =>
    open.find((index) => points[index]?.side === side && points[index]?.point === 'container');
  return {
    forward: farthest,
    reverse: nearest,
    forwardNext: open.find((index) => index > (farthest ?? -1)),
    reverseNext: [...back].reverse().find((index) => index < (nearest ?? points.length)),
    home: isEnd('source'),
    far: isEnd('destination'),
  };
}

function verdictOf(observed: Observed, sight: Sight, answers: Answers, lost: TryId[]): Verdict {
  const {points, said} = observed;
  const pointAt = (index: number | undefined) => (index === undefined ? undefined : points[index]);
  const place = (index: number | undefined) => {
    const point = pointAt(index);
    return point ? nameOf(point) : null;
  };
  const {
    code,
    text,
    direction = null,
    after,
    before,
  } = outcomeOf(observed, sight, answers, lost, (index) => {
    const point = pointAt(index);
    return point ? pointText(nameOf(point)) : '';
  });
  return {
    code,
    direction,
    after: place(after),
    before: place(before),
    text,
    notes: [...missed(observed, answers.answered), ...(lost.length > 0 ? said.slice(0, 3) : [])],
  };
}

/** A verdict with the points, by their indexes, between which it lies. */
interface Outcome {
  code: VerdictCode;
  text: string;
  direction?: ProbeDirection;
  after?: number | undefined;
  before?: number | undefined;
}

type Words = (index: number | undefined) => string;

function outcomeOf(
  {points, tries, transmitted}: Observed,
  sight: Sight,
  {answered, refused}: Answers,
  lost: TryId[],
  words: Words,
): Outcome {
  const back = {direction: 'reverse' as const, after: sight.reverse, before: sight.reverseNext};
  const out = {direction: 'forward' as const, after: sight.forward, before: sight.forwardNext};
  if (lost.length === 0 && tries.length > 0) {
    return refused.size === 0
      ? {code: 'arrived', text: `all ${tries.length} probes were answered`}
      : refusal(sight, words);
  }
  if (answered.size > 0) {
    const seenAt = `; the others were last seen at ${words(sight.reverse ?? sight.forward)}`;
    return {
      code: 'lossy',
      text: `${answered.size} of ${tries.length} probes were answered${sight.forward === undefined ? '' : seenAt}`,
      ...(sight.reverse === undefined ? out : back),
    };
  }
  if (sight.reverse !== undefined) return answersLost(points, sight.reverse, sight.reverseNext, words);
  if (sight.forward === undefined) {
    return sight.home === undefined && transmitted !== 0
      ? {code: 'unanswered', text: 'no reply, and the source interface could not be captured'}
      : {code: 'not-sent', text: 'no probe left the source'};
  }
  return unanswered(points, {...sight, forward: sight.forward}, words);
}

/** All were answered, and some with a refusal: by the destination, or by something before it. */
function refusal({forward, forwardNext, far}: Sight, words: Words): Outcome {
  if (far !== undefined && forward !== far) {
    return {
      code: 'lost-after',
      text: `connections were refused on the path: last seen at ${words(forward)}, never at the destination`,
      direction: 'forward',
      after: forward,
      before: forwardNext,
    };
  }
  return {
    code: 'refused',
    text: 'the destination refused the connections: nothing listens on that port',
  };
}

/** The destination answered, and no answer came home. */
function answersLost(points: Point[], last: number, next: number | undefined, words: Words): Outcome {
  const end =
    next === undefined
      ? ', and the sender did not receive them'
      : ` and did not reach ${words(next)}${between(points, last, next)}`;
  return {
    code: 'lost-after',
    text: `probes arrived and were answered; replies were last seen at ${words(last)}${end}`,
    direction: 'reverse',
    after: last,
    before: next,
  };
}

/** Probes left the source, and no answer was seen anywhere. */
function unanswered(
  points: Point[],
  {forward, forwardNext: next, far}: Sight & {forward: number},
  words: Words,
): Outcome {
  const ends = {after: forward, before: next};
  if (forward === far)
    return {
      code: 'no-answer',
      text: `probes reached ${words(far)}, which sent no reply`,
      direction: 'reverse',
      ...ends,
    };
  if (next === undefined)
    return {
      code: 'unanswered',
      text: `probes left ${words(forward)} (last capture point); no reply`,
      direction: 'forward',
      ...ends,
    };
  return {
    code: 'lost-after',
    text: `probes were last seen at ${words(forward)} and did not reach ${words(next)}${between(points, forward, next)}`,
    direction: 'forward',
    ...ends,
  };
}

/** Between two hosts' uplinks lies what no host can show. */
function between(points: Point[], from: number, to: number): string {
  const [a, b] = [points[from], points[to]];
  return a && b && a.point === 'uplink' && b.point === 'uplink' && a.hostKey !== b.hostKey
    ? ': dropped between the hosts'
    : '';
}

/** Points that saw nothing of what passed them: another way, or a card that hides packets from captures. */
function missed({points, states, sightings}: Observed, answered: ReadonlySet<TryId>): string[] {
  if (answered.size === 0) return [];
  return points.flatMap((point, index) => {
    const state = states[index];
    if (!state || state.failure !== undefined || point.carries === 'esp') return [];
    return sightings.some((seen) => seen.point === index && answered.has(seen.try))
      ? []
      : [`${pointText(nameOf(point))} saw none of the answered probes: they took another path`];
  });
}

function report(point: Point, state: PointState | undefined, mine: Sighting[], index: number): PointReport {
  const here = mine.filter((seen) => seen.point === index);
  const outer = [...new Set(here.flatMap(({outer: pair}) => (pair ? [`${pair.src} → ${pair.dst}`] : [])))];
  return {
    ...nameOf(point),
    forward: seenOf(here, 'forward'),
    reverse: seenOf(here, 'reverse'),
    ...(state?.failure === undefined ? {} : {failure: state.failure}),
    ...(state?.sealed === undefined ? {} : {sealed: state.sealed}),
    ...(outer.length > 0 ? {outer} : {}),
  };
}

function seenOf(here: Sighting[], direction: ProbeDirection): Seen {
  const found = here.filter((seen) => seen.direction === direction);
  const times = found.map(({time}) => time).sort((a, b) => Number(a) - Number(b));
  return {
    packets: new Set(found.map((seen) => seen.try)).size,
    firstSeen: times[0] ?? null,
    lastSeen: times.at(-1) ?? null,
  };
}

export function nameOf({host, point, netns, interfaces}: Point): PointName {
  return {host, point, netns, interface: interfaces.join(', ')};
}

const kindText: Record<PointKind, string> = {
  container: 'container interface',
  'bridge-port': 'bridge port',
  vxlan: 'vxlan device',
  uplink: 'uplink',
};

/** `node1's uplink eth0`. */
export function pointText({host, point, interface: name}: PointName): string {
  return `${host}'s ${kindText[point]} ${name}`;
}
