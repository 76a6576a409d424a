import type {HostModel} from '../model/host.js';
import {compareShelves, kindOrder} from './compare.js';
import {findFollowers} from './follow.js';
import {hostShelves} from './host-things.js';
import {type HostPair, matchHosts} from './match-hosts.js';
import {comparedNamespaces, namespaceShelf, tableShelves} from './namespace-things.js';
import {networkShelves} from './network-things.js';
import {type Side, sideOf} from './side.js';
import {swarmShelves} from './swarm-things.js';
import type {Difference, NotCompared, Shelf} from './types.js';

export interface Diff {
  pairs: HostPair[];
  /** By host, place and kind; each that comes with another names it. */
  differences: Difference[];
  notCompared: NotCompared[];
}

/** What differs between two snapshots, in the hosts that are in both. Pure. */
export function diffSnapshots(before: HostModel[], after: HostModel[]): Diff {
  const {pairs, onlyBefore, onlyAfter} = matchHosts(before, after);
  const shelvesOf = (hosts: HostModel[], which: 'before' | 'after') =>
    allShelves(
      sideOf(
        pairs.map((pair) => ({
          label: pair.label,
          host: pair[which],
          told: [pair.before, pair.after].every(({docker}) => docker?.read.networks === true),
        })),
        hosts,
      ),
    );
  const {differences, notCompared} = compareShelves(shelvesOf(before, 'before'), shelvesOf(after, 'after'));
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

function allShelves(side: Side): Shelf[] {
  return [
    ...swarmShelves(side),
    ...networkShelves(side),
    ...side.hosts.flatMap((host) => {
      const namespaces = comparedNamespaces(host);
      return [
        ...hostShelves(host),
        namespaceShelf(host, namespaces),
        ...namespaces.flatMap((namespace) => tableShelves(side, host, namespace)),
      ];
    }),
  ];
}
