/**
 * `ip [-d] [-s] addr show` and `ip [-d] [-s] link show` as text, of iproute2 and of BusyBox.
 *
 * Formats: as in link.ts; BusyBox networking/libiproute/ipaddress.c. A text can lie: an alias is printed raw
 * and may hold lines that look like another link's. Where there is a choice, read the JSON.
 */
import {type Entry, type Line, type ProblemList, sortWords, textLines, type Words} from './shared.js';

const HEADER_KEYS = new Set(['mtu', 'qdisc', 'master', 'state', 'mode', 'group', 'qlen', 'vrf', 'protodown']);
const LINK_KEYS = new Set(['brd', 'peer', 'link-netnsid', 'link-netns', 'permaddr']);
const VXLAN_KEYS = new Set([
  'id',
  'group',
  'remote',
  'local',
  'dev',
  'srcport',
  'dstport',
  'ttl',
  'tos',
  'df',
  'flowlabel',
  'ageing',
  'maxaddr',
]);
const PORT_SWITCHES = ['hairpin', 'learning', 'flood', 'bcast_flood', 'isolated', 'locked'];
const PORT_KEYS = new Set(['state', ...PORT_SWITCHES]);
const BRIDGE_KEYS = ['ageing_time', 'stp_state', 'vlan_filtering', 'vlan_default_pvid'];

/** One link while its lines are read. */
interface Draft {
  where: string;
  entry: Entry;
  info: Entry;
  addresses: Entry[];
  stats: {rx?: Entry; tx?: Entry};
  /** `-d` was given. */
  detailed: boolean;
  /** The lines of details have ended. */
  described: boolean;
  /** The counters whose names the line above told. */
  columns: {direction: 'rx' | 'tx'; names: string[]} | undefined;
}

/** What the whole text tells of the command that printed it. */
interface Seen {
  group: boolean;
  mode: boolean;
  address: boolean;
}

function copyPair(words: Words, key: string, entry: Entry, name = key): void {
  const value = words.pairs.get(key);
  if (value !== undefined) entry[name] = value;
}

/** `13: veth2@if12: <BROADCAST,UP> mtu 1450 …`; the flags may be missing. */
function readHeader(line: Line, seen: Seen): Draft | undefined {
  const [number = '', nameToken = '', ...rest] = line.tokens;
  if (!/^\d{1,10}:$/.test(number) || !nameToken.endsWith(':')) return undefined;
  const name = nameToken.slice(0, -1);
  const at = name.lastIndexOf('@');
  const entry: Entry = {ifindex: number.slice(0, -1), ifname: at === -1 ? name : name.slice(0, at)};
  if (at !== -1 && name.slice(at) !== '@NONE') entry['link'] = name.slice(at + 1);
  const [first = ''] = rest;
  if (first.startsWith('<') && first.endsWith('>')) {
    entry['flags'] = first.length === 2 ? [] : first.slice(1, -1).split(',');
    rest.shift();
  }
  const words = sortWords(rest, HEADER_KEYS);
  copyPair(words, 'mtu', entry);
  copyPair(words, 'master', entry);
  copyPair(words, 'qdisc', entry);
  copyPair(words, 'state', entry, 'operstate');
  if (words.pairs.get('protodown') === 'on') entry['proto_down'] = true;
  if (words.bare.some((word) => /^xdp(generic|offload|multi)?$/.test(word))) entry['xdp'] = {};
  if (words.pairs.has('group')) seen.group = true;
  // Neither BusyBox nor the tools from before link-netnsid can tell whose index it is that they name.
  else entry['link_name_unsure'] = true;
  if (words.pairs.has('mode')) seen.mode = true;
  return {
    where: line.where,
    entry,
    info: {},
    addresses: [],
    stats: {},
    detailed: false,
    described: false,
    columns: undefined,
  };
}

/** `link/ether 02:42:ac:10:10:83 brd ff:ff:ff:ff:ff:ff link-netnsid 1 promiscuity 1 …` */
function readLinkLine(tokens: string[], draft: Draft): void {
  const [type = '', hardware = '', ...rest] = tokens;
  draft.entry['link_type'] = type.slice('link/'.length);
  if (hardware.includes(':') || hardware.includes('.')) draft.entry['address'] = hardware;
  const words = sortWords(rest, LINK_KEYS);
  copyPair(words, 'link-netnsid', draft.entry, 'link_netnsid');
  if (words.pairs.has('link-netns')) draft.entry['link_netns'] = true;
  // In another namespace the link is always printed as its index.
  const link = draft.entry['link'];
  const elsewhere = words.pairs.has('link-netnsid') || words.pairs.has('link-netns');
  if (elsewhere && typeof link === 'string' && /^if\d{1,10}$/.test(link)) {
    draft.entry['link_index'] = link.slice(2);
  }
  draft.detailed = hardware === 'promiscuity' || words.bare.includes('promiscuity');
}

/** `inet 10.0.0.1/24 brd 10.0.0.255 scope global eth0`, or `inet 10.9.9.1 peer 10.9.9.2/32 …`. */
function readAddress(tokens: string[], draft: Draft): void {
  const [family = '', own = '', ...rest] = tokens;
  const words = sortWords(rest, new Set(['peer', 'brd', 'any', 'scope', 'metric', 'proto']));
  const withLength = own.includes('/') ? own : (words.pairs.get('peer') ?? '');
  const slash = withLength.lastIndexOf('/');
  const entry: Entry = {
    family,
    local: own.includes('/') ? own.slice(0, slash) : own,
    prefixlen: slash === -1 ? '' : withLength.slice(slash + 1),
  };
  copyPair(words, 'scope', entry);
  draft.addresses.push(entry);
}

/** The options are told by their being printed, with `-d` and an id; that learning is on and df unset is told by silence. */
function readVxlan(tokens: string[]): Entry {
  const words = sortWords(tokens, VXLAN_KEYS);
  const data: Entry = {};
  for (const key of ['id', 'group', 'remote', 'local'] as const) copyPair(words, key, data);
  copyPair(words, 'dev', data, 'link');
  copyPair(words, 'dstport', data, 'port');
  for (const key of ['ageing', 'ttl', 'tos', 'df'] as const) copyPair(words, key, data);
  const at = tokens.indexOf('srcport');
  if (at !== -1) data['port_range'] = {low: tokens[at + 1], high: tokens[at + 2]};
  if (data['ageing'] === 'none') data['ageing'] = 0;
  if (words.pairs.has('id')) {
    data['learning'] = !words.bare.includes('nolearning');
    data['df'] ??= 'unset';
  }
  for (const option of ['proxy', 'l2miss', 'l3miss', 'external']) {
    if (words.bare.includes(option)) data[option] = true;
  }
  return data;
}

function readPort(tokens: string[]): Entry {
  const words = sortWords(tokens, PORT_KEYS);
  const data: Entry = {};
  copyPair(words, 'state', data);
  for (const key of PORT_SWITCHES) {
    const value = words.pairs.get(key);
    if (value !== undefined) data[key] = value === 'on' ? true : value === 'off' ? false : value;
  }
  return data;
}

function infoDataOf(kind: string, tokens: string[]): Entry {
  if (kind === 'vxlan') return readVxlan(tokens);
  const data: Entry = {};
  const words = sortWords(tokens, new Set([...BRIDGE_KEYS, 'mode']));
  if (kind === 'bridge') for (const key of BRIDGE_KEYS) copyPair(words, key, data);
  else copyPair(words, 'mode', data);
  return data;
}

/** `vxlan id 260 …`, `veth`, `bridge_slave state forwarding …`: what `-d` adds between link and addresses. */
function readDetails(tokens: string[], draft: Draft): void {
  const [kind = '', ...rest] = tokens;
  if (kind.endsWith('_slave')) {
    if (draft.info['info_slave_kind'] !== undefined) return;
    draft.info['info_slave_kind'] = kind.slice(0, -'_slave'.length);
    if (kind === 'bridge_slave') draft.info['info_slave_data'] = readPort(rest);
  } else if (draft.info['info_kind'] === undefined && draft.info['info_slave_kind'] === undefined) {
    draft.info['info_kind'] = kind;
    draft.info['info_data'] = infoDataOf(kind, rest);
  }
}

const COUNTERS = new Map([
  ['bytes', 'bytes'],
  ['packets', 'packets'],
  ['errors', 'errors'],
  ['dropped', 'dropped'],
  ['carrier', 'carrier_errors'],
]);

/** The line under `RX:  bytes packets errors dropped …`; which columns there are depends on the version. */
function readCounters(tokens: string[], draft: Draft): void {
  const {columns} = draft;
  if (columns === undefined) return;
  const counters: Entry = {};
  for (const [index, column] of columns.names.entries()) {
    const name = COUNTERS.get(column);
    if (name !== undefined) counters[name] = tokens[index];
  }
  draft.stats[columns.direction] = counters;
}

/** Lines that come after the details of a link. */
const LATER = new Set(['alias', 'altname', 'vf', 'RX:', 'TX:', 'RX', 'TX', 'inet', 'inet6']);

function readIndented(tokens: string[], draft: Draft, seen: Seen): void {
  const [first = ''] = tokens;
  if (draft.columns !== undefined) {
    readCounters(tokens, draft);
    draft.columns = undefined;
    return;
  }
  if (LATER.has(first)) draft.described = true;
  if (first.startsWith('link/') && draft.entry['link_type'] === undefined) {
    readLinkLine(tokens, draft);
  } else if (first === 'inet' || first === 'inet6') {
    seen.address = true;
    readAddress(tokens, draft);
  } else if (first === 'RX:' || first === 'TX:') {
    draft.columns = {direction: first === 'RX:' ? 'rx' : 'tx', names: tokens.slice(1)};
  } else if (draft.detailed && !draft.described) {
    readDetails(tokens, draft);
  }
}

function readDrafts(text: string, seen: Seen, problems: ProblemList): Draft[] {
  const drafts: Draft[] = [];
  for (const line of textLines(text, problems)) {
    const draft = drafts.at(-1);
    if (line.indented && draft !== undefined) {
      readIndented(line.tokens, draft, seen);
      continue;
    }
    const next = line.indented ? undefined : readHeader(line, seen);
    if (next === undefined) problems.add(line.where, 'not understood', line.raw);
    else drafts.push(next);
  }
  return drafts;
}

/**
 * The entries that `-j` would have printed for a text. Whether addresses were asked for is told by one being
 * there, or by iproute2's words (`ip link` prints `mode`, `ip addr` doesn't); BusyBox's `ip link` leaves it
 * open.
 */
export function* linkTextEntries(
  text: string,
  problems: ProblemList,
): Generator<{where: string; entry: Entry}> {
  const seen: Seen = {group: false, mode: false, address: false};
  const drafts = readDrafts(text, seen, problems);
  const addressesAsked = seen.address || (seen.group && !seen.mode);
  for (const {where, entry, info, addresses, stats} of drafts) {
    if (Object.keys(info).length > 0) entry['linkinfo'] = info;
    if (addressesAsked) entry['addr_info'] = addresses;
    if (stats.rx !== undefined || stats.tx !== undefined) entry['stats'] = stats;
    yield {where, entry};
  }
}
