/** Every packet filter of one namespace together: both back ends of iptables, and what nftables has beside them. */
import type {NetnsTables} from '../model/netns-tables.js';
import {rulesKnown, rulesKnown6} from '../model/rules/known.js';
import {besideIptables, isOfIptables, tableOf} from '../model/rules/questions.js';
import {type ActionName, hookedChains, type RuleChain, type Ruleset} from '../model/rules/rule.js';
import {type FilteredPacket, familyOf, type Hook} from './netfilter.js';
import {chainLine, ruleLine} from './printed-rule.js';
import {type Filtering, filterPacket, type MetRule, rulesMet} from './rule-walk.js';

export interface PacketFilter {
  /** Those of iptables, and of nftables beside them: all are walked. */
  rulesets: Ruleset[];
  /** Chains of nftables beside those of iptables. */
  foreign: RuleChain[];
  /** Whether nft was asked for those and did not tell them. */
  unread: boolean;
  /** Whether ip6tables-save was not read. */
  unread6: boolean;
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

/** The rules of a namespace, some perhaps with matches that are not known; undefined where they were not read. */
export function packetFilter(tables: NetnsTables): PacketFilter | undefined {
  const saved = rulesKnown(tables);
  const saved6 = rulesKnown6(tables);
  return (
    saved && {
      rulesets: [...saved, ...(saved6 ?? []), ...nativeOf(tables)],
      foreign: foreignOf(tables),
      unread: isUnread(tables),
      unread6: saved6 === undefined,
    }
  );
}

/** The tables of nftables that see packets of IP and are not those of iptables, which are read from iptables itself. */
function nativeOf({nftables}: NetnsTables): Ruleset[] {
  if (!nftables) return [];
  const tables = nftables.tables.filter(
    ({family, name}) => ['inet', 'ip', 'ip6'].includes(family) && !isOfIptables(family, name),
  );
  return tables.length === 0 ? [] : [{program: 'nft', tables, hooked: hookedChains(tables)}];
}

/** Hooks before and after those of IP, at a device: their chains are not walked. */
const atDevice: ReadonlySet<string> = new Set(['ingress', 'egress']);

/** Those of the families `bridge` and `arp` see no packet that is routed. */
function foreignOf({nftables}: NetnsTables): RuleChain[] {
  return besideIptables(nftables).filter(({family}) => family !== 'bridge' && family !== 'arp');
}

const unread6Text = 'ip6tables-save: it failed, was not read whole, or was not asked';

const unreadText = 'nft list ruleset: it failed, was not read whole, or there is no nft';

function isUnread({failed}: NetnsTables): boolean {
  return failed?.has('nft') ?? false;
}

/** One filter that drops is enough, whatever is not known of the others. */
export function decide(
  {rulesets, foreign, unread, unread6}: PacketFilter,
  way: Hook,
  packet: FilteredPacket,
): Decision {
  const {verdict, by, translatedBy} = filterPacket(rulesets, way, packet);
  if (verdict !== 'accept') return {verdict, ...(by ? {by} : {}), evidence: by ? [ruleLine(by)] : []};
  // It goes elsewhere than was asked, or seems to come from elsewhere.
  if (translatedBy) return {verdict: 'unknown', by: translatedBy, evidence: [ruleLine(translatedBy)]};
  if (unread6 && familyOf(packet) === 'ip6') return {verdict: 'unknown', evidence: [unread6Text]};
  if (unread) return {verdict: 'unknown', evidence: [unreadText]};
  const beside = foreign.filter(
    ({base}) => base && atDevice.has(base.hook) && nftHooksAt[way].includes(base.hook),
  );
  if (beside.length === 0) return {verdict: 'accept', evidence: []};
  return {verdict: 'unknown', evidence: beside.map(chainLine)};
}

/**
 * The rules with one of these actions that a packet meets in a chain, or may meet, over both back ends; undefined where none was
 * read.
 */
export function metIn(
  tables: NetnsTables,
  {table, chain, actions}: {table: string; chain: string; actions: readonly ActionName[]},
  packet: FilteredPacket,
): MetRule[] | undefined {
  return rulesKnown(tables)?.flatMap((ruleset) =>
    rulesMet(tableOf(ruleset, table), {chain, actions}, packet),
  );
}

/** Chains of nftables that could do what a missing rule of iptables would have done. */
export function foreignChains(tables: NetnsTables): string[] {
  return [...foreignOf(tables).map(chainLine), ...(isUnread(tables) ? [unreadText] : [])];
}
