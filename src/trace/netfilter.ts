/**
 * What the host's own rules do to a packet, as far as they can be understood.
 *
 * Three-valued: a match that this program does not know makes the rule a "perhaps", both ways are followed, and
 * the verdict is known only if they end alike. Known: interface, address, protocol, port, ctstate, mark, addrtype,
 * comment, jumps and policies (iptables-extensions(8)), and the two forms by which Docker picks a VNI (moby
 * libnetwork/drivers/overlay/encryption.go: u32, bpf).
 */

import {inSubnet} from '../join/subnet.js';
import type {FilterRule} from '../model/netfilter.js';

export interface FilteredPacket {
  protocol: 'udp' | 'tcp' | 'icmp' | 'esp';
  src: string;
  dst: string;
  /** Absent where any port is possible. */
  dport?: number;
  sport?: number;
  icmpType?: number;
  /** What conntrack calls it; absent where that is not known. */
  ctState?: 'NEW' | 'ESTABLISHED';
  inInterface?: string;
  outInterface?: string;
  /** The address that MASQUERADE would give it: its own already, where that changes nothing. */
  masqueradeAs?: string;
  /** VNI of a VXLAN packet. */
  vni?: number;
  /** Whether it arrives or leaves under IPsec. */
  ipsec: boolean;
  /** Set where another source address changes nothing of what is asked: on the way out to the world. */
  sourceMayChange?: boolean;
  /** Whether the destination is an address of this host. */
  dstLocal: boolean;
}

export type FilterVerdict = 'accept' | 'drop' | 'unknown';

export interface Filtering {
  verdict: FilterVerdict;
  /** The rule that drops it, or the first that could not be understood. */
  rule?: string;
}

type Outcome = 'accept' | 'drop' | 'return';
type Match = 'yes' | 'no' | 'perhaps';

interface Run {
  chains: Map<string, FilterRule[]>;
  packet: FilteredPacket;
  dropRule?: string;
  oddRule?: string;
}

export type Hook = 'INPUT' | 'OUTPUT' | 'FORWARD';

/** The chains that can drop a packet at each hook, in the kernel's order (netfilter_ipv4.h priorities). */
const tablesAt: Record<Hook, string[]> = {
  INPUT: ['raw/PREROUTING', 'mangle/PREROUTING', 'mangle/INPUT', 'filter/INPUT'],
  OUTPUT: ['raw/OUTPUT', 'mangle/OUTPUT', 'filter/OUTPUT', 'mangle/POSTROUTING'],
  FORWARD: ['raw/PREROUTING', 'mangle/PREROUTING', 'mangle/FORWARD', 'filter/FORWARD', 'mangle/POSTROUTING'],
};

/** The chains that can change a packet's addresses at each hook, and by that its fate. */
const natAt: Record<Hook, string[]> = {
  INPUT: ['PREROUTING', 'INPUT'],
  OUTPUT: ['OUTPUT', 'POSTROUTING'],
  FORWARD: ['PREROUTING', 'POSTROUTING'],
};

/** Follows one hook through the tables that can drop there. */
export function filterPacket(rules: FilterRule[], hook: Hook, packet: FilteredPacket): Filtering {
  let perhaps = translated(rules, hook, packet);
  for (const place of tablesAt[hook]) {
    const [table = '', chain = ''] = place.split('/');
    const run: Run = {chains: chainsOf(rules, table), packet};
    const outcomes = follow(run, chain, 0);
    if (outcomes.has('drop') && outcomes.size === 1)
      return {verdict: 'drop', ...(run.dropRule ? {rule: `${table}: ${run.dropRule}`} : {})};
    if (outcomes.has('drop')) perhaps ??= `${table}: ${run.oddRule ?? run.dropRule ?? ''}`;
  }
  return perhaps === undefined ? {verdict: 'accept'} : {verdict: 'unknown', rule: perhaps};
}

/** The rule of the nat table that may give the packet another address: what follows is then another packet's way. */
function translated(rules: FilterRule[], hook: Hook, packet: FilteredPacket): string | undefined {
  const chains = chainsOf(rules, 'nat');
  const reach = (chain: string, depth: number): string | undefined => {
    for (const {text} of depth > 32 ? [] : (chains.get(chain) ?? [])) {
      const {match, target} = readRule(text, packet);
      if (match === 'no' || target === undefined) continue;
      if (packet.sourceMayChange && /^(SNAT|MASQUERADE)$/.test(target)) continue;
      if (target === 'MASQUERADE' && packet.masqueradeAs === packet.src) continue;
      if (/^(SNAT|DNAT|MASQUERADE|REDIRECT|NETMAP)$/.test(target)) return `nat: -A ${chain} ${text}`;
      const inside = reach(target, depth + 1);
      if (inside !== undefined) return inside;
      if (match === 'yes' && /^(ACCEPT|RETURN)$/.test(target)) return undefined;
    }
    return undefined;
  };
  for (const chain of natAt[hook]) {
    const rule = reach(chain, 0);
    if (rule !== undefined) return rule;
  }
  return undefined;
}

function chainsOf(rules: FilterRule[], table: string): Map<string, FilterRule[]> {
  const chains = new Map<string, FilterRule[]>();
  for (const rule of rules) {
    if (rule.table !== table) continue;
    const chain = chains.get(rule.chain);
    if (chain) chain.push(rule);
    else chains.set(rule.chain, [rule]);
  }
  return chains;
}

/** All outcomes that a chain may have for the packet. */
function follow(run: Run, chain: string, depth: number): Set<Outcome> {
  const outcomes = new Set<Outcome>();
  if (depth > 32) return new Set(['accept', 'drop']);
  const rules = run.chains.get(chain) ?? [];
  const policy = rules.find(({text}) => text.startsWith('policy '));
  for (const rule of rules) {
    if (rule === policy) continue;
    const {match, target, jump} = readRule(rule.text, run.packet);
    if (match === 'no') continue;
    const text = `-A ${chain} ${rule.text}`;
    const ends = targetOutcomes(run, target, depth);
    if (ends.has('drop')) {
      if (match === 'yes') run.dropRule ??= text;
      else run.oddRule ??= text;
    }
    for (const end of ends) if (end !== 'return') outcomes.add(end);
    // What a goto jumped to returns to whoever called this chain, so this chain is at its end as well.
    if (!jump && ends.delete('return')) {
      finish(outcomes, policy, run, chain);
      if (match === 'yes') return outcomes;
    }
    // A RETURN ends this chain; a jump that returns goes on with the next rule.
    if (target === 'RETURN' && match === 'yes') return finish(outcomes, policy, run, chain);
    if (match === 'yes' && !ends.has('return')) return outcomes;
  }
  return finish(outcomes, policy, run, chain);
}

/** What happens at the end of a chain: a built-in one has a policy, another returns. */
function finish(
  outcomes: Set<Outcome>,
  policy: FilterRule | undefined,
  run: Run,
  chain: string,
): Set<Outcome> {
  if (!policy || policy.text === 'policy -') outcomes.add('return');
  else if (policy.text === 'policy DROP') {
    outcomes.add('drop');
    run.dropRule ??= `-P ${chain} DROP`;
  } else outcomes.add('accept');
  return outcomes;
}

function targetOutcomes(run: Run, target: string | undefined, depth: number): Set<Outcome> {
  switch (target) {
    case 'ACCEPT':
      return new Set(['accept']);
    case 'DROP':
    case 'REJECT':
      return new Set(['drop']);
    case undefined:
    case 'RETURN':
    case 'MARK':
    case 'CONNMARK':
    case 'LOG':
    case 'NFLOG':
    case 'CT':
    case 'NOTRACK':
    case 'TCPMSS':
    case 'CHECKSUM':
      return new Set(['return']);
    default:
  }
  if (!run.chains.has(target)) return new Set(['accept', 'drop', 'return']);
  return follow(run, target, depth + 1);
}

interface ReadRule {
  match: Match;
  target: string | undefined;
  /** False for -g, which does not come back. */
  jump: boolean;
}

/** Reads the matches of one rule against the packet. */
function readRule(text: string, packet: FilteredPacket): ReadRule {
  const words = splitRule(text);
  let match: Match = 'yes';
  let target: string | undefined;
  let jump = true;
  for (let index = 0; index < words.length; index++) {
    const negated = words[index] === '!';
    if (negated) index++;
    const option = words[index] ?? '';
    if (option === '-j' || option === '-g') {
      target = words[++index];
      jump = option === '-j';
      // What follows are the target's own options.
      break;
    }
    const known = matchers[option];
    if (!known) {
      match = and(match, 'perhaps');
      continue;
    }
    const value = known.values === 0 ? '' : (words[++index] ?? '');
    const held = known.test(packet, value);
    match = and(match, negated ? not(held) : held);
  }
  return {match, target, jump};
}

const matchers: Record<string, {values: 0 | 1; test: (packet: FilteredPacket, value: string) => Match}> = {
  // -m names a module; its options decide.
  '-m': {values: 1, test: () => 'yes'},
  '--comment': {values: 1, test: () => 'yes'},
  '-i': {values: 1, test: ({inInterface}, value) => interfaceMatches(inInterface, value)},
  '-o': {values: 1, test: ({outInterface}, value) => interfaceMatches(outInterface, value)},
  '-s': {values: 1, test: ({src}, value) => truth(inSubnet(src, withLength(value)))},
  '-d': {values: 1, test: ({dst}, value) => truth(inSubnet(dst, withLength(value)))},
  '-p': {values: 1, test: ({protocol}, value) => truth(value === protocol || value === 'all')},
  '--dport': {values: 1, test: ({dport}, value) => portMatches(dport, value)},
  '--dports': {values: 1, test: ({dport}, value) => portMatches(dport, value)},
  '--sport': {values: 1, test: ({sport}, value) => portMatches(sport, value)},
  '--sports': {values: 1, test: ({sport}, value) => portMatches(sport, value)},
  '--icmp-type': {values: 1, test: ({icmpType}, value) => icmpMatches(icmpType, value)},
  '--ctstate': {values: 1, test: ({ctState}, value) => stateMatches(ctState, value)},
  '--state': {values: 1, test: ({ctState}, value) => stateMatches(ctState, value)},
  '--mark': {
    values: 1,
    test: ({ipsec}, value) => (/^0xd0c4e3(\/0xffffffff)?$/.test(value) ? truth(ipsec) : 'perhaps'),
  },
  '--dst-type': {values: 1, test: ({dstLocal}, value) => (value === 'LOCAL' ? truth(dstLocal) : 'perhaps')},
  '--dir': {values: 1, test: () => 'yes'},
  '--pol': {
    values: 1,
    test: ({ipsec}, value) =>
      value === 'ipsec' ? truth(ipsec) : value === 'none' ? truth(!ipsec) : 'perhaps',
  },
  '--u32': {values: 1, test: ({vni}, value) => vniMatches(vni, dockerU32(value))},
  '--bytecode': {values: 1, test: ({vni}, value) => vniMatches(vni, dockerBpf(value))},
};

/** Docker's u32 form: the word at the VXLAN header's VNI, shifted by 8. */
function dockerU32(text: string): number | undefined {
  const value = /^0x0>>0x16&0x3c@0xc&0xffffff00=0x([0-9a-f]{1,8})$/i.exec(text)?.[1];
  return value === undefined ? undefined : Number.parseInt(value, 16) >>> 8;
}

/** Docker's bpf forms: up to engine 23 the VNI is compared shifted by 8, from 24 on as it is. */
function dockerBpf(text: string): number | undefined {
  const old = /^6,177 0 0 0,.*,21 1 0 (\d+),/.exec(text)?.[1];
  if (old !== undefined) return Number(old) >>> 8;
  const recent = /^7,32 0 0 4294963252,7 0 0 0,64 0 0 4,116 0 0 8,21 1 0 (\d+),/.exec(text)?.[1];
  return recent === undefined ? undefined : Number(recent);
}

function vniMatches(vni: number | undefined, wanted: number | undefined): Match {
  return wanted === undefined || vni === undefined ? 'perhaps' : truth(vni === wanted);
}

function interfaceMatches(name: string | undefined, wanted: string): Match {
  if (name === undefined) return 'perhaps';
  return truth(wanted.endsWith('+') ? name.startsWith(wanted.slice(0, -1)) : name === wanted);
}

/** A port that is not known may be any, as the source port of VXLAN is (a hash of the inner flow). */
function portMatches(port: number | undefined, wanted: string): Match {
  if (port === undefined) return truth(/^[01]?:65535$/.test(wanted), 'perhaps');
  return truth(
    wanted.split(',').some((part) => {
      const [low = '', high = low] = part.split(':');
      return port >= Number(low || 0) && port <= Number(high || 65_535);
    }),
  );
}

function icmpMatches(type: number | undefined, wanted: string): Match {
  if (wanted === 'any') return 'yes';
  return type === undefined || !/^\d+$/.test(wanted) ? 'perhaps' : truth(Number(wanted) === type);
}

/** INVALID and RELATED never hold for the packets that are walked; one that skips conntrack may be UNTRACKED. */
function stateMatches(state: string | undefined, states: string): Match {
  const named = states.split(',');
  if (named.includes('UNTRACKED')) return 'perhaps';
  const [fresh, known] = [named.includes('NEW'), named.includes('ESTABLISHED')];
  if (fresh && known) return 'yes';
  if (!fresh && !known) return 'no';
  return state === undefined ? 'perhaps' : truth(named.includes(state));
}

function withLength(prefix: string): string {
  return prefix.includes('/') ? prefix : `${prefix}/${prefix.includes(':') ? 128 : 32}`;
}

function truth(held: boolean, otherwise: Match = 'no'): Match {
  return held ? 'yes' : otherwise;
}

function not(match: Match): Match {
  return match === 'yes' ? 'no' : match === 'no' ? 'yes' : 'perhaps';
}

function and(a: Match, b: Match): Match {
  if (a === 'no' || b === 'no') return 'no';
  return a === 'perhaps' || b === 'perhaps' ? 'perhaps' : 'yes';
}

/** Words of a saved rule; iptables-save quotes with ". */
function splitRule(text: string): string[] {
  return [...text.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}
