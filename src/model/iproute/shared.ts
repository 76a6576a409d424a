/**
 * What the parsers of iproute2's tables share: bounded problem lists, checked words, and the way from one
 * entry (of JSON, or built from a line of text) through a schema to a row.
 *
 * Every text parser first builds the entry that `-j` would have printed and then takes the way of the JSON
 * parser, so that both readings of one table end in the same model.
 */
import {ipVersion} from '../../base/ip-version.js';
import {array, lowerCase, type Oddness, odd, type Report, type Shape, text} from '../../base/shape.js';

/** What a parser returns: the rows it understood, and a bounded list of what it did not. */
export interface Parsed<Row> {
  rows: Row[];
  problems: string[];
  /** Values of an unknown form that a row goes without, and that it loses nothing else by; each told once, bounded. */
  dropped?: string[];
}

export interface ProblemList {
  add(where: string, why: string, text?: string): void;
  /** Notes a value that only its own row lacks now; where else the same stands does not matter. */
  drop(why: string, text: string): void;
  list(): string[];
  dropped(): string[];
}

const MAX_PROBLEMS = 20;
const MAX_QUOTED = 80;
/** The longest real line, a bridge port of `ip -d`, has about 1,000 characters. */
const MAX_LINE = 16_384;

/** Quotes foreign text for a message: cut, and without anything a terminal could act on. */
export function quote(text: string): string {
  const cut = text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}…` : text;
  const safe = cut.replace(/[\p{C}\p{Zl}\p{Zp}"\\]/gu, (char) =>
    char === '"' || char === '\\' ? `\\${char}` : `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`,
  );
  return `"${safe}"`;
}

/** Collects problems; after the first twenty only their number is kept. */
export function problemList(): ProblemList {
  const kept: string[] = [];
  const dropped = new Set<string>();
  let left = 0;
  return {
    drop(why, text) {
      if (dropped.size < MAX_PROBLEMS) dropped.add(`${why}: ${quote(text)}`);
    },
    dropped: () => [...dropped],
    add(where, why, text) {
      if (kept.length < MAX_PROBLEMS) {
        kept.push(text === undefined ? `${where}: ${why}` : `${where}: ${why}: ${quote(text)}`);
      } else {
        left += 1;
      }
    },
    list: () => (left === 0 ? kept : [...kept, `and ${left} more`]),
  };
}

/** `dev_valid_name` of net/core/dev.c, and further no control or invisible characters, which it would allow. */
export function isInterfaceName(text: string): boolean {
  if (text.length > 15 || text === '.' || text === '..') return false;
  // The second pattern says all, the first one is quick.
  return /^[\w.-]+$/.test(text) || /^[^\s/:\p{C}]+$/u.test(text);
}

/** Is it an address, without a zone? */
export function isAddress(text: string): boolean {
  return text.length <= 45 && !text.includes('%') && ipVersion(text) !== 0;
}

/** Is it an address or `ADDRESS/LENGTH`? */
export function isPrefix(text: string): boolean {
  const slash = text.indexOf('/');
  if (slash === -1) return isAddress(text);
  const address = text.slice(0, slash);
  const length = text.slice(slash + 1);
  return (
    isAddress(address) && /^\d{1,3}$/.test(length) && Number(length) <= (ipVersion(address) === 6 ? 128 : 32)
  );
}

/** A visible word of bounded length: the name of a table, a protocol, a scope, a state. */
export function isWord(text: string): boolean {
  return text.length <= 64 && /^[^\s\p{C}]+$/u.test(text);
}

/** A whole number from `min` to `max`; digits in a string will do. */
export function uint(max = Number.POSITIVE_INFINITY, min = 0): Shape<number> {
  return (value) => {
    if (typeof value === 'string' ? !/^\d{1,20}$/.test(value) : typeof value !== 'number') return odd;
    const number = Number(value);
    return Number.isInteger(number) && number >= min && number <= max ? number : odd;
  };
}

export const mac = lowerCase(isMac);
export const address = lowerCase(isAddress);
export const interfaceName = text(isInterfaceName);
export const word = text(isWord);
/** A word that may be printed as a number, such as that of a table. */
export const wordOrNumber: Shape<string> = (value, report) =>
  word(typeof value === 'number' ? String(value) : value, report);
/** Flags are printed by name, unknown ones as hexadecimal digits. */
export const flagList = array(text((flag) => /^[\w-]{1,24}$/.test(flag)));

/** Six octets; the other lengths (InfiniBand, tunnels) are not MACs. */
export function isMac(text: string): boolean {
  return text.length === 17 && /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/i.test(text);
}

/** An object without the keys that are undefined. */
export function compact<Row extends object>(row: {[Key in keyof Row]: Row[Key] | undefined}): Row {
  const result: Record<string, unknown> = {};
  for (const key in row) {
    if (row[key] !== undefined) result[key] = row[key];
  }
  return result as Row;
}

/**
 * The rows of one JSON table, by a reader that gives nothing for an entry it could not understand.
 *
 * @param plainRow reads an entry of the commonest form alone, without a schema, and gives nothing for any other. A
 * large swarm has thousands of such rows a host, for each of which a schema costs ten times as much.
 */
export function jsonRows<Row>(
  text: string,
  plainRow: (entry: Entry) => Row | undefined,
  toRow: (entry: Entry, where: string, problems: ProblemList) => Row | undefined,
): Parsed<Row> {
  const problems = problemList();
  const rows: Row[] = [];
  const parsed = jsonArray(text, problems);
  for (let index = 0; index < parsed.length; index++) {
    const entry = entryAt(parsed, index, problems);
    if (entry === undefined) continue;
    const row = plainRow(entry) ?? toRow(entry, placeOf(index), problems);
    if (row !== undefined) rows.push(row);
  }
  return {rows, problems: problems.list()};
}

/** Are these all of an entry's keys? */
export function hasOnly(entry: Entry, keys: ReadonlySet<string>): boolean {
  for (const key in entry) if (!keys.has(key)) return false;
  return true;
}

/** A number of seconds as JSON has it, or none at all. */
export function isAge(value: unknown): value is number | undefined {
  return value === undefined || (Number.isInteger(value) && (value as number) >= 0);
}

/** The same check for a text that many rows repeat, such as a device or a VTEP: done once each. */
export function checkedOnce(check: (text: string) => boolean): (value: unknown) => value is string {
  const good = new Set<unknown>();
  return (value): value is string => {
    if (good.has(value)) return true;
    if (typeof value !== 'string' || !check(value)) return false;
    good.add(value);
    return true;
  };
}

export type Entry = Record<string, unknown>;

function isEntry(value: unknown): value is Entry {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The entries of one JSON array of iproute2. The `{}` it leaves where a filter dropped a row are skipped
 * silently; what is no object is a problem.
 */
export function* jsonEntries(text: string, problems: ProblemList): Generator<{where: string; entry: Entry}> {
  const parsed = jsonArray(text, problems);
  for (let index = 0; index < parsed.length; index++) {
    const entry = entryAt(parsed, index, problems);
    if (entry !== undefined) yield {where: placeOf(index), entry};
  }
}

function jsonArray(text: string, problems: ProblemList): unknown[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    problems.add('output', text.trim() === '' ? 'no JSON at all' : 'not JSON', text.slice(0, 200));
    return [];
  }
  if (Array.isArray(parsed)) return parsed;
  problems.add('output', 'not a JSON array');
  return [];
}

/** An entry that says something. */
function entryAt(parsed: unknown[], index: number, problems: ProblemList): Entry | undefined {
  const entry = parsed[index];
  if (!isEntry(entry)) problems.add(placeOf(index), 'not an object');
  else if (!isEmpty(entry)) return entry;
  return undefined;
}

function placeOf(index: number): string {
  return `entry ${index + 1}`;
}

function isEmpty(entry: Entry): boolean {
  for (const _key in entry) return false;
  return true;
}

export interface Line {
  where: string;
  /** Starts with white space, so it belongs to the row above. */
  indented: boolean;
  tokens: string[];
  raw: string;
}

/** The lines of a text, as words; empty ones are skipped, overlong ones are a problem. */
export function* textLines(text: string, problems: ProblemList): Generator<Line> {
  let number = 0;
  let start = 0;
  while (start < text.length) {
    const newline = text.indexOf('\n', start);
    const end = newline === -1 ? text.length : newline;
    number += 1;
    const where = `line ${number}`;
    if (end - start > MAX_LINE) {
      problems.add(where, 'too long');
    } else {
      const raw = text.slice(start, end);
      const tokens = raw.split(/[ \t\r]+/).filter((token) => token !== '');
      if (tokens.length > 0) yield {where, indented: raw[0] === ' ' || raw[0] === '\t', tokens, raw};
    }
    start = end + 1;
  }
}

/** Words of a line: those in `keys` with the word after them, the first one winning, and the others. */
export interface Words {
  pairs: Map<string, string>;
  bare: string[];
}

/** Sorts the words of a line. A value is never taken for a key, so a device may be called `proxy`. */
export function sortWords(tokens: readonly string[], keys: ReadonlySet<string>): Words {
  const pairs = new Map<string, string>();
  const bare: string[] = [];
  for (let index = 0; index < tokens.length; index += 1) {
    const token = tokens[index] ?? '';
    const next = tokens[index + 1];
    if (keys.has(token) && next !== undefined) {
      if (!pairs.has(token)) pairs.set(token, next);
      index += 1;
    } else {
      bare.push(token);
    }
  }
  return {pairs, bare};
}

function received(value: unknown): string {
  if (typeof value === 'string') return `"${value}"`;
  if (typeof value !== 'object') return String(value);
  return value === null ? 'null' : Array.isArray(value) ? 'Array' : 'Object';
}

function tell({path, value}: Oddness, where: string, problems: ProblemList, canGo: boolean): void {
  // A key may be foreign too.
  const key = quote(path.join('.')).slice(1, -1);
  const why = value === undefined ? `${key} is missing` : `${key} is not understood`;
  const text = received(value).slice(0, 200);
  if (canGo) problems.drop(why, text);
  else problems.add(where, why, text);
}

function checked<T>(
  shape: Shape<T>,
  entry: Entry,
  where: string,
  problems: ProblemList,
  expendable?: ReadonlySet<string>,
): T | undefined {
  const report: Report = {lax: expendable !== undefined, found: []};
  const read = shape(entry, report);
  for (const oddness of report.found)
    tell(oddness, where, problems, expendable?.has(oddness.path.join('.')) === true);
  return read === odd ? undefined : read;
}

/** Checks an entry; one with anything odd in a known key is a problem and no row. */
export function checkEntry<T>(
  shape: Shape<T>,
  entry: Entry,
  where: string,
  problems: ProblemList,
): T | undefined {
  return checked(shape, entry, where, problems);
}

/**
 * Checks an entry, and drops the odd values that the row can do without. For links, where losing a whole row
 * for one odd value would lose a piece of the topology.
 *
 * @param expendable paths of values whose absence claims nothing: an odd one costs itself, and is no problem of the table
 */
export function checkEntryLax<T>(
  shape: Shape<T>,
  entry: Entry,
  where: string,
  problems: ProblemList,
  expendable: ReadonlySet<string>,
): T | undefined {
  return checked(shape, entry, where, problems, expendable);
}
