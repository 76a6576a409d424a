/** Every packet filter of one namespace together: both back ends of iptables, and what nftables has beside them. */
import type {NftHook} from '../model/netfilter.js';
import type {NetnsTables} from '../model/netns-tables.js';
import {
  type FilteredPacket,
  type Filtering,
  filterPacket,
  type Hook,
  type MetRule,
  type RuleBook,
  ruleBook,
  rulesMet,
} from './netfilter.js';

export interface PacketFilter {
  books: {backend: 'legacy' | 'nft'; book: RuleBook}[];
  /** Chains of nftables beside those of iptables, which are not walked. */
  foreign: NftHook[];
  /** Whether nft was asked for those and did not tell them. */
  unread: boolean;
}

export interface Decision extends Filtering {
  /** Which of iptables' back ends holds the rule. */
  backend?: 'legacy' | 'nft';
  /** What decides, or hides what decides, as the source prints it. */
  evidence: string[];
}

/** Hooks of nftables that an IPv4 packet passes on its way through one of the three (netfilter.h NF_INET_*, NF_NETDEV_*). */
const nftHooksAt: Record<Hook, string[]> = {
  INPUT: ['ingress', 'prerouting', 'input'],
  OUTPUT: ['output', 'postrouting', 'egress'],
  FORWARD: ['ingress', 'prerouting', 'forward', 'postrouting', 'egress'],
};

/** Reads the rules of a namespace once, for many packets; undefined where they were not read. */
export function packetFilter(tables: NetnsTables): PacketFilter | undefined {
  return (
    tables.netfilter && {
      books: tables.netfilter.map(({backend, rules}) => ({backend, book: ruleBook(rules)})),
      foreign: foreignOf(tables),
      unread: isUnread(tables),
    }
  );
}

function foreignOf({nftHooks}: NetnsTables): NftHook[] {
  return (nftHooks ?? []).filter(({table}) => !/^(bridge|arp) /.test(table));
}

const unreadText = 'nft list ruleset: it failed, was not read whole, or there is no nft';

function isUnread({failed}: NetnsTables): boolean {
  return failed?.has('nft') ?? false;
}

/** One filter that drops is enough, whatever is not known of the others. */
export function decide({books, foreign, unread}: PacketFilter, hook: Hook, packet: FilteredPacket): Decision {
  const decisions = books
    .map(({backend, book}): Decision => {
      const filtering = filterPacket(book, hook, packet);
      return {...filtering, backend, evidence: [`iptables-${backend}: ${filtering.rule ?? ''}`]};
    })
    .filter(({verdict}) => verdict !== 'accept');
  const decisive = decisions.find(({verdict}) => verdict === 'drop') ?? decisions[0];
  if (decisive) return decisive;
  if (unread) return {verdict: 'unknown', evidence: [unreadText]};
  const beside = foreign.filter(({hook: own}) => nftHooksAt[hook].includes(own));
  if (beside.length === 0) return {verdict: 'accept', evidence: []};
  return {verdict: 'unknown', evidence: beside.map(({table, chain}) => `nft ${table} ${chain}`)};
}

/** The rules with one of these targets that a packet meets in a chain, over both back ends; undefined where none was read. */
export function metIn(
  {netfilter}: NetnsTables,
  place: {table: string; chain: string; targets: readonly string[]},
  packet: FilteredPacket,
): MetRule[] | undefined {
  const targets = new Set(place.targets);
  return netfilter?.flatMap(({backend, rules}) =>
    rulesMet(ruleBook(rules), {...place, targets}, packet).map((rule) => ({
      ...rule,
      text: `iptables-${backend}: ${place.table}: ${rule.text}`,
    })),
  );
}

/** Chains of nftables that could do what a missing rule of iptables would have done. */
export function foreignChains(tables: NetnsTables): string[] {
  return [
    ...foreignOf(tables).map(({table, chain}) => `nft ${table} ${chain}`),
    ...(isUnread(tables) ? [unreadText] : []),
  ];
}
