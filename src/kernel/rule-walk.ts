/**
 * What the rules of one program do to a packet on its way, as far as they can be understood: where a rule only perhaps
 * meets the packet both ways are followed, and the verdict is known only if they end alike.
 */
import {isOnlyAddress, tableOf} from '../model/rules/questions.js';
import type {
  ActionName,
  Rule,
  RuleAction,
  RuleChain,
  Ruleset,
  RuleTable,
  VerdictCase,
} from '../model/rules/rule.js';
import {both, type FilteredPacket, type Held, type Hook, matchHolds, ruleHolds} from './netfilter.js';

export type FilterVerdict = 'accept' | 'drop' | 'unknown';

export interface Filtering {
  verdict: FilterVerdict;
  /** The rule, or the chain by its policy, that drops it, or the first that could not be understood. */
  by?: Rule | RuleChain;
}

/** Hooks that a packet passes on its way, in the kernel's order (netfilter.h, enum nf_inet_hooks). */
const hooksOn: Record<Hook, string[]> = {
  INPUT: ['prerouting', 'input'],
  OUTPUT: ['output', 'postrouting'],
  FORWARD: ['prerouting', 'forward', 'postrouting'],
};

/** More jumps than that are in no ruleset that a kernel took (net/netfilter/nf_tables_api.c, NFT_JUMP_STACK_SIZE: 16). */
const mostJumps = 32;

/** Follows a packet through all chains that it meets on its way. */
export function filterPacket(ruleset: Ruleset, way: Hook, packet: FilteredPacket): Filtering {
  const walk: Walk = {now: packet, changed: false};
  for (const hook of hooksOn[way]) {
    for (const chain of ruleset.hooked.get(hook) ?? []) {
      const dropped = passChain(walk, ruleset, chain, packet);
      if (dropped) return dropped;
    }
  }
  return walk.perhaps ? {verdict: 'unknown', by: walk.perhaps} : {verdict: 'accept'};
}

interface Walk {
  /** What the packet has become. */
  now: FilteredPacket;
  /** What it has become is not known, so no later rule is certain to meet it. */
  changed: boolean;
  /** What may drop it, or change it. */
  perhaps?: Rule | RuleChain;
}

/** One base chain: it may drop the packet, for sure or perhaps, or translate it. */
function passChain(
  walk: Walk,
  ruleset: Ruleset,
  chain: RuleChain,
  {before}: FilteredPacket,
): Filtering | undefined {
  const early = chain.base?.hook === 'prerouting' ? before : undefined;
  const table = tableOf(ruleset, chain.table, chain.family);
  if (!table) return undefined;
  if (chain.table === 'nat' && chain.program !== 'nft') {
    if (!early) translate(walk, table, chain);
    return undefined;
  }
  const isNat = chain.base?.type === 'nat';
  // What belongs to a connection is translated as its first packet was, and meets no chain of this type.
  if (isNat && walk.now.ctState === 'ESTABLISHED') return undefined;
  const packet = seenAt(chain, early ? {...walk.now, ...early, dstLocal: true} : walk.now);
  const run: Run = {table, packet};
  const ends = follow(run, chain, 0);
  if (isNat && !early) noteTranslation(walk, run);
  return outcome(walk, run, ends);
}

/** A native chain of type nat: what it makes of the packet is not followed. */
function noteTranslation(walk: Walk, {translated}: Run): void {
  if (!translated) return;
  walk.perhaps ??= translated;
  walk.changed = true;
}

/** Dropped for sure, or perhaps, which is kept. */
function outcome(walk: Walk, run: Run, ends: ReadonlySet<End>): Filtering | undefined {
  if (!ends.has('drop')) return undefined;
  if (ends.size === 1 && !walk.changed) return {verdict: 'drop', ...(run.dropped ? {by: run.dropped} : {})};
  const perhaps = run.odd ?? run.left ?? run.dropped;
  if (perhaps) walk.perhaps ??= perhaps;
  return undefined;
}

/** nftables may ask for an interface at a hook where the kernel does not know it yet: iptables refuses such a rule. */
function seenAt({program, base}: RuleChain, packet: FilteredPacket): FilteredPacket {
  if (program !== 'nft' || (base?.hook !== 'prerouting' && base?.hook !== 'input')) return packet;
  const {outInterface: _, ...seen} = packet;
  return seen;
}

/** What the nat table makes of a packet: only a redirected port is followed. */
function translate(walk: Walk, table: RuleTable, chain: RuleChain): void {
  const met = translation(table, chain.name, walk.now);
  if (!met) return;
  const {match, action, rule} = met;
  if (
    chain.base?.hook === 'prerouting' &&
    match === 'yes' &&
    action.action === 'redirect' &&
    action.port !== undefined
  )
    walk.now = {...walk.now, dport: action.port};
  else {
    walk.perhaps ??= rule;
    walk.changed = true;
  }
}

const translations: readonly ActionName[] = ['snat', 'dnat', 'masquerade', 'redirect', 'netmap'];

/** The first rule of the nat table that may give the packet another address or port. */
function translation(table: RuleTable, chain: string, packet: FilteredPacket): MetRule | undefined {
  // What belongs to a connection is translated as its first packet was: no rule is asked (nf_nat_core.c nf_nat_inet_fn).
  if (packet.ctState === 'ESTABLISHED') return undefined;
  return rulesMet(table, {chain, actions: translations}, packet).find(({action}) => {
    const ofSource = action.action === 'snat' || action.action === 'masquerade';
    if (packet.sourceMayChange && ofSource) return false;
    if (action.action === 'snat') return !isOnlyAddress(action.to, packet.src);
    return action.action !== 'masquerade' || packet.masqueradeAs !== packet.src;
  });
}

/** A rule that a packet meets, or may meet where a match of it is not understood. */
export interface MetRule {
  match: 'yes' | 'perhaps';
  action: RuleAction;
  rule: Rule;
}

/** After these no other rule of the table sees the packet. */
const final: ReadonlySet<ActionName> = new Set<ActionName>(['accept', 'drop', 'reject', ...translations]);

interface Search {
  table: RuleTable;
  actions: readonly ActionName[];
  packet: FilteredPacket;
  met: MetRule[];
  /** `perhaps` where the packet's way may have ended before, by a rule that only perhaps meets it. */
  goesOn: Held;
}

/** The rules with one of these actions that a packet meets in a chain and those it jumps to, in order. */
export function rulesMet(
  table: RuleTable | undefined,
  {chain, actions}: {chain: string; actions: readonly ActionName[]},
  packet: FilteredPacket,
): MetRule[] {
  const met: MetRule[] = [];
  if (table) search({table, actions, packet, met, goesOn: 'yes'}, chain, 'yes', 0);
  return met;
}

type Onward = 'ended' | 'returned';

/** `ended` where the packet's way through the table does. */
function search(run: Search, name: string, reached: Held, depth: number): Onward {
  if (depth > mostJumps) return 'returned';
  let here = reached;
  for (const rule of run.table.chains.get(name)?.rules ?? []) {
    const own = ruleHolds(rule, run.packet);
    const match = both(both(here, run.goesOn), own);
    if (match === 'no') continue;
    const left = meet(run, rule, match, depth);
    if (left === 'ended' || (left === 'returned' && own === 'yes')) return left;
    if (left === 'returned') here = 'perhaps';
  }
  return 'returned';
}

/** What a rule that is met does to the search: `next` where the chain goes on. */
function meet(run: Search, rule: Rule, match: 'yes' | 'perhaps', depth: number): Onward | 'next' {
  for (const action of rule.statements) {
    if ('match' in action) continue;
    if (run.actions.includes(action.action)) run.met.push({match, action, rule});
    const left = leave(run, action, match, depth);
    if (left !== 'next') return left;
  }
  return 'next';
}

/** Where an action takes the search. */
function leave(run: Search, action: RuleAction, match: 'yes' | 'perhaps', depth: number): Onward | 'next' {
  if (final.has(action.action)) {
    if (match === 'yes') return 'ended';
    run.goesOn = 'perhaps';
    return 'next';
  }
  if (action.action === 'return') return 'returned';
  if (action.action !== 'jump' && action.action !== 'goto') return 'next';
  if (search(run, action.chain, match, depth + 1) === 'ended') return 'ended';
  // What a goto jumped to returns to whoever called this chain.
  return action.action === 'goto' ? 'returned' : 'next';
}

type End = 'accept' | 'drop' | 'return';

interface Run {
  table: RuleTable;
  packet: FilteredPacket;
  /** What drops it. */
  dropped?: Rule | RuleChain;
  /** What only perhaps does. */
  odd?: Rule;
  /** What perhaps takes it past the rules that follow. */
  left?: Rule;
  /** What gives it another address or port, or perhaps does. */
  translated?: Rule;
}

/** All ends that a chain may have for the packet. */
function follow(run: Run, chain: RuleChain, depth: number): Set<End> {
  const ends = new Set<End>();
  if (depth > mostJumps) return new Set(['accept', 'drop']);
  for (const rule of chain.rules) {
    const held = ruleHolds(rule, run.packet);
    if (held === 'no') continue;
    const own = ruleEnds(run, rule, depth);
    note(run, rule, held, own);
    if (own.has('accept')) ends.add('accept');
    if (own.has('drop')) ends.add('drop');
    // A RETURN ends this chain, and so does a goto that comes back, which goes on with whoever called it.
    if (own.has('return')) atEnd(ends, run, chain);
    if (held === 'yes' && !own.has('next')) return ends;
  }
  return atEnd(ends, run, chain);
}

/** Keeps the first rule of each kind that has a say: it is quoted. */
function note(run: Run, rule: Rule, held: Held, ends: ReadonlySet<End | 'next'>): void {
  if (ends.has('drop') && held === 'yes') run.dropped ??= rule;
  if (ends.has('drop') && held === 'perhaps') run.odd ??= rule;
  if (ends.has('return') && held === 'perhaps') run.left ??= rule;
  if (rule.chain.program === 'nft' && mayTranslate(rule, run.packet)) run.translated ??= rule;
}

/** Whether a rule of nftables gives a packet that meets it another address, as far as that matters to what is asked. */
function mayTranslate({statements}: Rule, packet: FilteredPacket): boolean {
  return statements.some((statement) => {
    if ('match' in statement) return false;
    if (statement.action === 'other') return true;
    if (!translations.includes(statement.action)) return false;
    const ofSource = statement.action === 'snat' || statement.action === 'masquerade';
    if (packet.sourceMayChange && ofSource) return false;
    return statement.action !== 'masquerade' || packet.masqueradeAs !== packet.src;
  });
}

/** What happens at the end of a chain: a built-in one has a policy, another returns. */
function atEnd(ends: Set<End>, run: Run, chain: RuleChain): Set<End> {
  const {policy} = chain;
  if (policy === undefined) ends.add('return');
  else if (policy === 'drop') {
    ends.add('drop');
    run.dropped ??= chain;
  } else ends.add('accept');
  return ends;
}

/** The ends that a rule may bring to a packet that it meets; `next` where the chain goes on. */
function ruleEnds(run: Run, {statements}: Rule, depth: number): ReadonlySet<End | 'next'> {
  for (const statement of statements) {
    if ('match' in statement || statement.action === 'pass' || statement.action === 'mark') continue;
    return actionEnds(run, statement, depth);
  }
  return goesOn;
}

const goesOn: ReadonlySet<End | 'next'> = new Set(['next']);
const accepts: ReadonlySet<End | 'next'> = new Set(['accept']);
const drops: ReadonlySet<End | 'next'> = new Set(['drop']);
const returns: ReadonlySet<End | 'next'> = new Set(['return']);
const anyEnd: ReadonlySet<End | 'next'> = new Set(['accept', 'drop', 'next']);

/** The elements of a verdict map exclude each other. */
function caseEnds(run: Run, cases: readonly VerdictCase[], depth: number): ReadonlySet<End | 'next'> {
  const ends = new Set<End | 'next'>();
  for (const {match, then} of cases) {
    const held = matchHolds(match, run.packet);
    if (held === 'no') continue;
    for (const end of actionEnds(run, then, depth)) ends.add(end);
    if (held === 'yes') return ends;
  }
  return ends.add('next');
}

function actionEnds(run: Run, action: RuleAction, depth: number): ReadonlySet<End | 'next'> {
  switch (action.action) {
    case 'accept':
      return accepts;
    case 'drop':
    case 'reject':
      return drops;
    case 'return':
      return returns;
    // They end the chain, and the packet goes on.
    case 'dnat':
    case 'snat':
    case 'masquerade':
    case 'redirect':
    case 'netmap':
      return accepts;
    case 'pass':
    case 'mark':
      return goesOn;
    case 'vmap':
      return caseEnds(run, action.cases, depth);
    case 'jump':
    case 'goto': {
      const chain = run.table.chains.get(action.chain);
      if (!chain) return anyEnd;
      const ends: Set<End | 'next'> = follow(run, chain, depth + 1);
      // A jump that comes back goes on with the next rule.
      if (action.action === 'jump' && ends.delete('return')) ends.add('next');
      return ends;
    }
    default:
      return anyEnd;
  }
}
