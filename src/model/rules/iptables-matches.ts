/** The matches of iptables rules, as iptables-extensions(8) lists them. */
import {covering} from './nftables-values.js';
import type {InterfaceName, MatchKind, Range, Side} from './rule.js';
import {isQuoted, type Words} from './words.js';

/** Reads the match whose option is at `at`. `module` is that of the last `-m`: some options mean another thing in another. */
export function readMatch({texts}: Words, at: number, module: string | undefined): MatchKind {
  const option = texts[at] ?? '';
  if (option === '--ipvs') return {match: 'ipvs'};
  if (option === '-f') return {match: 'fragment'};
  const value = texts[at + 1];
  if (option === '--tcp-flags') return tcpFlags(value, texts[at + 2]);
  const kind = value === undefined ? undefined : readers.get(option)?.(value, module);
  if (kind) return kind;
  if (module === undefined) return {match: 'other'};
  return chances.has(module) ? {match: 'other', module, chance: true} : {match: 'other', module};
}

/** Modules that ask for a random number, a rate, a count or the time. */
const chances = new Set([
  ...['connbytes', 'connlimit', 'hashlimit', 'limit', 'quota', 'recent', 'statistic', 'time'],
]);

/** The index of the word after a match, whose option is at `at`. */
export function matchEnd({match}: MatchKind, words: Words, at: number): number {
  if (match === 'ipvs' || match === 'fragment') return at + 1;
  if (match === 'tcp-flags') return at + 3;
  return match === 'other' ? nextOption(words, at + 1) : at + 2;
}

/** An option that is not understood may have any number of values. */
function nextOption(words: Words, from: number): number {
  let at = from;
  while (at < words.texts.length && !beginsOption(words, at)) at++;
  return at;
}

function beginsOption(words: Words, at: number): boolean {
  const text = words.texts[at] ?? '';
  if (isQuoted(words, at)) return false;
  return text === '!' ? at + 1 < words.texts.length : text.startsWith('-');
}

/** What an option with one value asks for; undefined for a value that is not understood. */
type Reader = (value: string, module: string | undefined) => MatchKind | undefined;

const readers: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['-m', (module) => ({match: 'module', module})],
  ['--comment', (text) => ({match: 'comment', text: text.replace(/\\(.)/g, '$1')})],
  ['-i', (name) => ({match: 'interface', direction: 'in', names: [interfaceName(name)]})],
  ['-o', (name) => ({match: 'interface', direction: 'out', names: [interfaceName(name)]})],
  ['-s', (prefix) => addressMatch('src', prefix)],
  ['-d', (prefix) => addressMatch('dst', prefix)],
  ['-p', (protocol) => ({match: 'protocol', protocols: [protocol]})],
  ['--dport', (ports) => portMatch('dst', ports)],
  ['--dports', (ports) => portMatch('dst', ports)],
  ['--sport', (ports) => portMatch('src', ports)],
  ['--sports', (ports) => portMatch('src', ports)],
  ['--icmp-type', icmpType],
  ['--ctstate', (states) => ({match: 'state', states: states.split(',')})],
  ['--state', (states) => ({match: 'state', states: states.split(',')})],
  ['--icmpv6-type', icmpType],
  ['--mark', (mark, module) => markMatch(module === 'connmark' ? 'connection-mark' : 'mark', mark)],
  ['--ctdir', (direction) => ({match: 'direction', direction: direction === 'REPLY' ? 'reply' : 'original'})],
  ['--ctstatus', connectionStatus],
  ['--ctorigsrc', (prefix) => originalMatch('src', prefix)],
  ['--ctorigdst', (prefix) => originalMatch('dst', prefix)],
  ['--src-range', (range) => rangeMatch('src', range)],
  ['--dst-range', (range) => rangeMatch('dst', range)],
  ['--pkt-type', (type) => ({match: 'packet-type', types: [type === 'unicast' ? 'host' : type]})],
  ['--mac-source', (mac) => ({match: 'mac', side: 'src', addresses: [mac.toLowerCase()]})],
  ['--length', (lengths) => headerMatch('meta length', portRange(lengths))],
  ['--ttl-eq', (ttl) => headerMatch('ip ttl', portRange(ttl))],
  ['--src-type', (type) => ({match: 'address-type', side: 'src', type})],
  ['--dst-type', (type) => ({match: 'address-type', side: 'dst', type})],
  ['--dir', (direction, module) => (module === 'policy' ? {match: 'ipsec', direction} : undefined)],
  ['--pol', (policy) => ({match: 'ipsec', policy})],
  ['--u32', (test) => vniMatch(dockerU32(test))],
  ['--bytecode', (program) => vniMatch(dockerBpf(program))],
]);

/** `eth+` is every interface that begins so (iptables(8), --in-interface). */
function interfaceName(text: string): InterfaceName {
  return text.endsWith('+') ? {name: text.slice(0, -1), isPrefix: true} : {name: text, isPrefix: false};
}

/** Undefined for a mask that is no prefix (`10.0.0.1/255.0.0.255`). */
function addressMatch(side: Side, text: string): MatchKind | undefined {
  const slash = text.indexOf('/');
  const bits = text.includes(':') ? 128 : 32;
  if (slash < 0) return {match: 'address', side, prefixes: [`${text}/${bits}`]};
  const length = text.slice(slash + 1);
  if (length.includes('.') || !(Number(length) <= bits)) return undefined;
  return {match: 'address', side, prefixes: [text]};
}

/** `80`, `80:90`, `:90`, `80:` or, of multiport, several of them with commas. */
function portMatch(side: Side, text: string): MatchKind | undefined {
  const single = Number(text);
  if (single >= 0 && text !== '') return {match: 'port', side, ports: [[single, single]]};
  const ports = text.split(',').map(portRange);
  return ports.every((range) => range !== undefined) ? {match: 'port', side, ports} : undefined;
}

function portRange(text: string): Range | undefined {
  const [, low = '', colon, high = ''] = /^(\d{0,5})(:)?(\d{0,5})$/.exec(text) ?? [];
  if (low === '' && colon === undefined) return undefined;
  const first = Number(low || 0);
  return [first, colon === undefined ? first : Number(high || 65_535)];
}

/** Docs of the form of both: iptables-extensions(8), tcp: all names with commas, or ALL or NONE. */
function tcpFlags(mask = '', set = ''): MatchKind {
  const flags = (text: string) =>
    text === 'ALL' ? allFlags : text === 'NONE' ? [] : text.toLowerCase().split(',');
  return {match: 'tcp-flags', mask: flags(mask), set: flags(set)};
}

const allFlags = ['fin', 'syn', 'rst', 'psh', 'ack', 'urg'];

/** `NONE` asks for a connection without any of them. */
function connectionStatus(text: string): MatchKind | undefined {
  const names = text.toLowerCase().replace('seen_reply', 'seen-reply').split(',');
  return names.includes('none') ? undefined : {match: 'status', names};
}

function originalMatch(side: Side, text: string): MatchKind | undefined {
  const kind = addressMatch(side, text);
  return kind?.match === 'address' ? {match: 'original-address', side, prefixes: kind.prefixes} : undefined;
}

function rangeMatch(side: Side, text: string): MatchKind | undefined {
  const [first = '', last = first] = text.split('-');
  const prefixes = covering({first, last});
  return prefixes && {match: 'address', side, prefixes};
}

function headerMatch(field: string, range: Range | undefined): MatchKind | undefined {
  return range && {match: 'header', field, ranges: [range]};
}

/** A type alone; with a code it is another thing, which is not walked. */
function icmpType(text: string): MatchKind | undefined {
  if (text === 'any') return {match: 'icmp-type', type: 'any'};
  return /^\d{1,3}$/.test(text) ? {match: 'icmp-type', type: Number(text)} : undefined;
}

function markMatch(match: 'mark' | 'connection-mark', text: string): MatchKind | undefined {
  const mark = readMark(text);
  return mark && {match, ...mark};
}

/** `VALUE` or `VALUE/MASK`, in any base that the kernel's programs print. */
export function readMark(text: string): {value: number; mask: number} | undefined {
  const [, value, mask = '0xffffffff'] =
    /^(0x[0-9a-f]{1,8}|\d{1,10})(?:\/(0x[0-9a-f]{1,8}|\d{1,10}))?$/i.exec(text) ?? [];
  return value === undefined ? undefined : {value: Number(value), mask: Number(mask)};
}

function vniMatch(vni: number | undefined): MatchKind | undefined {
  return vni === undefined ? undefined : {match: 'vni', vni};
}

/** Docker's u32 form (moby libnetwork/drivers/overlay/encryption.go): the word at the VXLAN header's VNI, shifted by 8. */
function dockerU32(text: string): number | undefined {
  const value = /^0x0>>0x16&0x3c@0xc&0xffffff00=0x([0-9a-f]{1,8})$/i.exec(text)?.[1];
  return value === undefined ? undefined : Number.parseInt(value, 16) >>> 8;
}

/** Docker's bpf forms: up to engine 23 the VNI is compared shifted by 8, from 24 on as it is. */
function dockerBpf(text: string): number | undefined {
  const old = /^6,177 0 0 0,.*,21 1 0 (\d+),/.exec(text)?.[1];
  if (old !== undefined) return Number(old) >>> 8;
  const recent = /^7,32 0 0 4294963252,7 0 0 0,64 0 0 4,116 0 0 8,21 1 0 (\d+),/.exec(text)?.[1];
  return recent === undefined ? undefined : Number(recent);
}
