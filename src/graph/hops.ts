/** A trace over the elements of a picture. */
import {type Step, stepText} from '../services/step.js';
import type {Walk} from '../trace/disposition.js';
import type {Built, LaneIndex} from './elements.js';
import type {GraphHop, GraphWalk} from './types.js';

/** Who sends and who receives, as far as they are elements. */
export interface Ends {
  source: string | undefined;
  destination: string | undefined;
  networkId: string | null;
}

type Spot = 'end' | 'veth' | 'bridge' | 'vxlan' | 'vtep' | 'uplink' | 'underlay' | 'host' | 'balancer';

const spots: Record<Step['layer'], Spot> = {
  name: 'end',
  published: 'host',
  listener: 'host',
  dnat: 'host',
  'load-balancer': 'balancer',
  route: 'end',
  neighbour: 'end',
  interface: 'end',
  'source-filter': 'end',
  veth: 'veth',
  parent: 'uplink',
  bridge: 'bridge',
  'bridge-filter': 'bridge',
  'bridge-fdb': 'bridge',
  forwarding: 'bridge',
  'vxlan-fdb': 'vxlan',
  vxlan: 'vxlan',
  encryption: 'vtep',
  'underlay-route': 'uplink',
  'underlay-mtu': 'uplink',
  'underlay-neighbour': 'uplink',
  'filter-out': 'uplink',
  underlay: 'underlay',
  'filter-in': 'uplink',
  'data-path-port': 'vtep',
  vni: 'vxlan',
  'source-row': 'vxlan',
  'endpoint-filter': 'end',
  endpoint: 'end',
  port: 'end',
  outside: 'underlay',
  probe: 'underlay',
};

/** Layers that are decided where a frame arrives. */
const arriving: ReadonlySet<Step['layer']> = new Set(['endpoint-filter', 'endpoint', 'port']);

/** One direction of a trace over the picture: every hop at an element, and the elements in the order in which they are passed. */
export function walkOver(
  built: Built,
  walk: Walk,
  ends: Ends,
  title: string,
  way: GraphWalk['way'],
): GraphWalk {
  const passed = {isThere: false};
  const hops = walk.hops.map((step): GraphHop => {
    const {layer, verdict, code} = step;
    if (layer === 'underlay' || arriving.has(layer)) passed.isThere = true;
    return {
      element: spotOf(built, step, ends, passed.isThere),
      verdict,
      layer,
      text: stepText(step),
      code: code ?? null,
    };
  });
  const failed = walk.hops.findIndex(({verdict, code}) => verdict === 'fail' && code !== undefined);
  const broken = walk.hops.at(-1)?.verdict === 'fail' || (failed >= 0 && failed === walk.hops.length - 1);
  return {
    title,
    way,
    disposition: walk.disposition,
    broken,
    hops,
    passes: pathOf(hops.map(({element}) => element)),
  };
}

function pathOf(elements: readonly string[]): string[] {
  const path: string[] = [];
  for (const element of elements) if (!path.includes(element)) path.push(element);
  return path;
}

function spotOf(built: Built, step: Step, ends: Ends, isThere: boolean): string {
  const lane = step.host === null ? undefined : built.index.get(step.host);
  const spot = spots[step.layer];
  const end = isThere ? ends.destination : ends.source;
  if (!lane) return (spot === 'end' ? end : undefined) ?? 'underlay';
  const isHere = end !== undefined && built.elementsById.get(end)?.lane === lane.lane.id;
  const find = finders[spot];
  return find({built, lane, networkId: ends.networkId, end: isHere ? end : undefined}) ?? lane.lane.id;
}

interface Search {
  built: Built;
  lane: LaneIndex;
  networkId: string | null;
  /** Who sends or receives, where that is on this host. */
  end: string | undefined;
}

const bridgeOf = ({lane, networkId}: Search) =>
  networkId === null ? undefined : lane.bridges.get(networkId);

const finders: Record<Spot, (search: Search) => string | undefined> = {
  end: ({end}) => end,
  veth: (search) => vethOf(search) ?? search.end,
  bridge: bridgeOf,
  vxlan: (search) =>
    (search.networkId === null ? undefined : search.lane.vxlans.get(search.networkId)) ?? bridgeOf(search),
  vtep: ({lane}) => `${lane.lane.id}-vtep`,
  uplink: ({lane}) => `${lane.lane.id}-uplink`,
  underlay: () => 'underlay',
  balancer: balancerOf,
  host: () => undefined,
};

function vethOf({built: {elements, elementsById}, lane, end, networkId}: Search): string | undefined {
  if (end === undefined || networkId === null) return undefined;
  const network = elementsById.get(lane.bridges.get(networkId) ?? '')?.network;
  return elements.find(
    ({kind, id, network: of}) => kind === 'veth' && id.startsWith(`${end}-`) && of === network,
  )?.id;
}

function balancerOf({lane: {scene, inhabitants}, networkId}: Search): string | undefined {
  const segment = scene.segments.find((one) => one.networkId === networkId);
  const balancer = scene.inhabitants.find(
    ({kind, plugs}) => kind === 'load-balancer' && plugs.some((plug) => plug.segment === segment?.key),
  );
  return balancer && inhabitants.get(balancer.name);
}
