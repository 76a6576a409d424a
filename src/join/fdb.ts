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
  const claimed = [...endpoints.values()].flatMap(({claims}) => claims.flatMap(({vtep}) => vtep ?? []));
  const peers = hosts.flatMap(({docker}) =>
    (docker?.networks.find(({id}) => id === networkId)?.peers ?? []).map(({ip}) => ip),
  );
  return {networkId, hosts, endpoints, nodes, knownVteps: new Set([...claimed, ...peers, ...nodes.keys()])};
}

function sandboxEntries(view: SandboxView): FdbEntry[] {
  const seen = new Set<string>();
  const devices = view.vxlans.map((device) => ({device, tables: deviceTables(view, device)}));
  const unclaimed = unclaimedPairs(
    view,
    devices.flatMap(({tables}) => tables ?? []),
  );
  const remote = devices.flatMap(({device, tables}) => deviceEntries(view, device, tables, unclaimed, seen));
  const rest = view.remotes
    .filter(({ip}) => !seen.has(ip))
    .map(({claims: [claim]}) => unservedEntry(view, claim));
  return [...view.locals.map((endpoint) => localEntry(view, endpoint)), ...remote, ...rest].sort(byAddress);
}

function localEntry(view: SandboxView, {ip, claims: [claim]}: Endpoint): FdbEntry {
  const port = view.portOf.get(claim.mac ?? '');
  const stuck = view.vxlans.some(({name}) => name === port?.dev);
  return entry(view, {
    ...named(claim),
    ip,
    vni: view.vxlans.find((device) => servesAddress(view.links, device, ip))?.vxlan?.vni ?? null,
    mac: claim.mac ?? null,
    vtep: view.ownVtep ?? null,
    node: view.host.name,
    master: port?.dev ?? null,
    usedSeconds: port?.usedSeconds ?? null,
    updatedSeconds: port?.updatedSeconds ?? null,
    status: 'local',
    reason: stuck
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
  const lonely = [...selfRows]
    .filter(([mac]) => !pairedMacs.has(mac))
    .map(([mac, rows]) => {
      const withoutRows = view.remotes.filter(({ip}) => !seen.has(ip));
      const endpoint = withoutRows.find(
        ({ip, claims}) => claims.some((claim) => claim.mac === mac) || hintedMac(ip) === mac,
      );
      if (endpoint) seen.add(endpoint.ip);
      return describedEntry(
        view,
        device,
        undefined,
        rows,
        endpoint?.claims[0],
        judgeLonelyRows(view, mac, rows, endpoint, withoutRows),
      );
    });
  const absent = served().map(({ip, claims: [claim]}) => {
    seen.add(ip);
    return describedEntry(view, device, undefined, [], claim, judgeAbsence(view, claim));
  });
  return [...paired, ...lonely, ...absent];
}

/** An endpoint in whose subnet this sandbox has no vxlan device. */
function unservedEntry(view: SandboxView, claim: Claim): FdbEntry {
  const verdict = judgeAbsence(view, claim);
  return entry(view, {
    ...named(claim),
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
  return entry(view, {
    ...(claim ? named(claim) : {}),
    vni: device.vxlan?.vni ?? null,
    mac,
    ip: neighbour?.ip ?? claim?.ip ?? null,
    vtep,
    node: vtep === null ? null : (view.nodes.get(vtep) ?? null),
    self: row ? (isProgrammed(row) ? 'permanent' : 'learned') : null,
    master: view.portOf.get(mac ?? '')?.dev ?? null,
    neighbour: neighbour?.state.join(',') ?? null,
    usedSeconds: row?.usedSeconds ?? null,
    updatedSeconds: row?.updatedSeconds ?? null,
    ...verdict,
  });
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
    endpoint: {kind: 'unknown', name: null, id: null},
    self: null,
    master: null,
    neighbour: null,
    usedSeconds: null,
    updatedSeconds: null,
    ...part,
  };
}

function named(claim: Claim): Pick<FdbEntry, 'endpoint'> {
  return {endpoint: {kind: claim.kind, name: claim.name, id: claim.id ?? null}};
}

function byAddress(a: FdbEntry, b: FdbEntry): number {
  const order = (left: string, right: string) => (left < right ? -1 : left > right ? 1 : 0);
  return (
    (a.vni ?? 0) - (b.vni ?? 0) ||
    order(addressKey(a.ip), addressKey(b.ip)) ||
    order(a.mac ?? '', b.mac ?? '')
  );
}

/** Sorts IPv4 addresses by number; rows without an address come last. */
function addressKey(ip: string | null): string {
  return ip === null
    ? '~'
    : ip
        .split('.')
        .map((part) => part.padStart(3, '0'))
        .join('.');
}
