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
  /** Empty where any address is possible. */
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

/** The chains that a packet passes at each hook, in the kernel's order (netfilter_ipv4.h priorities). */
const tablesAt: Record<Hook, string[]> = {
  INPUT: [
    'raw/PREROUTING',
    'mangle/PREROUTING',
    'nat/PREROUTING',
    'mangle/INPUT',
    'filter/INPUT',
    'nat/INPUT',
  ],
  OUTPUT: [
    'raw/OUTPUT',
    'mangle/OUTPUT',
    'nat/OUTPUT',
    'filter/OUTPUT',
    'mangle/POSTROUTING',
    'nat/POSTROUTING',
  ],
  FORWARD: [
    'raw/PREROUTING',
    'mangle/PREROUTING',
    'nat/PREROUTING',
    'mangle/FORWARD',
    'filter/FORWARD',
    'mangle/POSTROUTING',
    'nat/POSTROUTING',
  ],
};

/** Follows one hook through the tables that can drop there. */
export function filterPacket(rules: FilterRule[], hook: Hook, packet: FilteredPacket): Filtering {
  let perhaps: string | undefined;
  let now = packet;
  /** What it has become is not known, so no later rule is certain to meet it. */
  let changed = false;
  for (const place of tablesAt[hook]) {
    const [table = '', chain = ''] = place.split('/');
    if (table === 'nat') {
      const rule = translation(rules, chain, now);
      const port = rule && chain === 'PREROUTING' ? redirectPort(rule) : undefined;
      if (port !== undefined) now = {...now, dport: port};
      else if (rule) {
        perhaps ??= `nat: ${rule.text}`;
        changed = true;
      }
      continue;
    }
    const run: Run = {chains: chainsOf(rules, table), packet: now};
    const outcomes = follow(run, chain, 0);
    if (outcomes.has('drop') && outcomes.size === 1 && !changed)
      return {verdict: 'drop', ...(run.dropRule ? {rule: `${table}: ${run.dropRule}`} : {})};
    if (outcomes.has('drop')) perhaps ??= `${table}: ${run.oddRule ?? run.dropRule ?? ''}`;
  }
  return perhaps === undefined ? {verdict: 'accept'} : {verdict: 'unknown', rule: perhaps};
}

/** A rule that a packet meets, or may meet where a match of it is not understood. */
export interface MetRule {
  match: 'yes' | 'perhaps';
  target: string;
  /** The target's own options, such as `--to-ports 80`. */
  options: string[];
  /** As it would be typed: `-A CHAIN …`. */
  text: string;
}

/** Targets after which no other rule of the table sees the packet. */
const final = /^(ACCEPT|DROP|REJECT|SNAT|DNAT|MASQUERADE|REDIRECT|NETMAP)$/;

/** The rules with one of these targets that a packet meets in a chain and those it jumps to, in order. */
export function rulesMet(
  rules: FilterRule[],
  {table, chain, targets}: {table: string; chain: string; targets: ReadonlySet<string>},
  packet: FilteredPacket,
): MetRule[] {
  const chains = chainsOf(rules, table);
  const met: MetRule[] = [];
  /** Set where the packet's way may have ended before, by a rule that is not understood. */
  let ended: Match = 'yes';
  /** False where the packet's way through the table ends. */
  const pass = (name: string, reached: Match, depth: number): boolean => {
    let here = reached;
    if (depth > 32) return true;
    for (const {text} of chains.get(name) ?? []) {
      const {match: own, target, jump, options} = readRule(text, packet);
      const match = and(and(here, ended), own);
      if (match === 'no' || target === undefined) continue;
      if (targets.has(target)) met.push({match, target, options, text: `-A ${name} ${text}`});
      if (final.test(target)) {
        if (match === 'yes') return false;
        ended = 'perhaps';
        continue;
      }
      if (chains.has(target) && !pass(target, match, depth + 1)) return false;
      // What a goto jumped to returns to whoever called this chain.
      if (jump && target !== 'RETURN') continue;
      if (own === 'yes') return true;
      here = 'perhaps';
    }
    return true;
  };
  pass(chain, 'yes', 0);
  return met;
}

const translations: ReadonlySet<string> = new Set(['SNAT', 'DNAT', 'MASQUERADE', 'REDIRECT', 'NETMAP']);

/** The first rule of the nat table that may give the packet another address or port. */
function translation(rules: FilterRule[], chain: string, packet: FilteredPacket): MetRule | undefined {
  return rulesMet(rules, {table: 'nat', chain, targets: translations}, packet).find(({target, options}) => {
    if (packet.sourceMayChange && /^(SNAT|MASQUERADE)$/.test(target)) return false;
    if (target === 'SNAT') return optionOf(options, '--to-source') !== packet.src;
    return target !== 'MASQUERADE' || packet.masqueradeAs !== packet.src;
  });
}

/** The port that a REDIRECT which the packet is certain to meet gives it; it stays on this host. */
function redirectPort({match, target, options}: MetRule): number | undefined {
  const port = target === 'REDIRECT' && match === 'yes' ? optionOf(options, '--to-ports') : undefined;
  return port !== undefined && /^\d{1,5}$/.test(port) ? Number(port) : undefined;
}

export function optionOf(options: string[], name: string): string | undefined {
  const at = options.indexOf(name);
  return at < 0 ? undefined : options[at + 1];
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
  options: string[];
}

/** Reads the matches of one rule against the packet. */
function readRule(text: string, packet: FilteredPacket): ReadRule {
  const words = splitRule(text);
  let match: Match = 'yes';
  let target: string | undefined;
  let jump = true;
  let options: string[] = [];
  for (let index = 0; index < words.length; index++) {
    const negated = words[index] === '!';
    if (negated) index++;
    const option = words[index] ?? '';
    if (option === '-j' || option === '-g') {
      target = words[++index];
      jump = option === '-j';
      options = words.slice(index + 1);
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
  return {match, target, jump, options};
}

const matchers: Record<string, {values: 0 | 1; test: (packet: FilteredPacket, value: string) => Match}> = {
  // -m names a module; its options decide.
  '-m': {values: 1, test: () => 'yes'},
  '--comment': {values: 1, test: () => 'yes'},
  '-i': {values: 1, test: ({inInterface}, value) => interfaceMatches(inInterface, value)},
  '-o': {values: 1, test: ({outInterface}, value) => interfaceMatches(outInterface, value)},
  '-s': {values: 1, test: ({src}, value) => addressMatches(src, value)},
  '-d': {values: 1, test: ({dst}, value) => addressMatches(dst, value)},
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

function addressMatches(address: string, prefix: string): Match {
  return address === '' ? 'perhaps' : truth(inSubnet(address, withLength(prefix)));
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
