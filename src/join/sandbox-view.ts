import type {FdbRow, Link, Neighbour} from '../model/facts.js';
import type {HostModel} from '../model/host.js';
import type {Claim, Endpoint} from './endpoints.js';
import {isGroupMac} from './mac.js';
import type {Sandbox} from './sandboxes.js';
import {inSubnet} from './subnet.js';

/** What all hosts together tell about one network, for judging the tables of each of them. */
export interface NetworkView {
  networkId: string;
  hosts: HostModel[];
  endpoints: Map<string, Endpoint>;
  /** Names of nodes by VTEP. */
  nodes: Map<string, string>;
  /** Every VTEP that some source gives to a node of this network. */
  knownVteps: Set<string>;
  /** Gossip lists more nodes than VTEPs, so a VTEP may be of a node and yet be in no source (a data-path address). */
  untoldVteps: boolean;
  /** Hosts whose engine listed its own endpoints of this network: by VTEP, and by swarm id. */
  inspected: Map<string, HostModel>;
  inspectedNodes: Map<string, HostModel>;
  /** VTEPs whose load balancer some source names. */
  balancerVteps: Set<string>;
  /** Names of nodes by their swarm ids, as the manager tells. */
  hostnames: Map<string, string>;
  /** Bridges of this network's sandboxes by their MAC. */
  bridges: Map<string, {host: HostModel; name: string}[]>;
}

/** One overlay sandbox of one host, with its tables indexed. */
export interface SandboxView extends NetworkView {
  host: HostModel;
  sandbox: Sandbox;
  ownVtep: string | undefined;
  /** Whether this host's gossip of the network was read; without it the absence of a name proves nothing. */
  gossipRead: boolean;
  links: Link[];
  vxlans: Link[];
  /** Whether some rows of a table could not be read, so that the absence of one proves nothing. */
  partial: {fdb: boolean; neighbours: boolean};
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

export function sandboxView(
  network: NetworkView,
  host: HostModel,
  sandbox: Sandbox,
  ownVtep: string | undefined,
): SandboxView {
  const {tables} = sandbox.namespace;
  const links = tables?.links ?? [];
  const all = [...network.endpoints.values()];
  const locals = all.filter((endpoint) => isOwn(network, host, ownVtep, endpoint));
  const own = new Set(locals);
  return {
    ...network,
    host,
    sandbox,
    ownVtep,
    gossipRead: host.docker?.networks.find(({id}) => id === network.networkId)?.services !== undefined,
    links,
    vxlans: links.filter(({vxlan}) => vxlan !== undefined),
    partial: {
      fdb: tables?.partial?.has('fdb') ?? false,
      neighbours: tables?.partial?.has('neigh') ?? false,
    },
    portOf: new Map(
      (tables?.fdb ?? [])
        .filter(({plane, state}) => plane === 'master' && state !== 'permanent')
        .map((row) => [row.mac, row]),
    ),
    locals,
    remotes: all.filter((endpoint) => !own.has(endpoint)),
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
  host: HostModel,
  ownVtep: string | undefined,
  endpoint: Endpoint,
): boolean {
  const claim = standingClaims(network, endpoint).find(
    ({source, vtep, nodeId}) => source === 'own-engine' || vtep !== undefined || nodeId !== undefined,
  );
  if (!claim) return false;
  if (claim.source === 'own-engine') return claim.hostKey === host.key;
  if (claim.vtep !== undefined) return claim.vtep === ownVtep;
  return claim.nodeId === host.docker?.engine.swarm?.nodeId;
}

/** The claims that stand: gossip and the manager may still name an endpoint on a host whose engine no longer has it. */
export function standingClaims({inspected, inspectedNodes}: NetworkView, {claims}: Endpoint): Claim[] {
  return claims.filter(({source, vtep, nodeId}) => {
    if (source === 'own-engine') return true;
    const asked = vtep === undefined ? inspectedNodes.get(nodeId ?? '') : inspected.get(vtep);
    return (
      asked === undefined || claims.some((own) => own.source === 'own-engine' && own.hostKey === asked.key)
    );
  });
}

export function deviceTables({sandbox}: SandboxView, device: Link): DeviceTables | undefined {
  const {neighbours, fdb} = sandbox.namespace.tables ?? {};
  if (!neighbours || !fdb) return undefined;
  const selfRows = new Map<string, FdbRow[]>();
  for (const row of fdb) {
    if (row.plane !== 'self' || row.dev !== device.name || row.dst === undefined || isGroupMac(row.mac))
      continue;
    const rows = selfRows.get(row.mac);
    if (rows) rows.push(row);
    else selfRows.set(row.mac, [row]);
  }
  return {
    device,
    vni: device.vxlan?.vni ?? null,
    // Others on the device are the kernel's own; Docker's are permanent.
    neighbours: neighbours.filter(({dev, state}) => dev === device.name && state.includes('PERMANENT')),
    selfRows,
  };
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
