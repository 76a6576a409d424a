/**
 * Judges the rows of all hosts from what was kept of each (rows-digest.ts), network by network. What the engine that
 * runs an endpoint confirms is settled by comparing numbers; everything else goes through the one judgement that fdb has.
 */

import {hintedMacOf, ipv4Number, ipv4Text} from '../base/ipv4.js';
import type {Claim, Endpoint} from '../topology/endpoints.js';
import type {JudgedEntry} from './entry.js';
import {judgeSandbox} from './judge-sandbox.js';
import type {NetworkRows, PackedPairs, RowsDigest, SandboxRows} from './rows-digest.js';
import {type JudgedHost, type NetworkView, type SandboxTables, sandboxView} from './sandbox-view.js';

/** A host with what was kept of it. */
export interface KeptHost {
  name: string;
  key: string;
  vtep?: string;
  startedAt: string;
  digest: RowsDigest;
}

/** One host's part in a network. */
export interface Member {
  host: KeptHost;
  rows: NetworkRows;
}

export interface NetworkJudgement {
  id: string;
  name: string;
  members: Member[];
  /** Everything that is neither right nor local, by the host whose rows it is. */
  entries: {member: Member; judged: JudgedEntry}[];
  /** Addresses of endpoints that some source or some row names, with what was found of each. */
  endpoints: EndpointTable;
  /** Names of nodes by VTEP. */
  nodes: Map<string, string>;
  /** Claims that were left out, because they are of another moment. */
  skewed: number;
}

/** Readings further apart than this are of two moments, in milliseconds. */
export const largestSkewMs = 60_000;

/** What a column has where nothing was told, and where several things were. */
export const none = -1;
export const several = -2;

/** What was found of an endpoint; bits, as several hosts look at it. */
export const seen = {right: 1, fault: 2, unknown: 4, broken: 8} as const;

/** The endpoints of one network by number, with what is told of each in columns. */
export class EndpointTable {
  readonly ips: number[] = [];
  readonly claims: Claim[][] = [];
  /** VTEP by the engine that runs it, as a number of `vteps`; the MAC that engine gave it. */
  readonly ownVtep: number[] = [];
  readonly ownMac: (string | undefined)[] = [];
  /** VTEP by all gossip; `several` where that differs. */
  readonly gossipVtep: number[] = [];
  /** VTEP by the rows of all hosts; `several` where they differ. */
  readonly rowVtep: number[] = [];
  /** Bits of `seen`. */
  readonly found: number[] = [];
  private readonly numbers = new Map<number, number>();
  private readonly vtepNumbers = new Map<string, number>();

  get size(): number {
    return this.ips.length;
  }

  numberOf(ip: number): number {
    const known = this.numbers.get(ip);
    if (known !== undefined) return known;
    const number = this.ips.length;
    this.numbers.set(ip, number);
    this.ips.push(ip);
    this.claims.push([]);
    this.ownVtep.push(none);
    this.ownMac.push(undefined);
    this.gossipVtep.push(none);
    this.rowVtep.push(none);
    this.found.push(0);
    return number;
  }

  /** The number of an address that is there already. */
  find(ip: number): number | undefined {
    return this.numbers.get(ip);
  }

  vtep(address: string): number {
    const known = this.vtepNumbers.get(address) ?? this.vtepNumbers.size;
    this.vtepNumbers.set(address, known);
    return known;
  }

  mark(ip: string | null, bit: number): void {
    const value = ip === null ? undefined : ipv4Number(ip);
    if (value === undefined) return;
    const number = this.numberOf(value);
    this.found[number] = (this.found[number] ?? 0) | bit;
  }
}

/** Network by network, in the order in which the hosts name them. */
export function* judgeNetworks(given: KeptHost[]): Generator<NetworkJudgement> {
  const hosts = placed(given);
  const nodes = new Map<string, string>();
  for (const {vtep, name} of hosts) if (vtep !== undefined) nodes.set(vtep, name);
  for (const {digest} of hosts)
    for (const [vtep, name] of digest.nodes) if (!nodes.has(vtep)) nodes.set(vtep, name);
  const hostnames = new Map(hosts.flatMap(({digest}) => digest.hostnames));
  for (const {id, name, members} of networksOf(hosts)) {
    yield judgeNetwork({id, name, members, nodes, hostnames});
  }
}

/** A host that does not tell its own VTEP has it all the same if one of its addresses is where others' rows point. */
function placed(hosts: KeptHost[]): KeptHost[] {
  if (hosts.every(({vtep}) => vtep !== undefined)) return hosts;
  const pointed = new Set(
    hosts.flatMap(({digest}) =>
      digest.networks.flatMap((rows) => packed(rows).flatMap(({vtepNames}) => vtepNames)),
    ),
  );
  return hosts.map((host) => {
    const address = host.vtep ?? host.digest.addresses?.find((one) => pointed.has(one));
    return address === undefined ? host : {...host, vtep: address};
  });
}

/** A sandbox that Docker did not name belongs to the one network whose id begins like its file. */
function networksOf(hosts: KeptHost[]): {id: string; name: string; members: Member[]}[] {
  const networks = new Map<string, {id: string; name: string; members: Member[]}>();
  const members = hosts.flatMap((host) => host.digest.networks.map((rows): Member => ({host, rows})));
  for (const member of members) {
    const {id, name} = member.rows;
    if (name === undefined) continue;
    const known = networks.get(id);
    if (known) known.members.push(member);
    else networks.set(id, {id, name, members: [member]});
  }
  for (const member of members) {
    if (member.rows.name !== undefined) continue;
    const [only, ...more] = [...networks.values()].filter(({id}) => id.startsWith(member.rows.id));
    if (only && more.length === 0) only.members.push(member);
  }
  return [...networks.values()];
}

interface Asked {
  id: string;
  name: string;
  members: Member[];
  nodes: Map<string, string>;
  hostnames: Map<string, string>;
}

function judgeNetwork({id, name, members, nodes, hostnames}: Asked): NetworkJudgement {
  const endpoints = new EndpointTable();
  addClaims(endpoints, members);
  const view = networkView(endpoints, members, nodes, hostnames);
  const judgement: NetworkJudgement = {id, name, members, entries: [], endpoints, nodes, skewed: 0};
  const settled = new Int32Array(endpoints.size);
  let stamp = 0;
  const times = new Map(members.map(({host: {key, startedAt}}) => [key, Date.parse(startedAt)]));
  const together = Math.max(...times.values()) - Math.min(...times.values()) <= largestSkewMs;
  for (const member of members) {
    const near = together ? {view, dropped: 0} : nearView(view, member, times);
    judgement.skewed += near.dropped;
    for (const sandbox of member.rows.sandboxes) {
      stamp++;
      const rest = settlePairs(endpoints, {member, sandbox, view: near.view, stamp, settled});
      const place = tablesOf(member, sandbox, rest, leftOut(endpoints, sandbox.cut));
      const judged = judgeSandbox(
        sandboxView(near.view, place, unsettled(endpoints, near.view, {stamp, settled, cut: sandbox.cut})),
      );
      for (const one of judged) record(judgement, member, one);
    }
  }
  return judgement;
}

/** Every claim of every host, the sources to believe first. */
function addClaims(endpoints: EndpointTable, members: Member[]): void {
  for (const {rows, host} of members) for (const claim of rows.own ?? []) addOwn(endpoints, host, claim);
  for (const {rows} of members) for (const claim of rows.gossip ?? []) addGossip(endpoints, claim);
  for (const {rows, host} of members) for (const pairs of packed(rows)) addPairs(endpoints, host, pairs);
  for (const {rows} of members) for (const claim of rows.manager) addClaim(endpoints, claim);
}

function addGossip(endpoints: EndpointTable, claim: Claim): void {
  const number = addClaim(endpoints, claim);
  if (number === undefined) return;
  merge(endpoints.gossipVtep, number, claim.vtep === undefined ? several : endpoints.vtep(claim.vtep));
}

function addClaim(endpoints: EndpointTable, claim: Claim): number | undefined {
  const ip = ipv4Number(claim.ip);
  if (ip === undefined) return undefined;
  const number = endpoints.numberOf(ip);
  endpoints.claims[number]?.push(claim);
  return number;
}

function addOwn(endpoints: EndpointTable, host: KeptHost, claim: Claim): void {
  const vtep = claim.vtep ?? host.vtep;
  const number = addClaim(endpoints, vtep === undefined ? claim : {...claim, vtep});
  if (number === undefined) return;
  const {ownVtep, ownMac} = endpoints;
  const first = ownVtep[number] === none && claim.kind !== 'unknown' && vtep !== undefined;
  ownVtep[number] = first ? endpoints.vtep(vtep) : several;
  ownMac[number] = claim.mac;
}

/** The gossip that goes with packed pairs: told once for each VTEP, as which of many hosts said it does not matter. */
function addPairs(
  endpoints: EndpointTable,
  host: KeptHost,
  {ips, vteps, vtepNames, gossip}: PackedPairs,
): void {
  const {rowVtep, gossipVtep, claims} = endpoints;
  const known = vtepNames.map((vtep) => endpoints.vtep(vtep));
  for (let at = 0; at < ips.length; at++) {
    const ip = ips[at] ?? 0;
    const number = endpoints.numberOf(ip);
    const pointer = vteps[at] ?? 0;
    const vtep = known[pointer] ?? none;
    merge(rowVtep, number, vtep);
    if (gossip[at] !== 1 || gossipVtep[number] === vtep) continue;
    merge(gossipVtep, number, vtep);
    const claim = heardClaim(host, ip, vtepNames[pointer] ?? '');
    if (!claims[number]?.some(({source, vtep: other}) => source === 'gossip' && other === claim.vtep))
      claims[number]?.push(claim);
  }
}

function heardClaim({name, key}: KeptHost, ip: number, vtep: string): Claim & {vtep: string} {
  const text = ipv4Text(ip);
  return {source: 'gossip', host: name, hostKey: key, ip: text, vtep, kind: 'container', name: text};
}

function packed({sandboxes}: NetworkRows): PackedPairs[] {
  return sandboxes.flatMap(({pairs}) => pairs);
}

function merge(column: number[], number: number, value: number): void {
  const known = column[number] ?? none;
  column[number] = known === none || known === value ? value : several;
}

/** Bridges of the sandboxes by MAC. */
function bridgesOf(members: Member[]): NetworkView['bridges'] {
  const bridges: NetworkView['bridges'] = new Map();
  for (const {host, rows} of members) {
    for (const {kind, mac, name} of rows.sandboxes.flatMap(({tables}) => tables.links ?? [])) {
      if (kind !== 'bridge' || mac === undefined) continue;
      const known = bridges.get(mac) ?? [];
      bridges.set(mac, [...known, {host: judged(host), name}]);
    }
  }
  return bridges;
}

function networkView(
  endpoints: EndpointTable,
  members: Member[],
  nodes: Map<string, string>,
  hostnames: Map<string, string>,
): NetworkView {
  const byIp = new Map<string, Endpoint>();
  const claimed = new Set<string>();
  const balancerVteps = new Set<string>();
  for (const [number, [first, ...more]] of endpoints.claims.entries()) {
    if (!first) continue;
    const ip = ipv4Text(endpoints.ips[number] ?? 0);
    byIp.set(ip, {ip, claims: [first, ...more]});
    for (const {vtep, kind} of [first, ...more]) {
      if (vtep === undefined) continue;
      claimed.add(vtep);
      if (kind === 'load-balancer') balancerVteps.add(vtep);
    }
  }
  const asked = members.filter(({rows}) => rows.own);
  const peers = members.map(({rows}) => rows.peers);
  return {
    endpoints: byIp,
    nodes,
    knownVteps: new Set([...claimed, ...peers.flat(), ...nodes.keys()]),
    untoldVteps: Math.max(0, ...peers.map((ips) => new Set(ips).size)) > claimed.size,
    inspected: new Map(
      asked.flatMap(({host}) => (host.vtep === undefined ? [] : [[host.vtep, judged(host)] as const])),
    ),
    inspectedNodes: new Map(
      asked.flatMap(({host}) => {
        const {nodeId} = host.digest.host;
        return nodeId === undefined ? [] : [[nodeId, judged(host)] as const];
      }),
    ),
    balancerVteps,
    hostnames,
    bridges: bridgesOf(members),
  };
}

/** A host by the name that it is shown under. */
function judged({name, key, startedAt, digest}: KeptHost): JudgedHost {
  return {...digest.host, key, name, startedAt};
}

/** The view without what other hosts said too long before or after a host was read. */
function nearView(
  view: NetworkView,
  {host, rows}: Member,
  times: ReadonlyMap<string, number>,
): {view: NetworkView; dropped: number} {
  const own = times.get(host.key) ?? Number.NaN;
  const far = new Set(
    [...times].flatMap(([key, time]) => (Math.abs(time - own) > largestSkewMs ? [key] : [])),
  );
  if (far.size === 0) return {view, dropped: 0};
  const endpoints = new Map<string, Endpoint>();
  let dropped = 0;
  for (const [ip, endpoint] of view.endpoints) {
    const [first, ...more] = endpoint.claims.filter(({hostKey}) => !far.has(hostKey));
    dropped += endpoint.claims.length - more.length - (first ? 1 : 0);
    if (first) endpoints.set(ip, {ip, claims: [first, ...more]});
  }
  hearOwn(endpoints, host, rows);
  const near = (hosts: Map<string, JudgedHost>) => new Map([...hosts].filter(([, {key}]) => !far.has(key)));
  return {
    view: {...view, endpoints, inspected: near(view.inspected), inspectedNodes: near(view.inspectedNodes)},
    dropped,
  };
}

/** What this host's own gossip says, which may have been kept as another's word. */
function hearOwn(endpoints: Map<string, Endpoint>, host: KeptHost, rows: NetworkRows): void {
  for (const {ips, vteps, vtepNames, gossip} of packed(rows)) {
    for (let at = 0; at < ips.length; at++) {
      if (gossip[at] !== 1) continue;
      const claim = heardClaim(host, ips[at] ?? 0, vtepNames[vteps[at] ?? 0] ?? '');
      const known = endpoints.get(claim.ip);
      if (known?.claims.some(({source, vtep}) => source === 'gossip' && vtep === claim.vtep)) continue;
      endpoints.set(claim.ip, {ip: claim.ip, claims: known ? [...known.claims, claim] : [claim]});
    }
  }
}

interface Settling {
  member: Member;
  sandbox: SandboxRows;
  view: NetworkView;
  stamp: number;
  /** By endpoint: the last sandbox that has it right. */
  settled: Int32Array;
}

/**
 * Settles the pairs that are right by the engine that runs the endpoint, or by all gossip where no engine was asked:
 * just what judgePair would say of them. Gives back the others.
 */
function settlePairs(endpoints: EndpointTable, settling: Settling): LooseRows {
  const rest: LooseRows = {fdb: [], neighbours: []};
  for (const pairs of settling.sandbox.pairs) settleDevice(endpoints, settling, pairs, rest);
  return rest;
}

function settleDevice(
  endpoints: EndpointTable,
  {member, view, stamp, settled}: Settling,
  {device, ips, vteps, vtepNames, gossip, macs}: PackedPairs,
  rest: LooseRows,
): void {
  const {ownVtep, ownMac, gossipVtep, found} = endpoints;
  const home = member.host.vtep === undefined ? none : endpoints.vtep(member.host.vtep);
  const known = vtepNames.map((vtep) => endpoints.vtep(vtep));
  const asked = vtepNames.map((vtep) => view.inspected.has(vtep));
  for (let at = 0; at < ips.length; at++) {
    const ip = ips[at] ?? 0;
    const number = endpoints.numberOf(ip);
    const pointer = vteps[at] ?? 0;
    const vtep = known[pointer] ?? none;
    const own = ownVtep[number] ?? none;
    const right =
      own === none
        ? gossip[at] === 1 && gossipVtep[number] === vtep && !asked[pointer]
        : own === vtep && own !== home && sameMac(ownMac[number], ip, macs.get(at));
    if (right) {
      settled[number] = stamp;
      found[number] = (found[number] ?? 0) | seen.right;
    } else addRows(rest, device, {ip, mac: macs.get(at) ?? hintedMacOf(ip), dst: vtepNames[pointer]});
  }
}

/** Rows that are to be judged one by one. */
type LooseRows = Required<Pick<SandboxTables['tables'], 'fdb' | 'neighbours'>>;

/** A packed pair as the two rows that it was made of. */
function addRows(
  {fdb, neighbours}: LooseRows,
  dev: string,
  {ip, mac, dst}: {ip: number; mac: string; dst: string | undefined},
): void {
  neighbours.push({address: ipv4Text(ip), device: dev, mac, state: ['PERMANENT']});
  fdb.push({mac, device: dev, plane: 'self', state: 'permanent', ...(dst === undefined ? {} : {vtep: dst})});
}

function sameMac(own: string | undefined, ip: number, mac: string | undefined): boolean {
  return own === undefined || own === (mac ?? hintedMacOf(ip));
}

/** Endpoints of which not everything was kept: what was must not be judged without the rest. */
function leftOut(endpoints: EndpointTable, cut: number[]): {ips: Set<string>; macs: Set<string>} {
  const macs = new Set<string>();
  for (const ip of cut) {
    macs.add(hintedMacOf(ip));
    const number = endpoints.find(ip);
    const own = number === undefined ? undefined : endpoints.ownMac[number];
    if (own !== undefined) macs.add(own);
  }
  return {ips: new Set(cut.map(ipv4Text)), macs};
}

function tablesOf(
  {host, rows}: Member,
  {file, tables}: SandboxRows,
  rest: LooseRows,
  {ips, macs}: {ips: ReadonlySet<string>; macs: ReadonlySet<string>},
): SandboxTables {
  const fdb = tables.fdb && [...tables.fdb, ...unique(rest.fdb)].filter(({mac}) => !macs.has(mac));
  const neighbours =
    tables.neighbours && [...tables.neighbours, ...rest.neighbours].filter(({address: ip}) => !ips.has(ip));
  return {
    host: judged(host),
    file,
    tables: {...tables, ...(fdb ? {fdb} : {}), ...(neighbours ? {neighbours} : {})},
    ownVtep: host.vtep,
    gossip: rows.gossip && gossipAddressesOf(rows),
  };
}

/** Addresses that gossip of the host has and that no sandbox has settled; where there are two, one may have what the other lacks. */
function gossipAddressesOf({gossip = [], sandboxes}: NetworkRows): Set<string> {
  const addresses = new Set(gossip.map(({ip}) => ip));
  if (sandboxes.length < 2) return addresses;
  for (const {ips, gossip: heard} of sandboxes.flatMap(({pairs}) => pairs))
    for (const [at, ip] of ips.entries()) if (heard[at] === 1) addresses.add(ipv4Text(ip));
  return addresses;
}

/** Two addresses with one MAC were packed with its row each. */
function unique<Row extends {mac: string; device: string}>(rows: Row[]): Row[] {
  return [...new Map(rows.map((row) => [`${row.mac} ${row.device}`, row])).values()];
}

/** The endpoints that a sandbox's pairs have not settled. */
function unsettled(
  {size, ips}: EndpointTable,
  {endpoints}: NetworkView,
  {stamp, settled, cut}: Pick<Settling, 'stamp' | 'settled'> & {cut: number[]},
): Endpoint[] {
  const left: Endpoint[] = [];
  const ignored = new Set(cut);
  for (let number = 0; number < size; number++) {
    const ip = ips[number] ?? 0;
    if (settled[number] === stamp || ignored.has(ip)) continue;
    const endpoint = endpoints.get(ipv4Text(ip));
    if (endpoint) left.push(endpoint);
  }
  return left;
}

function record(judgement: NetworkJudgement, member: Member, judged: JudgedEntry): void {
  const {endpoints} = judgement;
  const {status, address: ip} = judged.entry;
  if (status === 'local') return;
  if (status === 'ok') endpoints.mark(ip, seen.right);
  else {
    endpoints.mark(ip, status === 'unknown' ? seen.unknown : seen.fault);
    judgement.entries.push({member, judged});
  }
}
