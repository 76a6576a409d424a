/** Folds what is healthy, so that a picture of many stays readable; what is marked or passed by a trace stays open. */
import type {Built, LaneIndex} from './elements.js';
import type {Graph, GraphElement, GraphLane} from './types.js';

export interface FoldOptions {
  /** Elements that must be seen. */
  kept: ReadonlySet<string>;
  /** Lanes that stay open; all others become one element. */
  open: ReadonlySet<string>;
  /** Whether inhabitants that are not kept are folded in the lanes that stay open. */
  inhabitants: boolean;
}

export interface Folded extends Graph {
  /** The element that stands for one that is not drawn. */
  standsFor: (id: string) => string;
}

/** What is worth folding: one line for one element saves nothing. */
const least = 2;

export function fold(built: Built, {kept, open, inhabitants}: FoldOptions): Folded {
  const replaced = new Map<string, string>();
  const added: GraphElement[] = [];
  for (const {lane} of built.index.values()) {
    if (open.has(lane.id)) continue;
    for (const {id, lane: of} of built.elements)
      if (of === lane.id && id !== lane.id) replaced.set(id, lane.id);
  }
  if (inhabitants) {
    for (const one of built.index.values())
      if (open.has(one.lane.id)) foldInhabitants(built, one, {kept, replaced, added});
  }
  const standsFor = (id: string) => replaced.get(id) ?? id;
  const elements = [...built.elements.filter(({id}) => !replaced.has(id)), ...added];
  const lanes = built.lanes.map(
    (lane): GraphLane => ({...lane, state: open.has(lane.id) ? 'open' : 'folded'}),
  );
  return {lanes, elements, edges: edgesBetween(built, standsFor), standsFor};
}

interface Folding {
  kept: ReadonlySet<string>;
  replaced: Map<string, string>;
  added: GraphElement[];
}

/** One element for all of a network in a lane that is neither marked nor passed. */
function foldInhabitants(built: Built, {lane, scene}: LaneIndex, {kept, replaced, added}: Folding): void {
  const own = built.elements.filter((element) => element.lane === lane.id);
  for (const [network, group] of foldable(own, kept)) {
    const [first] = group;
    if (!first || group.length < least) continue;
    const at = scene.segments.findIndex(({name}) => name === network);
    const id = `${lane.id}-s${at + 1}-folded`;
    const name = `${group.length} more endpoints`;
    added.push({
      ...first,
      id,
      kind: 'folded',
      name,
      interfaces: [],
      address: null,
      endpointCount: group.length,
    });
    for (const one of group)
      for (const {id: other} of own) if (isPartOf(other, one.id)) replaced.set(other, id);
  }
}

/** Whether an element is another one, or a veth of it. */
function isPartOf(id: string, whole: string): boolean {
  return id === whole || id.startsWith(`${whole}-`);
}

/** The inhabitants of a lane that need not be seen, by their network. */
function foldable(
  own: readonly GraphElement[],
  kept: ReadonlySet<string>,
): Map<string | null, GraphElement[]> {
  const wanted = own.filter(({id}) => kept.has(id));
  const free = own.filter(
    ({id, kind}) => isInhabitant(kind) && !wanted.some((element) => isPartOf(element.id, id)),
  );
  const byNetwork = new Map<string | null, GraphElement[]>();
  for (const element of free) {
    const group = byNetwork.get(element.network);
    if (group) group.push(element);
    else byNetwork.set(element.network, [element]);
  }
  return byNetwork;
}

function isInhabitant(kind: GraphElement['kind']): boolean {
  return kind === 'container' || kind === 'load-balancer' || kind === 'namespace';
}

function edgesBetween({edges}: Built, standsFor: (id: string) => string): Graph['edges'] {
  const seen = new Set<string>();
  return edges.flatMap(({from, to, kind}) => {
    const edge = {from: standsFor(from), to: standsFor(to), kind};
    const key = JSON.stringify([edge.from, edge.to, kind]);
    if (edge.from === edge.to || seen.has(key)) return [];
    seen.add(key);
    return [edge];
  });
}
