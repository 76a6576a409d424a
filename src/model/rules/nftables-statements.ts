/** The statements of nftables rules (nft(8), STATEMENTS and EXPRESSIONS; libnftables-json(5)). */
import {compact} from '../compact.js';
import {targetOf} from './iptables-actions.js';
import {impliedBy, readElement, readMatch} from './nftables-matches.js';
import {casesOf} from './nftables-values.js';
import {isObject, type Json, named, statementText, word} from './nftables-words.js';
import type {
  ActionKind,
  RuleAction,
  RuleMatch,
  RuleSet,
  RuleStatement,
  Translation,
  VerdictCase,
} from './rule.js';

/**
 * One entry of a rule's `expr`. Counters say nothing of what a rule does, and are no statement.
 *
 * @param sets those with names that the rule's table has
 */
export function readStatement(statement: unknown, sets: readonly RuleSet[]): RuleStatement[] {
  const words = statementText(statement);
  if (!isObject(statement)) return [{action: 'other', name: words, words}];
  const [name, value] = named(statement);
  if (name === 'counter') return [];
  if (!isObject(value)) return [limits.has(name) ? byChance(words) : actionOf(name, value, words)];
  switch (name) {
    case 'flow':
      return [{match: 'offload', negated: false, words: ''}, actionOf(name, value, words)];
    case 'match':
      return [...impliedBy(value['left']), readMatch(value, words, sets)];
    case 'xt':
      return [xtStatement(value, words)];
    case 'vmap':
      return [...impliedBy(value['key']), verdictMap(value, words, sets)];
    case 'reject':
      return [...familyOfAnswer(value['type']), actionOf(name, value, words)];
    case 'set':
      // What is done for each element may be a limit.
      return [
        ...impliedBy(value['elem']),
        value['stmt'] === undefined ? actionOf(name, value, words) : byChance(words),
      ];
    default:
      return limits.has(name)
        ? [byChance(words)]
        : [...impliedBy(value['key']), ...neededFor(value), actionOf(name, value, words)];
  }
}

function actionOf(name: string, value: unknown, words: string): RuleAction {
  const action = (actions.get(name)?.(value) ?? {action: 'other', name}) as RuleAction;
  action.words = words;
  return action;
}

/** An answer of one family is for packets of that family; nft leaves out the match that says so. */
function familyOfAnswer(type: unknown): RuleMatch[] {
  if (type !== 'icmp' && type !== 'icmpv6') return [];
  return [{match: 'family', family: type === 'icmp' ? 'ip' : 'ip6', negated: false, words: ''}];
}

function byChance(words: string): RuleMatch {
  return {match: 'other', chance: true, negated: false, words};
}

/** What must be there for a value to be written: else the rule is left. */
function neededFor(value: Json): RuleMatch[] {
  if (looksUp(value)) return [{match: 'other', negated: false, words: ''}];
  // Without a connection there is no mark to copy (nft_ct.c, nft_ct_get_eval).
  if (markOf(value['key']) === 'meta' && markOf(value['value']) === 'ct')
    return [{match: 'connection-mark', value: 0, mask: 0, negated: false, words: ''}];
  return [];
}

/** Statements that end a rule's evaluation for some packets, by what is not in the packet. */
const limits = new Set(['limit', 'quota', 'ct count', 'meter']);

/** A value that is looked up in a map, whether in that of a mark or of a translation, ends the rule where it is not there. */
function looksUp(value: Json): boolean {
  return Object.values(value).some((part) => isObject(part) && 'map' in part);
}

/** An extension of iptables in a table of iptables-nft: nft's JSON has its name, and not what it is told. */
function xtStatement({type, name}: Json, words: string): RuleStatement {
  if (type === 'match')
    return name === 'comment'
      ? {match: 'comment', text: '', negated: false, words: ''}
      : {match: 'other', module: word(name), negated: false, words};
  const kind = targetOf(word(name));
  // Whether CT takes the packet from conntrack is one of the things that nft does not print.
  const isHidden = kind.action === 'jump' || name === 'CT';
  return {...(isHidden ? {action: 'other', name: word(name)} : kind), words};
}

const passing = ['log', 'ct helper', 'ct timeout', 'ct expectation', 'set', 'secmark', 'flow', 'dup'];

const actions: ReadonlyMap<string, (value: unknown) => ActionKind> = new Map<
  string,
  (value: unknown) => ActionKind
>([
  ['accept', () => ({action: 'accept'})],
  ['drop', () => ({action: 'drop'})],
  ['return', () => ({action: 'return'})],
  ['reject', () => ({action: 'reject'})],
  ['jump', (value) => ({action: 'jump', chain: targetName(value)})],
  ['goto', (value) => ({action: 'goto', chain: targetName(value)})],
  ['dnat', (value) => compact({action: 'dnat' as const, to: translation(value)})],
  ['snat', (value) => compact({action: 'snat' as const, to: translation(value)})],
  ['masquerade', () => ({action: 'masquerade'})],
  [
    'redirect',
    (value) =>
      compact({action: 'redirect' as const, port: isObject(value) ? numberOf(value['port']) : undefined}),
  ],
  ['mangle', mangle],
  ['notrack', () => ({action: 'untrack'})],
  ['continue', () => ({action: 'pass', name: 'continue'})],
  ...passing.map((name): [string, () => ActionKind] => [name, () => ({action: 'pass', name})]),
]);

function targetName(value: unknown): string {
  return isObject(value) ? word(value['target']) : '';
}

function translation(value: unknown): Translation | undefined {
  if (!isObject(value)) return undefined;
  const {addr, port} = value;
  if ((addr !== undefined && typeof addr !== 'string') || (port !== undefined && typeof port !== 'number'))
    return undefined;
  return compact({address: addr, port});
}

/** Writes to a packet, or to what the kernel keeps of it: only marks are asked for by other rules that are understood. */
function mangle(value: unknown): ActionKind {
  const {key, value: to} = isObject(value) ? value : {};
  const target = markOf(key);
  if (target === undefined) return {action: 'pass', name: 'mangle'};
  const change = markChange(to, target) ?? {};
  return target === 'meta'
    ? {action: 'mark', ...(markOf(to) === 'ct' ? {from: 'connection'} : change)}
    : {action: 'connection-mark', ...(markOf(to) === 'meta' ? {from: 'packet'} : change)};
}

/** Whose mark an expression is: `meta` for the packet's, `ct` for the connection's. */
function markOf(expression: unknown): 'meta' | 'ct' | undefined {
  const [name, inner] = isObject(expression) ? named(expression) : ['', undefined];
  if (!isObject(inner) || inner['key'] !== 'mark' || (name !== 'meta' && name !== 'ct')) return undefined;
  return name;
}

const every = 0xffff_ffff;

/** `0x1`, or `mark | 0x1`, `mark & 0xff`, `mark ^ 0x1`, nested too, of the mark itself; undefined for what is computed otherwise. */
function markChange(to: unknown, own: 'meta' | 'ct'): {value: number; mask: number} | undefined {
  if (typeof to === 'number') return {value: to, mask: every};
  if (markOf(to) === own) return {value: 0, mask: 0};
  const [operator, parts] = isObject(to) ? named(to) : ['', undefined];
  const [before, operand] = Array.isArray(parts) ? (parts as unknown[]) : [];
  const inner = before === undefined ? undefined : markChange(before, own);
  if (!inner || typeof operand !== 'number') return undefined;
  const {value, mask} = inner;
  // A mark m becomes (m & ~mask) ^ value.
  if (operator === '|') return {value: ((value & ~operand) | operand) >>> 0, mask: (mask | operand) >>> 0};
  if (operator === '&') return {value: (value & operand) >>> 0, mask: (mask | ~operand) >>> 0};
  return operator === '^' ? {value: (value ^ operand) >>> 0, mask} : undefined;
}

/** `ct state vmap {established : accept, invalid : drop}`, and those that have a name. */
function verdictMap({key, data}: Json, words: string, sets: readonly RuleSet[]): RuleAction {
  const unknown: RuleAction = {action: 'other', name: 'vmap', words};
  const elements = casesOf(data, sets);
  if (!elements) return unknown;
  const cases: VerdictCase[] = [];
  for (const [value, verdict] of elements) {
    const [then] = readStatement(verdict, sets);
    if (!then || 'match' in then) return unknown;
    cases.push({match: readElement(key, value), then});
  }
  // That for all others is asked last.
  cases.sort((one, other) => Number(one.match.match === 'always') - Number(other.match.match === 'always'));
  return {action: 'vmap', cases, words};
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
