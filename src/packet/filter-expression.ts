import ipaddr from 'ipaddr.js';
import {usageError} from '../base/errors.js';
import {quoteText} from '../base/escape.js';
import {ipVersion} from '../base/ip-version.js';
import {get16} from './bytes.js';
import {vlanId} from './ethernet.js';
import {type AddressRange, type Filter, frameHas, type ProtoTest, protoTest} from './filter.js';
import {type Frame, hasFirstPorts} from './frame.js';
import {Proto} from './numbers.js';
import type {PacketView} from './view.js';

/**
 * The common part of tcpdump's filter language (pcap-filter(7)): `host`, `net`, `port`, `portrange`, `ether host`, `vlan`,
 * `less`, `greater`, protocols, `src` and `dst`, `and`, `or`, `not` and parentheses. `and` and `or` have the same precedence
 * there, from left to right, and an address or number without words repeats the words before it. Of our own are `vni`,
 * `mac`, and `outer` and `inner` before a part.
 *
 * tcpdump looks at the packet as it was captured. Here each part is true where it is so for any frame of the packet,
 * the outer one or one in a tunnel; `outer` and `inner` limit it.
 */

/** Whether a part holds for the frames of a packet from level `from` up to `to`. */
type Test = (view: PacketView, from: number, to: number) => boolean;
type FrameTest = (frame: Frame) => boolean;

const longestText = 4096;
const deepest = 64;

interface Parser {
  text: string;
  tokens: string[];
  at: number;
  depth: number;
  /** The words before the last value, for values that follow without any. */
  words: Words | undefined;
}

/** What stands before a value: `tcp src port`. */
interface Words {
  proto: ProtoTest | 'ether' | undefined;
  end: 'src' | 'dst' | 'both' | 'any';
  type: string;
}

/** Makes a filter of an expression. Throws a usage error that quotes what is not understood. */
export function parseFilter(text: string): Filter {
  const parser: Parser = {text, tokens: tokensOf(text), at: 0, depth: 0, words: undefined};
  if (parser.tokens.length === 0) throw refused(parser, 'is empty');
  const test = parseAll(parser);
  if (parser.at < parser.tokens.length) throw refused(parser, unexpected(parser));
  return (view) => test(view, 0, view.depth);
}

function tokensOf(text: string): string[] {
  return text.length > longestText ? [] : (text.match(/[()!]|&&|\|\||[^\s()!&|]+|[&|]/g) ?? []);
}

function refused({text}: Pick<Parser, 'text'>, why: string): Error {
  return usageError('invalid-flag', `--filter "${quoteText(text)}" ${why}.`, [
    'host ADDR, net CIDR, port N, portrange N-N, ether host MAC, vlan N, vni N, less N, greater N',
    'ip, ip6, arp, tcp, udp, icmp, icmp6, esp and others; src, dst; and, or, not, parentheses',
    'outer or inner before a part: only the frame between the hosts, or only what it carries',
    'For all else: tcpdump -r FILE -w - EXPRESSION | ovdiag decode -',
  ]);
}

const unexpected = (parser: Parser): string => {
  const token = parser.tokens[parser.at];
  return token === undefined ? 'ends too early' : `is not understood at "${quoteText(token)}"`;
};

const isAnd = (token: string | undefined): boolean => token === 'and' || token === '&&';
const isOr = (token: string | undefined): boolean => token === 'or' || token === '||';

function parseAll(parser: Parser): Test {
  let left = parseOne(parser);
  for (;;) {
    const token = parser.tokens[parser.at];
    if (!isAnd(token) && !isOr(token)) return left;
    parser.at++;
    const [first, second] = [left, parseOne(parser)];
    left = isAnd(token)
      ? (view, from, to) => first(view, from, to) && second(view, from, to)
      : (view, from, to) => first(view, from, to) || second(view, from, to);
  }
}

function parseOne(parser: Parser): Test {
  if (++parser.depth > deepest) throw refused(parser, 'is nested too deep');
  const test = parseInner(parser);
  parser.depth--;
  return test;
}

function parseInner(parser: Parser): Test {
  const token = parser.tokens[parser.at];
  switch (token) {
    case '(': {
      parser.at++;
      const test = parseAll(parser);
      if (parser.tokens[parser.at++] !== ')') throw refused(parser, 'lacks a closing parenthesis');
      return test;
    }
    case 'not':
    case '!': {
      parser.at++;
      const test = parseOne(parser);
      return (view, from, to) => !test(view, from, to);
    }
    case 'outer': {
      parser.at++;
      const test = parseOne(parser);
      return (view, from, to) => test(view, from, Math.min(to, view.base + 1));
    }
    case 'inner': {
      parser.at++;
      const test = parseOne(parser);
      return (view, from, to) => test(view, Math.max(from, view.base + 1), to);
    }
    default:
      return parsePart(parser);
  }
}

/** One part: words and a value, or a word that stands alone. */
function parsePart(parser: Parser): Test {
  const alone = parseAlone(parser);
  if (alone !== undefined) return alone;
  if (isValue(parser.tokens[parser.at])) return parseValue(parser, parser.words ?? hostWords);
  const words = parseWords(parser);
  const {proto, end, type} = words;
  if (type === '' && !isValue(parser.tokens[parser.at])) {
    if (proto === undefined || proto === 'ether' || end !== 'any') return failAt(parser);
    return someFrame(protoOf(proto));
  }
  parser.words = words;
  return parseValue(parser, words);
}

const hostWords: Words = {proto: undefined, end: 'any', type: 'host'};

function failAt(parser: Parser): never {
  throw refused(parser, unexpected(parser));
}

const endOf = (token: string | undefined): 'src' | 'dst' | undefined =>
  token === 'src' || token === 'dst' ? token : undefined;
const types = new Set(['host', 'net', 'port', 'portrange', 'proto']);

function parseWords(parser: Parser): Words {
  const {tokens} = parser;
  const first = tokens[parser.at] ?? '';
  const proto = first === 'ether' ? 'ether' : protoTest(first);
  if (proto !== undefined) parser.at++;
  const end = parseEnds(parser);
  const type = tokens[parser.at] ?? '';
  if (!types.has(type)) return {proto, end, type: ''};
  parser.at++;
  return {proto, end, type};
}

/** `src`, `dst`, `src or dst`, `src and dst`. */
function parseEnds(parser: Parser): Words['end'] {
  const {tokens, at} = parser;
  const end = endOf(tokens[at]);
  if (end === undefined) return 'any';
  parser.at++;
  const other = endOf(tokens[at + 2]);
  if (other === undefined || other === end) return end;
  const isBoth = isAnd(tokens[at + 1]);
  if (!isBoth && !isOr(tokens[at + 1])) return end;
  parser.at += 2;
  return isBoth ? 'both' : 'any';
}

/** Whether it may be a value: an address, a network, a MAC or a number. */
const isValue = (token: string | undefined): boolean =>
  token !== undefined && /^(0x)?[0-9a-f.:/-]+$/i.test(token) && /[\d:]/.test(token);

/** Parts of words of their own, with a number behind them. */
function parseAlone(parser: Parser): Test | undefined {
  const word = parser.tokens[parser.at] ?? '';
  switch (word) {
    case 'mac':
      parser.at++;
      return parseValue(parser, {proto: 'ether', end: 'any', type: 'host'});
    case 'vni': {
      parser.at++;
      const vni = number(parser, 0xff_ffff);
      return someFrame((frame) => frame.vni === vni);
    }
    case 'vxlan':
      parser.at++;
      return someFrame((frame) => frame.vxlan >= 0);
    case 'vlan': {
      parser.at++;
      const id = isValue(parser.tokens[parser.at]) ? number(parser, 4095) : -1;
      return someFrame((frame) => hasVlan(frame, id));
    }
    case 'less':
    case 'greater': {
      parser.at++;
      const length = number(parser, 0xffff_ffff);
      return word === 'less' ? (view) => view.length <= length : (view) => view.length >= length;
    }
    default:
      return undefined;
  }
}

function hasVlan({vlans, vlanCount}: Frame, id: number): boolean {
  if (id < 0) return vlanCount > 0;
  for (let index = 0; index < vlanCount; index++) if (vlanId(vlans[index] ?? 0) === id) return true;
  return false;
}

function someFrame(test: FrameTest): Test {
  return ({frames}, from, to) => {
    for (let level = from; level < to; level++) if (test(frames[level] as Frame)) return true;
    return false;
  };
}

const protoOf =
  (proto: ProtoTest): FrameTest =>
  (frame) =>
    frameHas.proto(frame, proto);

function parseValue(parser: Parser, words: Words): Test {
  const test = valueTest(parser, words);
  const {proto} = words;
  if (proto === undefined || proto === 'ether') return someFrame(test);
  const isProto = protoOf(proto);
  return someFrame((frame) => isProto(frame) && test(frame));
}

function valueTest(parser: Parser, {proto, end, type}: Words): FrameTest {
  if (proto === 'ether') {
    if (type !== '' && type !== 'host') return failAt(parser);
    const mac = macOf(parser);
    return ofEnds(end, (frame, isSource) => frameHas.mac(frame, mac, isSource));
  }
  switch (type) {
    case 'port': {
      const port = number(parser, 0xffff);
      return ofEnds(end, (frame, isSource) => portOf(frame, isSource) === port);
    }
    case 'portrange': {
      const [, low, high] = /^(\d{1,5})-(\d{1,5})$/.exec(parser.tokens[parser.at] ?? '') ?? [];
      if (low === undefined || high === undefined) return failAt(parser);
      parser.at++;
      const [least, most] = [Math.min(Number(low), Number(high)), Math.max(Number(low), Number(high))];
      return ofEnds(end, (frame, isSource) => {
        const port = portOf(frame, isSource);
        return port >= least && port <= most;
      });
    }
    case 'proto': {
      const test = end === 'any' ? protoTest(parser.tokens[parser.at] ?? '') : undefined;
      if (test === undefined) return failAt(parser);
      parser.at++;
      return protoOf(test);
    }
    default: {
      const range = rangeOf(parser, type);
      return ofEnds(end, (frame, isSource) => frameHas.address(frame, range, isSource));
    }
  }
}

/** The test of one end, for the ends that were asked for. */
function ofEnds(end: Words['end'], test: (frame: Frame, isSource: boolean) => boolean): FrameTest {
  switch (end) {
    case 'src':
      return (frame) => test(frame, true);
    case 'dst':
      return (frame) => test(frame, false);
    case 'both':
      return (frame) => test(frame, true) && test(frame, false);
    default:
      return (frame) => test(frame, true) || test(frame, false);
  }
}

/** A port, also of a first fragment; -1 where there is none. */
function portOf(frame: Frame, isSource: boolean): number {
  if (frame.dport >= 0 || frame.proto === Proto.sctp) return isSource ? frame.sport : frame.dport;
  if (frame.fragmentOffset > 0 || !hasFirstPorts(frame)) return -1;
  return get16(frame.payload, frame.l4 + (isSource ? 0 : 2));
}

function number(parser: Parser, most: number): number {
  const token = parser.tokens[parser.at] ?? '';
  const value = /^(0x[0-9a-f]+|\d+)$/i.test(token) ? Number(token) : Number.NaN;
  if (!(value <= most)) return failAt(parser);
  parser.at++;
  return value;
}

function macOf(parser: Parser): Buffer {
  const token = parser.tokens[parser.at] ?? '';
  if (!/^[0-9a-f]{1,2}([:.-][0-9a-f]{1,2}){5}$/i.test(token)) return failAt(parser);
  parser.at++;
  return Buffer.from(token.split(/[:.-]/).map((part) => Number.parseInt(part, 16)));
}

/** An address, or a network: `10.0.1.0/24`, and as tcpdump has it `10.0.1`, which is the same. */
function rangeOf(parser: Parser, type: string): AddressRange {
  const token = parser.tokens[parser.at] ?? '';
  const [text = '', prefix, ...rest] = token.split('/');
  const isNet = type === 'net' || prefix !== undefined;
  const parts = /^\d{1,3}(\.\d{1,3}){0,2}$/.test(text) && isNet ? text.split('.').length : 4;
  const full = text + '.0'.repeat(4 - parts);
  const family = ipVersion(full);
  const most = family === 4 ? 32 : 128;
  const bits = prefix === undefined ? (family === 4 ? parts * 8 : 128) : Number(prefix);
  const isPrefix = prefix === undefined || (/^\d{1,3}$/.test(prefix) && bits <= most);
  if (family === 0 || rest.length > 0 || !isPrefix || (type === 'host' && isNet)) return failAt(parser);
  parser.at++;
  return {bytes: Buffer.from(ipaddr.parse(full).toByteArray()), bits: type === 'net' || isNet ? bits : most};
}
