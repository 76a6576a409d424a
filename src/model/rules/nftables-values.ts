/** The right sides of nftables matches: values, ranges, prefixes, sets with and without names (libnftables-json(5), EXPRESSIONS). */
import {isIPv4} from 'node:net';
import {ipv4Number, ipv4Text} from '../../base/ipv4.js';
import {isObject, named, word} from './nftables-words.js';
import type {Range, RuleSet} from './rule.js';

/** A value, the first and last of a range, a prefix as text, or the parts of a concatenation. */
export type Value = string | number | boolean | ValueRange | Value[];

export interface ValueRange {
  first: string | number;
  last: string | number;
}

export interface Values {
  values: Value[];
  /** Whether packets add to the set, so that a value may be in it that was not there when it was read. */
  isGrowing: boolean;
}

/** The values of a match's right side; undefined for what is computed, and for a set that was not printed. */
export function valuesOf(right: unknown, sets: readonly RuleSet[]): Values | undefined {
  const set = namedSet(right, sets);
  if (set === null) return undefined;
  const listed = set ? set.printed : isObject(right) && Array.isArray(right['set']) ? right['set'] : right;
  const values = (Array.isArray(listed) ? listed : [listed]).map(readValue);
  if (!values.every((value) => value !== undefined)) return undefined;
  return {values, isGrowing: set?.isFedByPackets ?? false};
}

/** The elements of a map, each with what it leads to; undefined where one of them is not understood. */
export function casesOf(data: unknown, sets: readonly RuleSet[]): [key: Value, then: unknown][] | undefined {
  const map = namedSet(data, sets);
  if (map === null || map?.isFedByPackets) return undefined;
  const elements = map ? map.printed : isObject(data) ? data['set'] : undefined;
  if (!Array.isArray(elements)) return undefined;
  const cases = (elements as unknown[]).map((element): [Value, unknown] | undefined => {
    if (!Array.isArray(element) || element.length !== 2) return undefined;
    const key = readValue(element[0]);
    return key === undefined ? undefined : [key, element[1]];
  });
  return cases.every((one) => one !== undefined) ? cases : undefined;
}

/** The set that a `@NAME` is; null where there is none of that name, undefined for any other text. */
function namedSet(value: unknown, sets: readonly RuleSet[]): RuleSet | null | undefined {
  if (typeof value !== 'string' || !value.startsWith('@')) return undefined;
  return sets.find(({name}) => name === value.slice(1)) ?? null;
}

function readValue(value: unknown): Value | undefined {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  if (!isObject(value)) return undefined;
  const [name, inner] = named(value);
  if (name === 'elem' && isObject(inner)) return readValue(inner['val']);
  if (name === 'prefix' && isObject(inner)) return `${word(inner['addr'])}/${word(inner['len'])}`;
  if (!Array.isArray(inner)) return undefined;
  if (name === 'concat') {
    const parts = inner.map(readValue);
    return parts.every((part) => part !== undefined) ? parts : undefined;
  }
  const [first, last] = inner as unknown[];
  return name === 'range' && isSimple(first) && isSimple(last) ? {first, last} : undefined;
}

export function isSimple(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number';
}

/** The texts among values; undefined where one is none. */
export function textsOf(values: Value[]): string[] | undefined {
  const texts = values.filter((value) => typeof value === 'string');
  return texts.length === values.length ? texts : undefined;
}

/** Values as ranges of numbers; `named` has those that nft prints by name. */
export function rangesOf(
  values: Value[],
  named: ReadonlyMap<string, number> = new Map(),
): Range[] | undefined {
  const numberOf = (value: Value | undefined) =>
    typeof value === 'number' ? value : typeof value === 'string' ? named.get(value) : undefined;
  const ranges = values.map((value): Range | undefined => {
    const isRange = typeof value === 'object' && !Array.isArray(value);
    const [first, last] = isRange
      ? [numberOf(value.first), numberOf(value.last)]
      : [numberOf(value), numberOf(value)];
    return first === undefined || last === undefined ? undefined : [first, last];
  });
  return ranges.every((range) => range !== undefined) ? ranges : undefined;
}

/** Addresses, prefixes and ranges of addresses as prefixes; undefined for what is none of these. */
export function prefixesOf(values: Value[]): string[] | undefined {
  const prefixes = values.map(prefixesOfOne);
  return prefixes.every((one) => one !== undefined) ? prefixes.flat() : undefined;
}

function prefixesOfOne(value: Value): string[] | undefined {
  if (typeof value === 'object') return Array.isArray(value) ? undefined : covering(value);
  if (typeof value !== 'string') return undefined;
  return [value.includes('/') ? value : `${value}/${value.includes(':') ? 128 : 32}`];
}

/** The prefixes that make up a range of addresses. */
export function covering({first, last}: ValueRange): string[] | undefined {
  if (typeof first !== 'string' || typeof last !== 'string') return undefined;
  const bits = isIPv4(first) ? 32 : 128;
  const [low, high] = [addressNumber(first), addressNumber(last)];
  if (low === undefined || high === undefined || isIPv4(first) !== isIPv4(last)) return undefined;
  const prefixes: string[] = [];
  for (let at = low; at <= high; ) {
    let length = bits;
    const size = () => 1n << BigInt(bits - length);
    while (length > 0) {
      length--;
      if (at % size() === 0n && at + size() - 1n <= high) continue;
      length++;
      break;
    }
    prefixes.push(`${addressText(at, bits)}/${length}`);
    at += size();
  }
  return prefixes;
}

function addressNumber(text: string): bigint | undefined {
  const short = ipv4Number(text);
  if (short !== undefined) return BigInt(short);
  const groups = ipv6Groups(text);
  return groups?.reduce((value, group) => (value << 16n) | BigInt(group), 0n);
}

/** The eight numbers of an IPv6 address; undefined for any other text (RFC 4291, 2.2). */
function ipv6Groups(text: string): number[] | undefined {
  const [head = '', tail, ...more] = text.split('::');
  if (more.length > 0) return undefined;
  const parts = (half: string) =>
    half === '' ? [] : half.split(':').map((group) => Number.parseInt(group, 16));
  const [left, right] = [parts(head), parts(tail ?? '')];
  const missing = 8 - left.length - right.length;
  const groups =
    tail === undefined ? left : [...left, ...Array<number>(Math.max(missing, 0)).fill(0), ...right];
  return groups.length === 8 && groups.every((group) => group >= 0 && group <= 0xffff) ? groups : undefined;
}

function addressText(value: bigint, bits: number): string {
  if (bits === 32) return ipv4Text(Number(value));
  const groups = Array.from({length: 8}, (_, at) => (value >> BigInt(112 - 16 * at)) & 0xffffn);
  return groups.map((group) => group.toString(16)).join(':');
}
