/** A trace over the elements of a picture. */
import {type Step, stepText} from '../services/step.js';
import type {Walk} from '../trace/disposition.js';
import {type Built, deviceKey, type LaneIndex} from './elements.js';
import {completePath} from './path.js';
import type {GraphHop, GraphWalk} from './types.js';

/** Who sends and who receives, as far as they are elements. */
export interface Ends {
  source: string | undefined;
  destination: string | undefined;
  /** The network that is walked on; null for none of an overlay or bridge. */
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
  {title, way}: Pick<GraphWalk, 'title' | 'way'>,
): GraphWalk {
  const start = walk.hops.find(({host}) => host !== null)?.host;
  let [hasArrived, isSwitched] = [false, false];
  const hops = walk.hops.map((step): GraphHop => {
    const {layer, verdict, code, host} = step;
    hasArrived ||= layer === 'underlay' || arriving.has(layer) || (host !== null && host !== start);
    // Behind the bridge's own decision there is the receiver's veth, on the same host as well.
    hasArrived ||= isSwitched && layer === 'veth';
    isSwitched ||= layer === 'bridge-fdb';
    const element = elementAt(built, step, ends, hasArrived);
    return {element, verdict, layer, text: stepText(step), code: code ?? null};
  });
  const broken = walk.hops.at(-1)?.verdict === 'fail';
  return {
    title,
    way,
    disposition: walk.disposition,
    broken,
    hops,
    passes: completePath(
      built,
      hops.map(({element}) => element),
      {isOutside: ends.networkId === null},
    ),
  };
}

function elementAt(built: Built, step: Step, ends: Ends, hasArrived: boolean): string {
  const lane = step.host === null ? undefined : built.index.get(step.host);
  const spot = spots[step.layer];
  const end = hasArrived ? ends.destination : ends.source;
  if (!lane) return (spot === 'end' ? end : undefined) ?? 'underlay';
  const isHere = end !== undefined && built.elementsById.get(end)?.lane === lane.lane.id;
  const search = {built, lane, networkId: ends.networkId, end: isHere ? end : undefined};
  return atDevice(search, step) ?? finders[spot](search) ?? lane.lane.id;
}

interface Search {
  built: Built;
  lane: LaneIndex;
  networkId: string | null;
  /** Who sends or receives, where that is on this host. */
  end: string | undefined;
}

/** A failing step names its device: in the sandbox of the network, in the host's namespace or in the container's. */
function atDevice({built, lane, networkId, end}: Search, {device}: Step): string | undefined {
  if (device === undefined) return undefined;
  const sandbox = lane.scene.segments.find((one) => one.networkId === networkId)?.netns;
  const own = built.elementsById.get(end ?? '')?.interfaces[0]?.netns;
  for (const netns of [sandbox, '@host', own]) {
    const found = netns === undefined ? undefined : lane.devices.get(deviceKey(netns, device));
    if (found !== undefined) return found;
  }
  return undefined;
}

const finders: Record<Spot, (search: Search) => string | undefined> = {
  end: ({end}) => end,
  veth: (search) => vethOf(search) ?? search.end,
  bridge: bridgeOf,
  vxlan: (search) => vxlanOf(search) ?? bridgeOf(search),
  vtep: ({lane}) => `${lane.lane.id}-vtep`,
  uplink: ({lane}) => `${lane.lane.id}-uplink`,
  underlay: () => 'underlay',
  balancer: balancerOf,
  host: () => undefined,
};

/** The veth of an end that leads to the network; without a network, to docker_gwbridge. */
function vethOf({built: {elements, elementsById, edges}, lane, end, networkId}: Search): string | undefined {
  if (end === undefined) return undefined;
  const wanted =
    networkId === null
      ? `${lane.lane.id}-gateway`
      : (lane.bridges.get(networkId) ?? `${lane.lane.id}-gateway`);
  const network = elementsById.get(wanted)?.network ?? elementsById.get(wanted)?.name;
  const own = edges.filter(({from, kind}) => from === end && kind === 'interface').map(({to}) => to);
  return elements.find(({id, network: of}) => own.includes(id) && of === network)?.id;
}

/** The bridge that its veth is a port of: a network of several subnets has several. */
function bridgeOf(search: Search): string | undefined {
  const {built, lane, networkId} = search;
  const veth = vethOf(search);
  const port = built.edges.find(({from, kind}) => from === veth && kind === 'port')?.to;
  if (port !== undefined) return port;
  const gateway = `${lane.lane.id}-gateway`;
  return networkId === null
    ? built.elementsById.has(gateway)
      ? gateway
      : undefined
    : lane.bridges.get(networkId);
}

function vxlanOf(search: Search): string | undefined {
  const {built, lane, networkId} = search;
  const bridge = bridgeOf(search);
  const member = built.edges.find(({from, kind}) => from === bridge && kind === 'member')?.to;
  return member ?? (networkId === null ? undefined : lane.vxlans.get(networkId));
}

function balancerOf({lane: {scene, inhabitants}, networkId}: Search): string | undefined {
  const segment = scene.segments.find((one) => one.networkId === networkId);
  const balancer = scene.inhabitants.find(
    ({kind, plugs}) => kind === 'load-balancer' && plugs.some((plug) => plug.segment === segment?.key),
  );
  return balancer && inhabitants.get(balancer.name);
}
