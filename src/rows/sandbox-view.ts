import {inSubnet} from '../base/subnet.js';
import type {FdbRow, Link, Neighbour} from '../model/facts.js';
import type {NetnsTables} from '../model/netns-tables.js';
import type {Claim, Endpoint} from '../topology/endpoints.js';
import {floodMac, isGroupMac} from '../topology/mac.js';

/** A host as far as a judgement needs it: a model, or what is kept of one. */
export interface JudgedHost {
  key: string;
  name: string;
  /** When its reading began: ISO 8601. */
  startedAt: string;
  /** Its swarm id. */
  nodeId?: string;
}

/** What all hosts together tell about one network, for judging the tables of each of them. */
export interface NetworkView {
  endpoints: ReadonlyMap<string, Endpoint>;
  /** Names of nodes by VTEP. */
  nodes: Map<string, string>;
  /** Every VTEP that some source gives to a node of this network. */
  knownVteps: Set<string>;
  /** Gossip lists more nodes than VTEPs, so a VTEP may be of a node and yet be in no source (a data-path address). */
  untoldVteps: boolean;
  /** Hosts whose engine listed its own endpoints of this network: by VTEP, and by swarm id. */
  inspected: Map<string, JudgedHost>;
  inspectedNodes: Map<string, JudgedHost>;
  /** VTEPs whose load balancer some source names. */
  balancerVteps: Set<string>;
  /** Names of nodes by their swarm ids, as the manager tells. */
  hostnames: Map<string, string>;
  /** Bridges of this network's sandboxes by their MAC. */
  bridges: Map<string, {host: JudgedHost; name: string}[]>;
}

/** One overlay sandbox with its tables, and what its host tells. */
export interface SandboxTables {
  host: JudgedHost;
  /** File name of the namespace. */
  file: string;
  tables: Pick<NetnsTables, 'links' | 'fdb' | 'neighbours' | 'partial'>;
  ownVtep: string | undefined;
  /**
   * Addresses that this host's gossip of the network has; undefined where it was not read, and then the absence of a
   * name proves nothing.
   */
  gossip: ReadonlySet<string> | undefined;
}

/** One overlay sandbox of one host, with its tables indexed. */
export interface SandboxView extends NetworkView, SandboxTables {
  links: Link[];
  vxlans: Link[];
  /** Whether some rows of a table could not be read, so that the absence of one proves nothing. */
  partial: {fdb: boolean; neighbours: boolean};
  /** VTEPs that get the frames which have no entry of their own: a frame without one is not lost then. */
  floods: string[];
  /** Learned rows of the bridges: the port behind which a MAC was seen. */
  portOf: Map<string, FdbRow>;
  /** Endpoints that live on this host, and all others. */
  locals: Endpoint[];
  remotes: Endpoint[];
  localByMac: Map<string, Endpoint>;
  localIps: Set<string>;
}

/** The rows of one vxlan device: Docker's neighbours, and the device's own FDB by MAC. Undefined where a table is missing. */
export interface DeviceTables {
  device: Link;
  vni: number | null;
  neighbours: Neighbour[];
  selfRows: Map<string, FdbRow[]>;
}

/** @param all the endpoints to look for; all of the network, or those that are not settled yet */
export function sandboxView(
  network: NetworkView,
  place: SandboxTables,
  all: Iterable<Endpoint>,
): SandboxView {
  const {tables, host, ownVtep} = place;
  const links = tables.links ?? [];
  const locals: Endpoint[] = [];
  const remotes: Endpoint[] = [];
  for (const endpoint of all) (isOwn(network, host, ownVtep, endpoint) ? locals : remotes).push(endpoint);
  return {
    ...network,
    ...place,
    links,
    vxlans: links.filter(({vxlan}) => vxlan !== undefined),
    partial: {
      fdb: tables.partial?.has('fdb') ?? false,
      neighbours: tables.partial?.has('neigh') ?? false,
    },
    floods: (tables.fdb ?? []).flatMap(({mac, plane, vtep}) =>
      mac === floodMac && plane === 'self' && vtep !== undefined ? [vtep] : [],
    ),
    portOf: new Map(
      (tables.fdb ?? [])
        .filter(({plane, state}) => plane === 'master' && state !== 'permanent')
        .map((row) => [row.mac, row]),
    ),
    locals,
    remotes,
    localByMac: new Map(
      locals.flatMap((endpoint) =>
        endpoint.claims[0].mac ? [[endpoint.claims[0].mac, endpoint] as const] : [],
      ),
    ),
    localIps: new Set(locals.map(({ip}) => ip)),
  };
}

/** Whether the believed claim is of an endpoint on this host. */
function isOwn(
  network: NetworkView,
  host: JudgedHost,
  ownVtep: string | undefined,
  endpoint: Endpoint,
): boolean {
  const claim = standingClaims(network, endpoint).find(
    ({source, vtep, nodeId}) => source === 'own-engine' || vtep !== undefined || nodeId !== undefined,
  );
  if (!claim) return false;
  if (claim.source === 'own-engine') return claim.hostKey === host.key;
  if (rivalOf(network, endpoint)) return false;
  if (claim.vtep !== undefined) return claim.vtep === ownVtep;
  return claim.nodeId === host.nodeId;
}

/** The claims that stand: gossip and the manager may still name an endpoint on a host whose engine no longer has it. */
export function standingClaims({inspected, inspectedNodes}: NetworkView, {claims}: Endpoint): Claim[] {
  const owners = new Set(claims.flatMap(({source, hostKey}) => (source === 'own-engine' ? [hostKey] : [])));
  return claims.filter(({source, vtep, nodeId}) => {
    const asked = vtep === undefined ? inspectedNodes.get(nodeId ?? '') : inspected.get(vtep);
    return source === 'own-engine' || asked === undefined || owners.has(asked.key);
  });
}

/**
 * Two places that gossip gives an endpoint, where no engine tells which of the two it is: the same two whichever of the
 * hosts is asked first.
 */
export function rivalOf(network: NetworkView, endpoint: Endpoint): [Claim, Claim] | undefined {
  const claims = standingClaims(network, endpoint).filter(({vtep}) => vtep !== undefined);
  if (claims[0]?.source !== 'gossip') return undefined;
  const byVtep = new Map(claims.flatMap((claim) => (claim.source === 'gossip' ? [[claim.vtep, claim]] : [])));
  const [first, second] = [...byVtep.values()].sort((a, b) => ((a.vtep ?? '') < (b.vtep ?? '') ? -1 : 1));
  return first && second && [first, second];
}

/** Where an endpoint is, by the source to believe first; nowhere that can be told where gossip has several places for it. */
export function placeByClaims({claims}: Endpoint): string | undefined {
  const [{source, vtep}] = claims;
  const isDivided =
    source === 'gossip' && claims.some((other) => other.source === 'gossip' && other.vtep !== vtep);
  return isDivided ? undefined : vtep;
}

/** Several checks ask for the same, and there may be thousands of rows. */
const madeTables = new WeakMap<Link, {fdb: FdbRow[]; neighbours: Neighbour[]; made: DeviceTables}>();

/** The rows of one vxlan device, by their MACs; undefined where one of the two tables was not read. */
export function deviceTables(
  {neighbours, fdb}: SandboxTables['tables'],
  device: Link,
): DeviceTables | undefined {
  if (!neighbours || !fdb) return undefined;
  const known = madeTables.get(device);
  if (known?.fdb === fdb && known.neighbours === neighbours) return known.made;
  const made = makeTables(neighbours, fdb, device);
  madeTables.set(device, {fdb, neighbours, made});
  return made;
}

function makeTables(neighbours: Neighbour[], fdb: FdbRow[], device: Link): DeviceTables {
  const selfRows = new Map<string, FdbRow[]>();
  for (const row of fdb) {
    if (row.plane !== 'self' || row.device !== device.name || row.vtep === undefined || isGroupMac(row.mac))
      continue;
    const rows = selfRows.get(row.mac);
    if (rows) rows.push(row);
    else selfRows.set(row.mac, [row]);
  }
  return {
    device,
    vni: device.vxlan?.vni ?? null,
    neighbours: neighbours.filter((entry) => entry.device === device.name && isLasting(entry)),
    selfRows,
  };
}

/**
 * Docker's entries are permanent. One that somebody made NOARP answers as well (net/core/neighbour.c NUD_CONNECTED), but the
 * kernel's own for multicast are NOARP too. Others on the device are what the kernel has tried by itself.
 */
function isLasting({state, mac}: Neighbour): boolean {
  if (state.includes('PERMANENT')) return true;
  return state.includes('NOARP') && mac !== undefined && mac !== floodMac && !isGroupMac(mac);
}

/** Docker's rows are permanent; what the vxlan device learned itself is reachable or stale. */
export function isProgrammed({state}: FdbRow): boolean {
  return state === 'permanent' || state === 'static';
}

/** Whether an address is in the subnet of the bridge that a vxlan device is a port of. */
export function servesAddress(links: Link[], device: Link, ip: string): boolean {
  const bridge = links.find(({name}) => name === device.master);
  return (bridge?.addresses ?? []).some(({address, prefixLength}) =>
    inSubnet(ip, `${address}/${prefixLength}`),
  );
}
