/** The tables of a namespace that the collector can read; each becomes a section of that name. */
export type NetnsTable =
  | 'addr'
  | 'route'
  /** What the kernel was told of the paths to single addresses: smaller MTUs. */
  | 'cache'
  | 'neigh'
  | 'rule'
  | 'fdb'
  | 'nsid'
  | 'proc'
  | 'netfilter'
  /** Filters of tc on links that have a place for them; of overlay sandboxes and the host. */
  | 'tc'
  | 'xfrm';

/**
 * Of the host's namespace also: IPsec is the host's alone, as are IPv6 packet filters on the way of an overlay, `vtep` asks the kernel for its route to each VTEP, `nic` for
 * the drivers of the cards on those routes, `engine` for the node's certificate, `swarm` for the addresses that the engine
 * keeps for itself, `hosts` for the addresses in /etc/hosts of containers, and `log` for what the engine's log says of networks.
 */
export type HostTable = NetnsTable | 'netfilter6' | 'vtep' | 'nic' | 'engine' | 'swarm' | 'hosts' | 'log';

/**
 * Kinds of namespace files, told by their names as Docker makes them; `processes` asks who lives in which, `resolvers`
 * also whom they and the host ask for names.
 */
export type NetnsKind = 'overlay' | 'container' | 'balancer' | 'processes' | 'resolvers';

/** What a command needs. A snapshot wants all. */
export interface Wanted {
  /** Which namespaces to enter, and what to read there. */
  netns: NetnsKind[];
  netnsTables: NetnsTable[];
  /** What to read in dockerd's own network namespace. */
  hostTables: HostTable[];
  docker: DockerWanted;
  /** Listen this long before reading, in every overlay sandbox, for lookups that fail there. */
  listenSeconds?: number;
}

export interface DockerWanted {
  containers: boolean;
  /** `verbose` also asks for the gossip of those networks that the function picks. */
  networks: 'none' | 'list' | 'inspect';
  verbose?: (network: {name: string; id: string; driver: string}) => boolean;
  /** Nodes, tasks and services; answered by managers only. */
  cluster: boolean;
}

const tables: NetnsTable[] = [
  'addr',
  'route',
  'cache',
  'neigh',
  'rule',
  'fdb',
  'nsid',
  'proc',
  'netfilter',
  'tc',
];

export const everything: Wanted = {
  netns: ['overlay', 'container', 'balancer', 'processes', 'resolvers'],
  netnsTables: tables,
  hostTables: [
    ...tables.filter((table) => table !== 'nsid'),
    'netfilter6',
    'xfrm',
    'vtep',
    'nic',
    'engine',
    'swarm',
    'hosts',
    'log',
  ],
  docker: {containers: true, networks: 'inspect', verbose: () => true, cluster: true},
};

/** The same without what only explains findings. */
export const withoutLog: Wanted = {
  ...everything,
  hostTables: everything.hostTables.filter((table) => table !== 'log'),
};

/** The same but for the namespace ids, which cost more than all else: they only matter where nothing else proves a veth pair. */
export const lean: Wanted = {
  ...everything,
  netnsTables: everything.netnsTables.filter((table) => table !== 'nsid'),
};

/**
 * Parts of a reading that cost most and that many questions don't need: the namespaces of containers, those of load balancers,
 * packet filters and filters of tc in all namespaces, and what lies in files or belongs to cards (the node's certificate, the
 * engine's log, /etc/hosts of containers, drivers).
 */
export const parts = ['containers', 'balancers', 'rules', 'files'] as const;

export type Part = (typeof parts)[number];

const partOfNetns: Partial<Record<NetnsKind, Part>> = {
  container: 'containers',
  resolvers: 'containers',
  balancer: 'balancers',
};

const partOfTable: Partial<Record<HostTable, Part>> = {
  netfilter: 'rules',
  netfilter6: 'rules',
  tc: 'rules',
  engine: 'files',
  log: 'files',
  hosts: 'files',
  nic: 'files',
};

/** What begins the subjects of problems of a part: a namespace, or a section of one (`addr of 0a1b2c3d4e5f`). */
const subjectsOf: Record<Part, RegExp> = {
  containers: /(^| of )(?!lb_|ingress_sbox|@host|\d+-)[0-9a-z]{12}$/,
  balancers: /(^| of )(lb_|ingress_sbox)\w*$/,
  rules: /^(ip6?tables|nft|tc)\b/,
  files: /^(certificate|engine-log|hosts-files|nic)\b/,
};

/** Whether a problem with this subject is one of a part. */
export function isOfPart(subject: string, part: Part): boolean {
  return subjectsOf[part].test(subject);
}

/** The same but for some parts. */
export function without(wanted: Wanted, left: readonly Part[]): Wanted {
  const isKept = (part: Part | undefined) => part === undefined || !left.includes(part);
  return {
    ...wanted,
    netns: wanted.netns.filter((kind) => isKept(partOfNetns[kind])),
    netnsTables: wanted.netnsTables.filter((table) => isKept(partOfTable[table])),
    hostTables: wanted.hostTables.filter((table) => isKept(partOfTable[table])),
  };
}

/** Counters and settings read in every namespace by `proc`; an absent one is normal on some kernels. */
export const procFiles = [
  '/proc/net/snmp',
  '/proc/net/snmp6',
  '/proc/net/netstat',
  '/proc/net/xfrm_stat',
  '/proc/net/udp',
  '/proc/net/udp6',
  '/proc/net/tcp',
  '/proc/net/tcp6',
  '/proc/net/ip_vs',
  '/proc/net/stat/nf_conntrack',
  '/proc/sys/net/ipv4/ip_forward',
  '/proc/sys/net/ipv4/conf/*/rp_filter',
  '/proc/sys/net/ipv4/conf/*/arp_ignore',
  '/proc/sys/net/ipv4/icmp_echo_ignore_all',
  '/proc/sys/net/ipv4/tcp_keepalive_time',
  '/proc/sys/net/ipv4/vs/conntrack',
  '/proc/sys/net/ipv4/vs/conn_reuse_mode',
  '/proc/sys/net/bridge/bridge-nf-call-iptables',
  '/proc/sys/net/netfilter/nf_conntrack_count',
  '/proc/sys/net/netfilter/nf_conntrack_max',
];

/** Read in dockerd's own namespace only. */
export const hostProcFiles = [
  '/proc/net/softnet_stat',
  '/proc/net/stat/arp_cache',
  '/proc/sys/net/ipv4/conf/docker_gwbridge/route_localnet',
  '/proc/sys/net/ipv4/neigh/default/gc_thresh1',
  '/proc/sys/net/ipv4/neigh/default/gc_thresh2',
  '/proc/sys/net/ipv4/neigh/default/gc_thresh3',
  '/proc/sys/net/ipv4/ip_default_ttl',
  '/proc/sys/net/ipv4/ip_local_port_range',
];
