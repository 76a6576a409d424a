/** What stands in one lane, row by row. */
import type {Graph, GraphElement} from '../types.js';

/** An inhabitant with the veth by which it is on a bridge. */
export interface Row {
  inhabitant: GraphElement | undefined;
  veth: GraphElement | undefined;
  /** The veth that leads to docker_gwbridge, in the first row of an inhabitant. */
  leg: GraphElement | undefined;
  /** Whether the veth is a port of the bridge. */
  isPlugged: boolean;
  /** Whether the inhabitant stands in another row already. */
  isEcho: boolean;
}

export interface Group {
  bridge: GraphElement | undefined;
  vxlans: GraphElement[];
  /** Ids of those vxlan devices that are ports of the bridge. */
  members: ReadonlySet<string>;
  rows: Row[];
}

export interface LaneRows {
  id: string;
  host: GraphElement;
  gateway: GraphElement | undefined;
  vtep: GraphElement | undefined;
  uplink: GraphElement | undefined;
  /** Ids of what is a port of docker_gwbridge. */
  onGateway: ReadonlySet<string>;
  groups: Group[];
}

export function laneRows({elements, edges}: Graph, lane: string): LaneRows | undefined {
  const own = elements.filter((element) => element.lane === lane);
  const host = own.find(({id}) => id === lane);
  if (!host) return undefined;
  const byId = new Map(own.map((element) => [element.id, element]));
  const gateway = own.find(({kind}) => kind === 'gateway');
  const inside = edges.filter(({from, to}) => byId.has(from) && byId.has(to));
  const holders = new Map(inside.filter(({kind}) => kind === 'interface').map(({from, to}) => [to, from]));
  const ports = new Map<string, string>();
  const onGateway = new Set<string>();
  for (const {from, to, kind} of inside) {
    if (kind !== 'port') continue;
    if (to === gateway?.id) onGateway.add(from);
    // What is folded may be on several bridges: it stands beside the first.
    else if (!ports.has(from)) ports.set(from, to);
  }
  const legs = new Map(
    own.flatMap((veth) => {
      const isLeg = veth.kind === 'veth' && gateway !== undefined && veth.network === gateway.name;
      const holder = isLeg ? holders.get(veth.id) : undefined;
      return holder === undefined ? [] : [[holder, veth] as const];
    }),
  );
  return {
    id: lane,
    host,
    gateway,
    vtep: own.find(({kind}) => kind === 'vtep'),
    uplink: own.find(({kind}) => kind === 'uplink'),
    onGateway,
    groups: groupsOf({own, byId, ports, holders, legs, seen: new Set<string>()}, inside),
  };
}

interface Plugged {
  own: GraphElement[];
  byId: Map<string, GraphElement>;
  ports: Map<string, string>;
  holders: Map<string, string>;
  /** The veth on docker_gwbridge of an inhabitant. */
  legs: Map<string, GraphElement>;
  seen: Set<string>;
}

function groupsOf(plugged: Plugged, edges: Graph['edges']): Group[] {
  const {own, seen, legs} = plugged;
  const groups = own
    .filter(({kind}) => kind === 'bridge')
    .map((bridge, _, bridges): Group => ({bridge, ...vxlansOf(plugged, edges, bridge, bridges), rows: []}))
    .sort((a, b) => rankOf(a) - rankOf(b) || order(nameOf(a), nameOf(b)));
  for (const group of groups) group.rows = rowsOf(plugged, group, groups);
  const alone = own.filter(({id, kind}) => isInhabitant(kind) && !seen.has(id));
  const rows = alone.map((inhabitant): Row => {
    const leg = legs.get(inhabitant.id);
    return {inhabitant, veth: undefined, leg, isPlugged: false, isEcho: false};
  });
  return rows.length > 0 ? [...groups, {bridge: undefined, vxlans: [], members: new Set(), rows}] : groups;
}

function isInhabitant(kind: GraphElement['kind']): boolean {
  return kind === 'container' || kind === 'namespace' || kind === 'load-balancer' || kind === 'folded';
}

/** The vxlan devices of a bridge; at the first bridge of a network also those that are a port of none. */
function vxlansOf(
  {own, byId}: Plugged,
  edges: Graph['edges'],
  {id, network}: GraphElement,
  bridges: readonly GraphElement[],
): Pick<Group, 'vxlans' | 'members'> {
  const memberships = edges.filter(({kind}) => kind === 'member');
  const members = new Set(memberships.filter(({from}) => from === id).map(({to}) => to));
  const isFirst = bridges.find((bridge) => bridge.network === network)?.id === id;
  const isLoose = (one: GraphElement) =>
    one.kind === 'vxlan' && one.network === network && !memberships.some(({to}) => to === one.id);
  const found = [...members].flatMap((member) => byId.get(member) ?? []);
  return {members, vxlans: isFirst ? [...found, ...own.filter(isLoose)] : found};
}

/** Overlays first, among them ingress last; then what is of this host alone. */
function rankOf({bridge, vxlans}: Group): number {
  if (vxlans.length === 0) return 2;
  return bridge?.network === 'ingress' ? 1 : 0;
}

function nameOf({bridge}: Group): string {
  return bridge?.network ?? '';
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function rowsOf({own, byId, ports, holders, legs, seen}: Plugged, {bridge}: Group, groups: Group[]): Row[] {
  const isFirst = groups.find((one) => one.bridge?.network === bridge?.network)?.bridge === bridge;
  const isHere = ({id, kind, network}: GraphElement) => {
    if (kind !== 'veth' && kind !== 'folded') return false;
    const port = ports.get(id);
    return port === undefined ? isFirst && network === bridge?.network : port === bridge?.id;
  };
  const rows = own.filter(isHere).map((veth): Row => {
    const isFolded = veth.kind === 'folded';
    const holder = isFolded ? veth.id : holders.get(veth.id);
    const isEcho = holder !== undefined && seen.has(holder);
    if (holder !== undefined) seen.add(holder);
    return {
      inhabitant: holder === undefined ? undefined : byId.get(holder),
      veth: isFolded ? undefined : veth,
      leg: holder === undefined || isEcho ? undefined : legs.get(holder),
      isPlugged: ports.has(veth.id),
      isEcho,
    };
  });
  return rows.sort(
    (a, b) => kindRank(a) - kindRank(b) || order(a.inhabitant?.name ?? '', b.inhabitant?.name ?? ''),
  );
}

/** Containers first, then what Docker added, then what is folded. */
function kindRank({inhabitant}: Row): number {
  return ['container', 'namespace', 'load-balancer', undefined, 'folded'].indexOf(inhabitant?.kind);
}

/** A load balancer stands beside its network, so its name need not say which. */
export function inhabitantName({name, kind, network}: GraphElement): string {
  return kind === 'load-balancer' && network !== null ? 'load balancer' : name;
}
