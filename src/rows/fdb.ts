import {isIP} from 'node:net';
import type {FdbRow, Link, Neighbour} from '../model/facts.js';
import type {HostModel} from '../model/host.js';
import {type Claim, type Endpoint, type EndpointKind, endpointsOf, isNews} from '../topology/endpoints.js';
import {knownHost} from '../topology/known-host.js';
import {hintedMac} from '../topology/mac.js';
import {nodeNames} from '../topology/node-names.js';
import {judgeAbsence, judgeLonelyRows, judgePair, unclaimedPairs, type Verdict} from './fdb-judge.js';
import {
  type DeviceTables,
  deviceTables,
  isProgrammed,
  type JudgedHost,
  type NetworkView,
  placeByClaims,
  type SandboxView,
  sandboxView,
  servesAddress,
} from './sandbox-view.js';
import {type FdbStatus, isFault, isMissing} from './status.js';

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

/** One endpoint as a sandbox has it, with the rows that it was judged by. */
export interface JudgedEntry {
  entry: FdbEntry;
  verdict: Verdict;
  rows: FdbRow[];
  neighbour: Neighbour | undefined;
  endpoint: Endpoint | undefined;
}

/** Every endpoint of a network that a host knows or should know. Empty where the network has no sandbox there. */
export function fdbEntries(hosts: HostModel[], networkId: string): FdbEntry[] {
  const view = networkView(hosts, networkId);
  return hosts.flatMap((host) => {
    const ownVtep = knownHost(host).vtepAmong(hosts)?.address;
    const gossip = gossipAddresses(host, networkId);
    return knownHost(host)
      .sandboxesOf(networkId)
      .flatMap(({namespace}) => {
        const {file, tables = {}} = namespace;
        const place = {host: judgedHost(host), file, tables, ownVtep, gossip};
        return judgeSandbox(sandboxView(view, place, view.endpoints.values())).map(({entry: one}) => one);
      });
  });
}

/** Addresses that this host's gossip of a network has. Undefined where it was not read. */
export function gossipAddresses(host: HostModel, networkId: string): Set<string> | undefined {
  const services = host.docker?.networks.find(({id}) => id === networkId)?.services;
  return services && new Set(services.flatMap(({tasks}) => tasks.map(({ip}) => ip)));
}

export function judgedHost({key, name, startedAt, docker}: HostModel): JudgedHost {
  const nodeId = docker?.engine.swarm?.nodeId;
  return {key, name, startedAt, ...(nodeId === undefined ? {} : {nodeId})};
}

function networkView(hosts: HostModel[], networkId: string): NetworkView {
  const endpoints = endpointsOf(hosts, networkId);
  const nodes = nodeNames(hosts);
  const claimed = [...endpoints.values()].flatMap(({claims}) => claims.flatMap(({vtep}) => vtep ?? []));
  const known = hosts.map((host) => ({
    host,
    network: host.docker?.networks.find(({id}) => id === networkId),
  }));
  const peers = known.map(({network}) => (network?.peers ?? []).flatMap(({ip}) => (isIP(ip) ? [ip] : [])));
  const asked = known.flatMap(({host, network}) => (network?.endpoints ? [host] : []));
  const keyed = (keyOf: (host: HostModel) => string | undefined) =>
    new Map(
      asked.flatMap((host) => [[keyOf(host) ?? '', judgedHost(host)] as const]).filter(([key]) => key !== ''),
    );
  return {
    endpoints,
    nodes,
    knownVteps: new Set([...claimed, ...peers.flat(), ...nodes.keys()]),
    untoldVteps: Math.max(0, ...peers.map((ips) => new Set(ips).size)) > new Set(claimed).size,
    inspected: keyed((host) => knownHost(host).vtepAmong(hosts)?.address),
    inspectedNodes: keyed(({docker}) => docker?.engine.swarm?.nodeId),
    balancerVteps: new Set(
      [...endpoints.values()].flatMap(({claims}) =>
        claims.flatMap(({kind, vtep}) => (kind === 'load-balancer' && vtep !== undefined ? [vtep] : [])),
      ),
    ),
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
          bridges.set(mac, [...(bridges.get(mac) ?? []), {host: judgedHost(host), name}]);
      }
    }
  }
  return bridges;
}

/** Judges every row of a sandbox, and every endpoint that should have rows there. */
export function judgeSandbox(view: SandboxView): JudgedEntry[] {
  const seen = new Set<string>();
  const devices = view.vxlans.map((device) => ({device, tables: deviceTables(view.tables, device)}));
  const unclaimed = unclaimedPairs(
    view,
    devices.flatMap(({tables}) => tables ?? []),
  );
  const remote = devices.flatMap(({device, tables}) => deviceEntries(view, device, tables, unclaimed, seen));
  const rest = view.remotes.filter(({ip}) => !seen.has(ip)).map((endpoint) => unservedEntry(view, endpoint));
  return [...view.locals.map((endpoint) => localEntry(view, endpoint)), ...remote, ...rest]
    .map((judged) => ofItsTime(view, judged))
    .sort(byAddress);
}

/** What is not as it should be for an endpoint that is newer than the reading may be as it was for whoever had its address. */
function ofItsTime({host, gossip}: SandboxView, judged: JudgedEntry): JudgedEntry {
  const {entry, verdict, endpoint} = judged;
  const claim = endpoint?.claims.find(({source}) => source === 'own-engine');
  if (!isFault(entry.status) || !claim || !isNews(claim, host)) return judged;
  // What its own gossip has it should have programmed as well.
  if (isMissing(entry.status) && gossip?.has(claim.ip)) return judged;
  const reason = `it was started on ${claim.host} when ${host.name} had been read, or just before`;
  return {
    ...judged,
    entry: {...entry, status: 'unknown', reason},
    verdict: {...verdict, status: 'unknown', reason},
  };
}

function localEntry(view: SandboxView, endpoint: Endpoint): JudgedEntry {
  const {
    ip,
    claims: [claim],
  } = endpoint;
  const port = view.portOf.get(claim.mac ?? '');
  const stuck = view.vxlans.some(({name}) => name === port?.dev);
  const verdict: Verdict = {
    status: claim.kind === 'unknown' ? 'unknown' : 'local',
    reason:
      claim.kind === 'unknown'
        ? 'the engine of this host has it without a sandbox: an endpoint left behind, or one that is being made'
        : stuck
          ? `its container is on this host, but the bridge has its MAC behind ${port?.dev}`
          : 'its container is on this host; the bridge learns it',
  };
  return judged(
    view,
    verdict,
    {endpoint},
    {
      ...named(claim),
      ip,
      vni: view.vxlans.find((device) => servesAddress(view.links, device, ip))?.vxlan?.vni ?? null,
      mac: claim.mac ?? null,
      vtep: view.ownVtep ?? null,
      node: view.host.name,
      master: port?.dev ?? null,
      usedSeconds: port?.usedSeconds ?? null,
      updatedSeconds: port?.updatedSeconds ?? null,
    },
  );
}

/** The remote endpoints that one vxlan device has rows for or should have. Adds their addresses to `seen`. */
function deviceEntries(
  view: SandboxView,
  device: Link,
  tables: DeviceTables | undefined,
  unclaimed: Map<string, number>,
  seen: Set<string>,
): JudgedEntry[] {
  const served = () => view.remotes.filter(({ip}) => !seen.has(ip) && servesAddress(view.links, device, ip));
  if (!tables) {
    return served().map((endpoint) => {
      seen.add(endpoint.ip);
      return describedEntry(
        view,
        device,
        {endpoint},
        {
          status: 'unknown',
          reason: 'the FDB or the neighbour table of this sandbox could not be read',
        },
      );
    });
  }
  const {neighbours, selfRows} = tables;
  const accounted = new Set<string | undefined>();
  const paired = neighbours.map((neighbour) => {
    seen.add(neighbour.ip);
    accounted.add(neighbour.mac);
    const rows = selfRows.get(neighbour.mac ?? '') ?? [];
    const endpoint = view.endpoints.get(neighbour.ip);
    const verdict = judgePair(view, neighbour, rows, endpoint, {
      unclaimed,
      rowsOf: (mac) => selfRows.get(mac),
    });
    // The rows of the MAC that it should have are its own as well.
    accounted.add(verdict.mac);
    const known = rows.length > 0 ? rows : (selfRows.get(verdict.mac ?? '') ?? []);
    return describedEntry(view, device, {neighbour, rows: known, endpoint}, verdict);
  });
  const lonelyRows = [...selfRows].filter(([mac]) => !accounted.has(mac));
  const byMac: Map<string, Endpoint[]> = lonelyRows.length > 0 ? remotesByMac(view) : new Map();
  const nextWithoutMac = firstWithoutMac(view, seen);
  const lonely = lonelyRows.map(([mac, rows]) => {
    const endpoint = byMac.get(mac)?.find(({ip}) => !seen.has(ip));
    if (endpoint) seen.add(endpoint.ip);
    const verdict = judgeLonelyRows(view, mac, rows, endpoint, {unclaimed, nextWithoutMac});
    return describedEntry(view, device, {rows, endpoint}, verdict);
  });
  const absent = served().map((endpoint) => {
    seen.add(endpoint.ip);
    return describedEntry(view, device, {endpoint}, judgeAbsence(view, endpoint));
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
function unservedEntry(view: SandboxView, endpoint: Endpoint): JudgedEntry {
  const [claim] = endpoint.claims;
  const verdict = judgeAbsence(view, endpoint);
  const reason =
    verdict.status === 'missing-fdb'
      ? 'this sandbox has no vxlan device for the subnet of the address'
      : verdict.reason;
  const vtep = placeByClaims(endpoint);
  return judged(
    view,
    {...verdict, reason},
    {endpoint},
    {
      ...named(claim),
      ip: claim.ip,
      mac: claim.mac ?? null,
      vtep: vtep ?? null,
      node: vtep === undefined ? null : (view.nodes.get(vtep) ?? null),
    },
  );
}

/** What an entry was judged by. */
interface Grounds {
  neighbour?: Neighbour;
  rows?: FdbRow[];
  endpoint: Endpoint | undefined;
}

function describedEntry(view: SandboxView, device: Link, grounds: Grounds, verdict: Verdict): JudgedEntry {
  const {neighbour, rows = [], endpoint} = grounds;
  const claim = endpoint?.claims[0];
  const row = rows.find(isProgrammed) ?? rows[0];
  const mac = (verdict.mac === undefined ? row?.mac : undefined) ?? neighbour?.mac ?? claim?.mac ?? null;
  const vtep = row?.dst ?? (endpoint && placeByClaims(endpoint)) ?? null;
  return judged(view, verdict, grounds, {
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
  });
}

function judged(
  view: SandboxView,
  verdict: Verdict,
  {neighbour, rows = [], endpoint}: Grounds,
  part: Partial<FdbEntry>,
): JudgedEntry {
  const entry: FdbEntry = {
    host: view.host.name,
    netns: view.file,
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
    ...(verdict.endpoint ? {endpoint: verdict.endpoint} : {}),
    status: verdict.status,
    reason: verdict.reason,
  };
  return {entry, verdict, rows, neighbour, endpoint};
}

function named(claim: Claim): Pick<FdbEntry, 'endpoint'> {
  return {endpoint: {kind: claim.kind, name: claim.name, id: claim.id ?? null}};
}

function byAddress({entry: a}: JudgedEntry, {entry: b}: JudgedEntry): number {
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
