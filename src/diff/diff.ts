import type {HostModel} from '../model/host.js';
import {compareShelves, kindOrder} from './compare.js';
import {findFollowers} from './follow.js';
import {ownShelves} from './host-things.js';
import {type HostPair, matchHosts} from './match-hosts.js';
import {comparedNamespaces, namespaceShelf, tableShelves} from './namespace-things.js';
import {gossipShelves, localNetworkShelves, swarmNetworkShelves} from './network-things.js';
import {type HostSide, joined, type Side, type SideHost, sideOf} from './side.js';
import {swarmShelves} from './swarm-things.js';
import type {Difference, NotCompared, Shelf} from './types.js';

export interface Diff {
  pairs: HostPair[];
  /** By host, place and kind; each that comes with another names it. */
  differences: Difference[];
  notCompared: NotCompared[];
}

/**
 * What differs between two snapshots, in the hosts that are in both. Pure.
 *
 * @param anew gives the model of a host once more, so that what is parsed to compare its tables can be let go: of
 * hundreds of hosts all of it together would not fit
 */
export function diffSnapshots(
  before: HostModel[],
  after: HostModel[],
  anew: (host: HostModel) => HostModel = (host) => host,
): Diff {
  const {pairs, onlyBefore, onlyAfter} = matchHosts(before, after);
  const sidesOf = (hosts: HostModel[], which: 'before' | 'after') =>
    sideOf(
      pairs.map((pair) => ({
        label: pair.label,
        host: pair[which],
        told: [pair.before, pair.after].every(({docker}) => docker?.read.networks === true),
      })),
      hosts,
    );
  const [first, second] = [sidesOf(before, 'before'), sidesOf(after, 'after')];
  const all = compareShelves(sharedShelves(first), sharedShelves(second));
  // Host by host, as the things of one are many.
  const shelvesOf = (side: Side, one: SideHost | undefined) =>
    one ? hostShelves(side, joined({...one, host: anew(one.host)})) : [];
  const each = first.hosts.map((host, index) =>
    compareShelves(shelvesOf(first, host), shelvesOf(second, second.hosts[index])),
  );
  const differences = [all, ...each].flatMap((comparison) => comparison.differences);
  const notCompared = [all, ...each].flatMap((comparison) => comparison.notCompared);
  const places = new Map<string, number>();
  for (const {label} of pairs) places.set(label, places.size + 1);
  const rank = ({place, kind}: Difference) =>
    [places.get(place.host ?? '') ?? 0, place.title, kindOrder.indexOf(kind)] as const;
  const sorted = differences
    .map((difference, index) => ({difference, index, rank: rank(difference)}))
    .sort(
      (a, b) =>
        a.rank[0] - b.rank[0] ||
        (a.rank[1] < b.rank[1] ? -1 : a.rank[1] > b.rank[1] ? 1 : 0) ||
        a.rank[2] - b.rank[2] ||
        a.index - b.index,
    )
    .map(({difference}) => difference);
  return {
    pairs,
    differences: findFollowers(sorted),
    notCompared: [
      ...onlyBefore.map(({name}) => lonely(name, 'first')),
      ...onlyAfter.map(({name}) => lonely(name, 'second')),
      ...notCompared,
    ],
  };
}

function lonely(host: string, there: 'first' | 'second'): NotCompared {
  const missingIn = there === 'first' ? 'second' : 'first';
  return {host, place: 'host', kinds: [], missingIn, reason: `the host is only in the ${there}`};
}

/** What the hosts tell together, of the swarm and its networks. */
function sharedShelves(side: Side): Shelf[] {
  return [...swarmShelves(side), ...swarmNetworkShelves(side)];
}

function hostShelves(side: Side, host: HostSide): Shelf[] {
  const namespaces = comparedNamespaces(host);
  return [
    ...ownShelves(host),
    ...localNetworkShelves(host),
    ...gossipShelves(host),
    namespaceShelf(host, namespaces),
    ...namespaces.flatMap((namespace) => tableShelves(side, host, namespace)),
  ];
}
