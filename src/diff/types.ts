import type {NetnsTables} from '../model/netns-tables.js';
import type {Sandbox} from '../topology/sandboxes.js';

/** What can be compared between two snapshots. More kinds may come. */
export type ItemKind =
  | 'host'
  | 'node'
  | 'service'
  | 'task'
  | 'network'
  | 'container'
  | 'endpoint'
  | 'gossip'
  | 'namespace'
  | 'link'
  | 'address'
  | 'route'
  | 'routing-rule'
  | 'fdb-row'
  | 'neighbour'
  | 'ipvs'
  | 'netfilter-rule'
  | 'netfilter-order'
  | 'xfrm-state'
  | 'xfrm-policy'
  | 'sysctl';

/** Where an item is: a namespace of a host, a container, a network of the whole swarm. */
export interface ItemPlace {
  /** The same place has the same key in both snapshots. */
  key: string;
  /** Absent for what is of the swarm as a whole. */
  host?: string;
  /** In words: `overlay uber-net`, `container web1`, `host`. */
  title: string;
  /** Name of the network that it is of, where it is of one. */
  network?: string;
}

/** One item of a snapshot, as it can be compared with the same one in another. */
export interface Item {
  /** Who it is within its place and kind. */
  key: string;
  /**
   * A wider identity: where exactly one item of a slot vanished and one appeared, it is one item that changed (the
   * FDB entry of a MAC that now names another VTEP, the task that took the place of another).
   */
  slot?: string;
  /** In words, without its place: `FDB entry for web2`. */
  name: string;
  /** What is told with its name where it appears or vanishes: `02:42:0a:00:01:09 → 192.168.1.5`. */
  detail?: string;
  /** Both in other words, where finding them is dear: only what differs is asked. */
  words?: () => {name: string; detail?: string};
  /** What may change: fact in words → value as it is shown. A fact that only one side tells is not compared. */
  facts: Record<string, string>;
  /** The part of its list that it is in: see `reworded`. */
  part?: string;
  /** What it is about, for finding what follows from what: tokens such as `mac:NETWORK/MAC`. */
  about?: string[];
  /** What its own coming, going or change explains; same kind of tokens. */
  explains?: string[];
}

/** All items of one kind in one place. */
export interface ItemList {
  place: ItemPlace;
  kind: ItemKind;
  items: Item[];
  /** Whether the source was read: `part` is a table of which some rows are missing, so that absence proves nothing. */
  read: 'whole' | 'part' | 'no';
  /** Whether an item of this key would be here if it existed; absent where all would. */
  asked?: (key: string) => boolean;
  /** Parts whose items are told in other words than usual: they are compared only with what is told in the same. */
  reworded?: ReadonlySet<string>;
  /** What of its items is not told, in words, where some of them may differ without a sign. */
  hidden?: string;
}

export interface FactChange {
  fact: string;
  before: string;
  after: string;
}

export interface Difference {
  change: 'appeared' | 'vanished' | 'changed';
  kind: ItemKind;
  place: ItemPlace;
  name: string;
  detail?: string;
  /** Of a change: what of it. */
  facts: FactChange[];
  about: string[];
  explains: string[];
  /** Index of the difference that this one comes with, in the same list. */
  follows?: number;
}

/** What could not be compared, and why. */
export interface NotCompared {
  host?: string;
  place: string;
  kinds: ItemKind[];
  /** In which snapshot it is missing. What is in neither was not asked for, or has its own problem. */
  missingIn: 'first' | 'second' | 'both';
  reason: string;
}

/** How the two readings of a host were found to be of one host; all but `identity` are softer. */
export type HostMatch = 'identity' | 'node-id' | 'engine-id' | 'boot-id' | 'name' | 'source';

/** What is compared of one network namespace, by what it belongs to and not by the file it happens to have. */
export interface ComparedNamespace {
  place: ItemPlace;
  sandbox?: Sandbox;
  tables: NetnsTables | undefined;
  /** File name in the namespace directory, or `@host`. */
  netns: string;
  inode: number | undefined;
}
