/**
 * The kernel's facts about one network namespace, as parsed from the output of iproute2.
 *
 * A key that is absent means "not told by the source" (an old iproute2, BusyBox, a table that could not be
 * read); it never means "no". Addresses and MACs are lower-case text as the kernel prints them.
 */

/** One row of `ip link`/`ip addr`, with its addresses. */
export interface Link {
  ifindex: number;
  name: string;
  /** IFF_* names without the prefix (`UP`, `LOWER_UP`, …); absent where the text lost them. */
  flags?: string[];
  mtu?: number;
  /** RFC 2863 operational state: `UP`, `DOWN`, `UNKNOWN`, `LOWERLAYERDOWN`, … */
  operState?: string;
  /** `ether`, `loopback`, `none`, … */
  linkType?: string;
  mac?: string;
  /** Name of the bridge (or bond) that this link is a port of. */
  master?: string;
  /** IFLA_LINK: ifindex of the lower or peer link, in `linkNetnsid`'s namespace where that is given. */
  iflink?: number;
  /** Name of that link, where it is in this same namespace. */
  linkName?: string;
  /** IFLA_LINK_NETNSID: an id that only means something inside this namespace; -1 where it has none for the other one. */
  linkNetnsid?: number;
  /** IFLA_INFO_KIND: `bridge`, `vxlan`, `veth`, `macvlan`, `ipvlan`, … Needs `ip -d`. */
  kind?: string;
  vxlan?: VxlanDevice;
  /** Present on a port of a bridge. */
  bridgePort?: BridgePort;
  /** `bridge`, `private`, `vepa`, `passthru` for macvlan; `l2`, `l3`, `l3s` for ipvlan. */
  mode?: string;
  /** Bridge ageing time in seconds. */
  ageingSeconds?: number;
  /** Of a bridge: whether it runs the spanning tree protocol, and whether it drops frames of VLANs that a port is not in. */
  stp?: boolean;
  vlanFiltering?: boolean;
  /** The VLAN that ports get when they are added; 0 where none. */
  defaultPvid?: number;
  /** IFLA_PROTO_DOWN: somebody keeps it without carrier; told only where it is on. */
  protoDown?: boolean;
  /** Kind of its root queueing discipline: `noqueue` for the virtual links of Docker, `netem`, `tbf`, … */
  qdisc?: string;
  /** An XDP program sees its frames; told only where there is one. */
  xdp?: boolean;
  /** Present and possibly empty where addresses were asked for; absent after a plain `ip link`. */
  addresses?: Address[];
  stats?: LinkStats;
}

/** `ip -d link` of a vxlan device (linux/if_link.h, IFLA_VXLAN_*). */
export interface VxlanDevice {
  vni: number;
  /** UDP destination port of the data path. */
  port?: number;
  /** IFLA_VXLAN_LINK's absence is normal for Docker; so are an absent `local`, `group` and `dev`. */
  local?: string;
  group?: string;
  device?: string;
  learning?: boolean;
  proxy?: boolean;
  l2miss?: boolean;
  l3miss?: boolean;
  /** Seconds until a learned row is dropped. */
  ageingSeconds?: number;
  /** TTL of outer packets; 0 is the host's default, `inherit` that of the inner packet. */
  ttl?: number | 'inherit';
  /** TOS of outer packets as printed (`0x10`, `inherit`), where it is not 0. */
  tos?: string;
  /** The DF bit of outer packets: `set`, `inherit` or `unset`. */
  df?: string;
  /** Source ports of outer packets, where the device has a range of its own. */
  portRange?: {low: number; high: number};
  /** False where frames to a VTEP of this host are sent like any other. */
  localBypass?: boolean;
  /** Collect-metadata mode: the VNI is chosen per frame and `vni` says 0. Docker makes no such device. */
  external?: boolean;
}

export interface BridgePort {
  /** STP state: `forwarding`, `disabled`, `blocking`, `learning`, `listening`. */
  state?: string;
  hairpin?: boolean;
  learning?: boolean;
  flood?: boolean;
  /** Whether broadcasts, such as ARP requests, go out by it. */
  broadcastFlood?: boolean;
  isolated?: boolean;
  /** Frames come in by it only from MACs that the bridge has an entry for behind it. */
  locked?: boolean;
}

export interface Address {
  family: 'inet' | 'inet6';
  address: string;
  prefixLength: number;
  scope?: string;
}

/** Counters of a link since its birth; packets and bytes, errors and drops. */
export interface LinkStats {
  rxBytes: number;
  rxPackets: number;
  rxErrors: number;
  rxDropped: number;
  txBytes: number;
  txPackets: number;
  txErrors: number;
  txDropped: number;
  txCarrierErrors: number;
}

/** One row of `bridge fdb show`. */
export interface FdbRow {
  mac: string;
  device: string;
  /** The two planes: `self` is the device's own table (for vxlan: which VTEP), `master` the bridge's (which port). */
  plane: 'self' | 'master';
  /** NUD state: `permanent`, `static`, `stale`, or `reachable` for a dynamic row (which iproute2 prints as nothing). */
  state: 'permanent' | 'static' | 'stale' | 'reachable';
  /** VTEP address; `self` rows of a vxlan device only. */
  vtep?: string;
  /** Bridge of a `master` row. */
  master?: string;
  vlan?: number;
  port?: number;
  vni?: number;
  srcVni?: number;
  /** Nexthop group; such a row has no `dst`. */
  nhid?: number;
  /** Outgoing link: its name, or its index where it is in `linkNetnsid`'s namespace. */
  via?: string;
  viaIndex?: number;
  linkNetnsid?: number;
  externLearn?: boolean;
  offload?: boolean;
  sticky?: boolean;
  /** Further flags as printed: `router`, `locked`, `blackhole`, …; a judgement that meets any must say `unknown`. */
  other?: string[];
  /** Seconds since the row was last used to send (`used`) and last confirmed by a received frame (`updated`); needs `bridge -s`. */
  usedSeconds?: number;
  updatedSeconds?: number;
}

/** One row of `ip neigh show` (ARP and NDP). */
export interface Neighbour {
  address: string;
  device: string;
  mac?: string;
  /** NUD states in upper case: `PERMANENT`, `REACHABLE`, `STALE`, `FAILED`, `INCOMPLETE`, … */
  state: string[];
  router?: boolean;
  proxy?: boolean;
  usedSeconds?: number;
  confirmedSeconds?: number;
  updatedSeconds?: number;
}

/** One row of `ip route show table all`. */
export interface Route {
  /** `unicast`, `local`, `broadcast`, `blackhole`, `unreachable`, `prohibit`, `throw`, `multicast`, … */
  type: string;
  family: 'inet' | 'inet6';
  /** CIDR, a bare address (host route), or `default`. */
  dst: string;
  gateway?: string;
  device?: string;
  /** `main`, `local`, `default` or a table number as text. */
  table: string;
  protocol?: string;
  scope?: string;
  prefSrc?: string;
  metric?: number;
  mtu?: number;
  /** Seconds until what was learned of the path (a smaller MTU) is forgotten; such a row is of the cache. */
  expires?: number;
  /** `linkdown`, `dead`, `onlink`, … */
  flags: string[];
  nexthops?: {gateway?: string; device?: string; weight?: number; flags?: string[]}[];
  /** What else narrows or changes the route (`from`, `tos`, `encap`); a walk that meets any must say `unknown`. */
  other?: Record<string, string>;
}

/** One row of `ip rule show`. */
export interface RoutingRule {
  family: 'inet' | 'inet6';
  priority: number;
  /** `all`, a CIDR or a bare address. */
  src: string;
  dst?: string;
  table?: string;
  /** What else the rule matches or does, as the source printed it; a walk that meets any must say `unknown`. */
  other?: Record<string, string>;
}
