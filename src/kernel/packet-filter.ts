/** Every packet filter of one namespace together: both back ends of iptables, and what nftables has beside them. */
import type {Link} from '../model/facts.js';
import type {NetnsTables} from '../model/netns-tables.js';
import {rulesKnown, rulesKnown6} from '../model/rules/known.js';
import {besideIptables, isOfIptables, tableOf} from '../model/rules/questions.js';
import {type ActionName, hookedChains, type RuleChain, type Ruleset} from '../model/rules/rule.js';
import {type FilteredPacket, familyOf, type Hook} from './netfilter.js';
import {chainLine, ruleLine} from './printed-rule.js';
import {type Filtering, filterPacket, isNamed, type MetRule, rulesMet} from './rule-walk.js';

export interface PacketFilter {
  /** Those of iptables, and of nftables beside them: all are walked. */
  rulesets: Ruleset[];
  /** Chains of nftables beside those of iptables. */
  foreign: RuleChain[];
  /** Whether nft was asked for those and did not tell them. */
  unread: boolean;
  /** Whether ip6tables-save was not read. */
  unread6: boolean;
  /** Devices that frames of a device pass as well: those below a bond, a VLAN, a bridge. */
  below: (device: string) => ReadonlySet<string>;
}

export interface Decision extends Filtering {
  /** What decides, or hides what decides, as the source prints it. */
  evidence: string[];
}

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
      below: (device) => devicesBelow(tables.links ?? [], device),
    }
  );
}

/** The tables of nftables that see packets of IP and are not those of iptables, which are read from iptables itself. */
function nativeOf({nftables}: NetnsTables): Ruleset[] {
  if (!nftables) return [];
  const tables = nftables.tables.filter(
    ({family, name}) => ['inet', 'ip', 'ip6', 'netdev'].includes(family) && !isOfIptables(family, name),
  );
  return tables.length === 0 ? [] : [{program: 'nft', tables, hooked: hookedChains(tables)}];
}

/** Enough for a VLAN on a bond of cards. */
const mostLevels = 4;

function devicesBelow(links: readonly Link[], device: string): Set<string> {
  const found = new Set<string>();
  let level = [device];
  for (let depth = 0; depth < mostLevels && level.length > 0; depth++) {
    level = level
      .flatMap((name) => {
        const own = links.find((link) => link.name === name);
        // Ports of Open vSwitch are all of one device, whichever bridge they are in.
        const isSwitch = own?.kind === 'openvswitch';
        return links.filter(
          (link) =>
            link.master === name ||
            (isSwitch && link.master === 'ovs-system') ||
            (own?.iflink === link.ifindex && own.linkNetnsid === undefined),
        );
      })
      .flatMap(({name}) => (name === device || found.has(name) ? [] : [name]));
    for (const name of level) found.add(name);
  }
  return found;
}

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
  {rulesets, foreign, unread, unread6, below}: PacketFilter,
  way: Hook,
  packet: FilteredPacket,
): Decision {
  const {verdict, by, translatedBy} = filterPacket(rulesets, way, packet);
  const beside = unwalked(foreign, below, way, packet);
  // One of them may have marked it, by which others tell packets apart.
  const marking = verdict === 'accept' ? undefined : beside.find(mayMark);
  if (marking) return {verdict: 'unknown', by: marking, evidence: [chainLine(marking)]};
  if (verdict !== 'accept') return {verdict, ...(by ? {by} : {}), evidence: by ? [ruleLine(by)] : []};
  // It goes elsewhere than was asked, or seems to come from elsewhere.
  if (translatedBy) return {verdict: 'unknown', by: translatedBy, evidence: [ruleLine(translatedBy)]};
  if (unread6 && familyOf(packet) === 'ip6') return {verdict: 'unknown', evidence: [unread6Text]};
  if (unread) return {verdict: 'unknown', evidence: [unreadText]};
  if (beside.length === 0) return {verdict: 'accept', evidence: []};
  return {verdict: 'unknown', evidence: beside.map(chainLine)};
}

const hooksAtDevice: Record<Hook, readonly string[]> = {
  INPUT: ['ingress'],
  OUTPUT: ['egress'],
  FORWARD: ['ingress', 'egress'],
};

/**
 * Chains at devices that may see a packet and were not walked: all on its way where it may be no frame of the interface that is
 * named, else those of devices below that one, to which a frame may look otherwise, with the tag of a VLAN.
 */
function unwalked(
  foreign: readonly RuleChain[],
  below: PacketFilter['below'],
  way: Hook,
  {framed, inInterface, outInterface}: FilteredPacket,
): RuleChain[] {
  const chains = foreign.filter(({base}) => base && hooksAtDevice[way].includes(base.hook));
  if (!framed || chains.length === 0) return chains;
  const lower = (device: string | undefined) => (device === undefined ? [] : [...below(device)]);
  const devices = {ingress: lower(inInterface), egress: lower(outInterface)};
  return chains.filter(({base}) =>
    base?.devices?.some((name) =>
      devices[base.hook === 'ingress' ? 'ingress' : 'egress'].some((one) => isNamed(one, name)),
    ),
  );
}

const passing: ReadonlySet<ActionName> = new Set<ActionName>(['accept', 'drop', 'reject', 'return', 'pass']);

/** Whether a chain has a rule that does something else than to decide. */
const mayMark = ({rules}: RuleChain): boolean =>
  rules.some(({statements}) => statements.some((one) => 'action' in one && !passing.has(one.action)));

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
