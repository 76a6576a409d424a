/**
 * Two nameless network namespaces with a bridge, tunnels, rows and routes of every kind, to read real output
 * from. They live as long as two `cat` processes and leave nothing behind.
 */
import {execFileSync, spawn, spawnSync} from 'node:child_process';
import {readlinkSync} from 'node:fs';
import {setTimeout as delay} from 'node:timers/promises';

/** Stands in for the overlay's namespace (`host`) and for a container's (`peer`). */
export type Place = 'host' | 'peer';

export interface Lab {
  /** Output of a command in one of the namespaces. */
  read(place: Place, command: string): string;
  close(): void;
}

/** Why the lab can't be made here, or nothing. */
export function labMissing(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root for network namespaces';
  for (const tool of ['ip', 'bridge', 'busybox', 'unshare', 'nsenter']) {
    const found = spawnSync('sh', ['-c', `command -v ${tool}`]).status === 0;
    if (!found) return `needs ${tool}`;
  }
  const made = spawnSync('unshare', [
    '--net',
    'ip',
    'link',
    'add',
    'vx',
    'type',
    'vxlan',
    'id',
    '1',
    'dstport',
    '4789',
  ]);
  return made.status === 0 ? undefined : 'needs leave to make network namespaces and vxlan devices';
}

async function startNamespace(): Promise<{pid: number; stop: () => void}> {
  // It ends with its input, so with this process.
  const child = spawn('unshare', ['--net', 'cat'], {stdio: ['pipe', 'ignore', 'ignore']});
  const pid = child.pid ?? 0;
  const own = readlinkSync('/proc/self/ns/net');
  for (let tries = 0; tries < 5000; tries += 1) {
    await delay(20);
    try {
      if (readlinkSync(`/proc/${pid}/ns/net`) !== own) return {pid, stop: () => child.kill('SIGKILL')};
    } catch {
      break;
    }
  }
  child.kill('SIGKILL');
  throw new Error('no network namespace');
}

const LINKS = `
ip link set lo up
ip link add br0 type bridge
ip addr add 10.0.0.1/24 dev br0
ip link set br0 up
ip link add vxlan0 type vxlan id 4097 dstport 4789 proxy l2miss l3miss
ip link set vxlan0 master br0 mtu 1450 up
ip link add v1 type veth peer name v2
ip link set v1 up
ip link set v2 up
ip addr add 10.70.0.1/24 dev v1
ip link add macvlan0 link br0 type macvlan mode bridge
ip link add macvlan1 link br0 type macvlan mode private
ip link add vxgroup type vxlan id 42 dstport 8472 local 10.0.0.1 group 239.1.1.1 dev br0 nolearning ageing 60
ip link add vxremote type vxlan id 43 dstport 8473 local ::1 remote 2001:db8::1
ip link add vxext type vxlan external dstport 8474
ip link add vxplain type vxlan id 44 dstport 8475
ip link set vxremote alias overlay
ip addr add 10.9.9.1 peer 10.9.9.2/32 dev br0
ip addr add 10.0.0.7/24 brd + dev br0 label br0:x
ip addr add 2001:db8:1::1/64 dev br0 nodad
`;

const ROWS = `
bridge fdb add 02:42:0a:00:00:03 dev vxlan0 dst 192.0.2.3 self permanent
bridge fdb add 02:42:0a:00:00:04 dev vxlan0 dst 192.0.2.4 self static
bridge fdb add 02:42:0a:00:00:05 dev vxlan0 dst 192.0.2.4 self dynamic
bridge fdb add 02:42:0a:00:00:06 dev vxplain dst 192.0.2.6 port 4999 vni 7 via br0 self extern_learn
bridge fdb add 02:42:0a:00:00:07 dev vxext dst 192.0.2.7 src_vni 77 vni 7 self
bridge fdb add 02:42:0a:00:00:08 dev veth0 master sticky static
bridge fdb add 02:42:0a:00:00:0a dev veth0 master extern_learn
ip nexthop add id 12 via 10.0.0.9 fdb
ip nexthop add id 13 group 12 fdb
bridge fdb add 02:42:0a:00:00:0b dev vxlan0 nhid 13 self
ip neigh add 10.0.0.31 lladdr 02:42:0a:00:00:31 dev br0 nud permanent
ip neigh add 10.0.0.32 lladdr 02:42:0a:00:00:32 dev br0 nud reachable
ip neigh add 10.0.0.33 lladdr 02:42:0a:00:00:33 dev br0 nud stale
ip neigh add 10.0.0.36 dev br0 nud failed
ip neigh add 10.0.0.34 lladdr 02:42:0a:00:00:34 dev br0 nud delay
ip neigh add 10.0.0.38 dev br0 nud incomplete
ip neigh add 10.0.0.37 lladdr 02:42:0a:00:00:37 dev br0 nud noarp
ip neigh add 10.0.0.39 lladdr 02:42:0a:00:00:39 dev br0 nud none
ip neigh add 10.0.0.60 lladdr 02:42:0a:00:00:60 dev br0 extern_learn nud stale
ip neigh add 2001:db8:1::5 lladdr 02:42:0a:00:00:55 router dev br0 nud permanent
ip neigh add proxy 10.0.0.99 dev br0
ip neigh add 10.0.0.3 lladdr 02:42:0a:00:00:03 dev vxlan0 nud permanent
ip route add default via 10.0.0.2
ip route add blackhole 10.50.0.0/16
ip route add unreachable 10.51.0.0/16
ip route add prohibit 10.52.0.0/16
ip route add throw 10.53.0.0/16 table 100
ip route add 10.54.0.0/16 via 172.31.9.9 dev br0 onlink
ip route add 10.55.0.0/16 nexthop via 10.0.0.2 dev br0 weight 3 nexthop via 10.70.0.9 dev v1
ip route add 10.56.0.0/16 via 10.0.0.2 mtu lock 1400
ip route add 10.57.0.0/16 via 10.0.0.2 mtu 1300 advmss 1000 initcwnd 20 quickack 1 metric 50 src 10.0.0.1
ip route add 10.58.0.0/16 via inet6 fe80::5 dev br0
ip route add 10.59.0.0/16 via 10.0.0.2 tos 0x10 proto 186
ip nexthop add id 20 via 10.0.0.2 dev br0
ip nexthop add id 21 via 10.0.0.8 dev br0
ip nexthop add id 22 group 20,3/21
ip route add 10.60.0.0/16 nhid 20
ip route add 10.61.0.0/16 nhid 22
ip route add default dev br0 table 101
ip route add blackhole default table 102
ip -6 route add default via fe80::5 dev br0
ip -6 route add default dev br0 table 101
ip -6 route add blackhole default table 102
ip -6 route add 2001:db8:50::/48 nexthop via fe80::5 dev br0 nexthop via fe80::6 dev br0 weight 2
ip -6 route add 2001:db8:51::/48 via fe80::5 dev br0 mtu 1300
ip -6 route add 2001:db8:52::/48 from 2001:db8:1::/64 via fe80::5 dev br0
ip -6 route add unreachable 2001:db8:53::/48
ip -6 route add 2001:db8:54::/48 via fe80::5 dev br0 expires 300 pref high
ip link set v2 down
ip rule add from 10.0.0.0/24 to 10.50.0.0/16 fwmark 0x1/0xff iif br0 lookup 100 pref 100
ip rule add not fwmark 0x0/0x100 blackhole pref 99
ip rule add from 10.99.0.5 oif nodev blackhole pref 101
ip rule add unreachable pref 102 tos 0x10
ip rule add goto 200 pref 103
ip rule add goto 999 pref 104
ip rule add table main suppress_prefixlength 0 pref 105
ip rule add uidrange 1-5 ipproto tcp sport 80 dport 90-100 lookup 101 pref 106
ip rule add table main suppress_ifgroup default pref 107
ip rule add l3mdev pref 108
ip rule add fwmark 5 lookup 70000 pref 200
ip rule add from 10.99.0.4 realms 5/6 lookup 100 pref 201
ip rule add tun_id 5 lookup 100 pref 202
ip rule add from 240.0.0.0/8 prohibit pref 203
ip -6 rule add from 2001:db8::/32 lookup 101 pref 100
`;

/** Makes the lab and lets real frames pass. */
export async function openLab(): Promise<Lab> {
  const host = await startNamespace();
  const peer = await startNamespace();
  const pidOf = (place: Place): number => (place === 'host' ? host.pid : peer.pid);
  const run = (place: Place, command: string): string =>
    execFileSync('nsenter', ['-t', String(pidOf(place)), '-n', 'sh', '-ec', command], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  const close = (): void => {
    host.stop();
    peer.stop();
  };
  try {
    run('host', LINKS);
    run(
      'host',
      `ip link add veth0 type veth peer name eth0 netns ${peer.pid}; ip link set veth0 master br0 up`,
    );
    run('peer', 'ip link set lo up; ip link set eth0 up; ip addr add 10.0.0.2/24 dev eth0');
    run('peer', 'busybox ping -c 2 -W 1 10.0.0.1');
    run('host', ROWS);
    await delay(2500);
    run('host', 'ip neigh replace 10.0.0.32 lladdr 02:42:0a:00:00:32 dev br0 nud reachable');
  } catch (error) {
    close();
    throw error;
  }
  return {read: run, close};
}

/** Reads a command twice over, as text and as JSON, at an instant at which the text stands still. */
export async function readBoth(
  lab: Lab,
  place: Place,
  command: string,
): Promise<{text: string; json: string}> {
  const jsonCommand = command.replace(/^(ip|bridge) /, '$1 -j ');
  for (let tries = 0; tries < 200; tries += 1) {
    const text = lab.read(place, command);
    const json = lab.read(place, jsonCommand);
    // The bridge's timers always run.
    const still = (output: string): string => output.replace(/_timer +[\d.]+/g, '');
    if (still(text) === still(lab.read(place, command))) return {text, json};
    await delay(130);
  }
  throw new Error(`${command} doesn't stand still`);
}

/** The commands that are recorded and compared, by the name of their fixture. */
export const BOTH: readonly {name: string; place: Place; command: string}[] = [
  {name: 'addr', place: 'host', command: 'ip -d -s addr show'},
  {name: 'addr-plain', place: 'host', command: 'ip addr'},
  {name: 'link', place: 'host', command: 'ip link'},
  {name: 'peer-addr', place: 'peer', command: 'ip -d -s addr show'},
  {name: 'fdb', place: 'host', command: 'bridge -d -s fdb show'},
  {name: 'fdb-dev', place: 'host', command: 'bridge fdb show dev vxlan0'},
  {name: 'neigh', place: 'host', command: 'ip -s neigh show nud all'},
  {name: 'neigh-dev', place: 'host', command: 'ip neigh show dev br0'},
  {name: 'neigh-proxy', place: 'host', command: 'ip neigh show proxy'},
  {name: 'route', place: 'host', command: 'ip -d route show table all'},
  {name: 'route-plain', place: 'host', command: 'ip route'},
  {name: 'route6-plain', place: 'host', command: 'ip -6 route'},
  {name: 'route-get', place: 'host', command: 'ip route get 10.70.0.1'},
  {name: 'rule', place: 'host', command: 'ip -d rule'},
  {name: 'rule6', place: 'host', command: 'ip -6 rule'},
];

/** Commands that know no JSON. */
export const TEXT_ONLY: readonly {name: string; place: Place; command: string}[] = [
  {name: 'busybox-addr', place: 'host', command: 'busybox ip addr'},
  {name: 'busybox-link', place: 'host', command: 'busybox ip link'},
  {name: 'busybox-peer-addr', place: 'peer', command: 'busybox ip addr'},
  {name: 'busybox-route', place: 'host', command: 'busybox ip route show table all'},
  {name: 'busybox-neigh', place: 'host', command: 'busybox ip neigh'},
  {name: 'busybox-rule', place: 'host', command: 'busybox ip rule'},
  {name: 'busybox-arp', place: 'host', command: 'busybox arp -n'},
];
