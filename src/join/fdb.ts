import {isIP} from 'node:net';
import type {FdbRow, Link, Neighbour} from '../model/facts.js';
import type {HostModel} from '../model/host.js';
import {type Claim, type Endpoint, type EndpointKind, endpointsOf} from './endpoints.js';
import {
  type FdbStatus,
  judgeAbsence,
  judgeLonelyRows,
  judgePair,
  unclaimedPairs,
  type Verdict,
} from './fdb-judge.js';
import {hintedMac} from './mac.js';
import {
  type DeviceTables,
  deviceTables,
  isProgrammed,
  type NetworkView,
  type SandboxView,
  sandboxView,
  servesAddress,
} from './sandbox-view.js';
import {nodeNames, overlaySandboxes, ownVtep} from './vteps.js';

export type {FdbStatus} from './fdb-judge.js';

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

/** Every endpoint of a network that a host knows or should know. Empty where the network has no sandbox there. */
export function fdbEntries(hosts: HostModel[], networkId: string): FdbEntry[] {
  const view = networkView(hosts, networkId);
  return hosts.flatMap((host) => {
    const vtep = ownVtep(host, hosts)?.address;
    return overlaySandboxes(host, networkId).flatMap((sandbox) =>
      sandboxEntries(sandboxView(view, host, sandbox, vtep)),
    );
  });
}

function networkView(hosts: HostModel[], networkId: string): NetworkView {
  const endpoints = endpointsOf(hosts, networkId);
  const nodes = nodeNames(hosts);
  const claimed = new Set<string>();
  const balancerVteps = new Set<string>();
  for (const {claims} of endpoints.values()) {
    for (const {kind, vtep} of claims) {
      if (vtep === undefined) continue;
      claimed.add(vtep);
      if (kind === 'load-balancer') balancerVteps.add(vtep);
    }
  }
  const known = hosts.map((host) => ({
    host,
    network: host.docker?.networks.find(({id}) => id === networkId),
  }));
  const peers = known.map(({network}) => (network?.peers ?? []).flatMap(({ip}) => (isIP(ip) ? [ip] : [])));
  const asked = known.flatMap(({host, network}) => (network?.endpoints ? [host] : []));
  const keyed = (keyOf: (host: HostModel) => string | undefined) =>
    new Map(asked.flatMap((host) => [[keyOf(host) ?? '', host] as const]).filter(([key]) => key !== ''));
  return {
    networkId,
    hosts,
    endpoints,
    nodes,
    knownVteps: new Set([...claimed, ...peers.flat(), ...nodes.keys()]),
    untoldVteps: Math.max(0, ...peers.map((ips) => new Set(ips).size)) > claimed.size,
    inspected: keyed((host) => ownVtep(host, hosts)?.address),
    inspectedNodes: keyed(({docker}) => docker?.engine.swarm?.nodeId),
    balancerVteps,
    hostnames: new Map(
      hosts.flatMap(({docker}) =>
        (docker?.nodes ?? []).flatMap(({id, hostname}) =>
          hostname === undefined ? [] : [[id, hostname] as const],
        ),
      ),
    ),
    bridges: bridgesOf(hosts, networkId),
  };
}

/** Bridges by MAC: of the sandboxes that have this network's id in their names. */
function bridgesOf(hosts: HostModel[], networkId: string): NetworkView['bridges'] {
  const bridges: NetworkView['bridges'] = new Map();
  for (const host of hosts) {
    for (const {tables, file} of host.namespaces) {
      if (!/^\d+-/.test(file) || !networkId.startsWith(file.replace(/^\d+-/, ''))) continue;
      for (const {kind, mac, name} of tables?.links ?? []) {
        if (kind === 'bridge' && mac !== undefined)
          bridges.set(mac, [...(bridges.get(mac) ?? []), {host, name}]);
      }
    }
  }
  return bridges;
}

function sandboxEntries(view: SandboxView): FdbEntry[] {
  const seen = new Set<string>();
  const devices = view.vxlans.map((device) => ({device, tables: deviceTables(view, device)}));
  const unclaimed = unclaimedPairs(
    view,
    devices.flatMap(({tables}) => tables ?? []),
  );
  const remote = devices.flatMap(({device, tables}) => deviceEntries(view, device, tables, unclaimed, seen));
  const rest = view.remotes.filter(({ip}) => !seen.has(ip)).map((endpoint) => unservedEntry(view, endpoint));
  return inOrder([...view.locals.map((endpoint) => localEntry(view, endpoint)), ...remote, ...rest]);
}

function localEntry(view: SandboxView, {ip, claims: [claim]}: Endpoint): FdbEntry {
  const port = view.portOf.get(claim.mac ?? '');
  const stuck = view.vxlans.some(({name}) => name === port?.dev);
  return entry(view, {
    endpoint: named(claim),
    ip,
    vni: view.vxlans.find((device) => servesAddress(view.links, device, ip))?.vxlan?.vni ?? null,
    mac: claim.mac ?? null,
    vtep: view.ownVtep ?? null,
    node: view.host.name,
    master: port?.dev ?? null,
    usedSeconds: port?.usedSeconds ?? null,
    updatedSeconds: port?.updatedSeconds ?? null,
    status: claim.kind === 'unknown' ? 'unknown' : 'local',
    reason:
      claim.kind === 'unknown'
        ? 'the engine of this host has it without a sandbox: an endpoint left behind, or one that is being made'
        : stuck
          ? `its container is on this host, but the bridge has its MAC behind ${port?.dev}`
          : 'its container is on this host; the bridge learns it',
  });
}

/** The remote endpoints that one vxlan device has rows for or should have. Adds their addresses to `seen`. */
function deviceEntries(
  view: SandboxView,
  device: Link,
  tables: DeviceTables | undefined,
  unclaimed: Map<string, number>,
  seen: Set<string>,
): FdbEntry[] {
  const served = () => view.remotes.filter(({ip}) => !seen.has(ip) && servesAddress(view.links, device, ip));
  if (!tables) {
    return served().map(({ip, claims: [claim]}) => {
      seen.add(ip);
      return describedEntry(view, device, undefined, [], claim, {
        status: 'unknown',
        reason: 'the FDB or the neighbour table of this sandbox could not be read',
      });
    });
  }
  const {neighbours, selfRows} = tables;
  const paired = neighbours.map((neighbour) => {
    seen.add(neighbour.ip);
    const rows = selfRows.get(neighbour.mac ?? '') ?? [];
    const endpoint = view.endpoints.get(neighbour.ip);
    return describedEntry(
      view,
      device,
      neighbour,
      rows,
      endpoint?.claims[0],
      judgePair(view, neighbour, rows, endpoint, unclaimed),
    );
  });
  const pairedMacs = new Set(neighbours.map(({mac}) => mac));
  const lonelyRows = [...selfRows].filter(([mac]) => !pairedMacs.has(mac));
  const byMac: Map<string, Endpoint[]> = lonelyRows.length > 0 ? remotesByMac(view) : new Map();
  const nextWithoutMac = firstWithoutMac(view, seen);
  const lonely = lonelyRows.map(([mac, rows]) => {
    const endpoint = byMac.get(mac)?.find(({ip}) => !seen.has(ip));
    if (endpoint) seen.add(endpoint.ip);
    return describedEntry(
      view,
      device,
      undefined,
      rows,
      endpoint?.claims[0],
      judgeLonelyRows(view, mac, rows, endpoint, {unclaimed, nextWithoutMac}),
    );
  });
  const absent = served().map((endpoint) => {
    seen.add(endpoint.ip);
    return describedEntry(view, device, undefined, [], endpoint.claims[0], judgeAbsence(view, endpoint));
  });
  return [...paired, ...lonely, ...absent];
}

/** Remote endpoints by each MAC that a source gives them, and by the one that Docker makes of an address. */
function remotesByMac({remotes}: SandboxView): Map<string, Endpoint[]> {
  const found = new Map<string, Endpoint[]>();
  for (const endpoint of remotes) {
    for (const mac of new Set([hintedMac(endpoint.ip), ...endpoint.claims.map((claim) => claim.mac)])) {
      if (mac === undefined) continue;
      const same = found.get(mac);
      if (same) same.push(endpoint);
      else found.set(mac, [endpoint]);
    }
  }
  return found;
}

/** A remote endpoint without rows whose MAC no source tells. As `seen` only grows, no endpoint is looked at twice. */
function firstWithoutMac({remotes}: SandboxView, seen: Set<string>): () => Endpoint | undefined {
  let at = 0;
  return () => {
    for (; at < remotes.length; at++) {
      const endpoint = remotes[at];
      if (endpoint && !seen.has(endpoint.ip) && endpoint.claims.every(({mac}) => mac === undefined))
        return endpoint;
    }
    return undefined;
  };
}

/** An endpoint in whose subnet this sandbox has no vxlan device. */
function unservedEntry(view: SandboxView, endpoint: Endpoint): FdbEntry {
  const [claim] = endpoint.claims;
  const verdict = judgeAbsence(view, endpoint);
  return entry(view, {
    endpoint: named(claim),
    ip: claim.ip,
    mac: claim.mac ?? null,
    vtep: claim.vtep ?? null,
    node: claim.vtep === undefined ? null : (view.nodes.get(claim.vtep) ?? null),
    ...verdict,
    reason:
      verdict.status === 'missing-fdb'
        ? 'this sandbox has no vxlan device for the subnet of the address'
        : verdict.reason,
  });
}

function describedEntry(
  view: SandboxView,
  device: Link,
  neighbour: Neighbour | undefined,
  rows: FdbRow[],
  claim: Claim | undefined,
  verdict: Verdict,
): FdbEntry {
  const row = rows.find(isProgrammed) ?? rows[0];
  const mac = row?.mac ?? neighbour?.mac ?? claim?.mac ?? null;
  const vtep = row?.dst ?? claim?.vtep ?? null;
  // All keys by name: a large network has thousands of these, and each copy of one costs more than its judgement.
  return {
    host: view.host.name,
    netns: view.sandbox.namespace.file,
    vni: device.vxlan?.vni ?? null,
    mac,
    ip: neighbour?.ip ?? claim?.ip ?? null,
    vtep,
    node: vtep === null ? null : (view.nodes.get(vtep) ?? null),
    endpoint: verdict.endpoint ?? (claim ? named(claim) : unknownEndpoint()),
    self: row ? (isProgrammed(row) ? 'permanent' : 'learned') : null,
    master: view.portOf.get(mac ?? '')?.dev ?? null,
    neighbour: neighbour?.state.join(',') ?? null,
    usedSeconds: row?.usedSeconds ?? null,
    updatedSeconds: row?.updatedSeconds ?? null,
    status: verdict.status,
    reason: verdict.reason,
  };
}

function entry(view: SandboxView, part: Partial<FdbEntry> & Pick<FdbEntry, 'status' | 'reason'>): FdbEntry {
  return {
    host: view.host.name,
    netns: view.sandbox.namespace.file,
    vni: null,
    mac: null,
    ip: null,
    vtep: null,
    node: null,
    endpoint: unknownEndpoint(),
    self: null,
    master: null,
    neighbour: null,
    usedSeconds: null,
    updatedSeconds: null,
    ...part,
  };
}

function named({kind, name, id}: Claim): FdbEntry['endpoint'] {
  return {kind, name, id: id ?? null};
}

function unknownEndpoint(): FdbEntry['endpoint'] {
  return {kind: 'unknown', name: null, id: null};
}

/** By VNI, address and MAC; each address is made comparable once. */
function inOrder(entries: FdbEntry[]): FdbEntry[] {
  const keyed = entries.map((one) => ({one, key: addressKey(one.ip)}));
  keyed.sort(
    (a, b) =>
      (a.one.vni ?? 0) - (b.one.vni ?? 0) ||
      compare(a.key, b.key) ||
      compare(a.one.mac ?? '', b.one.mac ?? ''),
  );
  return keyed.map(({one}) => one);
}

/** Numbers, which are IPv4 addresses, before all else. */
function compare<T extends string | number>(a: T, b: T): number {
  if (typeof a === typeof b) return a < b ? -1 : a > b ? 1 : 0;
  return typeof a === 'number' ? -1 : 1;
}

/** Sorts IPv4 addresses by number; rows without an address come last. */
function addressKey(ip: string | null): string | number {
  if (ip === null) return '~';
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(ip);
  if (!parts) return ip;
  const [, a, b, c, d] = parts.map(Number) as [number, number, number, number, number];
  return ((a * 256 + b) * 256 + c) * 256 + d;
}
