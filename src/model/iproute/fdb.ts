/**
 * `bridge [-d] [-s] fdb show` as JSON and as text.
 *
 * Formats: iproute2 bridge/fdb.c, print_fdb(). Kernel: linux/neighbour.h (NDA_*, NTF_*, NUD_*), filled by
 * net/bridge/br_fdb.c and drivers/net/vxlan/vxlan_core.c. The ages are nda_cacheinfo's ndm_used and
 * ndm_updated in seconds; text prints the two as `used USED/UPDATED`, in this order.
 */
import {object, oneOf, optional} from '../../base/shape.js';
import type {FdbRow} from '../facts.js';
import {
  address,
  checkEntry,
  checkedOnce,
  compact,
  type Entry,
  flagList,
  hasOnly,
  interfaceName,
  isAddress,
  isAge,
  isInterfaceName,
  isMac,
  jsonRows,
  mac,
  type Parsed,
  type ProblemList,
  problemList,
  sortWords,
  textLines,
  uint,
} from './shared.js';

export interface FdbOptions {
  /** The device of `bridge fdb show dev DEV`, which then prints none. */
  dev?: string;
}

const MAX_VNI = 0xff_ffff;

const schema = object({
  mac,
  /** `dev` until iproute2 4.x. */
  ifname: optional(interfaceName),
  dev: optional(interfaceName),
  dst: optional(address),
  vlan: optional(uint(4095)),
  port: optional(uint(65_535)),
  vni: optional(uint(MAX_VNI)),
  src_vni: optional(uint(MAX_VNI)),
  nhid: optional(uint(0xffff_ffff)),
  viaIf: optional(interfaceName),
  viaIfIndex: optional(uint()),
  linkNetNsId: optional(uint()),
  used: optional(uint()),
  updated: optional(uint()),
  flags: optional(flagList, []),
  master: optional(interfaceName),
  /** Empty, or in old versions absent, for a dynamic row. */
  state: optional(oneOf('permanent', 'static', 'stale', ''), ''),
  /** `bridge monitor` tells of rows that are gone. */
  deleted: optional(oneOf(false)),
  opCode: optional(oneOf()),
});

const KNOWN_FLAGS = new Set(['self', 'master', 'extern_learn', 'offload', 'sticky']);

function toRow(entry: Entry, where: string, options: FdbOptions, problems: ProblemList): FdbRow | undefined {
  const read = checkEntry(schema, entry, where, problems);
  if (read === undefined) return undefined;
  const dev = read.ifname ?? read.dev ?? options.dev;
  if (dev === undefined) {
    problems.add(where, 'no device told', read.mac);
    return undefined;
  }
  const flags = new Set(read.flags);
  // The tables of devices are marked `self`; what is not is the bridge's, whose name old kernels left out.
  const plane = flags.has('self') ? 'self' : 'master';
  if (plane === 'master' && read.dst !== undefined) {
    problems.add(where, 'has a destination but is not marked self', read.mac);
    return undefined;
  }
  const other = read.flags.filter((flag) => !KNOWN_FLAGS.has(flag));
  return compact<FdbRow>({
    mac: read.mac,
    device: dev,
    plane,
    state: read.state === '' ? 'reachable' : read.state,
    vtep: read.dst,
    master: read.master,
    vlan: read.vlan,
    port: read.port,
    vni: read.vni,
    srcVni: read.src_vni,
    nhid: read.nhid,
    via: read.viaIf,
    viaIndex: read.viaIfIndex,
    linkNetnsid: read.linkNetNsId,
    externLearn: flags.has('extern_learn') || undefined,
    offload: flags.has('offload') || undefined,
    sticky: flags.has('sticky') || undefined,
    other: other.length > 0 ? other : undefined,
    usedSeconds: read.used,
    updatedSeconds: read.updated,
  });
}

const PLAIN_KEYS = new Set([
  'mac',
  'ifname',
  'dst',
  'linkNetNsId',
  'used',
  'updated',
  'flags',
  'master',
  'state',
]);
const PLAIN_STATES = new Map<unknown, FdbRow['state']>([
  ['', 'reachable'],
  ['permanent', 'permanent'],
  ['static', 'static'],
  ['stale', 'stale'],
]);

interface Checks {
  isDevice: (value: unknown) => value is string;
  isVtep: (value: unknown) => value is string;
}

/** Reads the rows that a bridge and a vxlan device usually have; to the rest it gives nothing. */
function plainRows(): (entry: Entry) => FdbRow | undefined {
  const checks: Checks = {
    isDevice: checkedOnce(isInterfaceName),
    isVtep: checkedOnce((text) => isAddress(text) && text === text.toLowerCase()),
  };
  return (entry) => plainRow(entry, checks);
}

function plainRow(entry: Entry, checks: Checks): FdbRow | undefined {
  const {mac, ifname, linkNetNsId, used, updated} = entry as Record<string, unknown>;
  const state = PLAIN_STATES.get(entry['state']);
  if (state === undefined || typeof mac !== 'string' || !isMac(mac) || !checks.isDevice(ifname))
    return undefined;
  if (!isAge(used) || !isAge(updated) || !isAge(linkNetNsId)) return undefined;
  const plane = plainPlane(entry);
  if (plane === undefined || !hasOnly(entry, PLAIN_KEYS)) return undefined;
  const row: FdbRow = {mac: mac.toLowerCase(), device: ifname, plane, state};
  if (!addTargets(row, entry, checks)) return undefined;
  if (linkNetNsId !== undefined) row.linkNetnsid = linkNetNsId;
  if (used !== undefined) row.usedSeconds = used;
  if (updated !== undefined) row.updatedSeconds = updated;
  return row;
}

/** A row of the device says so by one flag, a row of the bridge by none, and that one leads to no VTEP. */
function plainPlane({flags, dst}: Entry): FdbRow['plane'] | undefined {
  if (!Array.isArray(flags)) return undefined;
  if (flags.length === 0) return dst === undefined ? 'master' : undefined;
  return flags.length === 1 && flags[0] === 'self' ? 'self' : undefined;
}

/** False where the row's VTEP or bridge is not of the usual form. */
function addTargets(row: FdbRow, {dst, master}: Entry, {isDevice, isVtep}: Checks): boolean {
  if (isVtep(dst)) row.vtep = dst;
  else if (dst !== undefined) return false;
  if (isDevice(master)) row.master = master;
  else if (master !== undefined) return false;
  return true;
}

/** Reads `bridge -j fdb show`. */
export function parseFdbJson(text: string, options: FdbOptions = {}): Parsed<FdbRow> {
  return jsonRows(text, plainRows(), (entry, where, problems) => toRow(entry, where, options, problems));
}

const VALUE_KEYS = new Map([
  ['dev', 'ifname'],
  ['dst', 'dst'],
  ['vlan', 'vlan'],
  ['port', 'port'],
  ['vni', 'vni'],
  ['src_vni', 'src_vni'],
  ['nhid', 'nhid'],
  ['link-netnsid', 'linkNetNsId'],
  ['master', 'master'],
]);
const KEYS = new Set([...VALUE_KEYS.keys(), 'via', 'used']);
const STATES = new Set(['permanent', 'static', 'stale']);
/** In JSON they are keys of their own, and no flags. */
const NOTICES = new Set(['activity_notify', 'inactive']);

/** `via ifindex N` for a link of another namespace becomes one word pair like the others. */
function joinVia(tokens: string[]): {tokens: string[]; viaIfIndex: string | undefined} {
  const at = tokens.indexOf('via');
  const index = tokens[at + 2];
  if (at === -1 || tokens[at + 1] !== 'ifindex' || index === undefined || !/^\d+$/.test(index)) {
    return {tokens, viaIfIndex: undefined};
  }
  return {tokens: tokens.toSpliced(at, 3), viaIfIndex: index};
}

/** A line as the entry that `-j` would print. */
function lineToEntry(allTokens: string[]): Entry {
  const [macToken = '', ...rest] = allTokens;
  // The state is the last word. A row of an old kernel may say `master` without the bridge's name before it.
  const last = rest.at(-1) ?? '';
  const hasState = STATES.has(last) && !['dev', 'via'].includes(rest.at(-2) ?? '');
  const {tokens, viaIfIndex} = joinVia(hasState ? rest.slice(0, -1) : rest);
  const {pairs, bare} = sortWords(tokens, KEYS);
  const entry: Entry = {
    mac: macToken,
    state: hasState ? last : '',
    flags: bare.filter((word) => !NOTICES.has(word)),
  };
  for (const [key, name] of VALUE_KEYS) {
    const value = pairs.get(key);
    if (value !== undefined) entry[name] = value;
  }
  const via = pairs.get('via');
  if (via !== undefined) entry['viaIf'] = via;
  if (viaIfIndex !== undefined) entry['viaIfIndex'] = viaIfIndex;
  const ages = pairs.get('used');
  if (ages !== undefined) {
    const slash = ages.indexOf('/');
    entry['used'] = ages.slice(0, Math.max(slash, 0));
    entry['updated'] = ages.slice(slash + 1);
  }
  return entry;
}

/** Reads `bridge fdb show`. */
export function parseFdbText(text: string, options: FdbOptions = {}): Parsed<FdbRow> {
  const problems = problemList();
  const rows: FdbRow[] = [];
  for (const {where, tokens} of textLines(text, problems)) {
    const row = toRow(lineToEntry(tokens), where, options, problems);
    if (row !== undefined) rows.push(row);
  }
  return {rows, problems: problems.list()};
}
