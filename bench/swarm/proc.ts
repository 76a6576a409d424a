/** What `grep -H` prints of the files under /proc in one namespace, in the order in which the collector asks for them. */
import type {Chance} from './chance.js';
import {counters, socketHeads} from './templates.js';

/** The waiting sockets of one protocol: address as the kernel writes it, port, state. */
export interface Socket {
  file: 'udp' | 'udp6' | 'tcp' | 'tcp6';
  address: string;
  port: number;
}

export interface ProcOptions {
  kind: 'host' | 'sandbox';
  /** Of the settings that every interface has. */
  interfaces: string[];
  sockets: Socket[];
  /** Rows of /proc/net/ip_vs after its head. */
  ipvs?: string[];
  /** Of a load balancer: how the engine sets IPVS there. */
  balancer?: boolean;
  connections: number;
  label: string;
}

const any4 = '00000000';
const any6 = '0'.repeat(32);
/** 127.0.0.11 in the byte order of the host, as /proc/net/udp has it. */
export const resolverAddress = '0B00007F';
export const anyAddress = {udp: any4, tcp: any4, udp6: any6, tcp6: any6};

const ipvsHead = [
  'IP Virtual Server version 1.2.1 (size=4096)',
  'Prot LocalAddress:Port Scheduler Flags',
  '  -> RemoteAddress:Port Forward Weight ActiveConn InActConn',
];
const conntrackHead =
  'entries  clashres found new invalid ignore delete chainlength insert insert_failed drop early_drop icmp_error  expect_new expect_create expect_delete search_restart';

export function procText(lot: Chance, options: ProcOptions): string {
  const {kind, interfaces, sockets, ipvs = [], balancer = false, connections, label} = options;
  const table = (file: Socket['file']) => [
    socketHeads[file] ?? '',
    ...sockets
      .filter((socket) => socket.file === file)
      .map((socket, at) => socketRow(lot, socket, at, label)),
  ];
  const conntrack = [
    conntrackHead,
    ...[0, 1].map(() => [hex8(connections), ...Array.from({length: 16}, () => hex8(0))].join(' ')),
  ];
  const files: [path: string, lines: string[]][] = [
    ...(['udp', 'udp6', 'tcp', 'tcp6'] as const).map((file): [string, string[]] => [
      `/proc/net/${file}`,
      table(file),
    ]),
    ['/proc/net/ip_vs', [...ipvsHead, ...ipvs]],
    ['/proc/net/stat/nf_conntrack', conntrack],
    ['/proc/sys/net/ipv4/ip_forward', ['1']],
    ...['all', 'default', ...interfaces]
      .sort()
      .map((name): [string, string[]] => [`/proc/sys/net/ipv4/conf/${name}/rp_filter`, ['0']]),
    ['/proc/sys/net/ipv4/conf/all/arp_ignore', ['0']],
    ['/proc/sys/net/ipv4/conf/all/arp_announce', ['0']],
    // Less than the 900 s of IPVS, as an operator would have set it.
    ['/proc/sys/net/ipv4/tcp_keepalive_time', ['600']],
    ['/proc/sys/net/ipv4/vs/conntrack', [balancer ? '1' : '0']],
    ['/proc/sys/net/ipv4/vs/conn_reuse_mode', [balancer ? '0' : '1']],
    ...(kind === 'host'
      ? [['/proc/sys/net/bridge/bridge-nf-call-iptables', ['1']] as [string, string[]]]
      : []),
    ['/proc/sys/net/netfilter/nf_conntrack_count', [String(connections)]],
    ['/proc/sys/net/netfilter/nf_conntrack_max', ['262144']],
    ...(kind === 'host' ? hostFiles(conntrack) : []),
  ];
  const lines = files.flatMap(([path, texts]) => texts.map((text) => `${path}:${text}`));
  return `${[...counters[kind], ...lines].join('\n')}\n`;
}

function hostFiles(conntrack: string[]): [string, string[]][] {
  const softnet = [0, 1].map((cpu) =>
    [hex8(650_000 + cpu), ...Array.from({length: 11}, () => hex8(0)), hex8(cpu), hex8(0), hex8(0)].join(' '),
  );
  const arp = [
    'entries  allocs   destroys hash_grows lookups  hits     res_failed rcv_probes_mcast rcv_probes_ucast periodic_gc_runs forced_gc_runs unresolved_discards table_fulls',
    [hex8(64), ...Array.from({length: 12}, () => hex8(0))].join(' '),
  ];
  return [
    ['/proc/net/softnet_stat', softnet],
    ['/proc/net/stat/nf_conntrack', conntrack],
    ['/proc/net/stat/arp_cache', arp],
    ['/proc/sys/net/ipv4/conf/docker_gwbridge/route_localnet', ['1']],
    ['/proc/sys/net/ipv4/neigh/default/gc_thresh1', ['8192']],
    ['/proc/sys/net/ipv4/neigh/default/gc_thresh2', ['49152']],
    ['/proc/sys/net/ipv4/neigh/default/gc_thresh3', ['65536']],
    ['/proc/sys/net/ipv4/ip_local_port_range', ['32768\t60999']],
  ];
}

function hex8(value: number): string {
  return value.toString(16).padStart(8, '0');
}

/** A socket that waits: state 07 of UDP, 0A (listening) of TCP. */
function socketRow(lot: Chance, {file, address, port}: Socket, at: number, label: string): string {
  const local = `${address}:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const remote = `${file.endsWith('6') ? any6 : any4}:0000`;
  const inode = lot.number(`socket ${label} ${file} ${port}`, 20_000, 900_000);
  const pointer = lot.hex(`socket ${label} ${file} ${port}`, 16);
  const tail = file.startsWith('udp') ? `2 ${pointer} 0` : `1 ${pointer} 100 0 0 10 0`;
  const state = file.startsWith('udp') ? '07' : '0A';
  return `${String(at).padStart(4)}: ${local} ${remote} ${state} 00000000:00000000 00:00000000 00000000     0        0 ${inode} ${tail}`;
}
