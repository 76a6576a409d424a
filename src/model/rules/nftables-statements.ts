/** The statements of nftables rules (nft(8), STATEMENTS and EXPRESSIONS; libnftables-json(5)). */
import {compact} from '../compact.js';
import {targetOf} from './iptables-actions.js';
import {readMark} from './iptables-matches.js';
import {isObject, type Json, named, statementText, word} from './nftables-words.js';
import type {
  ActionKind,
  InterfaceName,
  MatchKind,
  Range,
  RuleAction,
  RuleMatch,
  RuleStatement,
  Side,
  Translation,
  VerdictCase,
} from './rule.js';

/** One entry of a rule's `expr`. Counters say nothing of what a rule does, and are no statement. */
export function readStatement(statement: unknown): RuleStatement[] {
  const words = statementText(statement);
  if (!isObject(statement)) return [{action: 'other', name: words, words}];
  const [name, value] = named(statement);
  if (name === 'counter') return [];
  if (name === 'match' && isObject(value)) return [...impliedBy(value), readMatch(value, words)];
  if (name === 'xt' && isObject(value)) return [xtStatement(value, words)];
  if (limits.has(name)) return [{match: 'other', negated: false, words}];
  const action = (actions.get(name)?.(value) ?? {action: 'other', name}) as RuleAction;
  action.words = words;
  return [action];
}

/** Statements that end a rule's evaluation for some packets, by what is not in the packet. */
const limits = new Set(['limit', 'quota', 'ct count']);

/** An extension of iptables in a table of iptables-nft: nft knows its name, and not what it is told. */
function xtStatement({type, name}: Json, words: string): RuleStatement {
  if (type === 'match') return {match: 'other', module: word(name), negated: false, words};
  const kind = targetOf(word(name));
  return {...(kind.action === 'jump' ? {action: 'other', name: word(name)} : kind), words};
}

const passing = ['log', 'notrack', 'ct helper', 'ct timeout', 'ct expectation', 'set', 'secmark', 'synproxy'];

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
  ['vmap', verdictMap],
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

/** Writes to a packet, or to what the kernel keeps of it. */
function mangle(value: unknown): ActionKind {
  const key = isObject(value) ? value['key'] : undefined;
  const [name, inner] = isObject(key) ? named(key) : ['', undefined];
  if (name !== 'meta' || !isObject(inner) || inner['key'] !== 'mark') return {action: 'pass', name: 'mangle'};
  const mark = isObject(value) ? numberOf(value['value']) : undefined;
  return {action: 'mark', ...(mark === undefined ? {} : {value: mark, mask: 0xffffffff})};
}

/**
 * What a match of a header field asks for beside it, as nft adds it to the rule: a packet of another family or protocol never
 * meets it, negated or not. It has no words of its own.
 */
function impliedBy({left}: Json): RuleMatch[] {
  const [name, inner] = isObject(left) ? named(left) : ['', undefined];
  const protocol = name === 'payload' && isObject(inner) ? inner['protocol'] : undefined;
  if (typeof protocol !== 'string') return [];
  const unworded = {negated: false, words: ''};
  if (protocol === 'ip' || protocol === 'ip6') return [{match: 'family', family: protocol, ...unworded}];
  const named4 = transports.get(protocol);
  return named4 === undefined ? [] : [{match: 'protocol', protocols: [named4], ...unworded}];
}

/** Headers above IP, by the names that `meta l4proto` has for them. */
const transports: ReadonlyMap<string, string> = new Map([
  ...['tcp', 'udp', 'udplite', 'sctp', 'dccp', 'esp', 'ah', 'comp', 'icmp', 'igmp', 'gre'].map(
    (one) => [one, one] as const,
  ),
  ['icmpv6', 'ipv6-icmp'],
]);

/** `ct state vmap {established : accept, invalid : drop}`; a map that has a name is not known here. */
function verdictMap(value: unknown): ActionKind {
  const unknown: ActionKind = {action: 'other', name: 'vmap'};
  if (!isObject(value) || !isObject(value['key']) || !isObject(value['data'])) return unknown;
  const elements = value['data']['set'];
  if (!Array.isArray(elements)) return unknown;
  const cases: VerdictCase[] = [];
  for (const element of elements as unknown[]) {
    if (!Array.isArray(element) || element.length !== 2) return unknown;
    const [right, verdict] = element as [unknown, unknown];
    const [then] = readStatement(verdict);
    if (!then || 'match' in then) return unknown;
    // The wildcard is for all that no other element is for, which is not told apart here.
    if (right === '*') return unknown;
    const left = value['key'];
    const implied = impliedBy({left});
    // Another family or protocol never meets the rule: that is a match of the rule, which a case can't have.
    if (implied.length > 0) return unknown;
    cases.push({match: readMatch({left, op: '==', right}, ''), then});
  }
  return {action: 'vmap', cases};
}

function readMatch({left, op, right}: Json, words: string): RuleMatch {
  const known = op === '==' || op === '!=' || op === 'in';
  const kind = known && isObject(left) ? kindOf(left, valuesOf(right)) : undefined;
  const match = (kind ?? {match: 'other'}) as RuleMatch;
  match.negated = op === '!=';
  match.words = words;
  return match;
}

/** What is looked at, and for which values; undefined where one of both is not understood. */
function kindOf(left: Json, values: Value[] | undefined): MatchKind | undefined {
  const [name, inner] = named(left);
  if (!values || !isObject(inner)) return undefined;
  switch (name) {
    case 'meta':
      return metaMatch(inner['key'], values);
    case 'payload':
      return payloadMatch(inner, values);
    case 'ct':
      return inner['dir'] === undefined ? conntrackMatch(inner['key'], values) : undefined;
    case 'fib':
      return fibMatch(inner, values);
    default:
      return undefined;
  }
}

/** A value, or the first and last of a range, or a prefix as text. */
type Value = string | number | {first: string | number; last: string | number};

/** The values of a match's right side; undefined for a set that has a name, and for what is computed. */
function valuesOf(right: unknown): Value[] | undefined {
  const listed = isObject(right) && Array.isArray(right['set']) ? right['set'] : right;
  const values = (Array.isArray(listed) ? listed : [listed]).map(simpleValue);
  return values.every((value) => value !== undefined) ? values : undefined;
}

function simpleValue(value: unknown): Value | undefined {
  if (typeof value === 'string') return value.startsWith('@') ? undefined : value;
  if (typeof value === 'number') return value;
  if (!isObject(value)) return undefined;
  const [name, inner] = named(value);
  if (name === 'elem' && isObject(inner)) return simpleValue(inner['val']);
  if (name === 'prefix' && isObject(inner)) return `${word(inner['addr'])}/${word(inner['len'])}`;
  if (name !== 'range' || !Array.isArray(inner)) return undefined;
  const [first, last] = inner as unknown[];
  return isSimple(first) && isSimple(last) ? {first, last} : undefined;
}

function isSimple(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number';
}

function metaMatch(key: unknown, values: Value[]): MatchKind | undefined {
  const names = values.filter((value) => typeof value === 'string');
  switch (key) {
    case 'iif':
    case 'iifname':
    case 'oif':
    case 'oifname':
      if (names.length < values.length) return undefined;
      return {
        match: 'interface',
        direction: key.startsWith('i') ? 'in' : 'out',
        names: names.map(interfaceName),
      };
    case 'nfproto':
      return familyMatch(values);
    case 'l4proto':
      return protocolMatch(values);
    case 'mark': {
      const mark = values.length === 1 ? readMark(word(values[0])) : undefined;
      return mark && {match: 'mark', ...mark};
    }
    default:
      return undefined;
  }
}

/** `"eth*"` is every interface that begins so, but for a backslash before the `*` (nft(8), META EXPRESSIONS). */
function interfaceName(text: string): InterfaceName {
  const isPrefix = text.endsWith('*') && !text.endsWith('\\*');
  return {name: isPrefix ? text.slice(0, -1) : text, isPrefix};
}

function payloadMatch({protocol, field}: Json, values: Value[]): MatchKind | undefined {
  switch (field) {
    case 'saddr':
    case 'daddr':
      return protocol === 'ip' || protocol === 'ip6'
        ? addressMatch(field === 'saddr' ? 'src' : 'dst', protocol, values)
        : undefined;
    case 'sport':
    case 'dport':
      return portMatch(field === 'sport' ? 'src' : 'dst', protocol, values);
    case 'protocol':
      return protocol === 'ip' ? protocolMatch(values) : undefined;
    default:
      return undefined;
  }
}

function familyMatch([first, ...more]: Value[]): MatchKind | undefined {
  if (more.length > 0) return undefined;
  if (first === 'ipv4') return {match: 'family', family: 'ip'};
  return first === 'ipv6' ? {match: 'family', family: 'ip6'} : undefined;
}

function protocolMatch(values: Value[]): MatchKind | undefined {
  return values.every(isSimple) ? {match: 'protocol', protocols: values.map(String)} : undefined;
}

function addressMatch(side: Side, protocol: 'ip' | 'ip6', values: Value[]): MatchKind | undefined {
  const texts = values.filter((value) => typeof value === 'string');
  if (texts.length < values.length) return undefined;
  const bits = protocol === 'ip' ? 32 : 128;
  return {
    match: 'address',
    side,
    prefixes: texts.map((text) => (text.includes('/') ? text : `${text}/${bits}`)),
  };
}

/** `th dport` holds for every protocol that has ports there. */
function portMatch(side: Side, protocol: unknown, values: Value[]): MatchKind | undefined {
  const ports = values.map(rangeOf);
  if (!ports.every((range) => range !== undefined)) return undefined;
  return {match: 'port', side, ports, ...(protocol === 'th' ? {} : {protocol: word(protocol)})};
}

function rangeOf(value: Value): Range | undefined {
  if (typeof value === 'number') return [value, value];
  if (typeof value === 'string') return undefined;
  const {first, last} = value;
  return typeof first === 'number' && typeof last === 'number' ? [first, last] : undefined;
}

function conntrackMatch(key: unknown, values: Value[]): MatchKind | undefined {
  if (key === 'state') return stateMatch(values);
  if (key !== 'status') return undefined;
  const names = values.filter((value) => typeof value === 'string');
  return names.length === values.length ? {match: 'status', names} : undefined;
}

function stateMatch(values: Value[]): MatchKind | undefined {
  return values.every((value) => typeof value === 'string')
    ? {match: 'state', states: values.map((state) => state.toUpperCase())}
    : undefined;
}

/** `fib daddr type local` (nft(8), FIB EXPRESSIONS); with more flags it asks for more than the address. */
function fibMatch({result, flags}: Json, [type, ...more]: Value[]): MatchKind | undefined {
  const flag = Array.isArray(flags) ? (flags.length === 1 ? flags[0] : undefined) : flags;
  if (result !== 'type' || typeof type !== 'string' || more.length > 0) return undefined;
  if (flag !== 'saddr' && flag !== 'daddr') return undefined;
  return {match: 'address-type', side: flag === 'saddr' ? 'src' : 'dst', type: type.toUpperCase()};
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
