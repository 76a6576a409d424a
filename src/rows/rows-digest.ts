/**
 * One host boiled down to what its rows are judged by, when a swarm is too large to be held at once: pairs of rows
 * that agree with each other and with the host's own gossip are packed, everything else is kept as it is.
 */

import {ipVersion} from '../base/ip-version.js';
import {hintedMacOf, ipv4Number} from '../base/ipv4.js';
import type {Network} from '../model/docker-types.js';
import type {FdbRow, Link, Neighbour} from '../model/facts.js';
import type {HostModel} from '../model/host.js';
import {type Claim, gossipEndpoints, managerEndpoints, ownEndpoints} from '../topology/endpoints.js';
import {type NamespaceDirectory, namespaceDirectory} from '../topology/in-namespace.js';
import {knownHost} from '../topology/known-host.js';
import {nodeNames} from '../topology/node-names.js';
import {judgedHost} from './network-view.js';
import {
  type DeviceTables,
  deviceTables,
  isProgrammed,
  type JudgedHost,
  type SandboxTables,
} from './sandbox-view.js';

export interface RowsDigest {
  host: JudgedHost;
  /** Where its namespace files are, for advice. */
  directory: NamespaceDirectory;
  vtep?: string;
  /** Addresses of the host itself, where they must tell its VTEP. */
  addresses?: string[];
  /** Names of nodes by VTEP, and by swarm id, as this host tells. */
  nodes: [string, string][];
  hostnames: [string, string][];
  networks: NetworkRows[];
}

/** What one host tells and holds about one network. */
export interface NetworkRows {
  /** Its full id; of a network that Docker did not name, as much of it as the sandbox's file has. */
  id: string;
  name?: string;
  /** Endpoints that the engine lists as its own; undefined where it did not list them. */
  own?: Claim[];
  /** Addresses of own endpoints that something other than rows cuts off. */
  broken?: string[];
  /** What gossip has beyond the packed pairs; undefined where it was not read. */
  gossip?: Claim[];
  /** Running tasks by the manager's list, as many as are kept of those without a packed pair. */
  manager: Claim[];
  /** Addresses of nodes on this network by gossip. */
  peers: string[];
  sandboxes: SandboxRows[];
}

export interface SandboxRows {
  file: string;
  /** Devices, and the rows that are not packed. */
  tables: SandboxTables['tables'];
  pairs: PackedPairs[];
  /** Addresses whose rows were too many to be kept. */
  cut: number[];
}

/**
 * Neighbour rows of one vxlan device, each with the one programmed FDB entry of its MAC, which gossip of this host does
 * not contradict.
 */
export interface PackedPairs {
  device: string;
  ips: Uint32Array;
  /** Which of `vtepNames` the FDB entry points at. */
  vteps: Uint16Array;
  vtepNames: string[];
  /** 1 where gossip of this host has the endpoint at that VTEP. */
  gossip: Uint8Array;
  /** MACs that are not those that Docker makes of the addresses, by the number of the pair. */
  macs: Map<number, string>;
}

/** Rows and endpoints of one network that are kept one by one; more are counted. */
const mostKept = 200;

export function rowsDigest(model: HostModel): RowsDigest {
  const known = knownHost(model);
  const vtep = known.vtep?.address;
  const networks = (model.docker?.networks ?? []).filter(({driver}) => driver === 'overlay');
  const unnamed = known.sandboxes.filter(
    ({kind, network, namespace}) =>
      kind === 'overlay' && !network && namespace.tables && model.docker?.read.networks !== true,
  );
  return {
    host: judgedHost(model),
    directory: namespaceDirectory(model),
    ...(vtep === undefined ? {addresses: [...known.addresses]} : {vtep}),
    nodes: [...nodeNames([model])],
    hostnames: (model.docker?.nodes ?? []).flatMap(({id, hostname}) =>
      hostname === undefined ? [] : [[id, hostname] as [string, string]],
    ),
    networks: [
      ...networks.map((network): NetworkRows => {
        const own = network.endpoints && ownEndpoints(model, network.id, []);
        const heard = claimedVteps(network.services ?? []);
        const here = known.sandboxesOf(network.id);
        const packed = here.map((sandbox) => packSandbox(sandbox, {own, heard, vtep}));
        const settled = new Set(packed.flatMap((one) => [...one.settled]));
        const gossip = network.services && gossipEndpoints(model, network.id, [], (ip) => !settled.has(ip));
        const {kept, cut} = unsettled(own, gossip);
        const manager = managerEndpoints(model, network.id);
        return {
          id: network.id,
          name: network.name,
          ...(own ? {own} : {}),
          ...(kept ? {gossip: kept} : {}),
          manager: manager.filter(({ip}) => !settled.has(ip)).slice(0, mostKept),
          peers: (network.peers ?? []).flatMap(({ip}) => (ipVersion(ip) ? [ip] : [])),
          sandboxes: packed.map(({rows}) => ({...rows, cut: [...rows.cut, ...cut]})),
        };
      }),
      ...unnamed.map((sandbox): NetworkRows => {
        const {rows} = packSandbox(sandbox, {own: undefined, heard: new Map(), vtep});
        return {id: rows.file.replace(/^\d+-/, ''), manager: [], peers: [], sandboxes: [rows]};
      }),
    ],
  };
}

/** What gossip has of endpoints without a packed pair: those of this host, and as many of the others as are kept. */
function unsettled(
  own: Claim[] | undefined,
  gossip: Claim[] | undefined,
): {kept: Claim[] | undefined; cut: number[]} {
  if (!gossip) return {kept: undefined, cut: []};
  const local = new Set(own?.map(({ip}) => ip));
  const others = gossip.filter(({ip}) => !local.has(ip));
  return {
    kept: [...gossip.filter(({ip}) => local.has(ip)), ...others.slice(0, mostKept)],
    // Without its claim an endpoint without rows would not be missed, and with another's claim wrongly so.
    cut: others.slice(mostKept).flatMap(({ip}) => ipv4Number(ip) ?? []),
  };
}

interface Told {
  own: Claim[] | undefined;
  /** The VTEP that gossip gives each address; null where it gives none, or several. */
  heard: ReadonlyMap<string, string | null>;
  vtep: string | undefined;
}

/** Packs what agrees; `settled` are the addresses of which gossip says nothing else. */
function packSandbox(
  {namespace: {file, tables = {}}}: {namespace: {file: string; tables?: SandboxTables['tables']}},
  {own, heard, vtep}: Told,
): {rows: SandboxRows; settled: Set<string>} {
  const packing: Packing = {
    vtep,
    local: new Set(own?.map(({ip}) => ip)),
    claims: heard,
    fdb: [],
    neighbours: [],
    cut: [],
    settled: new Set(),
  };
  const pairs = (tables.links ?? []).flatMap((link) => {
    const device = link.vxlan && deviceTables(tables, link);
    return device ? [packDevice(device, packing)] : [];
  });
  return {
    rows: {
      file,
      tables: {
        ...(tables.links ? {links: devicesOf(tables.links)} : {}),
        ...(tables.fdb ? {fdb: ownCopy(packing.fdb)} : {}),
        ...(tables.neighbours ? {neighbours: ownCopy(packing.neighbours)} : {}),
        ...(tables.partial ? {partial: tables.partial} : {}),
      },
      pairs,
      cut: packing.cut,
    },
    settled: packing.settled,
  };
}

interface Packing {
  vtep: string | undefined;
  local: ReadonlySet<string>;
  claims: ReadonlyMap<string, string | null>;
  /** What is not packed. */
  fdb: FdbRow[];
  neighbours: Neighbour[];
  cut: number[];
  settled: Set<string>;
}

function packDevice({device, neighbours, selfRows}: DeviceTables, packing: Packing): PackedPairs {
  const packed = packer(device.name);
  const paired = new Set<string>();
  const kept = new Set<string>();
  const wanted = wantedElsewhere(neighbours);
  for (const neighbour of neighbours) {
    const {address: ip, mac} = neighbour;
    const rows = (mac !== undefined && selfRows.get(mac)) || [];
    if (mac !== undefined) paired.add(mac);
    const number = ipv4Number(ip);
    const dst = agreedDestination(ip, rows, packing);
    if (number !== undefined && mac !== undefined && dst !== undefined && !wanted.has(mac)) {
      const heard = packing.claims.has(ip);
      packed.add(number, mac, dst, heard);
      if (heard) packing.settled.add(ip);
    } else keepLoose(neighbour, rows, kept, packing);
  }
  keepUnpaired(selfRows, paired, packing);
  return packed.done();
}

/** A neighbour entry that can't be packed, with the rows of its MAC; of what is too much only the address is kept. */
function keepLoose(
  neighbour: Neighbour,
  rows: FdbRow[],
  kept: Set<string>,
  {neighbours, fdb, cut}: Packing,
): void {
  const {address: ip, mac} = neighbour;
  const number = ipv4Number(ip);
  if (neighbours.length >= mostKept) {
    if (number !== undefined) cut.push(number);
    return;
  }
  neighbours.push(neighbour);
  if (mac === undefined || kept.has(mac)) return;
  kept.add(mac);
  fdb.push(...rows);
}

/** Rows of MACs that no neighbour entry has. */
function keepUnpaired(
  selfRows: DeviceTables['selfRows'],
  paired: ReadonlySet<string>,
  {fdb, cut}: Packing,
): void {
  for (const [mac, rows] of selfRows) {
    if (paired.has(mac)) continue;
    if (fdb.length < 2 * mostKept) fdb.push(...rows);
    else cut.push(...hintedAddress(mac));
  }
}

/** MACs that Docker makes of addresses which have other ones: an address that is judged by such a row needs the row itself. */
function wantedElsewhere(neighbours: Neighbour[]): Set<string> {
  const wanted = new Set<string>();
  for (const {address: ip, mac} of neighbours) {
    const number = ipv4Number(ip);
    const hinted = number === undefined ? undefined : hintedMacOf(number);
    if (hinted !== undefined && hinted !== mac) wanted.add(hinted);
  }
  return wanted;
}

/** Where the rows of a neighbour point, unless gossip says otherwise, or they name this host or one of its endpoints. */
function agreedDestination(ip: string, rows: FdbRow[], {vtep, local, claims}: Packing): string | undefined {
  const dst = plainDestination(rows);
  const claimed = claims.get(ip);
  return dst !== vtep && (claimed === undefined || claimed === dst) && !local.has(ip) ? dst : undefined;
}

function claimedVteps(services: NonNullable<Network['services']>): Map<string, string | null> {
  const claims = new Map<string, string | null>();
  for (const {tasks} of services) {
    for (const {ip, hostIp} of tasks) {
      const vtep = hostIp || null;
      const known = claims.get(ip);
      claims.set(ip, known === undefined || known === vtep ? vtep : null);
    }
  }
  return claims;
}

/** Where the one row of a MAC points, if it is of the kind that Docker makes. */
function plainDestination(rows: FdbRow[]): string | undefined {
  const [row] = rows;
  if (!row || rows.length > 1 || !isProgrammed(row)) return undefined;
  const {nhid, via, viaIndex, port, vni, other} = row;
  return (nhid ?? via ?? viaIndex ?? port ?? vni ?? other) ? undefined : row.vtep;
}

/** The devices that rows are judged by; of the ports one, which tells that the kinds of devices were read. */
function devicesOf(links: Link[]): Link[] {
  const port = links.find(({kind}) => kind === 'veth');
  const kept = links.filter((link) => link.kind === 'bridge' || link.vxlan || link === port);
  return ownCopy(kept.length > 0 ? kept : links.slice(0, 1));
}

function hintedAddress(mac: string): number[] {
  const match = /^02:42:([0-9a-f:]{11})$/.exec(mac);
  return match ? [Number.parseInt((match[1] ?? '').replaceAll(':', ''), 16)] : [];
}

/** A copy without the text that it was parsed from: parts of a string keep the whole of it in memory. */
function ownCopy<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

function packer(device: string): {
  add: (ip: number, mac: string, vtep: string, gossip: boolean) => void;
  done: () => PackedPairs;
} {
  const ips: number[] = [];
  const vteps: number[] = [];
  const gossip: number[] = [];
  const numbers = new Map<string, number>();
  const macs = new Map<number, string>();
  return {
    add(ip, mac, vtep, heard) {
      if (mac !== hintedMacOf(ip)) macs.set(ips.length, mac);
      const number = numbers.get(vtep) ?? numbers.size;
      numbers.set(vtep, number);
      ips.push(ip);
      vteps.push(number);
      gossip.push(heard ? 1 : 0);
    },
    done: () => ({
      device,
      ips: Uint32Array.from(ips),
      vteps: Uint16Array.from(vteps),
      gossip: Uint8Array.from(gossip),
      macs,
      vtepNames: ownCopy([...numbers.keys()]),
    }),
  };
}
