/** The elements of a picture and what connects them, from what was kept of each host. */
import {
  gatewayKey,
  type HostScene,
  type Inhabitant,
  type Plug,
  type SceneVxlan,
  type Segment,
} from './host-scene.js';
import type {EdgeKind, ElementKind, Graph, GraphElement, GraphLane, InterfaceFacts} from './types.js';

/** One lane with the ids of its elements by what findings and hops call them. */
export interface LaneIndex {
  lane: GraphLane;
  scene: HostScene;
  vtep: string | null;
  /** By namespace and interface. */
  devices: Map<string, string>;
  /** By namespace: who lives there, or the bridge that it holds. */
  namespaces: Map<string, string>;
  /** Inhabitants by network id and address. */
  endpoints: Map<string, string>;
  /** Inhabitants by name. */
  inhabitants: Map<string, string>;
  /** The bridge and the vxlan device of a network by its id. */
  bridges: Map<string, string>;
  vxlans: Map<string, string>;
}

export interface Built extends Graph {
  /** Whether it is a part of what was read that is drawn. */
  isPart: boolean;
  index: Map<string, LaneIndex>;
  elementsById: Map<string, GraphElement>;
  /** Ids of whole networks, by the network's id. */
  networks: Map<string, string>;
  /** The lane, or the node that was not read, behind a VTEP. */
  behind: Map<string, string>;
  /** The tunnel of a network between two VTEPs, made when it is first asked for; undefined where there is none. */
  tunnel(networkId: string | null, from: string, to: string): string | undefined;
}

export const deviceKey = (netns: string, device: string) => `${netns}\0${device}`;
export const endpointKey = (networkId: string, address: string) => `${networkId}\0${address}`;

const nothing = {
  lane: null,
  host: null,
  network: null,
  interfaces: [],
  address: null,
  vni: null,
} satisfies Partial<GraphElement>;

interface Maker extends Graph {
  elementsById: Map<string, GraphElement>;
}

function add(
  maker: Maker,
  element: Partial<GraphElement> & {id: string; kind: ElementKind; name: string},
): string {
  const whole: GraphElement = {...nothing, ...element};
  maker.elements.push(whole);
  maker.elementsById.set(whole.id, whole);
  return whole.id;
}

function connect(maker: Maker, from: string | undefined, to: string | undefined, kind: EdgeKind): void {
  if (from !== undefined && to !== undefined) maker.edges.push({from, to, kind});
}

/**
 * @param scenes in the order of their lanes, each host once
 * @param omitted those that were read and are not drawn; undefined where nothing was left out
 */
export function buildElements(scenes: readonly HostScene[], omitted?: readonly HostScene[]): Built {
  const maker: Maker = {lanes: [], elements: [], edges: [], elementsById: new Map()};
  const vteps = vtepsAmong(scenes);
  add(maker, {id: 'swarm', kind: 'swarm', name: 'all hosts'});
  add(maker, {id: 'underlay', kind: 'underlay', name: 'underlay'});
  const index = new Map(
    scenes.map((scene, at) => [scene.name, addLane(maker, scene, `h${at + 1}`, vteps[at] ?? null)] as const),
  );
  const networks = addNetworks(maker, scenes);
  const behind = addNodes(maker, scenes, {index, omitted});
  const isPart = omitted !== undefined;
  return {...maker, isPart, index, networks, behind, tunnel: tunnelMaker(maker, {index, networks, behind})};
}

/** Own VTEPs: told by the host, else the address of its own that another host's entries lead to, else its node's. */
function vtepsAmong(scenes: readonly HostScene[]): (string | null)[] {
  const destinations = new Set(
    scenes.flatMap(({segments}) => segments.flatMap(({vxlans}) => vxlans.flatMap(({vteps}) => vteps))),
  );
  return scenes.map(({vtep, addresses}) =>
    vtep?.isSure ? vtep.address : (addresses.find((one) => destinations.has(one)) ?? vtep?.address ?? null),
  );
}

function addLane(maker: Maker, scene: HostScene, id: string, vtep: string | null): LaneIndex {
  const lane: GraphLane = {
    id,
    host: scene.name,
    state: 'open',
    endpointCount: scene.endpointCount,
    networkCount: scene.networkCount,
    vtep,
    engine: scene.engine,
  };
  maker.lanes.push(lane);
  const found: LaneIndex = {
    lane,
    scene,
    vtep,
    devices: new Map(),
    namespaces: new Map(),
    endpoints: new Map(),
    inhabitants: new Map(),
    bridges: new Map(),
    vxlans: new Map(),
  };
  const own = {lane: id, host: scene.name};
  add(maker, {...own, id, kind: 'host', name: scene.name});
  const edge = addEdgeOfHost(maker, found);
  for (const [at, segment] of scene.segments.entries())
    addSegment(maker, found, segment, {at, vtep: edge.vtep});
  for (const [at, one] of scene.inhabitants.entries()) addInhabitant(maker, found, one, at);
  return found;
}

/** What of a host faces the others: VTEP, uplink, docker_gwbridge. */
function addEdgeOfHost(maker: Maker, {lane, scene, vtep, devices}: LaneIndex): {vtep: string} {
  const own = {lane: lane.id, host: scene.name};
  const {uplink, gateway} = scene;
  const vtepId = add(maker, {
    ...own,
    id: `${lane.id}-vtep`,
    kind: 'vtep',
    name: vtep ?? 'not known',
    address: vtep,
  });
  const uplinkId = add(maker, {
    ...own,
    id: `${lane.id}-uplink`,
    kind: 'uplink',
    name: uplink?.name ?? 'not known',
    interfaces: uplink ? [uplink] : [],
    address: uplink?.addresses[0] ?? null,
  });
  if (uplink) devices.set(deviceKey('@host', uplink.name), uplinkId);
  connect(maker, vtepId, uplinkId, 'address');
  connect(maker, uplinkId, 'underlay', 'wire');
  if (gateway) {
    const id = add(maker, {
      ...own,
      id: `${lane.id}-gateway`,
      kind: 'gateway',
      name: gateway.name,
      interfaces: [gateway],
      address: gateway.addresses[0] ?? null,
    });
    devices.set(deviceKey('@host', gateway.name), id);
    connect(maker, id, uplinkId, 'way-out');
  }
  return {vtep: vtepId};
}

function addSegment(
  maker: Maker,
  found: LaneIndex,
  segment: Segment,
  {at, vtep}: {at: number; vtep: string},
): void {
  const prefix = `${found.lane.id}-s${at + 1}`;
  const bridges = segment.bridges.length > 0 ? segment.bridges : [null];
  for (const [number, bridge] of bridges.entries())
    addBridge(maker, found, {segment, bridge, id: `${prefix}-bridge${number + 1}`});
  for (const [number, vxlan] of segment.vxlans.entries())
    addVxlan(maker, found, {segment, vxlan, id: `${prefix}-vxlan${number + 1}`, vtep});
  for (const [number, plug] of segment.strays.entries())
    addVeth(maker, found, plug, {id: `${prefix}-port${number + 1}`, inhabitant: undefined, segment});
}

/** A bridge of a segment, or what stands for the one that was not read. */
function addBridge(
  maker: Maker,
  {lane, scene, devices, namespaces, bridges}: LaneIndex,
  {segment, bridge, id}: {segment: Segment; bridge: InterfaceFacts | null; id: string},
): void {
  const {netns, name, networkId, kind} = segment;
  add(maker, {
    lane: lane.id,
    host: scene.name,
    network: name,
    id,
    kind: 'bridge',
    name: bridge?.name ?? 'not read',
    interfaces: bridge ? [bridge] : [],
    address: bridge?.addresses[0] ?? null,
  });
  if (bridge) devices.set(deviceKey(netns, bridge.name), id);
  if (kind === 'overlay' && !namespaces.has(netns)) namespaces.set(netns, id);
  if (networkId !== null && !bridges.has(networkId)) bridges.set(networkId, id);
}

function addVxlan(
  maker: Maker,
  found: LaneIndex,
  {segment, vxlan, id, vtep}: {segment: Segment; vxlan: SceneVxlan; id: string; vtep: string},
): void {
  const {lane, scene, devices} = found;
  add(maker, {
    lane: lane.id,
    host: scene.name,
    network: segment.name,
    id,
    kind: 'vxlan',
    name: vxlan.link.name,
    interfaces: [vxlan.link],
    vni: vxlan.vni,
  });
  devices.set(deviceKey(segment.netns, vxlan.link.name), id);
  if (segment.networkId !== null && !found.vxlans.has(segment.networkId))
    found.vxlans.set(segment.networkId, id);
  if (vxlan.master !== null)
    connect(maker, devices.get(deviceKey(segment.netns, vxlan.master)), id, 'member');
  connect(maker, id, vtep, 'encapsulates');
}

function addInhabitant(maker: Maker, found: LaneIndex, one: Inhabitant, at: number): void {
  const {lane, scene, namespaces, inhabitants, endpoints} = found;
  const id = `${lane.id}-c${at + 1}`;
  const main = one.plugs.find(({segment}) => segmentNamed(scene, segment) !== undefined);
  add(maker, {
    lane: lane.id,
    host: scene.name,
    id,
    kind: one.kind,
    name: one.name,
    network: segmentNamed(scene, main?.segment)?.name ?? one.network,
    address: main?.address ?? one.address,
    interfaces: one.plugs.flatMap(({inner}) => inner ?? []),
  });
  if (one.netns !== '') namespaces.set(one.netns, id);
  inhabitants.set(one.name, id);
  for (const {networkId, address} of one.listed) endpoints.set(endpointKey(networkId, address), id);
  for (const [number, plug] of one.plugs.entries()) {
    const segment = segmentNamed(scene, plug.segment);
    for (const address of plug.inner?.addresses ?? (plug.address ? [plug.address] : []))
      if (segment?.networkId) endpoints.set(endpointKey(segment.networkId, bare(address)), id);
    addVeth(maker, found, plug, {id: `${id}-veth${number + 1}`, inhabitant: id, segment});
  }
}

function segmentNamed({segments}: HostScene, key: string | null | undefined): Segment | undefined {
  return segments.find((one) => one.key === key);
}

/** `10.0.1.9` of `10.0.1.9/24`. */
export function bare(address: string): string {
  return address.replace(/\/\d+$/, '');
}

function addVeth(
  maker: Maker,
  {lane, scene, devices}: LaneIndex,
  {inner, outer, segment: key, bridge, address}: Plug,
  {id, inhabitant, segment}: {id: string; inhabitant: string | undefined; segment: Segment | undefined},
): void {
  add(maker, {
    lane: lane.id,
    host: scene.name,
    id,
    kind: 'veth',
    name: [inner?.name ?? '?', outer?.name ?? '?'].join(' ⇄ '),
    network: key === gatewayKey ? (scene.gateway?.name ?? null) : (segment?.name ?? null),
    interfaces: [inner, outer].filter((end) => end !== null),
    address,
  });
  for (const end of [inner, outer]) if (end) devices.set(deviceKey(end.netns, end.name), id);
  connect(maker, inhabitant, id, 'interface');
  if (bridge !== null && outer) connect(maker, id, devices.get(deviceKey(outer.netns, bridge)), 'port');
  // Where no interface was read, Docker's word for the endpoint is all there is.
  else if (!inner && !outer && segment?.networkId)
    connect(
      maker,
      id,
      devices.get(segment.key) ?? `${lane.id}-s${scene.segments.indexOf(segment) + 1}-bridge1`,
      'port',
    );
}

/** One element for each overlay network, in the order of their names. */
function addNetworks(maker: Maker, scenes: readonly HostScene[]): Map<string, string> {
  const named = new Map<string, string>();
  for (const {segments} of scenes)
    for (const {kind, networkId, name} of segments)
      if (kind === 'overlay' && networkId !== null) named.set(networkId, name);
  const sorted = [...named].sort(([a, one], [b, other]) => order(one, other) || order(a, b));
  return new Map(
    sorted.map(([networkId, name], at) => [
      networkId,
      add(maker, {id: `net${at + 1}`, kind: 'network', name, network: name}),
    ]),
  );
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Who is behind each VTEP: a lane, or a node that was not read and gets an element of its own. */
function addNodes(
  maker: Maker,
  scenes: readonly HostScene[],
  {index, omitted}: {index: Map<string, LaneIndex>; omitted: readonly HostScene[] | undefined},
): Map<string, string> {
  const behind = new Map<string, string>();
  for (const {vtep, lane} of index.values()) if (vtep !== null) behind.set(vtep, lane.id);
  const names = new Map(scenes.flatMap(({nodes}) => nodes));
  const others = new Set(
    scenes.flatMap(({segments}) => segments.flatMap(({vxlans}) => vxlans.flatMap(({vteps}) => vteps))),
  );
  const read = new Set(omitted?.flatMap(({vtep}) => vtep?.address ?? []));
  // A picture of a part has only those that something in it leads to.
  for (const address of [...others, ...(omitted ? [] : names.keys())].sort(order)) {
    if (behind.has(address) || read.has(address)) continue;
    const number = [...behind.values()].filter((id) => id.startsWith('node')).length + 1;
    behind.set(
      address,
      add(maker, {id: `node${number}`, kind: 'node', name: names.get(address) ?? address, address}),
    );
  }
  return behind;
}

function tunnelMaker(
  maker: Maker,
  {index, networks, behind}: Pick<Built, 'index' | 'networks' | 'behind'>,
): Built['tunnel'] {
  const byLane = new Map([...index.values()].map((one) => [one.lane.id, one]));
  /** The vxlan device of a network on a host, else its VTEP. */
  const endOf = (id: string, networkId: string | null) => {
    const lane = byLane.get(id);
    const vxlan = networkId === null ? undefined : lane?.vxlans.get(networkId);
    return vxlan ?? (lane ? `${id}-vtep` : id);
  };
  return (networkId, from, to) => {
    const [a, b] = [behind.get(from), behind.get(to)];
    if (a === undefined || b === undefined || a === b) return undefined;
    const ends: [string, string] = laneOrder(a) <= laneOrder(b) ? [a, b] : [b, a];
    const network = networkId === null ? undefined : networks.get(networkId);
    const id = ['tunnel', network ?? 'any', ...ends].join('-');
    if (maker.elementsById.has(id)) return id;
    const name = ends.map((end) => nameOf(maker, end)).join(' ⇄ ');
    add(maker, {id, kind: 'tunnel', name, network: network ? nameOf(maker, network) : null, ends});
    for (const end of ends) connect(maker, endOf(end, networkId), id, 'tunnel');
    return id;
  };
}

function laneOrder(id: string): number {
  return Number(id.replace(/^\D+/, '')) + (id.startsWith('node') ? 1_000_000 : 0);
}

function nameOf({elementsById}: Maker, id: string): string {
  return elementsById.get(id)?.name ?? id;
}

/** Makes every tunnel that entries of vxlan devices lead into. */
export function addAllTunnels({index, tunnel}: Built): void {
  for (const {vtep, scene} of index.values()) {
    if (vtep === null) continue;
    for (const {networkId, vxlans} of scene.segments)
      if (networkId !== null)
        for (const other of new Set(vxlans.flatMap(({vteps}) => vteps))) tunnel(networkId, vtep, other);
  }
}
