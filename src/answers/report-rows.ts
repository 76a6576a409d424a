/** The endpoints of all overlay networks for a report: FDB against neighbours against gossip, and who knows whom. */
import type {HostModel} from '../model/host.js';
import type {FdbEntry} from '../rows/entry.js';
import {type FdbMatrix, fdbMatrix, isFine} from '../rows/fdb-matrix.js';
import {nameOf} from '../rows/fdb-raw.js';
import {gossipAddresses} from '../rows/network-view.js';
import {isFault} from '../rows/status.js';
import {fdbAnswer} from './fdb.js';
import type {NetworkRow} from './network-rows.js';
import type {Reader} from './reader.js';

/** An entry of `fdb --json`, with its network, and whether the host's own gossip has its address. */
export interface ReportRow extends FdbEntry {
  network: string;
  networkId: string;
  /** What to call the endpoint in a sentence. */
  name: string;
  /** Null where the gossip of this host was not read. */
  gossip: boolean | null;
}

/** An overlay network with all that its hosts know. */
export interface NetworkRows {
  network: string;
  networkId: string;
  rows: ReportRow[];
  matrix: FdbMatrix;
}

/** @param networks those of `networks`; all but the overlays among them are left out */
export async function networkRowsOf(
  reader: Reader,
  hosts: HostModel[],
  networks: readonly NetworkRow[],
): Promise<NetworkRows[]> {
  const found: NetworkRows[] = [];
  for (const {networkId, network, driver} of networks) {
    if (driver !== 'overlay') continue;
    const {document} = await fdbAnswer(reader, {network: networkId});
    const entries = document.entries ?? [];
    const gossip = new Map(hosts.map((host) => [host.name, gossipAddresses(host, networkId)]));
    found.push({
      network,
      networkId,
      rows: entries.map((entry) => ({
        ...entry,
        network,
        networkId,
        name: nameOf(entry),
        gossip: entry.address === null ? null : (gossip.get(entry.host)?.has(entry.address) ?? null),
      })),
      matrix: fdbMatrix(hosts, networkId, entries),
    });
  }
  return found;
}

/** Whether a host reaches the endpoints on a node, by its rows. */
export type PairState =
  /** All of them are as they should be. */
  | 'ok'
  | 'fault'
  /** Nothing is known to be wrong, and not all could be decided. */
  | 'unknown'
  /** The host itself. */
  | 'self'
  /** No network on which the host knows an endpoint there. */
  | 'none';

export interface PairFault {
  network: string;
  status: string;
  name: string;
  address: string | null;
  reason: string;
}

/** What a host knows of the endpoints on a node, over all networks. */
export interface HostPair {
  host: string;
  node: string;
  state: PairState;
  /** Endpoints that it knows as it should, and all. */
  ok: number;
  endpointCount: number;
  faults: PairFault[];
  /** The walk of a frame that such a fault meets, by its number; null where none was walked. */
  walk: number | null;
}

export interface HostReach {
  hosts: string[];
  nodes: string[];
  pairs: HostPair[];
}

/** Every pair of a host that was read and a node with endpoints. */
export function hostReach(hosts: readonly {name: string}[], networks: readonly NetworkRows[]): HostReach {
  const pairs = new Map<string, HostPair>();
  const pairOf = (host: string, node: string): HostPair => {
    const key = JSON.stringify([host, node]);
    const known = pairs.get(key);
    if (known) return known;
    const pair: HostPair = {host, node, state: 'none', ok: 0, endpointCount: 0, faults: [], walk: null};
    pairs.set(key, pair);
    return pair;
  };
  for (const network of networks) addNetwork(network, pairOf);
  const names = hosts.map(({name}) => name);
  const nodes = [...new Set([...names, ...[...pairs.values()].map(({node}) => node)])].sort();
  return {
    hosts: names,
    nodes,
    pairs: names.flatMap((host) =>
      nodes.map((node) => {
        const pair = pairOf(host, node);
        return {...pair, state: stateOf(pair)};
      }),
    ),
  };
}

function addNetwork({network, rows, matrix}: NetworkRows, pairOf: (host: string, node: string) => HostPair) {
  const placed = new Map(
    matrix.disagreements.map(({address, mac, status, node}) => [keyOf({address, mac, status}), node]),
  );
  for (const row of rows) {
    const {host, status, name, address, reason} = row;
    const node = status === 'local' ? host : (placed.get(keyOf(row)) ?? row.node ?? row.vtep);
    if (node === null) continue;
    const pair = pairOf(host, node);
    pair.endpointCount += 1;
    if (isFine(status)) pair.ok += 1;
    else pair.faults.push({network, status, name, address, reason});
  }
}

function keyOf({address, mac, status}: Pick<FdbEntry, 'address' | 'mac' | 'status'>): string {
  return JSON.stringify([status, address, address === null ? mac : null]);
}

function stateOf({host, node, endpointCount, faults}: HostPair): PairState {
  if (faults.some(({status}) => isFault(status as FdbEntry['status']))) return 'fault';
  if (faults.length > 0) return 'unknown';
  if (host === node) return 'self';
  return endpointCount === 0 ? 'none' : 'ok';
}
