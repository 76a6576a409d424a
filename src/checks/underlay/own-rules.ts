/** What this host's own packet filter does to the packets that its swarm needs, told once for all that meet one rule. */

import {address, type Command, line, nested, plain, sh} from '../../base/command.js';
import {ipVersion} from '../../base/ip-version.js';
import {ipv4Number} from '../../base/ipv4.js';
import {inSubnet, ipv4Prefix} from '../../base/subnet.js';
import {type Advice, type Fix, fixBy, look, noFix} from '../../findings/advice.js';
import type {FilteredPacket, Hook} from '../../kernel/netfilter.js';
import {type Decision, decide, type PacketFilter} from '../../kernel/packet-filter.js';
import {chainOf, countedLine} from '../../kernel/printed-rule.js';
import {makerOf} from '../../kernel/rule-maker.js';
import {isOfIptables, rulesOf} from '../../model/rules/questions.js';
import type {Rule, RuleAction, RuleChain, RuleMatch} from '../../model/rules/rule.js';
import type {KnownHost} from '../../topology/known-host.js';
import {distinct, listed} from '../words.js';
import {type Accepted, managersFix} from './firewall-managers.js';

/** Packets of one kind between this host and others, which the rules can't tell apart. */
export interface Flow {
  /** `UDP 4789`. */
  what: string;
  hook: 'INPUT' | 'OUTPUT';
  /** The others' addresses. */
  peers: string[];
  /** Network whose packets they are, where that matters to the rules. */
  network?: {id: string; name: string};
  /** Forms that such a packet may have: the flow is cut off only where all of them are dropped. */
  packets: FilteredPacket[];
}

/** Flows that one rule cuts off, or perhaps does. */
export interface Judged {
  verdict: 'drop' | 'unknown';
  hook: 'INPUT' | 'OUTPUT';
  flows: Flow[];
  decision: Decision;
}

/** Flows by the rule that cuts them off; those that pass are left out. */
export function judgeFlows(filter: PacketFilter, flows: Flow[]): Judged[] {
  const byRule = new Map<string, Judged>();
  for (const flow of flows) {
    const decisions = flow.packets.map((packet) => decide(filter, flow.hook as Hook, packet));
    const decision = decisions.find(({verdict}) => verdict !== 'accept');
    if (!decision) continue;
    const verdict = decisions.every((one) => one.verdict === 'drop') ? 'drop' : 'unknown';
    const key = JSON.stringify([verdict, flow.hook, decision.evidence]);
    const judged = byRule.get(key);
    if (judged) judged.flows.push(flow);
    else byRule.set(key, {verdict, hook: flow.hook, flows: [flow], decision});
  }
  return [...byRule.values()];
}

/**
 * How a packet from another node comes in, as rules see it. Its device is known only where answers leave by the very link
 * that has the address: one on the loopback or on a second uplink is reached by whichever link the routers choose. Where
 * no link has the address, it is that of a router which translates, and rules see another.
 */
export function arrivalAt(
  host: KnownHost,
  address: string,
  peer: string,
): Pick<FilteredPacket, 'dst' | 'inInterface' | 'framed'> {
  const links = host.model.host?.links;
  if (!links) return {dst: address};
  const link = links.find(({addresses}) => addresses?.some((own) => own.address === address));
  if (!link) return {dst: ''};
  const way = host.way(peer);
  const isBoth = way?.verdict === 'found' && way.route?.device === link.name;
  return {dst: address, ...(isBoth ? {inInterface: link.name, framed: true} : {})};
}

/**
 * Addresses that no rule of the host can tell apart are put together, because hosts may have a thousand peers and many
 * rules: one of each group is asked for all. What leaves by another link, or from another address, is told apart by that.
 */
export function alikeToRules(host: KnownHost, addresses: readonly string[]): string[][] {
  const prefixes = new Set(
    rulesOf(host.filter?.rulesets).flatMap(({statements}) =>
      statements.flatMap((statement) =>
        'match' in statement ? prefixesIn(statement) : casePrefixes(statement),
      ),
    ),
  );
  const told = addresses.map((text) => ({text, number: ipv4Number(text)}));
  // Most prefixes have none of the addresses, or all.
  const memberships = [...prefixes].map(membershipOf).filter((isIn) => told.some(isIn) && !told.every(isIn));
  const groups = new Map<string, string[]>();
  for (const one of told) {
    const {text: address} = one;
    const met = memberships.map((isIn) => (isIn(one) ? 1 : 0)).join('');
    const {verdict, route, source, selected} = host.way(address) ?? {};
    const key = JSON.stringify([met, verdict, route?.device, source, selected]);
    const group = groups.get(key);
    if (group) group.push(address);
    else groups.set(key, [address]);
  }
  return [...groups.values()];
}

/** Whether an address, given with its number where it is one of IPv4, lies in a prefix or is that address. */
function membershipOf(prefix: string): (address: {text: string; number: number | undefined}) => boolean {
  const four = ipv4Prefix(prefix);
  if (four) return ({number}) => number !== undefined && (number & four.mask) === four.base;
  const six = prefix.includes('/') ? prefix : `${prefix}/128`;
  return ({text}) => inSubnet(text, six);
}

/** The prefixes by which a match tells addresses apart, as an element of a set too. */
function prefixesIn(match: RuleMatch): string[] {
  if (match.match === 'any-of') return match.cases.flatMap((all) => all.flatMap(prefixesIn));
  return match.match === 'address' || match.match === 'original-address' ? match.prefixes : [];
}

function casePrefixes(action: RuleAction): string[] {
  return action.action === 'vmap' ? action.cases.flatMap(({match}) => prefixesIn(match)) : [];
}

/** Whose rule it is: `a rule of firewalld (zone public) on this host`, `a rule of this host`. */
export function whoseRule({by}: {by?: Rule | RuleChain | undefined}): string {
  const maker = by && makerOf(by);
  return maker === undefined ? 'a rule of this host' : `a rule of ${maker} on this host`;
}

/** The rule as the source prints it with its counters, where it is one of iptables'. */
export function ruleLines({evidence, by}: Decision): string[] {
  return by ? [countedLine(by)] : evidence;
}

/** How to let the packets pass: in the words of the program that writes the rules, else rules ahead of the one that drops. */
export function ruleAdvice({flows, hook, decision: {by}}: Judged, filter: PacketFilter | undefined): Advice {
  if (!by) return {check: look(line('nft list ruleset')), fix: noFix('not known: which rule drops them')};
  const kinds = distinct(flows.map((flow) => flow.what)).map((what) => {
    const [protocol = '', port = ''] = what.toLowerCase().split(' ');
    const peers = distinct(flows.filter((flow) => flow.what === what).flatMap((flow) => flow.peers));
    return {peers, protocol, port};
  });
  const [packet] = flows.flatMap(({packets}) => packets);
  return {
    check: chainCheck(by),
    fix: packet ? acceptFix(filter, by, {hook, packet, kinds}) : noFix('not known: which packets'),
  };
}

/** The chain of a rule, with the packets that each of its rules has met. */
export function chainCheck(by: Rule | RuleChain): Advice['check'] {
  const {program, family, table, name} = chainOf(by);
  return program === 'nft'
    ? look(sh`nft list chain ${plain(family)} ${plain(table)} ${plain(name)}`, 'the rule')
    : look(sh`${plain(program)} -t ${plain(table)} -vnL ${plain(name)}`, 'the packets of that rule');
}

/**
 * A rule that is made by hand is gone when a firewall manager loads its own rules again, so what is known of these programs
 * is typed in their own words.
 */
export function acceptFix(filter: PacketFilter | undefined, by: Rule | RuleChain, accepted: Accepted): Fix {
  return managersFix(filter, by, accepted) ?? fixAhead(by, acceptRules(accepted), 'these packets only');
}

/** Rules that accept, in the words of both programs: without what names a chain. */
export interface AcceptRules {
  iptables: readonly Command[];
  nft: readonly Command[];
}

/**
 * Accepts ahead of the rule that drops, at the head of its chain (nft(8), RULES: `insert`), with what takes it away again: a
 * rule of nftables is deleted by its handle, which only the kernel gives it.
 *
 * @param inside how a command is typed for the namespace that the rules are in; the host's own if left out
 */
export function fixAhead(
  by: Rule | RuleChain,
  rules: AcceptRules,
  what: string,
  inside: (command: Command) => Command = (command) => command,
): Fix {
  const {program, family, table, name} = chainOf(by);
  const affects = `${what}; a firewall manager that writes the rules must be changed too`;
  if (program === 'nft') {
    const before = sh`nft insert rule ${plain(family)} ${plain(table)} ${plain(name)}`;
    return fixBy({
      commands: rules.nft.map((rule) => inside(nested(before, rule))),
      affects: `${affects}${isOfIptables(family, table) ? `. iptables-save, and what stores its rules for the next boot, leaves out a table with such a rule` : ''}. To undo: nft -a list chain shows the handle of each rule, and nft delete rule takes it`,
    });
  }
  const typed = (verb: string) => {
    const before = sh`${plain(program)} -t ${plain(table)} ${line(verb)} ${plain(name)}`;
    return rules.iptables.map((rule) => inside(nested(before, rule)));
  };
  return fixBy({commands: typed('-I'), undo: typed('-D'), affects});
}

function acceptRules({hook, kinds}: Accepted): AcceptRules {
  const all = kinds.flatMap(({peers, ...kind}) => peers.map((peer) => ({...kind, peer})));
  const isIn = hook === 'INPUT';
  return {
    iptables: all.map(({peer, protocol, port}) => {
      const match =
        port === '' ? sh`-p ${plain(protocol)}` : sh`-p ${plain(protocol)} --dport ${plain(port)}`;
      const end = isIn ? sh`-s ${address(peer)} -j ACCEPT` : sh`-d ${address(peer)} -j ACCEPT`;
      return nested(match, end);
    }),
    nft: all.map(({peer, protocol, port}) => {
      const family = line(ipVersion(peer) === 6 ? 'ip6' : 'ip');
      const end = isIn ? sh`${family} saddr ${address(peer)}` : sh`${family} daddr ${address(peer)}`;
      const match =
        port === ''
          ? sh`meta l4proto ${plain(protocol)} accept`
          : sh`${plain(protocol)} dport ${plain(port)} accept`;
      return nested(end, match);
    }),
  };
}

/** A judgement in words. */
export interface FlowWords {
  /** `UDP 4789`, or several. */
  what: string;
  direction: 'in' | 'out';
  /** `from other nodes`, `to 192.0.2.1`. */
  peers: string;
  /** The addresses, where they are not all that this host knows. */
  only: string[];
  /** Names of the networks, where it is not all of them. */
  networks: string[];
  subject: string;
}

/** Says which flows a rule meets: all that this host has to `known.peers` peers of `known.networks` networks, or only some. */
export function flowWords({flows, hook}: Judged, known: {peers: number; networks: number}): FlowWords {
  const peers = distinct(flows.flatMap((flow) => flow.peers));
  const named = distinct(flows.flatMap(({network}) => network?.name ?? []));
  const only = peers.length < known.peers ? peers : [];
  const networks = named.length < known.networks ? named : [];
  const toward = hook === 'INPUT' ? 'from' : 'to';
  const words = {
    what: listed(distinct(flows.map(({what}) => what))),
    direction: hook === 'INPUT' ? ('in' as const) : ('out' as const),
    peers: `${toward} ${only.length > 0 ? listed(only) : 'other nodes'}`,
    only,
    networks,
  };
  const of = networks.length > 0 ? ` of ${listed(networks)}` : '';
  return {...words, subject: `${words.what}${of} ${words.peers}`};
}
