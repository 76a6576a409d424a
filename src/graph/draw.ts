/** A picture of hosts with what was found and what was traced. */
import type {FoldedFinding} from '../findings/finding.js';
import {addAllTunnels, type Built, buildElements} from './elements.js';
import {type Focus, focusOn} from './focus.js';
import {fold} from './fold.js';
import type {HostScene} from './host-scene.js';
import {elementOf, type Placed} from './place.js';
import type {Graph, GraphMark, GraphWalk} from './types.js';

/** `whole`: everything is drawn. `folded`: healthy endpoints are folded. `overview`: healthy hosts are folded too. */
export type GraphView = 'whole' | 'folded' | 'overview';

/** A finding as doctor reports it, with every host that has it alike. */
export type MarkedFinding = FoldedFinding & {hosts: readonly string[]};

export interface Drawing {
  /** Each host once, in the order of the lanes. */
  scenes: readonly HostScene[];
  findings: readonly MarkedFinding[];
  /** Makes the directions of a trace, where one is drawn. */
  walks?: (built: Built) => GraphWalk[];
  /** Draw only a part. */
  focus?: Focus | undefined;
  /** Fold nothing. */
  all?: boolean;
}

export interface Picture extends Graph {
  view: GraphView;
  marks: GraphMark[];
  walks: GraphWalk[];
}

/** Up to so many endpoints are drawn one by one, and up to so many lanes. */
const mostEndpoints = 60;
export const mostLanes = 24;
/** Of an overview, so many lanes are opened. */
const mostOpened = 8;
/** With more hosts than this, none is opened. */
export const mostDetailed = 400;

export function drawGraph({scenes: given, findings, walks: walksOver, focus, all = false}: Drawing): Picture {
  const scenes = focus ? focusOn(given, focus) : given;
  const drawn = new Set(scenes.map(({name}) => name));
  const built = buildElements(scenes, focus && given.filter(({name}) => !drawn.has(name)));
  if (scenes.length <= mostLanes) addAllTunnels(built);
  const walks = walksOver?.(built) ?? [];
  const marks = marksOf(built, findings);
  const view = viewOf(built, {all, focus});
  const kept = new Set([
    ...marks.map(({element}) => element),
    ...walks.flatMap(({hops, passes}) => [...passes, ...hops.map(({element}) => element)]),
    ...focusIds(built, focus),
  ]);
  const open = view === 'overview' ? opened(built, marks, walks) : new Set(built.lanes.map(({id}) => id));
  const folded = fold(built, {kept, open, inhabitants: view !== 'whole'});
  const {standsFor} = folded;
  return {
    view,
    lanes: folded.lanes,
    elements: folded.elements,
    edges: folded.edges,
    marks: marks.map((mark) => {
      const element = standsFor(mark.element);
      return {...mark, element, exact: element === mark.element};
    }),
    walks: walks.map((walk) => ({
      ...walk,
      hops: walk.hops.map((hop) => ({...hop, element: standsFor(hop.element)})),
      passes: [...new Set(walk.passes.map(standsFor))],
    })),
  };
}

function viewOf({lanes, index}: Built, {all, focus}: Pick<Drawing, 'all' | 'focus'>): GraphView {
  if (lanes.length > (all ? mostDetailed : mostLanes)) return 'overview';
  if (all) return 'whole';
  const endpoints = [...index.values()].reduce((sum, {scene}) => sum + scene.inhabitants.length, 0);
  return focus?.inhabitants !== undefined || endpoints > mostEndpoints ? 'folded' : 'whole';
}

function focusIds({index}: Built, focus: Focus | undefined): string[] {
  return [...(focus?.inhabitants ?? [])].flatMap((key) => {
    const [host = '', name = ''] = key.split('\0');
    return index.get(host)?.inhabitants.get(name) ?? [];
  });
}

/** One for each host that has a finding, one for each finding that is folded under it. */
function marksOf(built: Built, findings: readonly MarkedFinding[]): GraphMark[] {
  return findings.flatMap((finding, findingIndex) => {
    const hosts = finding.hosts.length > 0 ? finding.hosts : [finding.host];
    const own = hosts.flatMap((host) => markOf(built, finding, {host, findingIndex, foldedIndex: null}));
    const folded = finding.folded.flatMap(({finding: other}, foldedIndex) =>
      markOf(built, other, {host: other.host, findingIndex, foldedIndex}),
    );
    return [...own, ...folded];
  });
}

function markOf(
  built: Built,
  finding: Placed & Pick<FoldedFinding, 'severity'>,
  {host, ...numbers}: {host: string | null; findingIndex: number; foldedIndex: number | null},
): GraphMark[] {
  const element = elementOf(built, finding, host);
  return element === undefined ? [] : [{element, ...numbers, severity: finding.severity, exact: true}];
}

const weights = {error: 0, warning: 1, info: 2};

/** The lanes that an overview opens: those of the trace, then those of the worst findings. */
function opened(built: Built, marks: readonly GraphMark[], walks: readonly GraphWalk[]): Set<string> {
  if (built.lanes.length > mostDetailed) return new Set();
  const laneOf = (id: string) => {
    const lane = built.elementsById.get(id)?.lane;
    return lane === null || lane === undefined ? [] : [lane];
  };
  const passed = walks.flatMap(({passes}) => passes.flatMap(laneOf));
  const worst = [...marks]
    .filter(({severity, foldedIndex}) => severity !== 'info' && foldedIndex === null)
    .sort((a, b) => weights[a.severity] - weights[b.severity] || a.findingIndex - b.findingIndex)
    .flatMap(({element}) => laneOf(element));
  return new Set([...new Set([...passed, ...worst])].slice(0, Math.max(mostOpened, new Set(passed).size)));
}
