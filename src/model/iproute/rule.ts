/**
 * `ip [-d] rule show` as JSON and as text.
 *
 * Format: iproute2 ip/iprule.c, print_rule(). Kernel: linux/fib_rules.h (FRA_*, FR_ACT_*). What a rule
 * matches besides source and destination is kept as the words of the text form, so that a reader who doesn't
 * know one can say so. BusyBox drops `not`, `oif`, `uidrange` and more from what it prints: don't use it here.
 */
import {ipVersion} from '../../base/ip-version.js';
import {object, odd, oneOf, optional, record, type Shape, type Shaped, text} from '../../base/shape.js';
import type {RoutingRule} from '../facts.js';
import type {Family} from './route.js';
import {
  checkEntry,
  compact,
  type Entry,
  isPrefix,
  isWord,
  jsonEntries,
  type Parsed,
  type ProblemList,
  problemList,
  textLines,
  uint,
  wordOrNumber,
} from './shared.js';

export interface RuleOptions {
  /** What `ip -4` or `ip -6` was asked; without it inferred from the addresses, else `inet` as `ip rule` is. */
  family?: Family;
}

const MAX_OTHER = 32;

const words = record(text((value) => value === '' || isWord(value)));
const otherWords: Shape<Record<string, string>> = (value, report) => {
  const read = words(value, report);
  if (read === odd) return odd;
  const keys = Object.keys(read);
  return keys.length <= MAX_OTHER && keys.every((key) => /^[a-z][\w-]{0,31}$/.test(key)) ? read : odd;
};

const schema = object({
  priority: uint(0xffff_ffff),
  src: text((src) => src === 'all' || isPrefix(src)),
  dst: optional(text(isPrefix)),
  table: optional(wordOrNumber),
  other: optional(otherWords),
  deleted: optional(oneOf(false)),
});

function rulesOf(
  entries: Iterable<{where: string; entry: Entry}>,
  options: RuleOptions,
  problems: ProblemList,
): RoutingRule[] {
  const reads: Shaped<typeof schema>[] = [];
  for (const {where, entry} of entries) {
    const read = checkEntry(schema, entry, where, problems);
    if (read !== undefined) reads.push(read);
  }
  const isIpv6 = reads.some(({src, dst}) =>
    [src, dst].some((text) => ipVersion(text?.split('/', 1)[0] ?? '') === 6),
  );
  const family = options.family ?? (isIpv6 ? 'inet6' : 'inet');
  return reads.map(({priority, src, dst, table, other}) =>
    compact<RoutingRule>({
      family,
      priority,
      src,
      dst,
      table,
      other: other !== undefined && Object.keys(other).length > 0 ? other : undefined,
    }),
  );
}

/** A scalar as the text form prints it; a key without a value is null. */
function wordOf(value: unknown): string | undefined {
  if (value === null || value === true) return '';
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

/** Keys that say nothing about what the rule matches or does, or that are read by name. */
const NOT_OTHER = new Set([
  'priority',
  'src',
  'srclen',
  'dst',
  'dstlen',
  'table',
  'protocol',
  'deleted',
  'iif_detached',
  'oif_detached',
  'unresolved',
]);
/** Pairs of keys that the text prints as one word. */
const JOINED: [first: string, second: string, name: string, separator: string][] = [
  ['fwmark', 'fwmask', 'fwmark', '/'],
  ['uid_start', 'uid_end', 'uidrange', '-'],
  ['sport_start', 'sport_end', 'sport', '-'],
  ['dport_start', 'dport_end', 'dport', '-'],
  ['flow_from', 'flow_to', 'realms', '/'],
];
const RENAMED = new Map([['suppress_prefixlen', 'suppress_prefixlength']]);

/** Masks that iproute2 from 6.15 on prints with `-j` always, and as text only where they leave something out. */
const MASKS: readonly [key: string, name: string, whole: string][] = [
  ['sport', 'sport_mask', '0xffff'],
  ['dport', 'dport_mask', '0xffff'],
  ['dscp', 'dscp_mask', '0x3f'],
  ['flowlabel', 'flowlabel_mask', '0xfffff'],
];

/** Puts a mask behind its value as the text does, where a number with a mask is hexadecimal. */
function joinMasks(rest: Entry): void {
  for (const [key, name, whole] of MASKS) {
    const mask = wordOf(rest[name]);
    if (mask === undefined) continue;
    const value = rest[key];
    delete rest[name];
    if (mask === whole) continue;
    rest[key] = `${typeof value === 'number' ? `0x${value.toString(16)}` : (wordOf(value) ?? '')}/${mask}`;
  }
}

function joinKeys(rest: Entry, other: [string, unknown][]): void {
  for (const [first, second, name, separator] of JOINED) {
    if (rest[first] === undefined && rest[second] === undefined) continue;
    const parts = [rest[first], rest[second]].map(wordOf).filter((part) => part !== undefined);
    other.push([name, parts.join(separator)]);
    delete rest[first];
    delete rest[second];
  }
}

/** Joins address and length, and moves all that isn't known by name to `other`, in the words of the text. */
function normalise(entry: Entry): Entry {
  const other: [string, unknown][] = [];
  const rest = {...entry};
  joinMasks(rest);
  joinKeys(rest, other);
  for (const [key, value] of Object.entries(rest)) {
    if (!NOT_OTHER.has(key)) other.push([RENAMED.get(key) ?? key, wordOf(value) ?? value]);
  }
  const withLength = (text: unknown, length: unknown): unknown =>
    typeof text === 'string' && wordOf(length) !== undefined ? `${text}/${wordOf(length)}` : text;
  return {
    ...entry,
    src: withLength(entry['src'], entry['srclen']),
    dst: withLength(entry['dst'], entry['dstlen']),
    other: Object.fromEntries(other),
  };
}

function* normalised(
  entries: Iterable<{where: string; entry: Entry}>,
): Generator<{where: string; entry: Entry}> {
  for (const {where, entry} of entries) yield {where, entry: normalise(entry)};
}

/** Reads `ip -j rule show`. */
export function parseRulesJson(text: string, options: RuleOptions = {}): Parsed<RoutingRule> {
  const problems = problemList();
  return {
    rows: rulesOf(normalised(jsonEntries(text, problems)), options, problems),
    problems: problems.list(),
  };
}

/** Words that stand alone; every other one is followed by its value. */
const ALONE = new Set(['not', 'nop', 'masquerade', 'l3mdev']);
const ACTIONS = new Set([
  'blackhole',
  'unreachable',
  'prohibit',
  'throw',
  'unicast',
  'local',
  'broadcast',
  'multicast',
]);
/** Notes on the word before them. */
const NOTES = new Set(['[detached]', '[unresolved]']);

/** `100:\tnot from 10.0.0.0/24 to … fwmark 0x1/0xff iif eth0 lookup 100` */
function lineToEntry(tokens: readonly string[]): Entry {
  const [number = '', ...rest] = tokens;
  const entry: Entry = {priority: number.endsWith(':') ? number.slice(0, -1) : ''};
  const other: [string, string][] = [];
  const words = rest.filter((token) => !NOTES.has(token));
  for (let index = 0; index < words.length; index += 1) {
    const key = words[index] ?? '';
    if (ALONE.has(key)) other.push([key, '']);
    else if (ACTIONS.has(key)) other.push(['action', key]);
    else {
      index += 1;
      addPair(entry, other, key, words[index] ?? '');
    }
  }
  entry['other'] = Object.fromEntries(other);
  return entry;
}

/** A word with its value: of the entry itself, or of what else the rule asks for. Who made the rule is not told in text. */
function addPair(entry: Entry, other: [string, string][], key: string, value: string): void {
  if (key === 'from') entry['src'] = value;
  else if (key === 'to') entry['dst'] = value;
  else if (key === 'lookup' && value === '[l3mdev-table]') other.push(['l3mdev', '']);
  else if (key === 'lookup' && value !== 'unspec') entry['table'] = value;
  else if (key !== 'proto') other.push([key, value]);
}

function* textEntries(text: string, problems: ProblemList): Generator<{where: string; entry: Entry}> {
  for (const {where, tokens} of textLines(text, problems)) yield {where, entry: lineToEntry(tokens)};
}

/** Reads `ip rule show`. */
export function parseRulesText(text: string, options: RuleOptions = {}): Parsed<RoutingRule> {
  const problems = problemList();
  return {rows: rulesOf(textEntries(text, problems), options, problems), problems: problems.list()};
}
