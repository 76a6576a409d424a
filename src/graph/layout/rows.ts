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
  groups: Group[];
}

export function laneRows({elements, edges}: Graph, lane: string): LaneRows | undefined {
  const own = elements.filter((element) => element.lane === lane);
  const host = own.find(({id}) => id === lane);
  if (!host) return undefined;
  const byId = new Map(own.map((element) => [element.id, element]));
  const to = (kind: string) =>
    new Map(
      edges.filter((edge) => edge.kind === kind && byId.has(edge.from)).map((edge) => [edge.from, edge.to]),
    );
  const ports = to('port');
  const holders = new Map(
    edges
      .filter(({kind, to: veth}) => kind === 'interface' && byId.has(veth))
      .map((edge) => [edge.to, edge.from]),
  );
  const gateway = own.find(({kind}) => kind === 'gateway');
  const legs = new Map(
    [...ports].flatMap(([veth, bridge]) => {
      const holder = holders.get(veth);
      return gateway && bridge === gateway.id && holder !== undefined
        ? [[holder, byId.get(veth)] as const]
        : [];
    }),
  );
  const plugged = {own, byId, ports, holders, legs, gateway, seen: new Set<string>()};
  return {
    id: lane,
    host,
    gateway,
    vtep: own.find(({kind}) => kind === 'vtep'),
    uplink: own.find(({kind}) => kind === 'uplink'),
    groups: groupsOf(plugged, edges),
  };
}

interface Plugged {
  own: GraphElement[];
  byId: Map<string, GraphElement>;
  ports: Map<string, string>;
  holders: Map<string, string>;
  legs: Map<string, GraphElement | undefined>;
  gateway: GraphElement | undefined;
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

function rowsOf(
  {own, byId, ports, holders, legs, gateway, seen}: Plugged,
  group: Group,
  groups: Group[],
): Row[] {
  const {bridge} = group;
  const isFirst = groups.find((one) => one.bridge?.network === bridge?.network) === group;
  const veths = own.filter(({id, kind, network}) => {
    if (kind !== 'veth' && kind !== 'folded') return false;
    const port = ports.get(id);
    return port === undefined ? isFirst && network === bridge?.network : port === bridge?.id;
  });
  const rows = veths.map((veth): Row => {
    if (veth.kind === 'folded') seen.add(veth.id);
    if (veth.kind === 'folded')
      return {inhabitant: veth, veth: undefined, leg: undefined, isPlugged: true, isEcho: false};
    const holder = holders.get(veth.id);
    const inhabitant = holder === undefined ? undefined : byId.get(holder);
    const isEcho = holder !== undefined && seen.has(holder);
    if (holder !== undefined) seen.add(holder);
    const leg = holder !== undefined && !isEcho && gateway ? legs.get(holder) : undefined;
    return {inhabitant, veth, leg, isPlugged: ports.has(veth.id), isEcho};
  });
  return rows.sort(
    (a, b) => kindRank(a) - kindRank(b) || order(a.inhabitant?.name ?? '', b.inhabitant?.name ?? ''),
  );
}

/** Containers first, then what Docker added, then what is folded. */
function kindRank({inhabitant}: Row): number {
  return ['container', 'namespace', 'load-balancer', undefined, 'folded'].indexOf(inhabitant?.kind);
}
