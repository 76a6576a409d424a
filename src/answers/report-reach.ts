/** Reachability: the containers of each overlay network, every pair walked as `trace` walks it. */
import {OvdiagError} from '../base/errors.js';
import type {HostModel} from '../model/host.js';
import type {NetworkRow} from './network-rows.js';
import type {HostReach} from './report-rows.js';
import type {WalkStore} from './report-walks.js';
import {type PathDocument, type ProbingReader, traceAnswer} from './trace.js';

/** Networks with more containers are not walked pair by pair. */
export const mostWalked = 40;

export interface ReachEnd {
  /** As it is typed: the container's name, with the host where several have it. */
  typed: string;
  name: string;
  host: string;
  address: string | null;
}

export interface NetworkReach {
  network: string;
  networkId: string;
  ends: ReachEnd[];
  /** By source, then destination: the number of a walk, null of an end to itself. Empty where it was not walked. */
  cells: (number | null)[][];
}

interface Reach {
  hosts: HostModel[];
  reader: ProbingReader;
  store: WalkStore;
}

/** Walks every pair of containers that were read on each overlay network with at most `mostWalked` of them. */
export async function networkReach(
  {hosts, reader, store}: Reach,
  networks: readonly NetworkRow[],
): Promise<NetworkReach[]> {
  const found: NetworkReach[] = [];
  for (const {network, networkId, driver} of networks) {
    if (driver !== 'overlay') continue;
    const ends = endsOn(hosts, networkId);
    if (ends.length < 2) continue;
    const walk = (source: ReachEnd, destination: ReachEnd) =>
      walked(reader, store, source, destination, network);
    const cells = ends.length > mostWalked ? [] : await cellsOf(ends, walk);
    found.push({network, networkId, ends, cells});
  }
  return found;
}

async function cellsOf(
  ends: readonly ReachEnd[],
  walk: (source: ReachEnd, destination: ReachEnd) => Promise<number | null>,
): Promise<(number | null)[][]> {
  const cells: (number | null)[][] = [];
  for (const source of ends) {
    const row: (number | null)[] = [];
    for (const destination of ends) row.push(source === destination ? null : await walk(source, destination));
    cells.push(row);
  }
  return cells;
}

/** Containers that run on the network, by host and name. */
function endsOn(hosts: HostModel[], networkId: string): ReachEnd[] {
  const containers = hosts.flatMap(({name: host, docker}) =>
    (docker?.containers ?? []).filter(({running}) => running).map((container) => ({host, container})),
  );
  const count = new Map<string, number>();
  for (const {container} of containers) count.set(container.name, (count.get(container.name) ?? 0) + 1);
  return containers
    .flatMap(({host, container: {name, endpoints}}): ReachEnd[] => {
      const endpoint = endpoints.find((one) => one.networkId === networkId);
      if (!endpoint) return [];
      const isOnly = count.get(name) === 1 && !name.includes('@');
      return [{typed: isOnly ? name : `${name}@${host}`, name, host, address: endpoint.ip ?? null}];
    })
    .sort((a, b) => (a.host === b.host ? (a.name < b.name ? -1 : 1) : a.host < b.host ? -1 : 1));
}

/** Null where the names mean no two ends that can be walked, as of names that Docker would not give. */
async function walked(
  reader: ProbingReader,
  store: WalkStore,
  {typed: source}: Pick<ReachEnd, 'typed'>,
  {typed: destination}: Pick<ReachEnd, 'typed'>,
  network: string,
): Promise<number | null> {
  try {
    const document = await traceAnswer(reader, {
      source,
      destination,
      network,
      traffic: {protocol: 'icmp'},
    });
    return store.add(document as PathDocument, {source, destination});
  } catch (error) {
    if (error instanceof OvdiagError) return null;
    throw error;
  }
}

/** Adds to each pair of hosts that is not alike the walk of a frame to an endpoint that is at fault. */
export async function withWalks(
  {reader, store}: Omit<Reach, 'hosts'>,
  reach: HostReach,
  networks: readonly NetworkReach[],
): Promise<HostReach> {
  const pairs: HostReach['pairs'] = [];
  for (const pair of reach.pairs) {
    const isOpen = pair.state === 'fault' || pair.state === 'unknown';
    pairs.push(isOpen ? {...pair, walk: await walkOf(pair)} : pair);
  }
  return {...reach, pairs};

  async function walkOf({host, faults}: HostReach['pairs'][number]): Promise<number | null> {
    for (const {network, address} of faults) {
      const on = networks.find((one) => one.network === network);
      const source = on?.ends.findIndex((end) => end.host === host) ?? -1;
      const end = on?.ends[source];
      if (!on || !end || address === null) continue;
      const destination = on.ends.findIndex((other) => other.address === address);
      const known = on.cells[source]?.[destination];
      if (known !== undefined && known !== null) return known;
      const number = await walked(reader, store, end, {typed: address}, network);
      if (number !== null) return number;
    }
    return null;
  }
}
