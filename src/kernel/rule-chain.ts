/** One base chain with all that it jumps to: what it does to a packet, and what it makes of it. */
import {isOnlyAddress} from '../model/rules/questions.js';
import type {Rule, RuleAction, RuleChain, RuleTable, Translation, VerdictCase} from '../model/rules/rule.js';
import {familyOf, type Held, matchHolds, type SeenPacket} from './netfilter.js';

export interface Passed {
  /** What the packet is where it passes; absent where it surely does not. */
  passes?: SeenPacket;
  /** What drops it, or would where it gets there: nothing comes past it where the packet surely does not pass. */
  dropped?: Rule | RuleChain;
  /** What may drop it before. */
  earlier?: Rule | RuleChain;
  /** Where whether it is dropped hangs on it: the first rule that only perhaps meets the packet. */
  odd?: Rule;
  /** The rule of a chain of type nat that gives it another address, or perhaps does. */
  translated?: {by: Rule; isSure: boolean};
}

/** More jumps than that are in no ruleset that a kernel took (net/netfilter/nf_tables_api.c, NFT_JUMP_STACK_SIZE: 16). */
const mostJumps = 32;

/** Rules that are looked at for one packet: what takes longer was made to take long. */
const mostRules = 200_000;

export function passChain(table: RuleTable, chain: RuleChain, packet: SeenPacket): Passed {
  const run: Run = {table, isNat: isNat(chain), looked: 0, known: new Map()};
  const {accept, drop, returns} = follow(run, chain, packet, 0);
  const isClosed = chain.policy === 'drop';
  const passes = returns && !isClosed ? merged(accept, returns) : accept;
  const drops = returns && isClosed ? {first: drop?.first ?? chain, last: chain} : drop;
  return {
    ...(passes ? {passes} : {}),
    ...(drops ? {dropped: passes ? drops.first : drops.last} : {}),
    ...(drops && drops.first !== drops.last ? {earlier: drops.first} : {}),
    ...(drops && passes && run.odd ? {odd: run.odd} : {}),
    ...(run.translated ? {translated: run.translated} : {}),
  };
}

/** Whether a base chain translates. */
export function isNat({program, table, base}: RuleChain): boolean {
  return program === 'nft' ? base?.type === 'nat' : table === 'nat';
}

interface Run {
  table: RuleTable;
  isNat: boolean;
  looked: number;
  /** Chains that were followed with a packet as it was. */
  known: Map<SeenPacket, Map<string, Ends>>;
  odd?: Rule;
  translated?: {by: Rule; isSure: boolean};
}

/** The ends that a packet may come to, with what it is there. */
interface Ends {
  accept?: SeenPacket;
  /** By the first and the last rule that do so. */
  drop?: {first: Rule | RuleChain; last: Rule | RuleChain};
  /** Goes back to whoever called the chain. */
  returns?: SeenPacket;
  /** Goes on with the next rule. */
  next?: SeenPacket;
}

function follow(run: Run, chain: RuleChain, packet: SeenPacket, depth: number): Ends {
  const known = run.known.get(packet) ?? new Map<string, Ends>();
  run.known.set(packet, known);
  const before = known.get(chain.name);
  if (before) return before;
  const ends: Ends = {};
  let now: SeenPacket | undefined = packet;
  for (const rule of chain.rules) {
    run.looked++;
    if (depth > mostJumps || run.looked > mostRules) {
      run.odd ??= rule;
      add(ends, {accept: blurred(now), drop: droppedBy(rule)});
      break;
    }
    const own: Ends = passRule(run, rule, now, depth);
    now = own.next;
    delete own.next;
    add(ends, own);
    if (!now) break;
  }
  if (now) add(ends, {returns: now});
  known.set(chain.name, ends);
  return ends;
}

function add(ends: Ends, more: Ends): void {
  for (const key of ['accept', 'returns', 'next'] as const) {
    const packet = more[key];
    if (packet) ends[key] = merged(ends[key], packet);
  }
  if (more.drop) ends.drop = {first: ends.drop?.first ?? more.drop.first, last: more.drop.last};
}

const droppedBy = (rule: Rule) => ({first: rule, last: rule});

function merged(one: SeenPacket | undefined, other: SeenPacket): SeenPacket {
  return one ? joined(one, other) : other;
}

/** What is known of a packet that is one of two. */
export function joined(one: SeenPacket, other: SeenPacket): SeenPacket {
  if (one === other) return one;
  const both: Record<string, unknown> = {...one};
  for (const key of new Set([...Object.keys(one), ...Object.keys(other)]) as Set<keyof SeenPacket>) {
    if (one[key] === other[key]) continue;
    if (key === 'src' || key === 'dst') both[key] = '';
    else if (key === 'ctState') both[key] = 'ANY';
    else delete both[key];
  }
  return both as unknown as SeenPacket;
}

/** A rule's statements in order: what comes before a match that does not hold is done. */
function passRule(run: Run, rule: Rule, packet: SeenPacket, depth: number): Ends {
  const ends: Ends = {};
  let now = packet;
  let held: Held = 'yes';
  for (const statement of rule.statements) {
    if ('match' in statement) {
      const own = matchHolds(statement, now);
      if (own === 'yes') continue;
      add(ends, {next: now});
      if (own === 'no') return ends;
      held = 'perhaps';
      continue;
    }
    const changed = changedBy(statement, now);
    if (changed) {
      now = changed;
      continue;
    }
    add(ends, act({run, rule, held, depth}, statement, now));
    return ends;
  }
  add(ends, {next: now});
  return ends;
}

/** What an action that lets the rule go on makes of a packet; undefined for one that does not. */
function changedBy(action: RuleAction, packet: SeenPacket): SeenPacket | undefined {
  switch (action.action) {
    case 'pass':
      return packet;
    case 'mark': {
      const {mark: _, ...unmarked} = packet;
      const mark = action.from ? packet.connectionMark : bitsSet(packet.mark, action);
      return mark === undefined ? unmarked : {...packet, mark};
    }
    case 'connection-mark': {
      // Where conntrack has no connection there is nothing to mark (nft_ct.c, xt_connmark.c).
      if (packet.ctState === 'INVALID' || packet.ctState === 'UNTRACKED') return packet;
      const {connectionMark: _, ...unmarked} = packet;
      const mark = action.from ? packet.mark : bitsSet(packet.connectionMark, action);
      return mark === undefined || packet.ctState === 'ANY' ? unmarked : {...packet, connectionMark: mark};
    }
    case 'untrack':
      if (packet.ctState === 'INVALID') return {...packet, ctState: 'UNTRACKED'};
      return packet;
    default:
      return undefined;
  }
}

function bitsSet(
  own: number | undefined,
  {value, mask}: {value?: number; mask?: number},
): number | undefined {
  if (value === undefined || mask === undefined) return undefined;
  if (mask === 0xffff_ffff) return value >>> 0;
  return own === undefined ? undefined : ((own & ~mask) ^ value) >>> 0;
}

interface At {
  run: Run;
  rule: Rule;
  held: Held;
  depth: number;
}

/** What an action does that ends a rule. */
function act(at: At, action: RuleAction, packet: SeenPacket): Ends {
  const ends = endsOf(at, action, packet);
  const {run, rule, held} = at;
  if (held === 'perhaps' && (ends.drop || ends.accept || ends.returns)) run.odd ??= rule;
  return ends;
}

function endsOf(at: At, action: RuleAction, packet: SeenPacket): Ends {
  switch (action.action) {
    case 'accept':
      return {accept: packet};
    case 'drop':
    case 'reject':
      return {drop: droppedBy(at.rule)};
    case 'return':
      return {returns: packet};
    case 'vmap':
      return choose(at, action.cases, packet);
    case 'jump':
    case 'goto':
      return call(at, action, packet);
    case 'dnat':
    case 'snat':
    case 'masquerade':
    case 'redirect':
    case 'netmap':
      return translate(at, action, packet);
    default:
      return unknownEnds(at, packet);
  }
}

/** The elements of a verdict map exclude each other; where none is for the packet, the rule is left. */
function choose(at: At, cases: readonly VerdictCase[], packet: SeenPacket): Ends {
  const ends: Ends = {};
  let held = at.held;
  for (const {match, then} of cases) {
    const own = matchHolds(match, packet);
    if (own === 'no') continue;
    if (own === 'perhaps') held = 'perhaps';
    const changed = changedBy(then, packet);
    add(ends, changed ? {next: changed} : act({...at, held}, then, packet));
    if (own === 'yes') return ends;
  }
  add(ends, {next: packet});
  return ends;
}

/** A jump that comes back goes on with the next rule; what a goto comes back from goes on with whoever called this chain. */
function call(at: At, action: RuleAction & {action: 'jump' | 'goto'}, packet: SeenPacket): Ends {
  const chain = at.run.table.chains.get(action.chain);
  if (!chain) return unknownEnds(at, packet);
  const {returns, ...ends} = follow(at.run, chain, packet, at.depth + 1);
  if (!returns) return ends;
  return action.action === 'jump' ? {...ends, next: returns} : {...ends, returns};
}

/** What is not understood may accept, drop, or go on, and change the packet. */
function unknownEnds({run, rule}: At, packet: SeenPacket): Ends {
  run.odd ??= rule;
  if (run.isNat) run.translated ??= {by: rule, isSure: false};
  const after = run.isNat ? {...blurred(packet), src: '', dst: ''} : blurred(packet);
  return {accept: after, drop: droppedBy(rule), next: after};
}

/** A packet of which a rule that is not understood may have changed what rules can change. */
function blurred(packet: SeenPacket): SeenPacket {
  const {mark: _, connectionMark: __, ...rest} = packet;
  return rest;
}

type Translating = Extract<RuleAction, {action: 'dnat' | 'snat' | 'masquerade' | 'redirect' | 'netmap'}>;

/** They end the chain, and the packet goes on. */
function translate({run, rule, held}: At, action: Translating, packet: SeenPacket): Ends {
  // In a table of inet it is for packets of its own family only (nft_nat.c nft_nat_inet_eval).
  const address = 'to' in action ? action.to?.address : undefined;
  if (address !== undefined && address.includes(':') !== (familyOf(packet) === 'ip6')) return {next: packet};
  run.translated ??= {by: rule, isSure: held === 'yes'};
  return {accept: translated(action, packet)};
}

function translated(action: Translating, packet: SeenPacket): SeenPacket {
  switch (action.action) {
    case 'redirect':
      return {...sentTo(packet, packet.redirectAs ?? '', action.port), redirected: true};
    case 'dnat':
      return isSingle(action.to)
        ? sentTo(packet, action.to.address ?? packet.dst, action.to.port)
        : withoutDport(sentTo(packet, ''));
    case 'netmap':
      return {...packet, src: '', dst: ''};
    case 'snat':
      return isOnlyAddress(action.to, packet.src)
        ? packet
        : sentFrom(packet, isSingle(action.to) ? action.to.address : undefined);
    case 'masquerade':
      return packet.masqueradeAs === packet.src ? packet : sentFrom(packet, packet.masqueradeAs);
  }
}

function isSingle(to: Translation | undefined): to is Translation {
  return to !== undefined && to.lastAddress === undefined && to.lastPort === undefined;
}

/**
 * Where another connection has its source port, the packet gets another one. What stays as it is does not count as translated
 * (nf_nat_core.c nf_nat_setup_info sets IPS_DST_NAT only for another tuple), unless another connection has its port or id.
 */
function sentTo(seen: SeenPacket, dst: string, port = seen.dport): SeenPacket {
  const {sport: _, destinationTranslated: __, ...packet} = seen;
  if (dst !== '' && dst === seen.dst && port === seen.dport) return packet;
  return {...packet, ...(port === undefined ? {} : {dport: port}), dst, destinationTranslated: true};
}

function sentFrom({sport: _, ...packet}: SeenPacket, src = ''): SeenPacket {
  return {...packet, src, sourceTranslated: true};
}

function withoutDport({dport: _, ...packet}: SeenPacket): SeenPacket {
  return packet;
}
