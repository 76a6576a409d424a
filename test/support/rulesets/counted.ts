/** What the kernel itself says of rules: how many packets each has met. */
import type {PacketFilter} from '../../../src/kernel/packet-filter.js';
import {ruleText} from '../../../src/kernel/printed-rule.js';
import type {Rule, RuleChain} from '../../../src/model/rules/rule.js';
import {type Extra, type Extras, noExtras} from './extras.js';

function* counting({rulesets}: PacketFilter): Generator<Rule | RuleChain> {
  for (const {tables} of rulesets)
    for (const {chains} of tables)
      for (const chain of chains.values()) {
        yield chain;
        yield* chain.rules;
      }
}

/** Rules and policies with how many packets they have met since they were loaded; those without counters are not among them. */
export function metOf(filter: PacketFilter): Map<Rule | RuleChain, number> {
  const met = new Map<Rule | RuleChain, number>();
  for (const by of counting(filter)) if (by.counters) met.set(by, by.counters.packets);
  return met;
}

/**
 * Every construct of the grammar, by how a rule with it is printed: each has to meet packets in some of the rulesets. Matches that
 * hold at random are rare by intent, as nothing can be said of what they decide.
 */
const constructs: readonly (readonly [string, RegExp])[] = [
  ['iptables: interface', /^(.* )?-[io] /],
  ['iptables: address', /(^| )-[sd] /],
  ['iptables: port', / --[sd]port /],
  ['iptables: multiport', / --dports /],
  ['iptables: ICMP type', /--icmp(v6)?-type/],
  ['iptables: conntrack state', /--(ct)?state /],
  ['iptables: conntrack direction', /--ctdir /],
  ['iptables: conntrack status', /--ctstatus /],
  ['iptables: original address', /--ctorig/],
  ['iptables: mark', /-m mark /],
  ['iptables: connmark', /-m connmark /],
  ['iptables: address type', /-m addrtype /],
  ['iptables: packet type', /--pkt-type/],
  ['iptables: address range', /--src-range/],
  ['iptables: length', /--length/],
  ['iptables: TCP flags', /--tcp-flags|--syn/],
  ['iptables: VNI (u32)', /--u32/],
  ['iptables: IPsec policy', /--pol /],
  ['iptables: jump', /-j c\d/],
  ['iptables: goto', /-g c\d/],
  ['iptables: return', /-j RETURN/],
  ['iptables: reject', /-j REJECT/],
  ['iptables: drop', /-j DROP/],
  ['iptables: mark set', /-j MARK/],
  ['iptables: connmark set', /-j CONNMARK/],
  ['iptables: notrack', /-j (NOTRACK|CT)/],
  ['iptables: translation', /-j (DNAT|SNAT|MASQUERADE|REDIRECT)/],
  ['interface name', /[io]ifname (!= )?"/],
  ['interface index', /(^| )iif (!= )?"/],
  ['interface group', /iifgroup/],
  ['address', /\bip6? [sd]addr (!= )?[\da-f]/],
  ['anonymous set', /\{ [^:]*, .*\}/],
  ['named set', /@(hosts|nets|hosts6|ports|links|marks|pairs|ways)\b/],
  ['interval', /\d-\d|\/\d/],
  ['set with timeouts', /@bans/],
  ['concatenation', / \. /],
  ['port', /\b(udp|tcp|th) [sd]port/],
  ['comparison', / [<>]=? /],
  ['protocol', /l4proto|nexthdr|ip protocol/],
  ['family', /nfproto/],
  ['header field', /ip6? (ttl|hoplimit|dscp|length|version|frag-off)/],
  ['Ethernet address', /ether saddr/],
  ['ICMP type', /icmp(v6)? type/],
  ['conntrack state', /ct state/],
  ['conntrack status', /ct status/],
  ['conntrack direction', /ct direction/],
  ['original address', /ct original ip/],
  ['connection mark', /ct mark/],
  ['mark', /meta mark (?!set)/],
  ['mark set', /meta mark set/],
  ['address type', /fib daddr type/],
  ['reverse path', /fib saddr/],
  ['packet type', /pkttype/],
  ['TCP flags', /tcp flags/],
  ['raw payload', /@th,/],
  ['verdict map', / vmap \{/],
  ['named verdict map', / vmap @/],
  ['jump', /(^| )jump /],
  ['goto', /(^| )goto /],
  ['return', /(^| )return$/],
  ['drop', /(^| )drop$/],
  ['reject', /(^| )reject/],
  ['notrack', /(^| )notrack/],
  ['translation', /(^| )([sd]nat|masquerade|redirect)\b/],
  ['update of a set', /(add|update) @seen/],
];

/** Those that a ruleset has only where they are asked for. */
const extraConstructs: readonly (readonly [name: string, form: RegExp, of: Extra])[] = [
  ['flowtable', /(^| )flow add/, 'flowtables'],
  ['IPsec on the way in', /meta ipsec/, 'ipsec'],
  ['IPsec on the way out', /rt ipsec/, 'ipsec'],
  // Without a packet under IPsec none of these is met.
  ['under IPsec on the way in', /meta ipsec exists/, 'esp'],
  ['under IPsec on the way out', /rt ipsec exists/, 'esp'],
  ['iptables: under IPsec', /--pol ipsec/, 'esp'],
  ['iptables: form of IPsec', /--pol ipsec --/, 'esp'],
  ['IPsec state', /ipsec (in|out) reqid/, 'esp'],
];

/** Not told by the text of a rule. */
const atDevice = 'chain at a device';

/** Constructs that met packets in less than one of a hundred rulesets. */
export function rareIn(
  {met, rulesets}: {met: ReadonlyMap<string, number>; rulesets: number},
  also: Extras = noExtras,
): string[] {
  const asked = extraConstructs.filter(([, , of]) => also.has(of));
  return [...[...constructs, ...asked].map(([name]) => name), atDevice].filter(
    (name) => (met.get(name) ?? 0) < rulesets / 100,
  );
}

/** The constructs of rules that met a packet, each once. */
export function constructsIn(met: ReadonlyMap<Rule | RuleChain, number>): Set<string> {
  const found = new Set<string>();
  for (const [by, packets] of met) {
    if (packets === 0 || !('statements' in by)) continue;
    const isNative = by.chain.program === 'nft';
    const text = ruleText(by);
    if (by.chain.family === 'netdev') found.add(atDevice);
    for (const [name, form] of [...constructs, ...extraConstructs])
      if (isNative !== name.startsWith('iptables: ') && form.test(text)) found.add(name);
  }
  return found;
}
