import type {HostModel} from '../model/host.js';
import {compareLists, kindOrder} from './compare.js';
import {findFollowers} from './follow.js';
import {ownLists} from './host-items.js';
import {type HostPair, matchHosts} from './match-hosts.js';
import {comparedNamespaces, namespaceList, tableLists} from './namespace-items.js';
import {gossipLists, localNetworkLists, swarmNetworkLists} from './network-items.js';
import {type ComparedHost, type Side, sideOf} from './side.js';
import {swarmLists} from './swarm-items.js';
import type {Difference, ItemList, NotCompared} from './types.js';

export interface Diff {
  pairs: HostPair[];
  /** By host, place and kind; each that comes with another names it. */
  differences: Difference[];
  notCompared: NotCompared[];
}

/** A comparison under way: host by host, as the tables of hundreds of hosts together would not fit. */
export interface Comparing {
  pairs: HostPair[];
  /** What is the hosts' own: of a pair, given by its two models with all their tables. */
  compare(pair: HostPair, before: HostModel, after: HostModel): void;
  /** When all pairs have been compared. */
  end(): Diff;
}

/** What differs between two snapshots, in the hosts that are in both. Pure. */
export function diffSnapshots(before: HostModel[], after: HostModel[]): Diff {
  const comparing = beginDiff(before, after);
  for (const pair of comparing.pairs) comparing.compare(pair, pair.before, pair.after);
  return comparing.end();
}

/** The same in steps. The models here may be outlines, where there are many. */
export function beginDiff(before: HostModel[], after: HostModel[]): Comparing {
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
  const comparisons = [compareLists(sharedLists(first), sharedLists(second))];
  const places = new Map(pairs.map(({label}, index) => [label, index + 1]));
  return {
    pairs,
    compare(pair, one, other) {
      const index = pairs.indexOf(pair);
      const listsOf = (side: Side, host: HostModel) => {
        const known = side.hosts[index];
        return known ? hostLists(side, {...known, host}) : [];
      };
      comparisons[index + 1] = compareLists(listsOf(first, one), listsOf(second, other));
    },
    end: () => ({
      pairs,
      differences: findFollowers(
        inOrder(
          comparisons.flatMap(({differences}) => differences),
          places,
        ),
      ),
      notCompared: [
        ...onlyBefore.map(({name}) => lonely(name, 'first')),
        ...onlyAfter.map(({name}) => lonely(name, 'second')),
        ...comparisons.flatMap(({notCompared}) => notCompared),
      ],
    }),
  };
}

function inOrder(differences: Difference[], places: ReadonlyMap<string, number>): Difference[] {
  const rank = ({place, kind}: Difference) =>
    [places.get(place.host ?? '') ?? 0, place.title, kindOrder.indexOf(kind)] as const;
  return differences
    .map((difference, index) => ({difference, index, rank: rank(difference)}))
    .sort(
      (a, b) =>
        a.rank[0] - b.rank[0] ||
        (a.rank[1] < b.rank[1] ? -1 : a.rank[1] > b.rank[1] ? 1 : 0) ||
        a.rank[2] - b.rank[2] ||
        a.index - b.index,
    )
    .map(({difference}) => difference);
}

function lonely(host: string, there: 'first' | 'second'): NotCompared {
  const missingIn = there === 'first' ? 'second' : 'first';
  return {host, place: 'host', kinds: [], missingIn, reason: `the host is only in the ${there}`};
}

/** What the hosts tell together, of the swarm and its networks. */
function sharedLists(side: Side): ItemList[] {
  return [...swarmLists(side), ...swarmNetworkLists(side)];
}

function hostLists(side: Side, host: ComparedHost): ItemList[] {
  const namespaces = comparedNamespaces(host);
  return [
    ...ownLists(host),
    ...localNetworkLists(host),
    ...gossipLists(host),
    namespaceList(host, namespaces),
    ...namespaces.flatMap((namespace) => tableLists(side, host, namespace)),
  ];
}
