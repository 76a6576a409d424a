import type {HostModel} from '../model/host.js';
import {endpointsOf} from '../topology/endpoints.js';
import {nodeNames} from '../topology/node-names.js';
import type {FdbEntry} from './entry.js';
import {nameOf} from './fdb-raw.js';
import {type FdbStatus, isExtra} from './status.js';

/** What one host knows of the endpoints of one node of a network. */
export interface MatrixCell {
  host: string;
  node: string;
  /** Endpoints of that node, as all hosts together tell. */
  endpointCount: number;
  /** Those that this host has as it should. */
  ok: number;
  /** All others, by their status; `stale` ones are none of the node's endpoints. */
  statuses: Partial<Record<FdbStatus, number>>;
}

/** One endpoint that some hosts do not know as they should, in one way. */
export interface Disagreement {
  status: FdbStatus;
  endpoint: {kind: FdbEntry['endpoint']['kind']; name: string | null; id: string | null};
  /** What to call it in a sentence. */
  name: string;
  address: string | null;
  mac: string | null;
  /** The node that it is on, or that its rows name. */
  node: string | null;
  hosts: string[];
  /** As the first of these hosts has it. */
  reason: string;
}

/** Who knows whom on a network: the hosts that were read, and the nodes that have endpoints there. */
export interface FdbMatrix {
  hosts: string[];
  nodes: string[];
  /** How many endpoints there are on all nodes together, by all that any host knows. */
  endpointCount: number;
  /** Pairs of a host and a node between which something is not as it should be; all other pairs are. */
  cells: MatrixCell[];
  disagreements: Disagreement[];
}

/** Gathers the entries of all hosts by the node that each endpoint is on. */
export function fdbMatrix(hosts: HostModel[], networkId: string, entries: FdbEntry[]): FdbMatrix {
  const ownerOf = owners(hosts, networkId);
  const cells = new Map<string, MatrixCell>();
  const disagreements = new Map<string, Disagreement>();
  const known = new Set<string>();
  for (const entry of entries) {
    const {host, status, address: ip} = entry;
    const node = ownerOf(entry);
    const key = `${host} ${node}`;
    const cell = cells.get(key) ?? {host, node, endpointCount: 0, ok: 0, statuses: {}};
    cells.set(key, cell);
    if (!isExtra(status)) {
      cell.endpointCount++;
      if (ip !== null) known.add(ip);
    }
    if (isFine(status)) cell.ok++;
    else {
      cell.statuses[status] = (cell.statuses[status] ?? 0) + 1;
      addDisagreement(disagreements, entry, node);
    }
  }
  const names = (of: (cell: MatrixCell) => string) => [...new Set([...cells.values()].map(of))].sort();
  return {
    hosts: names(({host}) => host),
    nodes: names(({node}) => node),
    endpointCount: known.size,
    cells: [...cells.values()].filter(({statuses}) => Object.keys(statuses).length > 0),
    disagreements: [...disagreements.values()].sort(
      (a, b) => b.hosts.length - a.hosts.length || (a.name < b.name ? -1 : 1),
    ),
  };
}

export function isFine(status: FdbStatus): boolean {
  return status === 'ok' || status === 'local';
}

function addDisagreement(known: Map<string, Disagreement>, entry: FdbEntry, node: string): void {
  const {status, endpoint, address: ip, mac, host, reason} = entry;
  const key = `${status} ${ip ?? ''} ${ip === null ? mac : ''}`;
  const same = known.get(key);
  if (same) same.hosts.push(host);
  else
    known.set(key, {
      status,
      endpoint,
      name: nameOf({...entry, node}),
      address: ip,
      mac,
      node,
      hosts: [host],
      reason,
    });
}

/** The node that an endpoint is on: by its own engine, else by gossip; else the one that its rows name. */
function owners(hosts: HostModel[], networkId: string): (entry: FdbEntry) => string {
  const nodes = nodeNames(hosts);
  const endpoints = endpointsOf(hosts, networkId);
  return ({address: ip, vtep, node, host, status}) => {
    if (status === 'local') return host;
    const [claim] = endpoints.get(ip ?? '')?.claims ?? [];
    if (claim?.source === 'own-engine') return claim.host;
    if (claim?.vtep !== undefined) return nodes.get(claim.vtep) ?? claim.vtep;
    return node ?? vtep ?? 'unknown';
  };
}
