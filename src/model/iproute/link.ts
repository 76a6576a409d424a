/**
 * `ip [-d] [-s] addr show` and `ip [-d] [-s] link show` as JSON and as text.
 *
 * Formats: iproute2 ip/ipaddress.c, print_linkinfo() and print_addrinfo(); the details of a kind are in
 * ip/iplink_vxlan.c, iplink_bridge.c, iplink_bridge_slave.c, iplink_macvlan.c and iplink_ipvlan.c. Kernel:
 * linux/if_link.h (IFLA_*), linux/if_addr.h, net/core/rtnetlink.c. The lines of the text are read in link-text.ts.
 */
import {
  anything,
  array,
  boolean,
  nullish,
  object,
  oneOf,
  optional,
  record,
  type Shape,
  type Shaped,
} from '../../base/shape.js';
import type {Address, BridgePort, Link, LinkStats, VxlanDevice} from '../facts.js';
import {linkTextEntries} from './link-text.js';
import {
  address,
  checkEntry,
  checkEntryLax,
  compact,
  type Entry,
  flagList,
  interfaceName,
  isMac,
  jsonEntries,
  type Parsed,
  type ProblemList,
  problemList,
  uint,
  word,
} from './shared.js';

/** From kernel 7.2 on each vxlan device has both ends, and one that is not set is printed as `any` or as zeros. */
const NO_ADDRESS = new Set<unknown>(['any', '0.0.0.0', '::']);
const endpoint: Shape<string | undefined> = (value, report) =>
  NO_ADDRESS.has(value) ? undefined : address(value, report);

/** NETNSA_NSID_NOT_ASSIGNED, or in text `unknown`: the link is in another namespace, and this one has no id for that. */
const NO_ID = -1;
const netnsid: Shape<number> = (value, report) =>
  value === NO_ID || value === 'unknown' ? NO_ID : uint()(value, report);

/** Whether the link's other end is in another namespace. */
function isElsewhere({link_netnsid: id, link_netns: isNamed}: ReadLink): boolean {
  return id !== undefined || isNamed;
}

const counters = object({
  bytes: optional(uint()),
  packets: optional(uint()),
  errors: optional(uint()),
  dropped: optional(uint()),
  carrier_errors: optional(uint()),
});
const stats = object({rx: optional(counters, {}), tx: optional(counters, {})});

const infoData = object({
  // bridge; a clock_t, so in hundredths of a second
  ageing_time: optional(uint()),
  stp_state: optional(uint()),
  vlan_filtering: optional(uint()),
  vlan_default_pvid: optional(uint(0xffff)),
  // macvlan, macvtap, ipvlan
  mode: optional(word),
  // vxlan
  id: optional(uint(0xff_ffff)),
  external: optional(boolean),
  group: optional(endpoint),
  group6: optional(endpoint),
  remote: optional(endpoint),
  remote6: optional(endpoint),
  local: optional(endpoint),
  local6: optional(endpoint),
  link: optional(interfaceName),
  port: optional(uint(65_535)),
  learning: optional(boolean),
  proxy: optional(boolean),
  l2miss: optional(boolean),
  l3miss: optional(boolean),
  ageing: optional(uint()),
  ttl: optional(anything),
  tos: optional(word),
  df: optional(word),
  port_range: optional(object({low: uint(65_535), high: uint(65_535)})),
  localbypass: optional(boolean),
});

const portData = object({
  state: optional(word),
  hairpin: optional(boolean),
  learning: optional(boolean),
  flood: optional(boolean),
  bcast_flood: optional(boolean),
  isolated: optional(boolean),
  locked: optional(boolean),
});

const schema = object({
  ifindex: uint(0x7fff_ffff, 1),
  ifname: interfaceName,
  flags: optional(flagList),
  mtu: optional(uint()),
  qdisc: optional(word),
  proto_down: optional(boolean),
  xdp: optional(anything),
  operstate: optional(word),
  link_type: optional(word),
  address: optional(word),
  master: optional(interfaceName),
  /** Name of the lower or peer link; null for `@NONE`. */
  link: nullish(interfaceName),
  link_index: optional(uint()),
  link_netnsid: optional(netnsid),
  /** Not of iproute2: set by the text parser where the tool may have named the link of another namespace. */
  link_name_unsure: optional(boolean, false),
  /** Not of iproute2: what the text tells instead of the id, where the namespace has a name. */
  link_netns: optional(boolean, false),
  linkinfo: optional(
    object({
      info_kind: optional(word),
      info_data: optional(infoData, {}),
      info_slave_kind: optional(word),
      info_slave_data: optional(portData, {}),
    }),
    {info_data: {}, info_slave_data: {}},
  ),
  addr_info: optional(array(record(anything))),
  stats64: optional(stats),
  stats: optional(stats),
});

type ReadLink = Shaped<typeof schema>;

/**
 * Values whose absence means "not told" wherever they are used. The absence of the others claims something: a link without
 * a master is a port of no bridge, one without a kind is no tunnel, one without `group` floods to nobody.
 */
const EXPENDABLE: ReadonlySet<string> = new Set([
  ...['mtu', 'operstate', 'link_type', 'stats', 'stats64', 'qdisc', 'proto_down'],
  ...['ageing_time', 'ageing', 'learning', 'local', 'local6', 'link'].map(
    (key) => `linkinfo.info_data.${key}`,
  ),
  ...['stp_state', 'vlan_filtering', 'vlan_default_pvid', 'tos', 'df', 'port_range', 'localbypass'].map(
    (key) => `linkinfo.info_data.${key}`,
  ),
  ...['state', 'hairpin', 'learning', 'bcast_flood', 'locked'].map(
    (key) => `linkinfo.info_slave_data.${key}`,
  ),
  ...['stats', 'stats64'].flatMap((key) =>
    ['rx', 'tx'].flatMap((way) => [
      `${key}.${way}`,
      ...['bytes', 'packets', 'errors', 'dropped', 'carrier_errors'].map((name) => `${key}.${way}.${name}`),
    ]),
  ),
]);

const addressSchema = object({
  family: oneOf('inet', 'inet6'),
  local: address,
  prefixlen: uint(128),
  scope: optional(word),
});

/** The options are printed where they are on, `learning` in JSON always; so with an id all are told. */
function vxlanOf(read: ReadLink): VxlanDevice | undefined {
  const info = read.linkinfo.info_data;
  if (read.linkinfo.info_kind !== 'vxlan' || info.id === undefined) return undefined;
  // The name is looked up in this namespace, where the underlay's index may be another link's.
  const elsewhere = isElsewhere(read);
  return compact<VxlanDevice>({
    vni: info.id,
    port: info.port,
    local: info.local ?? info.local6,
    group: info.group ?? info.group6 ?? info.remote ?? info.remote6,
    device: elsewhere ? undefined : info.link,
    learning: info.learning,
    proxy: info.proxy ?? false,
    l2miss: info.l2miss ?? false,
    l3miss: info.l3miss ?? false,
    ageingSeconds: info.ageing,
    ttl: ttlOf(info.ttl),
    tos: info.tos === '0' || info.tos === '0x0' ? undefined : info.tos,
    df: info.df,
    portRange: info.port_range && info.port_range.high > 0 ? info.port_range : undefined,
    localBypass: info.localbypass,
    external: info.external === true ? true : undefined,
  });
}

/** 0 and `auto` take the host's default. */
function ttlOf(value: unknown): VxlanDevice['ttl'] {
  if (value === 'inherit') return value;
  if (value === undefined) return undefined;
  const ttl = value === 'auto' ? 0 : Number(value);
  return Number.isInteger(ttl) && ttl >= 0 && ttl < 256 ? ttl : undefined;
}

function bridgePortOf(read: ReadLink): BridgePort | undefined {
  if (read.linkinfo.info_slave_kind !== 'bridge') return undefined;
  const {bcast_flood: broadcastFlood, ...data} = read.linkinfo.info_slave_data;
  return compact<BridgePort>({...data, broadcastFlood});
}

const KINDS_WITH_MODE = new Set(['macvlan', 'macvtap', 'ipvlan', 'ipvtap']);

/** The nine counters, or nothing where one is missing. */
function statsOf(read: ReadLink): LinkStats | undefined {
  const {rx, tx} = read.stats64 ?? read.stats ?? {rx: {}, tx: {}};
  const all = {
    rxBytes: rx.bytes,
    rxPackets: rx.packets,
    rxErrors: rx.errors,
    rxDropped: rx.dropped,
    txBytes: tx.bytes,
    txPackets: tx.packets,
    txErrors: tx.errors,
    txDropped: tx.dropped,
    txCarrierErrors: tx.carrier_errors,
  };
  return Object.values(all).includes(undefined) ? undefined : compact<LinkStats>(all);
}

function addressesOf(read: ReadLink, where: string, problems: ProblemList): Address[] | undefined {
  return read.addr_info?.flatMap((entry) => {
    if (Object.keys(entry).length === 0) return [];
    const checked = checkEntry(addressSchema, entry, `${where} (${read.ifname})`, problems);
    if (checked === undefined) return [];
    return compact<Address>({
      family: checked.family,
      address: checked.local,
      prefixLength: checked.prefixlen,
      scope: checked.scope,
    });
  });
}

/** Tunnels have an IP address here, InfiniBand 20 octets; an Ethernet must have a MAC. */
function macOf(read: ReadLink, where: string, problems: ProblemList): string | undefined {
  if (read.address === undefined) return undefined;
  if (isMac(read.address)) return read.address.toLowerCase();
  if (read.link_type === 'ether' || read.link_type === undefined) {
    problems.add(`${where} (${read.ifname})`, 'not a MAC address', read.address);
  }
  return undefined;
}

function kindOf(read: ReadLink): Partial<Link> {
  const {info_kind: kind, info_data: info} = read.linkinfo;
  const isOn = (value: number | undefined) => (value === undefined ? undefined : value > 0);
  if (kind === 'bridge')
    return compact<Partial<Link>>({
      ageingSeconds: info.ageing_time === undefined ? undefined : info.ageing_time / 100,
      stp: isOn(info.stp_state),
      vlanFiltering: isOn(info.vlan_filtering),
      defaultPvid: info.vlan_default_pvid,
    });
  if (kind !== undefined && KINDS_WITH_MODE.has(kind) && info.mode !== undefined) return {mode: info.mode};
  return {};
}

/**
 * The link's index and name. The kernel tells an index; the tools print the name that it has in this
 * namespace, or `ifN` where it has none. Older tools and BusyBox do so for the index of another namespace
 * too, and then the index of the name printed is right and the name is not.
 */
function lowerOf(read: ReadLink, indexes: ReadonlyMap<string, number>): Pick<Link, 'iflink' | 'linkName'> {
  if (read.link_index !== undefined) return {iflink: read.link_index};
  const name = read.link;
  if (name === undefined || name === null) return {};
  const elsewhere = isElsewhere(read) || read.link_name_unsure;
  const index = indexes.get(name);
  if (index !== undefined) return elsewhere ? {iflink: index} : {iflink: index, linkName: name};
  if (/^if\d{1,10}$/.test(name)) return {iflink: Number(name.slice(2))};
  return elsewhere ? {} : {linkName: name};
}

/** Turns entries, as JSON has them, into links. Two passes: the first knows all indexes. */
function linksOf(entries: Iterable<{where: string; entry: Entry}>, problems: ProblemList): Link[] {
  const indexes = new Map<string, number>();
  const seen = new Set<number>();
  const reads: {where: string; read: ReadLink}[] = [];
  for (const {where, entry} of entries) {
    const read = checkEntryLax(schema, entry, where, problems, EXPENDABLE);
    if (read === undefined) continue;
    if (seen.has(read.ifindex)) {
      problems.add(where, `a second row with index ${read.ifindex}`, read.ifname);
      continue;
    }
    seen.add(read.ifindex);
    indexes.set(read.ifname, read.ifindex);
    reads.push({where, read});
  }
  return reads.map(({where, read}) =>
    compact<Link>({
      ifindex: read.ifindex,
      name: read.ifname,
      flags: read.flags,
      mtu: read.mtu,
      operState: read.operstate,
      linkType: read.link_type,
      mac: macOf(read, where, problems),
      master: read.master,
      ...lowerOf(read, indexes),
      linkNetnsid: read.link_netnsid,
      kind: read.linkinfo.info_kind,
      vxlan: vxlanOf(read),
      bridgePort: bridgePortOf(read),
      ...kindOf(read),
      protoDown: read.proto_down === true ? true : undefined,
      qdisc: read.qdisc,
      xdp: read.xdp === undefined || read.xdp === null ? undefined : true,
      addresses: addressesOf(read, where, problems),
      stats: statsOf(read),
    }),
  );
}

function tableOf(entries: Iterable<{where: string; entry: Entry}>, problems: ProblemList): Parsed<Link> {
  const rows = linksOf(entries, problems);
  const dropped = problems.dropped();
  return {rows, problems: problems.list(), ...(dropped.length > 0 ? {dropped} : {})};
}

/** Reads `ip -j addr show` or `ip -j link show`, best with `-d -s`. */
export function parseLinksJson(text: string): Parsed<Link> {
  const problems = problemList();
  return tableOf(jsonEntries(text, problems), problems);
}

/** Reads `ip addr show` or `ip link show`, of BusyBox too. A text can lie (see link-text.ts): prefer JSON. */
export function parseLinksText(text: string): Parsed<Link> {
  const problems = problemList();
  return tableOf(linkTextEntries(text, problems), problems);
}
