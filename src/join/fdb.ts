import type {FdbRow, Link, Neighbour} from '../model/facts.js';
import type {HostModel} from '../model/host.js';
import {type Claim, type Endpoint, type EndpointKind, endpointsOf} from './endpoints.js';
import {hintedMac, isGroupMac} from './mac.js';
import {type Sandbox, sandboxes} from './sandboxes.js';
import {inSubnet} from './subnet.js';
import {nodeNames, overlaySandboxes, ownVtep} from './vteps.js';

export type FdbStatus =
  | 'ok'
  | 'local'
  | 'missing-fdb'
  | 'missing-neighbour'
  | 'learned-only'
  | 'wrong-vtep'
  | 'stale'
  | 'unknown'
  /** A fault in one of two readings only: something was changing. */
  | 'transient';

/** One endpoint of a network as one host sees it, with the judgement and its reason. */
export interface FdbEntry {
  host: string;
  /** File name of the overlay sandbox. */
  netns: string;
  vni: number | null;
  mac: string | null;
  ip: string | null;
  vtep: string | null;
  node: string | null;
  endpoint: {kind: EndpointKind; name: string | null; id: string | null};
  /** State of the vxlan device's own row: `permanent`, or `learned`. */
  self: 'permanent' | 'learned' | null;
  /** Port of the bridge behind which the MAC was seen. */
  master: string | null;
  /** State of the neighbour row on the vxlan device. */
  neighbour: string | null;
  usedSeconds: number | null;
  updatedSeconds: number | null;
  status: FdbStatus;
  reason: string;
}

/** Statuses that are faults, and need a second look before they are believed. */
export const faults: ReadonlySet<FdbStatus> = new Set([
  'missing-fdb',
  'missing-neighbour',
  'learned-only',
  'wrong-vtep',
  'stale',
]);

interface View {
  host: HostModel;
  sandbox: Sandbox;
  endpoints: Map<string, Endpoint>;
  hosts: HostModel[];
  networkId: string;
  ownVtep: string | undefined;
  /** Whether this host's gossip of the network was read; without it absence of a name proves nothing. */
  gossipRead: boolean;
  nodes: Map<string, string>;
  knownVteps: Set<string>;
}

/** Every endpoint of a network that a host knows or should know. Empty where the network has no sandbox there. */
export function fdbEntries(hosts: HostModel[], networkId: string): FdbEntry[] {
  const endpoints = endpointsOf(hosts, networkId);
  const nodes = nodeNames(hosts);
  const knownVteps = vtepsOf(hosts, networkId, endpoints, nodes);
  return hosts.flatMap((host) => {
    const identified = sandboxes(host);
    const network = host.docker?.networks.find(({id}) => id === networkId);
    const view = {
      host,
      endpoints,
      hosts,
      networkId,
      ownVtep: ownVtep(host, hosts)?.address,
      gossipRead: network?.services !== undefined,
      nodes,
      knownVteps,
    };
    return overlaySandboxes(host, networkId, identified).flatMap((sandbox) =>
      sandboxEntries({...view, sandbox}),
    );
  });
}

function vtepsOf(
  hosts: HostModel[],
  networkId: string,
  endpoints: Map<string, Endpoint>,
  nodes: Map<string, string>,
): Set<string> {
  const claimed = [...endpoints.values()].flatMap(({claims}) => claims.flatMap(({vtep}) => vtep ?? []));
  const peers = hosts.flatMap(({docker}) =>
    (docker?.networks.find(({id}) => id === networkId)?.peers ?? []).map(({ip}) => ip),
  );
  return new Set([...claimed, ...peers, ...nodes.keys()]);
}

function sandboxEntries(view: View): FdbEntry[] {
  const {tables, file} = view.sandbox.namespace;
  const links = tables?.links ?? [];
  const vxlans = links.filter(({vxlan}) => vxlan !== undefined);
  const fdb = tables?.fdb;
  const entries: FdbEntry[] = [];
  const locals = [...view.endpoints.values()].filter(({claims}) => isOwn(view, claims));
  const localIps = new Set(locals.map(({ip}) => ip));
  const localMacs = new Map(
    locals.flatMap((endpoint) =>
      endpoint.claims[0].mac ? [[endpoint.claims[0].mac, endpoint] as const] : [],
    ),
  );
  const entry = (part: Partial<FdbEntry> & Pick<FdbEntry, 'status' | 'reason'>): FdbEntry => ({
    host: view.host.name,
    netns: file,
    vni: null,
    mac: null,
    ip: null,
    vtep: null,
    node: null,
    endpoint: {kind: 'unknown', name: null, id: null},
    self: null,
    master: null,
    neighbour: null,
    usedSeconds: null,
    updatedSeconds: null,
    ...part,
  });

  for (const {ip, claims} of locals) {
    const {mac} = claims[0];
    const port = fdb?.find((row) => row.plane === 'master' && row.state !== 'permanent' && row.mac === mac);
    const stuck = vxlans.some(({name}) => name === port?.dev);
    entries.push(
      entry({
        ...named(claims[0]),
        ip,
        vni: vniOfAddress(links, ip),
        mac: mac ?? null,
        vtep: view.ownVtep ?? null,
        node: view.host.name,
        master: port?.dev ?? null,
        usedSeconds: port?.usedSeconds ?? null,
        updatedSeconds: port?.updatedSeconds ?? null,
        status: 'local',
        reason: stuck
          ? `its container is on this host, but the bridge has its MAC behind ${port?.dev}`
          : 'its container is on this host; the bridge learns it',
      }),
    );
  }

  const remoteClaims = [...view.endpoints.values()].filter(({ip}) => !localIps.has(ip));
  const seen = new Set<string>();
  for (const device of vxlans) {
    const vni = device.vxlan?.vni ?? null;
    const neighbours = (tables?.neighbours ?? []).filter(
      (row) => row.dev === device.name && row.state.includes('PERMANENT'),
    );
    const own = (fdb ?? []).filter(
      (row) =>
        row.plane === 'self' && row.dev === device.name && row.dst !== undefined && !isGroupMac(row.mac),
    );
    const selfRows = groupByMac(own);
    const described = (
      neighbour: Neighbour | undefined,
      rows: FdbRow[],
      claim: Claim | undefined,
    ): Partial<FdbEntry> => {
      const row = rows.find(({state}) => state !== 'reachable' && state !== 'stale') ?? rows[0];
      const mac = row?.mac ?? neighbour?.mac ?? claim?.mac ?? null;
      const vtep = row?.dst ?? claim?.vtep ?? null;
      return {
        ...(claim ? named(claim) : {}),
        vni,
        mac,
        ip: neighbour?.ip ?? claim?.ip ?? null,
        vtep,
        node: vtep === null ? null : (view.nodes.get(vtep) ?? null),
        self: row ? (isProgrammed(row) ? 'permanent' : 'learned') : null,
        master:
          fdb?.find((other) => other.plane === 'master' && other.state !== 'permanent' && other.mac === mac)
            ?.dev ?? null,
        neighbour: neighbour?.state.join(',') ?? null,
        usedSeconds: row?.usedSeconds ?? null,
        updatedSeconds: row?.updatedSeconds ?? null,
      };
    };

    if (!fdb || !tables?.neighbours) {
      for (const {ip, claims} of remoteClaims.filter(({ip}) => belongs(links, device, ip))) {
        seen.add(ip);
        entries.push(
          entry({
            ...described(undefined, [], claims[0]),
            status: 'unknown',
            reason: `the ${fdb ? 'neighbour table' : 'FDB'} of this sandbox could not be read`,
          }),
        );
      }
      continue;
    }

    // Load balancers are in no gossip: how many consistent pairs to each VTEP nobody claims.
    const unclaimed = new Map<string, number>();
    for (const neighbour of neighbours) {
      const row = (selfRows.get(neighbour.mac ?? '') ?? []).find(isProgrammed);
      if (row?.dst && !view.endpoints.has(neighbour.ip))
        unclaimed.set(row.dst, (unclaimed.get(row.dst) ?? 0) + 1);
    }

    for (const neighbour of neighbours) {
      seen.add(neighbour.ip);
      const rows = selfRows.get(neighbour.mac ?? '') ?? [];
      selfRows.delete(neighbour.mac ?? '');
      const endpoint = view.endpoints.get(neighbour.ip);
      const claim = endpoint?.claims[0];
      const verdict = localIps.has(neighbour.ip)
        ? {
            status: 'stale' as const,
            reason: `it names ${claim?.name ?? 'an endpoint'} of this very host as remote`,
          }
        : judgePair(view, neighbour, rows, endpoint, unclaimed);
      entries.push(entry({...described(neighbour, rows, claim), ...verdict}));
    }

    // What is left in the FDB has no neighbour row.
    for (const [mac, rows] of selfRows) {
      const claimed = remoteClaims.filter(
        ({ip, claims}) =>
          !seen.has(ip) && (claims.some((claim) => claim.mac === mac) || hintedMac(ip) === mac),
      );
      const [endpoint] = claimed;
      if (endpoint) seen.add(endpoint.ip);
      entries.push(
        entry({
          ...described(undefined, rows, endpoint?.claims[0]),
          ...judgeLonelyRow(view, mac, rows, endpoint, localMacs.get(mac), seen, remoteClaims),
        }),
      );
    }

    for (const {ip, claims} of remoteClaims) {
      if (seen.has(ip) || !belongs(links, device, ip)) continue;
      seen.add(ip);
      entries.push(entry({...described(undefined, [], claims[0]), ...judgeAbsence(claims[0])}));
    }
  }

  for (const {ip, claims} of remoteClaims.filter(({ip}) => !seen.has(ip))) {
    entries.push(
      entry({
        ...named(claims[0]),
        ip,
        mac: claims[0].mac ?? null,
        vtep: claims[0].vtep ?? null,
        node: claims[0].vtep ? (view.nodes.get(claims[0].vtep) ?? null) : null,
        ...(links.length > 0
          ? {
              status: 'missing-fdb' as const,
              reason: 'this sandbox has no vxlan device for the subnet of the address',
            }
          : {status: 'unknown' as const, reason: 'this sandbox could not be read'}),
      }),
    );
  }
  return entries.sort(byAddress);
}

type Verdict = Pick<FdbEntry, 'status' | 'reason'> & {endpoint?: FdbEntry['endpoint']};

/** A neighbour row, with the FDB rows of its MAC. */
function judgePair(
  view: View,
  neighbour: Neighbour,
  rows: FdbRow[],
  endpoint: Endpoint | undefined,
  unclaimed: Map<string, number>,
): Verdict {
  const programmed = rows.filter(isProgrammed);
  const claim = endpoint?.claims[0];
  const [row] = programmed;
  if (!row) {
    const learned = rows[0];
    if (learned) {
      return {
        status: 'learned-only',
        reason: `no permanent row; a learned one to ${learned.dst} carries the traffic until it ages out (300 s idle)`,
      };
    }
    return {
      status: 'missing-fdb',
      reason: claim
        ? 'the neighbour row is there, the FDB row is not: ARP is answered, then every frame is dropped'
        : 'a neighbour row without its FDB row, for an address that no source names',
    };
  }
  const expected = endpoint?.claims.find(({vtep}) => vtep !== undefined);
  if (expected?.vtep && expected.vtep !== row.dst) {
    const node = view.nodes.get(expected.vtep);
    return {
      status: 'wrong-vtep',
      reason: `${expected.source === 'own-engine' ? `the engine of ${expected.host}` : expected.source} has it at ${expected.vtep}${node ? ` (${node})` : ''}`,
    };
  }
  if (claim?.mac && neighbour.mac && claim.mac !== neighbour.mac) {
    return {status: 'stale', reason: `its MAC is ${claim.mac} by the engine of ${claim.host}`};
  }
  if (claim) return {status: 'ok', reason: agreement(endpoint)};
  return judgeUnclaimedPair(view, row.dst ?? '', unclaimed.get(row.dst ?? '') ?? 0);
}

/** A consistent pair of rows for an address that no source names: a load balancer, or left behind. */
function judgeUnclaimedPair(view: View, vtep: string, pairs: number): Verdict {
  if (vtep === view.ownVtep)
    return {status: 'stale', reason: 'it points at this very host, which has no such endpoint'};
  const owner = view.hosts.find((host) => host !== view.host && ownVtep(host, view.hosts)?.address === vtep);
  const network = owner?.docker?.networks.find(({id}) => id === view.networkId);
  if (owner && network?.endpoints)
    return {
      status: 'stale',
      reason: `the engine of ${owner.name}, whose VTEP it names, has no such endpoint`,
    };
  if (!view.gossipRead)
    return {status: 'unknown', reason: 'gossip was not read, so nobody can say whose it is'};
  if (!view.knownVteps.has(vtep))
    return {status: 'stale', reason: `no node of this network has the VTEP ${vtep}`};
  if (pairs === 1) {
    return {
      status: 'ok',
      reason:
        'presumed the load balancer of that node: FDB and neighbour rows agree, and gossip never lists load balancers',
      endpoint: {kind: 'load-balancer', name: null, id: null},
    };
  }
  return {
    status: 'unknown',
    reason: `one of ${pairs} addresses behind this VTEP that gossip does not name; one of them is its load balancer`,
  };
}

/** FDB rows of a MAC that has no neighbour row on the device. */
function judgeLonelyRow(
  view: View,
  mac: string,
  rows: FdbRow[],
  endpoint: Endpoint | undefined,
  local: Endpoint | undefined,
  seen: Set<string>,
  remote: Endpoint[],
): Verdict {
  if (local) return {status: 'stale', reason: `it names ${local.claims[0].name} of this very host as remote`};
  if (endpoint)
    return {
      status: 'missing-neighbour',
      reason: 'the FDB row is there, the neighbour row is not: ARP for it stays without an answer',
    };
  if (!rows.some(isProgrammed))
    return {status: 'unknown', reason: 'learned from a frame; no source names this MAC'};
  if (!view.gossipRead) return {status: 'unknown', reason: 'no neighbour row, and gossip was not read'};
  // A user may have given the MAC, and gossip tells no MACs: it could belong to an endpoint without rows.
  const open = remote.filter(
    ({ip, claims}) => !seen.has(ip) && claims.every((claim) => claim.mac === undefined),
  );
  if (open.length > 0 && !mac.startsWith('02:42:')) {
    return {
      status: 'unknown',
      reason: `no neighbour row; it may be the MAC of ${open[0]?.claims[0].name ?? 'another endpoint'}`,
    };
  }
  return {status: 'stale', reason: 'no endpoint has this MAC: no neighbour row, and nothing in gossip'};
}

/** An endpoint that some source names and of which the sandbox has no row at all. */
function judgeAbsence(claim: Claim): Verdict {
  if (claim.source === 'gossip' && claim.vtep === undefined) {
    return {status: 'unknown', reason: 'gossip names no host for it, so no rows are expected yet'};
  }
  const who =
    claim.source === 'own-engine'
      ? `the engine of ${claim.host}`
      : claim.source === 'gossip'
        ? 'gossip'
        : 'the manager';
  return {
    status: 'missing-fdb',
    reason: `${who} has it, this sandbox has neither an FDB nor a neighbour row`,
  };
}

function agreement(endpoint: Endpoint | undefined): string {
  const sources = [
    ...new Set(
      (endpoint?.claims ?? []).map(({source, host}) =>
        source === 'own-engine' ? `the engine of ${host}` : source,
      ),
    ),
  ];
  return `FDB and neighbour rows agree with ${sources.join(', ')}`;
}

function named(claim: Claim): Pick<FdbEntry, 'endpoint'> {
  return {endpoint: {kind: claim.kind, name: claim.name, id: claim.id ?? null}};
}

/** Whether the believed claim is of an endpoint on the viewing host. */
function isOwn(view: View, claims: Endpoint['claims']): boolean {
  const [claim] = claims;
  if (claim.source === 'own-engine') return claim.hostKey === view.host.key;
  return claim.vtep !== undefined && claim.vtep === view.ownVtep;
}

/** Docker's rows are permanent; what the vxlan device learned itself is reachable or stale. */
function isProgrammed({state}: FdbRow): boolean {
  return state === 'permanent' || state === 'static';
}

function groupByMac(rows: FdbRow[]): Map<string, FdbRow[]> {
  const groups = new Map<string, FdbRow[]>();
  for (const row of rows) {
    const group = groups.get(row.mac);
    if (group) group.push(row);
    else groups.set(row.mac, [row]);
  }
  return groups;
}

/** Whether an address is in the subnet of the bridge that a vxlan device is a port of. */
function belongs(links: Link[], device: Link, ip: string): boolean {
  const bridge = links.find(({name}) => name === device.master);
  return (bridge?.addresses ?? []).some(({address, prefixLength}) =>
    inSubnet(ip, `${address}/${prefixLength}`),
  );
}

function vniOfAddress(links: Link[], ip: string): number | null {
  return links.find((device) => device.vxlan !== undefined && belongs(links, device, ip))?.vxlan?.vni ?? null;
}

function byAddress(a: FdbEntry, b: FdbEntry): number {
  return (
    (a.vni ?? 0) - (b.vni ?? 0) ||
    compareAddresses(a.ip ?? '~', b.ip ?? '~') ||
    ((a.mac ?? '') < (b.mac ?? '') ? -1 : 1)
  );
}

function compareAddresses(a: string, b: string): number {
  const [left, right] = [a, b].map((ip) =>
    ip
      .split('.')
      .map((part) => part.padStart(3, '0'))
      .join('.'),
  );
  return (left ?? '') < (right ?? '') ? -1 : left === right ? 0 : 1;
}
