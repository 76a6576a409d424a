import ipaddr from 'ipaddr.js';
import {usageError} from '../base/errors.js';
import {quoteText} from '../base/escape.js';
import {ipVersion} from '../base/ip-version.js';
import {addressText} from '../packet/address.js';
import {type AddressRange, type Filter, knownProtos, type ProtoTest, protoTest} from '../packet/filter.js';
import {parseFilter} from '../packet/filter-expression.js';
import {defaultVxlanPort} from '../packet/vxlan.js';
import {type FollowEnd, parseFollow} from './follow-ends.js';
import {parseTime, type TimeLimit} from './time-limit.js';

/** What was asked for, checked and turned into numbers and bytes. */
export interface DecodeOptions {
  /** As they were typed. */
  flags: RawFlags;
  vnis: number[];
  addresses: AddressRange[];
  macs: Buffer[];
  protos: ProtoTest[];
  /** What `--filter` says. */
  filter: Filter | undefined;
  since: TimeLimit | undefined;
  until: TimeLimit | undefined;
  count: number;
  vxlanPorts: number[];
  all: boolean;
  /** Show the time since the packet before. */
  delta: boolean;
  checksums: boolean;
  /** The ends of a conversation whose bytes are shown. */
  follow: FollowEnd[] | undefined;
  views: AskedViews;
}

export interface AskedViews {
  json: boolean;
  verbose: boolean;
  hex: boolean;
  flows: boolean;
  stats: boolean;
}

export interface RawFlags {
  vni?: string[] | undefined;
  address?: string[] | undefined;
  mac?: string[] | undefined;
  proto?: string[] | undefined;
  filter?: string | undefined;
  since?: string | undefined;
  until?: string | undefined;
  count?: string | undefined;
  'vxlan-port'?: string[] | undefined;
  all: boolean;
  delta?: boolean | undefined;
  follow?: string | undefined;
  checksums?: boolean | undefined;
  verbose: boolean;
  hex: boolean;
  flows: boolean;
  stats: boolean;
}

export function readOptions(flags: RawFlags, json: boolean): DecodeOptions {
  const {verbose, hex, flows, stats} = flags;
  refuseConflicts(flags);
  const ports = (flags['vxlan-port'] ?? []).map((text) => wholeNumber('--vxlan-port', text, 1, 65_535));
  return {
    flags,
    vnis: (flags.vni ?? []).map((text) => wholeNumber('--vni', text, 0, 0xff_ffff)),
    addresses: (flags.address ?? []).map(readRange),
    macs: (flags.mac ?? []).map(readMac),
    protos: (flags.proto ?? []).map(readProto),
    filter: flags.filter === undefined ? undefined : parseFilter(flags.filter),
    since: flags.since === undefined ? undefined : parseTime('--since', flags.since),
    until: flags.until === undefined ? undefined : parseTime('--until', flags.until),
    count:
      flags.count === undefined
        ? Number.POSITIVE_INFINITY
        : wholeNumber('-c', flags.count, 1, Number.MAX_SAFE_INTEGER),
    vxlanPorts: ports.length > 0 ? ports : [defaultVxlanPort],
    all: flags.all,
    delta: flags.delta === true,
    follow: flags.follow === undefined ? undefined : parseFollow(flags.follow),
    checksums: flags.checksums === true || verbose,
    views: {json, verbose, hex, flows, stats},
  };
}

/** Sums and packets one by one don't go together. */
function refuseConflicts({verbose, hex, flows, stats, follow}: RawFlags): void {
  const views = {verbose, hex, flows, stats};
  const other = Object.entries(views).find(([, isAsked]) => isAsked)?.[0];
  if (follow !== undefined && other !== undefined) {
    throw usageError(
      'conflicting-flags',
      `--follow shows the bytes of a conversation, and --${other} shows something else.`,
      [`ovdiag decode FILE --${other} --filter '${filterOf(parseFollow(follow))}'`],
    );
  }
  if (!(flows || stats) || !(verbose || hex)) return;
  const summary = flows ? '--flows' : '--stats';
  throw usageError(
    'conflicting-flags',
    `${summary} sums packets up; ${verbose ? '--verbose' : '--hex'} shows each one.`,
    ['Ask for one of them.'],
  );
}

/** What chooses the packets of a conversation by its ends. */
const filterOf = (ends: readonly FollowEnd[]): string =>
  ends
    .map(
      ({address, port}) => `host ${addressText(address, 0, address.length === 4 ? 4 : 6)} and port ${port}`,
    )
    .join(' and ');

/** Decimal, or hexadecimal after 0x, as the kernel's logs write VNIs. */
export function wholeNumber(flag: string, text: string, least: number, most: number): number {
  const value = /^(0x[0-9a-f]+|\d+)$/i.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most)) {
    const limit = most === Number.MAX_SAFE_INTEGER ? `${least} or more` : `${least} to ${most}`;
    throw usageError('invalid-flag', `${flag} takes a whole number, ${limit}; "${quoteText(text)}" is not.`);
  }
  return value;
}

function readRange(text: string): AddressRange {
  const [address = '', prefix, ...rest] = text.split('/');
  const family = ipVersion(address);
  const most = family === 4 ? 32 : 128;
  if (
    family === 0 ||
    rest.length > 0 ||
    (prefix !== undefined && !(/^\d{1,3}$/.test(prefix) && Number(prefix) <= most))
  ) {
    throw usageError(
      'invalid-flag',
      `--address takes an address or a network in CIDR form; "${quoteText(text)}" is neither.`,
      ['--address 10.0.1.7', '--address 10.0.1.0/24'],
    );
  }
  return {
    bytes: Buffer.from(ipaddr.parse(address).toByteArray()),
    bits: prefix === undefined ? most : Number(prefix),
  };
}

function readMac(text: string): Buffer {
  const digits = text.toLowerCase().replace(/[:.-]/g, '');
  if (!/^[0-9a-f]{12}$/.test(digits)) {
    throw usageError(
      'invalid-flag',
      `--mac takes six bytes such as 02:42:0a:00:01:07; "${quoteText(text)}" is not that.`,
    );
  }
  return Buffer.from(digits, 'hex');
}

function readProto(text: string): ProtoTest {
  const test = protoTest(text);
  if (test !== undefined) return test;
  throw usageError('invalid-flag', `--proto doesn't know "${quoteText(text)}".`, [
    `Known: ${knownProtos.join(', ')}, or an IP protocol number.`,
  ]);
}
