/** What nftables matches look at (nft(8), EXPRESSIONS; libnftables-json(5)). */
import {readMark} from './iptables-matches.js';
import {
  isSimple,
  prefixesOf,
  rangesOf,
  textsOf,
  type Value,
  type Values,
  valuesOf,
} from './nftables-values.js';
import {isObject, type Json, named, word} from './nftables-words.js';
import type {InterfaceName, MatchKind, RuleMatch, RuleSet, Side} from './rule.js';

/**
 * What a match of a header field asks for beside it, as nft adds it to the rule: a packet of another family or protocol never
 * meets it, negated or not. It has no words of its own.
 */
export function impliedBy(left: unknown): RuleMatch[] {
  const [name, inner] = isObject(left) ? named(left) : ['', undefined];
  if ((name === 'concat' || name === '&') && Array.isArray(inner)) return inner.flatMap(impliedBy);
  const unworded = {negated: false, words: ''};
  if (name === 'ct' && isObject(inner)) {
    const family = /^(ip|ip6) [sd]addr$/.exec(word(inner['key']))?.[1];
    return family === undefined ? [] : [{match: 'family', family: family as 'ip' | 'ip6', ...unworded}];
  }
  const needed = neededBy.get(name);
  if (needed) return [{...needed, ...unworded}];
  const protocol = name === 'payload' && isObject(inner) ? inner['protocol'] : undefined;
  if (typeof protocol !== 'string') return [];
  if (protocol === 'ip' || protocol === 'ip6') return [{match: 'family', family: protocol, ...unworded}];
  const transport = transports.get(protocol);
  return transport === undefined ? [] : [{match: 'protocol', protocols: [transport], ...unworded}];
}

/** What a packet must have for a rule that asks for something of it. */
const neededBy: ReadonlyMap<string, MatchKind> = new Map([
  ['rt', {match: 'routed'}],
  ['ipsec', {match: 'ipsec-state'}],
]);

/** Headers above IP, by the names that `meta l4proto` has for them. */
const transports: ReadonlyMap<string, string> = new Map([
  ...['tcp', 'udp', 'udplite', 'sctp', 'dccp', 'esp', 'ah', 'comp', 'icmp', 'igmp', 'gre'].map(
    (one) => [one, one] as const,
  ),
  ['icmpv6', 'ipv6-icmp'],
]);

/** A match as one of a rule, with its words. */
export function readMatch({left, op, right}: Json, words: string, sets: readonly RuleSet[]): RuleMatch {
  const values = isObject(left) ? comparedWith(op, right, sets) : undefined;
  const kind = values && isObject(left) ? kindOf(left, op, values) : undefined;
  const chance = isObject(left) && named(left)[0] === 'numgen';
  const match = (kind ?? {match: 'other', ...(chance ? {chance} : {})}) as RuleMatch;
  match.negated = op === '!=';
  match.words = words;
  return match;
}

/** What one element of a set or map is for. */
export function readElement(left: unknown, value: Value): RuleMatch {
  const kind = isObject(left) ? elementKind(left, value) : undefined;
  const match = (kind ?? {match: 'other'}) as RuleMatch;
  match.negated = false;
  match.words = '';
  return match;
}

function elementKind(left: Json, value: Value): MatchKind | undefined {
  if (value === '*') return {match: 'always'};
  return kindOf(left, '==', {values: [value], isGrowing: false});
}

/** The right side as values that are equal: `>= 1024` is a range. */
function comparedWith(op: unknown, right: unknown, sets: readonly RuleSet[]): Values | undefined {
  if (op === '==' || op === '!=' || op === 'in') return valuesOf(right, sets);
  if (typeof right !== 'number') return undefined;
  const range = comparisons.get(word(op))?.(right);
  return range && {values: [{first: range[0], last: range[1]}], isGrowing: false};
}

const most = 0xffff_ffff;

const comparisons: ReadonlyMap<string, (to: number) => [number, number]> = new Map([
  ['<', (to: number) => [0, to - 1]],
  ['<=', (to: number) => [0, to]],
  ['>', (to: number) => [to + 1, most]],
  ['>=', (to: number) => [to, most]],
]);

/** What is looked at, and for which values; undefined where one of both is not understood. */
function kindOf(left: Json, op: unknown, {values, isGrowing}: Values): MatchKind | undefined {
  const [name, inner] = named(left);
  // A packet that is not in it when it is read may be by the time that it is looked up.
  if (isGrowing) return undefined;
  if (values.includes('*') && values.length > 0 && op !== '!=') return {match: 'always'};
  if (name === 'concat') return Array.isArray(inner) ? concatenated(inner, values) : undefined;
  if (name === '&') return Array.isArray(inner) ? maskedMatch(inner, values) : undefined;
  if (!isObject(inner)) return undefined;
  switch (name) {
    case 'meta':
      return metaMatch(inner['key'], values);
    case 'payload':
      return payloadMatch(inner, op, values);
    case 'ct':
      return conntrackMatch(inner, op, values);
    case 'fib':
      return fibMatch(inner, values);
    case 'rt':
      return inner['key'] === 'ipsec' ? ipsecMatch('out', values) : undefined;
    default:
      return undefined;
  }
}

/** `meta ipsec` is of the way in, `rt ipsec` of the way out (nft_meta.c NFT_META_SECPATH, nft_rt.c NFT_RT_XFRM). */
function ipsecMatch(direction: 'in' | 'out', [value, ...more]: Value[]): MatchKind | undefined {
  if (typeof value !== 'boolean' || more.length > 0) return undefined;
  return {match: 'ipsec', direction, policy: value ? 'ipsec' : 'none'};
}

/** `ip saddr . udp dport`: each element has a value for each part. */
function concatenated(parts: unknown[], values: Value[]): MatchKind | undefined {
  const cases = values.map((value) =>
    Array.isArray(value) && value.length === parts.length
      ? parts.map((part, at) => readElement(part, value[at] ?? ''))
      : undefined,
  );
  return cases.every((one) => one !== undefined) ? {match: 'any-of', cases} : undefined;
}

/** `meta mark & 0xff == 1`, `tcp flags & (syn | ack) == syn`. */
function maskedMatch([expression, mask]: unknown[], values: Value[]): MatchKind | undefined {
  const [name, inner] = isObject(expression) ? named(expression) : ['', undefined];
  const [value, ...more] = values;
  if (!isObject(inner) || value === undefined || more.length > 0) return undefined;
  if (name === 'payload' && inner['field'] === 'flags' && inner['protocol'] === 'tcp') {
    const [flags, set] = [flagsOf(mask), value === 0 ? [] : flagsOf(value)];
    return flags && set && {match: 'tcp-flags', mask: flags, set};
  }
  if (name === 'payload' && inner['field'] === 'frag-off' && mask === 0x1fff && value === 0)
    return {match: 'header', field: 'ip frag-off & 0x1fff', ranges: [[0, 0]]};
  if (inner['key'] !== 'mark' || typeof mask !== 'number' || typeof value !== 'number') return undefined;
  if (name === 'meta') return {match: 'mark', value, mask};
  return name === 'ct' ? {match: 'connection-mark', value, mask} : undefined;
}

function flagsOf(value: unknown): string[] | undefined {
  const flags = Array.isArray(value) ? (value as unknown[]) : [value];
  return flags.every((flag) => typeof flag === 'string') ? flags : undefined;
}

/** Link layer types that packets of the walk may have (linux/if_packet.h). */
const packetTypes: ReadonlyMap<Value, string> = new Map([
  ['unicast', 'host'],
  ['host', 'host'],
  ['broadcast', 'broadcast'],
  ['multicast', 'multicast'],
  ['other', 'other'],
]);

function metaMatch(key: unknown, values: Value[]): MatchKind | undefined {
  switch (key) {
    case 'iif':
    case 'iifname':
    case 'oif':
    case 'oifname': {
      const names = textsOf(values)?.map(interfaceName);
      return names && {match: 'interface', direction: key.startsWith('i') ? 'in' : 'out', names};
    }
    case 'nfproto':
      return familyMatch(values);
    case 'protocol':
      return familyMatch(values.map((value) => (value === 'ip' ? 'ipv4' : value === 'ip6' ? 'ipv6' : value)));
    case 'l4proto':
      return protocolMatch(values);
    case 'mark':
      return markMatch('mark', values);
    case 'pkttype': {
      const types = values.map((value) => packetTypes.get(value));
      return types.every((type) => type !== undefined) ? {match: 'packet-type', types} : undefined;
    }
    case 'ipsec':
    case 'secpath':
      return ipsecMatch('in', values);
    case 'length':
    case 'iifgroup':
    case 'oifgroup':
      return headerMatch(`meta ${key}`, values, new Map([['default', 0]]));
    default:
      return undefined;
  }
}

/** One mark, or several of which one is enough. */
function markMatch(match: 'mark' | 'connection-mark', values: Value[]): MatchKind | undefined {
  const marks = values.map((value) => (isSimple(value) ? readMark(word(value)) : undefined));
  if (!marks.every((mark) => mark !== undefined)) return undefined;
  const [only] = marks;
  if (only && marks.length === 1) return {match, ...only};
  return {match: 'any-of', cases: marks.map((mark) => [{match, ...mark, negated: false, words: ''}])};
}

/** `"eth*"` is every interface that begins so, but for a backslash before the `*` (nft(8), META EXPRESSIONS). */
function interfaceName(text: string): InterfaceName {
  const isPrefix = text.endsWith('*') && !text.endsWith('\\*');
  return {name: isPrefix ? text.slice(0, -1) : text, isPrefix};
}

function payloadMatch(inner: Json, op: unknown, values: Value[]): MatchKind | undefined {
  if ('base' in inner) return rawMatch(inner, values);
  const [protocol, field] = [word(inner['protocol']), word(inner['field'])];
  switch (field) {
    case 'saddr':
    case 'daddr':
      return addressOf(protocol, field === 'saddr' ? 'src' : 'dst', values);
    case 'sport':
    case 'dport':
      return portMatch(field === 'sport' ? 'src' : 'dst', protocol, values);
    default:
  }
  switch (`${protocol} ${field}`) {
    case 'ip protocol':
    case 'ip6 nexthdr':
      return protocolMatch(values);
    case 'tcp flags':
      return op === 'in' ? anyFlag(values) : undefined;
    case 'icmp type':
    case 'icmpv6 type':
      return headerMatch(`${protocol} type`, values, icmpTypes.get(protocol));
    default:
      return headerMatch(`${protocol} ${field}`, values, fieldNames);
  }
}

function headerMatch(
  field: string,
  values: Value[],
  names: ReadonlyMap<string, number> | undefined,
): MatchKind | undefined {
  const ranges = rangesOf(values, names);
  return ranges && {match: 'header', field, ranges};
}

/** `tcp flags syn` holds where one of them is set. */
function anyFlag(values: Value[]): MatchKind | undefined {
  const cases = textsOf(values)?.map((flag): RuleMatch[] => [
    {match: 'tcp-flags', mask: [flag], set: [flag], negated: false, words: ''},
  ]);
  return cases && {match: 'any-of', cases};
}

/** Values that nft prints by name (nft(8), DATA TYPES; RFC 2474, 2597). */
const fieldNames: ReadonlyMap<string, number> = new Map([
  ...Array.from({length: 8}, (_, number) => [`cs${number}`, number * 8] as const),
  ...[1, 2, 3, 4].flatMap((band) =>
    [1, 2, 3].map((drop) => [`af${band}${drop}`, band * 8 + drop * 2] as const),
  ),
  ['ef', 46],
]);

/**
 * Bits at an offset of the header above IP (`@th`) or of what that carries (`@ih`): ports, and the VNI of VXLAN, whose header is
 * after the 8 octets of UDP's (RFC 7348, 5).
 */
function rawMatch({base, offset, len}: Json, values: Value[]): MatchKind | undefined {
  const place = `${word(base)},${word(offset)},${word(len)}`;
  if (place === 'th,0,16' || place === 'th,16,16')
    return portMatch(place === 'th,0,16' ? 'src' : 'dst', 'th', values);
  if (place !== 'th,96,24' && place !== 'ih,32,24') return undefined;
  const vnis = values.map((vni): RuleMatch[] | undefined =>
    typeof vni === 'number' ? [{match: 'vni', vni, negated: false, words: ''}] : undefined,
  );
  return vnis.every((vni) => vni !== undefined) ? {match: 'any-of', cases: vnis} : undefined;
}

function addressOf(protocol: unknown, side: Side, values: Value[]): MatchKind | undefined {
  if (protocol === 'ether') {
    const addresses = textsOf(values);
    return addresses && {match: 'mac', side, addresses};
  }
  const prefixes = protocol === 'ip' || protocol === 'ip6' ? prefixesOf(values) : undefined;
  return prefixes && {match: 'address', side, prefixes};
}

function familyMatch([first, ...more]: Value[]): MatchKind | undefined {
  if (more.length > 0) return undefined;
  if (first === 'ipv4') return {match: 'family', family: 'ip'};
  return first === 'ipv6' ? {match: 'family', family: 'ip6'} : undefined;
}

function protocolMatch(values: Value[]): MatchKind | undefined {
  return values.every(isSimple) ? {match: 'protocol', protocols: values.map(String)} : undefined;
}

/** Names of types of ICMP (nft(8), ICMP TYPE TYPE; RFC 792) and ICMPv6 (RFC 4443). */
const icmpTypes: ReadonlyMap<string, ReadonlyMap<string, number>> = new Map<
  string,
  ReadonlyMap<string, number>
>([
  [
    'icmp',
    new Map<string, number>([
      ...([
        ['echo-reply', 0],
        ['destination-unreachable', 3],
        ['source-quench', 4],
        ['redirect', 5],
      ] as const),
      ...([
        ['echo-request', 8],
        ['router-advertisement', 9],
        ['router-solicitation', 10],
      ] as const),
      ...([
        ['time-exceeded', 11],
        ['parameter-problem', 12],
        ['timestamp-request', 13],
      ] as const),
      ...([
        ['timestamp-reply', 14],
        ['info-request', 15],
        ['info-reply', 16],
      ] as const),
      ...([
        ['address-mask-request', 17],
        ['address-mask-reply', 18],
      ] as const),
    ]),
  ],
  [
    'icmpv6',
    new Map<string, number>([
      ...([
        ['destination-unreachable', 1],
        ['packet-too-big', 2],
        ['time-exceeded', 3],
      ] as const),
      ...([
        ['parameter-problem', 4],
        ['echo-request', 128],
        ['echo-reply', 129],
      ] as const),
      ...([
        ['mld-listener-query', 130],
        ['mld-listener-report', 131],
        ['mld-listener-done', 132],
      ] as const),
      ...([
        ['nd-router-solicit', 133],
        ['nd-router-advert', 134],
        ['nd-neighbor-solicit', 135],
      ] as const),
      ...([
        ['nd-neighbor-advert', 136],
        ['nd-redirect', 137],
        ['mld2-listener-report', 143],
      ] as const),
    ]),
  ],
]);

/** `th dport` holds for every protocol that has ports there. */
function portMatch(side: Side, protocol: unknown, values: Value[]): MatchKind | undefined {
  const ports = rangesOf(values);
  return ports && {match: 'port', side, ports, ...(protocol === 'th' ? {} : {protocol: word(protocol)})};
}

function conntrackMatch({key, dir, family}: Json, op: unknown, values: Value[]): MatchKind | undefined {
  if (dir !== undefined) return dir === 'original' ? originalMatch(key, family, values) : undefined;
  switch (key) {
    case 'state': {
      const states = textsOf(values)?.map((state) => state.toUpperCase());
      return states && {match: 'state', states};
    }
    case 'status': {
      // Of a set, or with ==, all bits are compared, of which a connection has more.
      const names = op === 'in' ? textsOf(values) : undefined;
      return names && {match: 'status', names};
    }
    case 'direction': {
      const [direction, ...more] = values;
      if (more.length > 0 || (direction !== 'original' && direction !== 'reply')) return undefined;
      return {match: 'direction', direction};
    }
    case 'mark':
      return markMatch('connection-mark', values);
    default:
      return undefined;
  }
}

function originalMatch(key: unknown, family: unknown, values: Value[]): MatchKind | undefined {
  const end = /^(?:ip |ip6 )?([sd])addr$/.exec(word(key))?.[1];
  const prefixes = end === undefined ? undefined : prefixesOf(values);
  // Older nft leaves the family out, or gives it beside the key.
  if (family === 'ip6' || !prefixes) return undefined;
  return {match: 'original-address', side: end === 's' ? 'src' : 'dst', prefixes};
}

/** `fib daddr type local`, `fib saddr . iif oif missing` (nft(8), FIB EXPRESSIONS). */
function fibMatch({result, flags}: Json, [type, ...more]: Value[]): MatchKind | undefined {
  const all = Array.isArray(flags) ? (flags as unknown[]) : [flags];
  if (result === 'oif' && all.length === 2 && all.includes('saddr') && all.includes('iif'))
    return typeof type === 'boolean' ? {match: 'reverse-path', exists: type} : undefined;
  const [flag, ...others] = all;
  if (result !== 'type' || typeof type !== 'string' || more.length > 0 || others.length > 0) return undefined;
  if (flag !== 'saddr' && flag !== 'daddr') return undefined;
  return {match: 'address-type', side: flag === 'saddr' ? 'src' : 'dst', type: type.toUpperCase()};
}
