/** A picture of hosts with what was found and what was traced. */
import type {FoldedFinding} from '../findings/finding.js';
import {addAllTunnels, type Built, buildElements} from './elements.js';
import {fold} from './fold.js';
import type {HostScene} from './host-scene.js';
import {elementOf} from './place.js';
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
  /** Draw only these networks, by their ids; null for all. */
  networks?: ReadonlySet<string> | null;
  /** Open only these inhabitants, as `HOST\0NAME`, and fold all others; null for all. */
  inhabitants?: ReadonlySet<string> | null;
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

export function drawGraph({
  scenes: given,
  findings,
  walks: walksOver,
  networks = null,
  inhabitants = null,
  all = false,
}: Drawing): Picture {
  const scenes = given.map((scene) => within(scene, networks));
  const built = buildElements(scenes);
  if (all || scenes.length <= mostLanes) addAllTunnels(built);
  const walks = walksOver?.(built) ?? [];
  const marks = marksOf(built, findings);
  const view = viewOf(built, {all, focused: inhabitants !== null});
  const kept = new Set([
    ...marks.map(({element}) => element),
    ...walks.flatMap(({hops}) => hops.map(({element}) => element)),
    ...focusIds(built, inhabitants),
  ]);
  const open = view === 'overview' ? opened(built, marks, walks) : new Set(built.lanes.map(({id}) => id));
  const folded = fold(built, {kept, open, inhabitants: view !== 'whole'});
  const {standsFor} = folded;
  const there = new Set(folded.elements.map(({id}) => id));
  return {
    view,
    lanes: folded.lanes,
    elements: folded.elements,
    edges: folded.edges,
    marks: marks.map((mark) => ({
      ...mark,
      element: standsFor(mark.element),
      exact: standsFor(mark.element) === mark.element && there.has(mark.element),
    })),
    walks: walks.map((walk) => ({
      ...walk,
      hops: walk.hops.map((hop) => ({...hop, element: standsFor(hop.element)})),
      passes: [...new Set(walk.passes.map(standsFor))],
    })),
  };
}

/** A host with the networks alone that are drawn. */
function within(scene: HostScene, networks: ReadonlySet<string> | null): HostScene {
  if (networks === null) return scene;
  const segments = scene.segments.filter(({networkId}) => networkId !== null && networks.has(networkId));
  const keys = new Set(segments.map(({key}) => key));
  const inhabitants = scene.inhabitants.flatMap((one) => {
    const isOn = one.plugs.some(({segment}) => segment !== null && keys.has(segment));
    const plugs = one.plugs.filter(
      ({segment}) => segment === null || keys.has(segment) || segment === '@gateway',
    );
    return isOn ? [{...one, plugs}] : [];
  });
  return {...scene, segments, inhabitants};
}

function viewOf({lanes}: Built, {all, focused}: {all: boolean; focused: boolean}): GraphView {
  if (all) return 'whole';
  if (lanes.length > mostLanes) return 'overview';
  const endpoints = lanes.reduce((sum, lane) => sum + lane.endpointCount, 0);
  return focused || endpoints > mostEndpoints ? 'folded' : 'whole';
}

function focusIds({index}: Built, inhabitants: ReadonlySet<string> | null): string[] {
  return [...(inhabitants ?? [])].flatMap((key) => {
    const [host = '', name = ''] = key.split('\0');
    return index.get(host)?.inhabitants.get(name) ?? [];
  });
}

function marksOf(built: Built, findings: readonly MarkedFinding[]): GraphMark[] {
  return findings.flatMap((finding, number) => {
    const hosts = finding.hosts.length > 0 ? finding.hosts : [finding.host];
    const own = hosts.map((host) => mark(built, finding, {host, findingIndex: number, foldedIndex: null}));
    const folded = finding.folded.map(({finding: other}, at) =>
      mark(built, other, {host: other.host, findingIndex: number, foldedIndex: at}),
    );
    return [...own, ...folded];
  });
}

function mark(
  built: Built,
  finding: Pick<FoldedFinding, 'severity' | 'host' | 'at'>,
  {host, ...numbers}: {host: string | null; findingIndex: number; foldedIndex: number | null},
): GraphMark {
  return {element: elementOf(built, finding, host), ...numbers, severity: finding.severity, exact: true};
}

const weights = {error: 0, warning: 1, info: 2};

/** The lanes that an overview opens: those of the trace, then those of the worst findings. */
function opened(built: Built, marks: readonly GraphMark[], walks: readonly GraphWalk[]): Set<string> {
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
