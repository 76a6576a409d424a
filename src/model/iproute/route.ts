/**
 * `ip [-d] route show table all` and `ip route get` as JSON and as text.
 *
 * Format: iproute2 ip/iproute.c, print_route(), print_rta_multipath(), print_rta_metrics(). Kernel:
 * linux/rtnetlink.h (RTA_*, RTN_*, RTNH_F_*). Neither form prints the family of a route.
 */
import {ipVersion} from '../../base/ip-version.js';
import {array, lowerCase, object, odd, oneOf, optional, type Shape, type Shaped} from '../../base/shape.js';
import type {Route} from '../facts.js';
import {
  address,
  checkEntry,
  compact,
  type Entry,
  flagList,
  interfaceName,
  isPrefix,
  jsonEntries,
  type Parsed,
  type ProblemList,
  problemList,
  sortWords,
  textLines,
  uint,
  word,
  wordOrNumber,
} from './shared.js';

export type Family = 'inet' | 'inet6';

export interface RouteOptions {
  /** What `ip -4` or `ip -6` was asked; without it a default route's family is inferred. */
  family?: Family;
  /** What `show table TABLE` was asked, which then prints none; `main` where the command named no table. */
  table?: string;
}

const prefix = lowerCase((dst) => dst === 'default' || isPrefix(dst));
/** A next hop of the other family: IPv4 routed over an IPv6 neighbour. */
const via = object({family: optional(word), host: address});

const signed: Shape<number> = (value) => {
  const read = typeof value === 'string' || typeof value === 'number' ? Number(value) : Number.NaN;
  return Number.isNaN(read) ? odd : read;
};

const schema = object({
  type: optional(word, 'unicast'),
  dst: prefix,
  gateway: optional(address),
  via: optional(via),
  dev: optional(interfaceName),
  table: optional(wordOrNumber),
  protocol: optional(wordOrNumber),
  scope: optional(word),
  prefsrc: optional(address),
  metric: optional(uint(0xffff_ffff)),
  metrics: optional(array(object({mtu: optional(uint())})), []),
  // Negative where it is over and not yet swept.
  expires: optional(signed),
  flags: optional(flagList, []),
  pref: optional(word),
  nexthops: optional(
    array(
      object({
        gateway: optional(address),
        via: optional(via),
        dev: optional(interfaceName),
        weight: optional(uint()),
        flags: optional(flagList, []),
      }),
    ),
  ),
  from: optional(prefix),
  tos: optional(word),
  encap: optional(word),
  deleted: optional(oneOf(false)),
});

type ReadRoute = Shaped<typeof schema>;

/** Types that the kernel hangs on `lo` in IPv6 and on no device in IPv4. */
const REJECTING = new Set(['blackhole', 'unreachable', 'prohibit', 'throw']);
/** IP6_RT_PRIO_USER of linux/ipv6_route.h, the metric of an IPv6 route for which none was asked. */
const IPV6_METRIC = 1024;

function familyOfAddress(text: string): Family | undefined {
  if (text === 'default') return undefined;
  return ipVersion(text.split('/', 1)[0] ?? '') === 6 ? 'inet6' : 'inet';
}

/**
 * The family of a default route without any address. Only IPv6 routes have a `pref`; a scope narrower than
 * global is IPv4's; IPv6 puts a metric on every route and prints its routes after those of IPv4.
 */
function guessFamily(read: ReadRoute, afterIpv6: boolean): Family {
  if (read.pref !== undefined) return 'inet6';
  if (read.scope !== undefined && read.scope !== 'global') return 'inet';
  if (REJECTING.has(read.type) && read.dev === 'lo') return 'inet6';
  if (read.metric === IPV6_METRIC && read.gateway === undefined) return 'inet6';
  return afterIpv6 ? 'inet6' : 'inet';
}

function familyOf(read: ReadRoute, options: RouteOptions, afterIpv6: boolean): Family {
  // A `via` names the other family than the route's own.
  const crossed = read.via ?? read.nexthops?.find((hop) => hop.via !== undefined)?.via;
  if (crossed !== undefined) return familyOfAddress(crossed.host) === 'inet6' ? 'inet' : 'inet6';
  const told = [
    read.dst,
    read.gateway,
    read.prefsrc,
    read.from,
    ...(read.nexthops ?? []).map((hop) => hop.gateway),
  ];
  for (const text of told) {
    const family = text === undefined ? undefined : familyOfAddress(text);
    if (family !== undefined) return family;
  }
  return options.family ?? guessFamily(read, afterIpv6);
}

function otherOf(read: ReadRoute): Record<string, string> | undefined {
  const other = compact<Record<string, string>>({from: read.from, tos: read.tos, encap: read.encap} as Record<
    string,
    string
  >);
  return Object.keys(other).length > 0 ? other : undefined;
}

function toRow(read: ReadRoute, family: Family, options: RouteOptions): Route {
  return compact<Route>({
    type: read.type,
    family,
    dst: read.dst,
    gateway: read.gateway ?? read.via?.host,
    device: read.dev,
    table: read.table ?? options.table ?? 'main',
    protocol: read.protocol,
    scope: read.scope,
    prefSrc: read.prefsrc,
    metric: read.metric,
    mtu: read.metrics.find((metrics) => metrics.mtu !== undefined)?.mtu,
    expires: read.expires,
    flags: read.flags,
    nexthops: read.nexthops?.map(({gateway, via: crossed, dev, weight, flags}) =>
      compact<NonNullable<Route['nexthops']>[number]>({
        gateway: gateway ?? crossed?.host,
        device: dev,
        weight,
        flags,
      }),
    ),
    other: otherOf(read),
  });
}

function routesOf(
  entries: Iterable<{where: string; entry: Entry}>,
  options: RouteOptions,
  problems: ProblemList,
): Route[] {
  const rows: Route[] = [];
  let afterIpv6 = false;
  for (const {where, entry} of entries) {
    const read = checkEntry(schema, entry, where, problems);
    if (read === undefined) continue;
    const family = familyOf(read, options, afterIpv6);
    if (family === 'inet6') afterIpv6 = true;
    rows.push(toRow(read, family, options));
  }
  return rows;
}

/** An `encap ip` prints its own `dst` and `src` into the same object, over the route's. */
function* withoutEncapsulated(
  entries: Iterable<{where: string; entry: Entry}>,
  problems: ProblemList,
): Generator<{where: string; entry: Entry}> {
  for (const {where, entry} of entries) {
    if (entry['encap'] === 'ip' || entry['encap'] === 'ip6' || entry['encap'] === 'mpls') {
      problems.add(where, 'its destination is lost behind that of its encapsulation', String(entry['encap']));
    } else {
      yield {where, entry};
    }
  }
}

/** Reads `ip -j route show` and `ip -j route get`. */
export function parseRoutesJson(text: string, options: RouteOptions = {}): Parsed<Route> {
  const problems = problemList();
  const entries = withoutEncapsulated(jsonEntries(text, problems), problems);
  return {rows: routesOf(entries, options, problems), problems: problems.list()};
}

const TYPES = new Set([
  'none',
  'unicast',
  'local',
  'broadcast',
  'anycast',
  'multicast',
  'blackhole',
  'unreachable',
  'prohibit',
  'throw',
  'nat',
  'xresolve',
]);
const FLAGS = new Set([
  'dead',
  'onlink',
  'pervasive',
  'offload',
  'trap',
  'notify',
  'linkdown',
  'unresolved',
  'rt_offload',
  'rt_trap',
  'rt_offload_failed',
]);
const VALUE_KEYS = new Map([
  ['dev', 'dev'],
  ['table', 'table'],
  ['proto', 'protocol'],
  ['scope', 'scope'],
  ['src', 'prefsrc'],
  ['metric', 'metric'],
  ['pref', 'pref'],
  ['from', 'from'],
  ['tos', 'tos'],
  ['encap', 'encap'],
  ['weight', 'weight'],
]);
/** Further words with a value; a key that is not here would take its value for a flag. */
const OTHER_KEYS =
  'as nhid uid iif mark realm realms error expires users used age mtu window rtt rttvar ssthresh cwnd advmss reordering hoplimit initcwnd features rto_min initrwnd quickack congctl fastopen_no_cookie via';
const KEYS = new Set([...VALUE_KEYS.keys(), ...OTHER_KEYS.split(' ')]);

/** Where a route goes on after the words of an encapsulation. */
const AFTER_ENCAP = new Set(['via', 'dev', 'nhid', 'table', 'proto', 'metric']);

/** Leaves out the words `lock`, the family after `via`, and what follows the type of an encapsulation. */
function plainTokens(tokens: readonly string[]): string[] {
  const plain: string[] = [];
  let inEncap = false;
  for (const [index, token] of tokens.entries()) {
    if (inEncap && AFTER_ENCAP.has(token)) inEncap = false;
    const afterVia = tokens[index - 1] === 'via' && (token === 'inet' || token === 'inet6');
    if (!inEncap && !afterVia && token !== 'lock') plain.push(token);
    if (tokens[index - 1] === 'encap') inEncap = true;
  }
  return plain;
}

/** What routes and next hops have in common. */
function legOf(tokens: readonly string[]): Entry {
  const plain = plainTokens(tokens);
  const {pairs, bare} = sortWords(plain, KEYS);
  const entry: Entry = {flags: bare.filter((token) => FLAGS.has(token))};
  for (const [key, name] of VALUE_KEYS) {
    const value = pairs.get(key);
    if (value !== undefined) entry[name] = value;
  }
  const gateway = pairs.get('via');
  if (gateway !== undefined) {
    const crossed = plain.length < tokens.length && /\bvia inet6? /.test(`${tokens.join(' ')} `);
    if (crossed) entry['via'] = {host: gateway};
    else entry['gateway'] = gateway;
  }
  const expires = pairs.get('expires');
  if (expires !== undefined) entry['expires'] = expires.replace(/sec$/, '');
  const mtu = pairs.get('mtu');
  if (mtu !== undefined) entry['metrics'] = [{mtu}];
  return entry;
}

function lineToEntry(tokens: readonly string[]): Entry {
  const [first = '', ...rest] = tokens;
  if (!TYPES.has(first)) return {...legOf(rest), dst: first};
  const [dst = '', ...others] = rest;
  return {...legOf(others), type: first, dst};
}

/** A route with the indented lines that belong to it: next hops, and the `cache` of `ip route get`. */
function* textEntries(text: string, problems: ProblemList): Generator<{where: string; entry: Entry}> {
  let open: {where: string; tokens: string[]; nexthops: Entry[]} | undefined;
  const close = (): {where: string; entry: Entry}[] => {
    if (open === undefined) return [];
    const entry = lineToEntry(open.tokens);
    if (open.nexthops.length > 0) entry['nexthops'] = open.nexthops;
    return [{where: open.where, entry}];
  };
  for (const {where, indented, tokens} of textLines(text, problems)) {
    if (!indented) {
      yield* close();
      open = {where, tokens, nexthops: []};
    } else if (open === undefined) {
      problems.add(where, 'belongs to no route', tokens.join(' '));
    } else if (tokens[0] === 'nexthop') {
      open.nexthops.push(legOf(tokens.slice(1)));
    } else if (tokens[0] === 'cache') {
      // One by one: a hostile text may go on for ever, and spreading has a limit.
      for (const token of tokens.slice(1)) open.tokens.push(token);
    }
  }
  yield* close();
}

/**
 * Reads `ip route show` and `ip route get`. BusyBox's output is read too, but leaves out next hops and every
 * attribute it doesn't know.
 */
export function parseRoutesText(text: string, options: RouteOptions = {}): Parsed<Route> {
  const problems = problemList();
  return {rows: routesOf(textEntries(text, problems), options, problems), problems: problems.list()};
}
