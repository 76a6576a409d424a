/** Every packet filter of one namespace together: both back ends of iptables, and what nftables has beside them. */
import type {NetnsTables} from '../model/netns-tables.js';
import {besideIptables, isOfIptables, tableOf} from '../model/rules/questions.js';
import {type ActionName, hookedChains, type RuleChain, type Ruleset} from '../model/rules/rule.js';
import type {FilteredPacket, Hook} from './netfilter.js';
import {chainLine, ruleLine} from './printed-rule.js';
import {type Filtering, filterPacket, type MetRule, rulesMet} from './rule-walk.js';

export interface PacketFilter {
  /** Those of iptables, and of nftables beside them: all are walked. */
  rulesets: Ruleset[];
  /** Chains of nftables beside those of iptables. */
  foreign: RuleChain[];
  /** Whether nft was asked for those and did not tell them. */
  unread: boolean;
}

export interface Decision extends Filtering {
  /** What decides, or hides what decides, as the source prints it. */
  evidence: string[];
}

/** Hooks of nftables that an IPv4 packet passes on its way through one of the three (netfilter.h NF_INET_*, NF_NETDEV_*). */
const nftHooksAt: Record<Hook, string[]> = {
  INPUT: ['ingress', 'prerouting', 'input'],
  OUTPUT: ['output', 'postrouting', 'egress'],
  FORWARD: ['ingress', 'prerouting', 'forward', 'postrouting', 'egress'],
};

/** The rules of a namespace; undefined where they were not read. */
export function packetFilter(tables: NetnsTables): PacketFilter | undefined {
  return (
    tables.netfilter && {
      rulesets: [...tables.netfilter, ...nativeOf(tables)],
      foreign: foreignOf(tables),
      unread: isUnread(tables),
    }
  );
}

/** The tables of nftables that see IPv4 packets and are not those of iptables, which are read from iptables itself. */
function nativeOf({nftables}: NetnsTables): Ruleset[] {
  if (!nftables) return [];
  const tables = nftables.tables.filter(
    ({family, name}) => (family === 'inet' || family === 'ip') && !isOfIptables(family, name),
  );
  return tables.length === 0 ? [] : [{program: 'nft', tables, hooked: hookedChains(tables)}];
}

/** Hooks before and after those of IP, at a device: their chains are not walked. */
const atDevice: ReadonlySet<string> = new Set(['ingress', 'egress']);

/** Those of the families `bridge` and `arp` see no packet that is routed. */
function foreignOf({nftables}: NetnsTables): RuleChain[] {
  return besideIptables(nftables).filter(({family}) => family !== 'bridge' && family !== 'arp');
}

const unreadText = 'nft list ruleset: it failed, was not read whole, or there is no nft';

function isUnread({failed}: NetnsTables): boolean {
  return failed?.has('nft') ?? false;
}

/** One filter that drops is enough, whatever is not known of the others. */
export function decide(
  {rulesets, foreign, unread}: PacketFilter,
  way: Hook,
  packet: FilteredPacket,
): Decision {
  const decisions = rulesets
    .map((ruleset) => filterPacket(ruleset, way, packet))
    .filter(({verdict}) => verdict !== 'accept');
  const decisive = decisions.find(({verdict}) => verdict === 'drop') ?? decisions[0];
  if (decisive) return {...decisive, evidence: decisive.by ? [ruleLine(decisive.by)] : []};
  if (unread) return {verdict: 'unknown', evidence: [unreadText]};
  const beside = foreign.filter(
    ({base}) => base && atDevice.has(base.hook) && nftHooksAt[way].includes(base.hook),
  );
  if (beside.length === 0) return {verdict: 'accept', evidence: []};
  return {verdict: 'unknown', evidence: beside.map(chainLine)};
}

/** The rules with one of these actions that a packet meets in a chain, over both back ends; undefined where none was read. */
export function metIn(
  {netfilter}: NetnsTables,
  {table, chain, actions}: {table: string; chain: string; actions: readonly ActionName[]},
  packet: FilteredPacket,
): MetRule[] | undefined {
  return netfilter?.flatMap((ruleset) => rulesMet(tableOf(ruleset, table), {chain, actions}, packet));
}

/** Chains of nftables that could do what a missing rule of iptables would have done. */
export function foreignChains(tables: NetnsTables): string[] {
  return [...foreignOf(tables).map(chainLine), ...(isUnread(tables) ? [unreadText] : [])];
}
