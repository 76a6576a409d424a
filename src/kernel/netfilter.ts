/**
 * What the host's own rules do to a packet, as far as they can be understood.
 *
 * Three-valued: a match that this program does not know makes the rule a "perhaps", both ways are followed, and
 * the verdict is known only if they end alike. Known: interface, address, protocol, port, ctstate, mark, addrtype,
 * comment, jumps and policies (iptables-extensions(8)), and the two forms by which Docker picks a VNI (moby
 * libnetwork/drivers/overlay/encryption.go: u32, bpf).
 */

import {inSubnet} from '../base/subnet.js';
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
  /** The same of the source; absent where that is not known. */
  srcLocal?: boolean;
  /** Where a DNAT has made it what it is: what the tables before that saw, an address of this host. */
  before?: {dst: string; dport: number};
}

export type FilterVerdict = 'accept' | 'drop' | 'unknown';

export interface Filtering {
  verdict: FilterVerdict;
  /** The rule that drops it, or the first that could not be understood. */
  rule?: string;
}

type Outcome = 'accept' | 'drop' | 'return';
type Match = 'yes' | 'no' | 'perhaps';

/** The rules of one back end by table and chain, taken apart once and held against many packets. */
export type RuleBook = ReadonlyMap<string, ReadonlyMap<string, Chain>>;

interface Chain {
  /** Policy of a built-in chain, `-` for a user's; absent where none is printed. */
  policy?: string;
  rules: ReadRule[];
}

interface Run {
  chains: ReadonlyMap<string, Chain>;
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
export function filterPacket(book: RuleBook, hook: Hook, packet: FilteredPacket): Filtering {
  let perhaps: string | undefined;
  let now = packet;
  /** What it has become is not known, so no later rule is certain to meet it. */
  let changed = false;
  for (const place of tablesAt[hook]) {
    const [table = '', chain = ''] = place.split('/');
    const early = chain === 'PREROUTING' ? packet.before : undefined;
    if (table === 'nat') {
      const rule = early ? undefined : translation(book, chain, now);
      const port = chain === 'PREROUTING' ? redirectPort(rule) : undefined;
      if (port !== undefined) now = {...now, dport: port};
      else if (rule) {
        perhaps ??= `nat: ${rule.text}`;
        changed = true;
      }
      continue;
    }
    const seen = early ? {...now, ...early, dstLocal: true} : now;
    const run: Run = {chains: book.get(table) ?? new Map(), packet: seen};
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
  book: RuleBook,
  {table, chain, targets}: {table: string; chain: string; targets: ReadonlySet<string>},
  packet: FilteredPacket,
): MetRule[] {
  const chains = book.get(table);
  const met: MetRule[] = [];
  /** Set where the packet's way may have ended before, by a rule that is not understood. */
  let ended: Match = 'yes';
  /** False where the packet's way through the table ends. */
  const pass = (name: string, reached: Match, depth: number): boolean => {
    let here = reached;
    if (depth > 32) return true;
    for (const rule of chains?.get(name)?.rules ?? []) {
      const {text, target, jump, options} = rule;
      const own = matchRule(rule, packet);
      const match = and(and(here, ended), own);
      if (match === 'no' || target === undefined) continue;
      if (targets.has(target)) met.push({match, target, options, text: `-A ${name} ${text}`});
      if (final.test(target)) {
        if (match === 'yes') return false;
        ended = 'perhaps';
        continue;
      }
      if (chains?.has(target) && !pass(target, match, depth + 1)) return false;
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
function translation(book: RuleBook, chain: string, packet: FilteredPacket): MetRule | undefined {
  // What belongs to a connection is translated as its first packet was: no rule is asked (nf_nat_core.c nf_nat_inet_fn).
  if (packet.ctState === 'ESTABLISHED') return undefined;
  return rulesMet(book, {table: 'nat', chain, targets: translations}, packet).find(({target, options}) => {
    if (packet.sourceMayChange && /^(SNAT|MASQUERADE)$/.test(target)) return false;
    if (target === 'SNAT') return optionOf(options, '--to-source') !== packet.src;
    return target !== 'MASQUERADE' || packet.masqueradeAs !== packet.src;
  });
}

/** The port that a REDIRECT which the packet is certain to meet gives it; it stays on this host. */
function redirectPort(rule: MetRule | undefined): number | undefined {
  if (!rule) return undefined;
  const {match, target, options} = rule;
  const port = target === 'REDIRECT' && match === 'yes' ? optionOf(options, '--to-ports') : undefined;
  return port !== undefined && /^\d{1,5}$/.test(port) ? Number(port) : undefined;
}

export function optionOf(options: string[], name: string): string | undefined {
  const at = options.indexOf(name);
  return at < 0 ? undefined : options[at + 1];
}

export function ruleBook(rules: FilterRule[]): RuleBook {
  const book = new Map<string, Map<string, Chain>>();
  for (const rule of rules) {
    const chains = book.get(rule.table) ?? new Map<string, Chain>();
    book.set(rule.table, chains);
    const chain: Chain = chains.get(rule.chain) ?? {rules: []};
    chains.set(rule.chain, chain);
    const policy = /^policy (\S+)/.exec(rule.text)?.[1];
    if (policy === undefined) chain.rules.push(readRule(rule.text));
    else chain.policy ??= policy;
  }
  return book;
}

/** All outcomes that a chain may have for the packet. */
function follow(run: Run, name: string, depth: number): Set<Outcome> {
  const outcomes = new Set<Outcome>();
  if (depth > 32) return new Set(['accept', 'drop']);
  const chain = run.chains.get(name);
  for (const rule of chain?.rules ?? []) {
    const {target, jump} = rule;
    const match = matchRule(rule, run.packet);
    if (match === 'no') continue;
    const text = `-A ${name} ${rule.text}`;
    const ends = targetOutcomes(run, target, depth);
    if (ends.has('drop')) {
      if (match === 'yes') run.dropRule ??= text;
      else run.oddRule ??= text;
    }
    for (const end of ends) if (end !== 'return') outcomes.add(end);
    // What a goto jumped to returns to whoever called this chain, so this chain is at its end as well.
    if (!jump && ends.delete('return')) {
      finish(outcomes, run, name);
      if (match === 'yes') return outcomes;
    }
    // A RETURN ends this chain; a jump that returns goes on with the next rule.
    if (target === 'RETURN' && match === 'yes') return finish(outcomes, run, name);
    if (match === 'yes' && !ends.has('return')) return outcomes;
  }
  return finish(outcomes, run, name);
}

/** What happens at the end of a chain: a built-in one has a policy, another returns. */
function finish(outcomes: Set<Outcome>, run: Run, name: string): Set<Outcome> {
  const policy = run.chains.get(name)?.policy ?? '-';
  if (policy === '-') outcomes.add('return');
  else if (policy === 'DROP') {
    outcomes.add('drop');
    run.dropRule ??= `-P ${name} DROP`;
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

type Matcher = (packet: FilteredPacket, value: string) => Match;

interface ReadRule {
  /** As printed, without its `-A CHAIN`. */
  text: string;
  /** Its matches; without `holds` it is one that is not known. */
  tests: {holds: Matcher | undefined; value: string; negated: boolean}[];
  target: string | undefined;
  /** False for -g, which does not come back. */
  jump: boolean;
  options: string[];
}

function readRule(text: string): ReadRule {
  const words = splitRule(text);
  const rule: ReadRule = {text, tests: [], target: undefined, jump: true, options: []};
  for (let index = 0; index < words.length; index++) {
    const negated = words[index] === '!';
    if (negated) index++;
    const option = words[index] ?? '';
    if (option === '-j' || option === '-g') {
      rule.target = words[index + 1];
      rule.jump = option === '-j';
      rule.options = words.slice(index + 2);
      break;
    }
    const holds = matchers.get(option);
    rule.tests.push({holds, value: holds ? (words[++index] ?? '') : '', negated});
  }
  return rule;
}

/** Whether all matches of a rule hold for the packet. */
function matchRule({tests}: ReadRule, packet: FilteredPacket): Match {
  let match: Match = 'yes';
  for (const {holds, value, negated} of tests) {
    const held = holds ? holds(packet, value) : 'perhaps';
    match = and(match, negated ? not(held) : held);
    if (match === 'no') break;
  }
  return match;
}

const protocolNumbers = {icmp: '1', tcp: '6', udp: '17', esp: '50'};

const matchers: ReadonlyMap<string, Matcher> = new Map<string, Matcher>(
  Object.entries({
    // -m names a module; its options decide.
    '-m': () => 'yes',
    '--comment': () => 'yes',
    '-i': ({inInterface}, value) => interfaceMatches(inInterface, value),
    '-o': ({outInterface}, value) => interfaceMatches(outInterface, value),
    '-s': ({src}, value) => addressMatches(src, value),
    '-d': ({dst}, value) => addressMatches(dst, value),
    '-p': ({protocol}, value) => truth(['all', protocol, protocolNumbers[protocol]].includes(value)),
    '--dport': ({dport}, value) => portMatches(dport, value),
    '--dports': ({dport}, value) => portMatches(dport, value),
    '--sport': ({sport}, value) => portMatches(sport, value),
    '--sports': ({sport}, value) => portMatches(sport, value),
    '--icmp-type': ({icmpType}, value) => icmpMatches(icmpType, value),
    '--ctstate': ({ctState}, value) => stateMatches(ctState, value),
    '--state': ({ctState}, value) => stateMatches(ctState, value),
    '--mark': ({ipsec}, value) => (/^0xd0c4e3(\/0xffffffff)?$/.test(value) ? truth(ipsec) : 'perhaps'),
    '--src-type': ({srcLocal}, value) =>
      value === 'LOCAL' && srcLocal !== undefined ? truth(srcLocal) : 'perhaps',
    '--dst-type': ({dstLocal}, value) => (value === 'LOCAL' ? truth(dstLocal) : 'perhaps'),
    '--dir': () => 'yes',
    '--pol': ({ipsec}, value) =>
      value === 'ipsec' ? truth(ipsec) : value === 'none' ? truth(!ipsec) : 'perhaps',
    '--u32': ({vni}, value) => vniMatches(vni, dockerU32(value)),
    '--bytecode': ({vni}, value) => vniMatches(vni, dockerBpf(value)),
  } satisfies Record<string, Matcher>),
);

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
