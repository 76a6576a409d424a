import {setTimeout as sleep} from 'node:timers/promises';
import type {FindingCode} from '../../src/findings/catalogue.js';
import {type End, rowsOf} from './trace-ends.js';

/** The two ends of a walk: `one` sends, `two` receives. */
export interface Ends {
  readonly one: End;
  readonly two: End;
  /** Runs a shell text on the router between the two. */
  router(text: string): Promise<unknown>;
}

type Edit = (ends: Ends) => Promise<unknown>;

export type Pair = 'web' | 'cross' | 'secret' | 'same';

/** Where a walk must find its first failing hop: `node layer code`; null where it finds none; `?` and a layer where it must doubt. */
export type Expected = string | null;

export interface TraceFault {
  readonly about: string;
  /** Which ends; web1 to web2 if nothing is said. */
  readonly pair?: Pair;
  readonly make: Edit;
  readonly mend: Edit;
  /** Make again all rows of the two vxlan devices. */
  readonly rows?: true;
  readonly forward: Expected;
  readonly reverse: Expected;
  /** What stands against the receiver's name, where the fault lies there and not on the way. */
  readonly name?: FindingCode;
  /** Where the walk fails instead if a kernel has met the fault with a packet of its own before the tables are read. */
  readonly learned?: string;
  /** Cuts off gossip as well: a node may take the other for lost meanwhile, and remove its rows. */
  readonly cutsGossip?: true;
  /** The sender has lately spoken to the receiver, and remembers its MAC. */
  readonly warm?: true;
  /** Lies where no host's tables show it: the walk may say no more than that the hosts would pass it. */
  readonly unseen?: true;
}

const nobody = '02:42:de:ad:00:01';
const udp = '-p udp --dport 4789';
/** A table of nftables' own, with a rule that drops. */
const nft = (family: string, hook: string, match: string, device = '') =>
  `nft 'add table ${family} guard; add chain ${family} guard door { type filter hook ${hook} ${device} priority 0 ; }; add rule ${family} guard door ${match} drop'`;
const noNft = (family: string) => `nft delete table ${family} guard`;

/** Gives an end a new vxlan device in place of its own, as Docker makes them (moby libnetwork overlay createVxlan). */
export async function rebuild(
  {host, sandbox, vxlan, vni, bridge}: End,
  port: number,
  id = vni,
  flags = 'proxy l2miss l3miss',
): Promise<void> {
  const inode = (await sandbox('readlink /proc/self/ns/net')).trim();
  await sandbox(`ip link del ${vxlan} 2>/dev/null || true`);
  await host(
    [
      `ip link add vx-mend type vxlan id ${id} dstport ${port} ${flags}`,
      'for file in /var/run/docker/netns/*; do',
      `[ "$(nsenter --net=$file readlink /proc/self/ns/net 2>/dev/null)" = '${inode}' ] || continue`,
      `ip link set vx-mend netns $file; break`,
      'done',
    ].join('\n'),
  );
  await sandbox(
    `ip link set vx-mend name ${vxlan}; ip link set ${vxlan} mtu 1450 master ${bridge}; ip link set ${vxlan} up`,
  );
}

const both = {
  sender: (text: (end: End) => string) => (ends: Ends) => ends.one.sandbox(text(ends.one)),
  receiver: (text: (end: End) => string) => (ends: Ends) => ends.two.sandbox(text(ends.two)),
};

/** The fault at one of the two: `sender` and `receiver` are the same edit in two places. */
function linkFault(
  about: string,
  make: (end: End) => string,
  mend: (end: End) => string,
  forward: readonly [Expected, Expected],
  reverse: readonly [Expected, Expected],
  rows?: true,
): [TraceFault, TraceFault] {
  const base = rows ? {rows} : {};
  return [
    {
      ...base,
      about: `${about}, on the sender`,
      make: both.sender(make),
      mend: both.sender(mend),
      forward: forward[0],
      reverse: reverse[0],
    },
    {
      ...base,
      about: `${about}, on the receiver`,
      make: both.receiver(make),
      mend: both.receiver(mend),
      forward: forward[1],
      reverse: reverse[1],
    },
  ];
}

const pairOf = (name: string, [sender, receiver]: [TraceFault, TraceFault]) => ({
  [`${name}-sender`]: sender,
  [`${name}-receiver`]: receiver,
});

/** Every fault that `trace` must name, one at a time. */
export const traceFaults: Readonly<Record<string, TraceFault>> = {
  'fdb-missing': {
    about: 'the FDB entry of web2 deleted: `bridge fdb del`',
    make: ({one, two}) => one.sandbox(`bridge fdb del ${two.mac} dev ${one.vxlan} self`),
    mend: async () => {},
    rows: true,
    forward: 'node1 vxlan-fdb fdb-row-missing',
    reverse: null,
  },
  'fdb-wrong-vtep': {
    about: 'the FDB entry of web2 points to 192.168.1.77, which no host has',
    make: ({one, two}) =>
      one.sandbox(`bridge fdb replace ${two.mac} dev ${one.vxlan} dst 192.168.1.77 self permanent`),
    mend: async () => {},
    rows: true,
    forward: 'node1 vxlan-fdb fdb-wrong-vtep',
    reverse: 'node1 source-row receiver-source-stale',
  },
  'receiver-row-stale': {
    about: "node2's FDB entry of web1 points to 172.31.1.77",
    make: ({one, two}) =>
      two.sandbox(`bridge fdb replace ${one.mac} dev ${two.vxlan} dst 172.31.1.77 self permanent`),
    mend: async () => {},
    rows: true,
    forward: 'node2 source-row receiver-source-stale',
    reverse: 'node2 vxlan-fdb fdb-wrong-vtep',
  },
  'neighbour-missing': {
    about: 'the neighbour entry of web2 deleted in the sandbox',
    make: ({one, two}) => one.sandbox(`ip neigh del ${two.ip} dev ${one.vxlan}`),
    mend: async () => {},
    rows: true,
    forward: 'node1 neighbour neighbour-missing',
    reverse: null,
  },
  'neighbour-cached': {
    about: 'the neighbour entry of web2 deleted in the sandbox while web1 still has it cached',
    make: ({one, two}) => one.sandbox(`ip neigh del ${two.ip} dev ${one.vxlan}`),
    mend: async () => {},
    rows: true,
    warm: true,
    forward: '? node1 neighbour',
    reverse: null,
  },
  'neighbour-wrong-mac': {
    about: `the sandbox's neighbour entry of web2 has ${nobody}`,
    make: ({one, two}) =>
      one.sandbox(`ip neigh replace ${two.ip} lladdr ${nobody} dev ${one.vxlan} nud permanent`),
    mend: async () => {},
    rows: true,
    forward: 'node1 neighbour neighbour-wrong-mac',
    reverse: null,
  },
  'container-neighbour-wrong-mac': {
    about: `web1 itself has ${nobody} for web2`,
    make: ({one, two}) =>
      one.inside(`ip neigh replace ${two.ip} lladdr ${nobody} dev ${one.link} nud permanent`),
    mend: ({one, two}) => one.inside(`ip neigh del ${two.ip} dev ${one.link}`),
    forward: 'node1 neighbour container-neighbour-wrong',
    reverse: null,
  },
  ...pairOf(
    'vxlan-down',
    linkFault(
      'the vxlan device set down',
      ({vxlan}) => `ip link set ${vxlan} down`,
      ({vxlan}) => `ip link set ${vxlan} up`,
      ['node1 vxlan vxlan-down', 'node2 vxlan vxlan-down'],
      ['node1 vxlan vxlan-down', 'node2 vxlan vxlan-down'],
      true,
    ),
  ),
  ...pairOf(
    'vxlan-unplugged',
    linkFault(
      'the vxlan device removed from its bridge',
      ({vxlan}) => `ip link set ${vxlan} nomaster`,
      ({vxlan, bridge}) => `ip link set ${vxlan} master ${bridge}`,
      ['node1 vxlan vxlan-not-in-bridge', 'node2 bridge vxlan-not-in-bridge'],
      ['node1 bridge vxlan-not-in-bridge', 'node2 vxlan vxlan-not-in-bridge'],
      true,
    ),
  ),
  ...pairOf(
    'bridge-down',
    linkFault(
      'the bridge set down',
      ({bridge}) => `ip link set ${bridge} down`,
      ({bridge}) => `ip link set ${bridge} up`,
      ['node1 bridge bridge-down', 'node2 bridge bridge-down'],
      ['node1 bridge bridge-down', 'node2 bridge bridge-down'],
      true,
    ),
  ),
  ...pairOf(
    'veth-down',
    linkFault(
      'the veth peer in the bridge set down',
      ({port}) => `ip link set ${port} down`,
      ({port}) => `ip link set ${port} up`,
      ['node1 veth veth-down', 'node2 veth veth-down'],
      ['node1 veth veth-down', 'node2 veth veth-down'],
    ),
  ),
  ...pairOf(
    'veth-unplugged',
    linkFault(
      'the veth peer removed from the bridge',
      ({port}) => `ip link set ${port} nomaster`,
      ({port, bridge}) => `ip link set ${port} master ${bridge}`,
      ['node1 bridge veth-not-in-bridge', 'node2 bridge veth-not-in-bridge'],
      ['node1 bridge veth-not-in-bridge', 'node2 bridge veth-not-in-bridge'],
    ),
  ),
  'container-link-down-sender': {
    about: "web1's interface set down inside",
    make: ({one}) => one.inside(`ip link set ${one.link} down`),
    mend: ({one}) => one.inside(`ip link set ${one.link} up`),
    forward: 'node1 interface container-link-down',
    reverse: 'node1 endpoint container-link-down',
  },
  'container-link-down-receiver': {
    about: "web2's interface set down inside",
    make: ({two}) => two.inside(`ip link set ${two.link} down`),
    mend: ({two}) => two.inside(`ip link set ${two.link} up`),
    forward: 'node2 endpoint container-link-down',
    reverse: 'node2 interface container-link-down',
  },
  'address-gone-sender': {
    about: "web1's address removed inside",
    make: ({one}) => one.inside(`ip addr del ${one.ip}/24 dev ${one.link}`),
    mend: ({one}) => one.inside(`ip addr add ${one.ip}/24 broadcast 10.0.1.255 dev ${one.link}`),
    forward: 'node1 interface container-address-missing',
    reverse: 'node1 endpoint container-address-missing',
  },
  'address-gone-receiver': {
    about: "web2's address removed inside",
    make: ({two}) => two.inside(`ip addr del ${two.ip}/24 dev ${two.link}`),
    mend: ({two}) => two.inside(`ip addr add ${two.ip}/24 broadcast 10.0.1.255 dev ${two.link}`),
    forward: 'node2 endpoint container-address-missing',
    reverse: 'node2 interface container-address-missing',
  },
  'route-gone-sender': {
    about: "web1's route to the overlay removed",
    make: ({one}) => one.inside(`ip route del 10.0.1.0/24 dev ${one.link}`),
    mend: ({one}) => one.inside(`ip route add 10.0.1.0/24 dev ${one.link} scope link src ${one.ip}`),
    forward: 'node1 route container-route-missing',
    reverse: null,
  },
  'route-gone-receiver': {
    about: "web2's route to the overlay removed",
    make: ({two}) => two.inside(`ip route del 10.0.1.0/24 dev ${two.link}`),
    mend: ({two}) => two.inside(`ip route add 10.0.1.0/24 dev ${two.link} scope link src ${two.ip}`),
    forward: null,
    reverse: 'node2 route container-route-missing',
  },
  'mac-changed-sender': {
    about: `web1's interface has the MAC ${nobody}`,
    make: ({one}) => one.inside(`ip link set ${one.link} address ${nobody}`),
    mend: ({one}) => one.inside(`ip link set ${one.link} address ${one.mac}`),
    forward: null,
    reverse: 'node1 endpoint container-mac-changed',
  },
  'mac-changed-receiver': {
    about: `web2's interface has the MAC ${nobody}`,
    make: ({two}) => two.inside(`ip link set ${two.link} address ${nobody}`),
    mend: ({two}) => two.inside(`ip link set ${two.link} address ${two.mac}`),
    forward: 'node2 endpoint container-mac-changed',
    reverse: null,
  },
  'vtep-policy-route': {
    about: 'a policy rule on node1 that sends UDP 4789 to a table with a blackhole',
    make: ({one}) =>
      one.host('ip rule add ipproto udp dport 4789 table 100; ip route add blackhole default table 100'),
    mend: ({one}) => one.host('ip rule del ipproto udp dport 4789 table 100; ip route flush table 100'),
    forward: '? node1 underlay-route',
    reverse: null,
  },
  'outer-source': {
    about: 'packets to other nodes leave node1 from a second address',
    make: ({one}) =>
      one.host(
        `ip addr add 172.31.1.99/24 dev eth0; ip route replace default via ${one.node.gateway} dev eth0 src 172.31.1.99`,
      ),
    mend: ({one}) =>
      one.host(
        `ip route replace default via ${one.node.gateway} dev eth0; ip addr del 172.31.1.99/24 dev eth0`,
      ),
    forward: 'node1 underlay-route outer-source-mismatch',
    reverse: null,
  },
  'uplink-mtu': {
    about: "node1's uplink has MTU 1400",
    make: ({one}) => one.host('ip link set eth0 mtu 1400'),
    mend: ({one, two}) =>
      Promise.all([
        one.host('ip link set eth0 mtu 1500'),
        one.inside('ip route flush cache'),
        two.inside('ip route flush cache'),
      ]),
    forward: 'node1 underlay-mtu mtu-too-small',
    reverse: null,
  },
  'filter-out': {
    about: 'iptables of node1 drop UDP 4789 on the way out',
    make: ({one}) => one.host(`iptables -I OUTPUT ${udp} -j DROP`),
    mend: ({one}) => one.host(`iptables -D OUTPUT ${udp} -j DROP`),
    forward: 'node1 filter-out data-path-filtered-out',
    reverse: null,
  },
  'filter-in': {
    about: 'iptables of node2 drop UDP 4789 on the way in',
    make: ({two}) => two.host(`iptables -I INPUT ${udp} -j DROP`),
    mend: ({two}) => two.host(`iptables -D INPUT ${udp} -j DROP`),
    forward: 'node2 filter-in data-path-filtered-in',
    reverse: null,
  },
  'filter-in-legacy': {
    about: 'iptables-legacy of node2 drop UDP 4789 on the way in',
    make: ({two}) => two.host(`iptables-legacy -I INPUT ${udp} -j DROP`),
    mend: ({two}) => two.host(`iptables-legacy -D INPUT ${udp} -j DROP`),
    forward: 'node2 filter-in data-path-filtered-in',
    reverse: null,
  },
  'filter-in-stateful': {
    about: 'iptables of node2 accept established connections, TCP and swarm ports, and drop the rest',
    make: ({two}) =>
      two.host(
        'iptables -I INPUT -i eth0 -j DROP; iptables -I INPUT -p tcp -j ACCEPT; iptables -I INPUT -p udp --dport 7946 -j ACCEPT; iptables -I INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
      ),
    mend: ({two}) =>
      two.host(
        'iptables -D INPUT -i eth0 -j DROP; iptables -D INPUT -p tcp -j ACCEPT; iptables -D INPUT -p udp --dport 7946 -j ACCEPT; iptables -D INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
      ),
    forward: 'node2 filter-in data-path-filtered-in',
    reverse: null,
  },
  'filter-out-snat': {
    about: 'iptables of node1 SNAT UDP 4789',
    make: ({one}) =>
      one.host(
        `ip addr add 172.31.1.99/24 dev eth0; iptables -t nat -I POSTROUTING ${udp} -j SNAT --to-source 172.31.1.99; conntrack -F 2>/dev/null || true`,
      ),
    mend: ({one}) =>
      one.host(
        `iptables -t nat -D POSTROUTING ${udp} -j SNAT --to-source 172.31.1.99; ip addr del 172.31.1.99/24 dev eth0; conntrack -F 2>/dev/null || true`,
      ),
    forward: '? node1 filter-out',
    reverse: null,
  },
  'nft-out': {
    about: 'a native nftables table on node1 drops UDP 4789 on the way out',
    make: ({one}) => one.host(nft('inet', 'output', 'udp dport 4789')),
    mend: ({one}) => one.host(noNft('inet')),
    forward: 'node1 filter-out data-path-filtered-out',
    reverse: null,
  },
  'nft-prerouting': {
    about: 'a native nftables table on node2 drops UDP 4789 in prerouting',
    make: ({two}) => two.host(nft('ip', 'prerouting', 'udp dport 4789')),
    mend: ({two}) => two.host(noNft('ip')),
    forward: 'node2 filter-in data-path-filtered-in',
    reverse: null,
  },
  'nft-bridge': {
    about: 'an nftables bridge table in the sandbox of node2 drops all forwarded frames',
    make: ({two}) => two.sandbox(nft('bridge', 'forward', 'ether type ip')),
    mend: ({two}) => two.sandbox(noNft('bridge')),
    forward: 'node2 bridge-filter bridge-filtered',
    reverse: 'node2 bridge-filter bridge-filtered',
  },
  'vni-missing': {
    about: "node2's vxlan device of the network deleted",
    make: ({two}) => two.sandbox(`ip link del ${two.vxlan}`),
    mend: ({two}) => rebuild(two, 4789),
    rows: true,
    forward: 'node2 vni vni-missing',
    reverse: 'node2 vxlan vxlan-missing',
  },
  'port-differs': {
    about: "node2's vxlan device uses UDP port 4790",
    make: async ({two}) => {
      const rows = await rowsOf(two);
      await rebuild(two, 4790);
      await two.sandbox(rows.join('\n'));
    },
    mend: ({two}) => rebuild(two, 4789),
    rows: true,
    forward: 'node2 data-path-port data-path-port-differs',
    reverse: 'node1 data-path-port data-path-port-differs',
  },
  'learning-off': {
    about:
      "node2's FDB entry of web1 is wrong, but its vxlan device does not learn, so the source is not checked",
    make: ({one, two}) =>
      two.sandbox(
        `bridge fdb replace ${one.mac} dev ${two.vxlan} dst 172.31.1.77 self permanent; ip link set ${two.vxlan} type vxlan nolearning`,
      ),
    mend: ({two}) => two.sandbox(`ip link set ${two.vxlan} type vxlan learning`),
    rows: true,
    forward: null,
    reverse: 'node2 vxlan-fdb fdb-wrong-vtep',
  },
  'ip-forward-off': {
    about: 'ip_forward is 0 in the sandbox of two-nets on node1',
    pair: 'cross',
    make: ({one}) => one.sandbox('sysctl -qw net.ipv4.ip_forward=0'),
    mend: ({one}) => one.sandbox('sysctl -qw net.ipv4.ip_forward=1'),
    forward: 'node1 forwarding ip-forward-off',
    reverse: null,
  },
  'encrypted-without-esp': {
    about: 'none: this kernel has no ESP, so the encrypted network has policies without states',
    pair: 'secret',
    make: async () => {},
    mend: async () => {},
    forward: 'node1 encryption xfrm-state-missing',
    reverse: 'node2 encryption xfrm-state-missing',
  },
  'local-mac-on-vxlan': {
    about: 'the bridge of node1 has the MAC of its own app task behind the vxlan device',
    pair: 'same',
    warm: true,
    make: ({one, two}) => one.sandbox(`bridge fdb replace ${two.mac} dev ${one.vxlan} master dynamic`),
    mend: ({one, two}) => one.sandbox(`bridge fdb replace ${two.mac} dev ${two.port} master dynamic`),
    forward: 'node1 bridge-fdb local-mac-on-vxlan',
    reverse: null,
  },
  'mac-behind-tunnel': {
    about: "the bridge of node2 has web2's MAC behind the vxlan device when web1 sends",
    warm: true,
    make: ({two}) => two.sandbox(`bridge fdb replace ${two.mac} dev ${two.vxlan} master dynamic`),
    mend: ({two}) => two.sandbox(`bridge fdb replace ${two.mac} dev ${two.port} master dynamic`),
    forward: 'node2 bridge-fdb local-mac-on-vxlan',
    reverse: null,
  },
  'bridge-takes-mac': {
    about: "a permanent FDB entry in the bridge of node1 makes web2's MAC local to the bridge",
    make: ({one, two}) => one.sandbox(`bridge fdb replace ${two.mac} dev ${one.vxlan} master permanent`),
    mend: ({one, two}) => one.sandbox(`bridge fdb del ${two.mac} dev ${one.vxlan} master`),
    forward: 'node1 bridge-fdb bridge-takes-mac',
    reverse: null,
  },
  'ports-isolated': {
    about: 'the ports of web2 and of the tunnel are isolated in the bridge of node2',
    make: ({two}) =>
      two.sandbox(
        `bridge link set dev ${two.port} isolated on; bridge link set dev ${two.vxlan} isolated on`,
      ),
    mend: ({two}) =>
      two.sandbox(
        `bridge link set dev ${two.port} isolated off; bridge link set dev ${two.vxlan} isolated off`,
      ),
    forward: 'node2 bridge ports-isolated',
    reverse: 'node2 bridge ports-isolated',
  },
  'source-filtered': {
    about: 'iptables inside web1 drop ICMP echo requests on the way out',
    make: ({one}) => one.inside('iptables -I OUTPUT -p icmp -m icmp --icmp-type 8 -j DROP'),
    mend: ({one}) => one.inside('iptables -D OUTPUT -p icmp -m icmp --icmp-type 8 -j DROP'),
    forward: 'node1 source-filter source-filtered',
    reverse: null,
  },
  'endpoint-filtered': {
    about: 'iptables inside web2 drop ICMP on the way in',
    make: ({two}) => two.inside('iptables -I INPUT -p icmp -j DROP'),
    mend: ({two}) => two.inside('iptables -D INPUT -p icmp -j DROP'),
    forward: 'node2 endpoint-filter endpoint-filtered',
    reverse: null,
  },
  'endpoint-nft': {
    about: 'a native nftables table inside web2 drops ICMP on the way in',
    make: ({two}) => two.inside(nft('inet', 'input', 'ip protocol icmp')),
    mend: ({two}) => two.inside(noNft('inet')),
    forward: 'node2 endpoint-filter endpoint-filtered',
    reverse: null,
  },
  'sandbox-filtered': {
    about: 'iptables in the sandbox of node1 drop ICMP between the ports of the bridge (br_netfilter)',
    make: ({one}) => one.sandbox('iptables -I FORWARD -p icmp -j DROP'),
    mend: ({one}) => one.sandbox('iptables -D FORWARD -p icmp -j DROP'),
    forward: 'node1 bridge-filter bridge-filtered',
    reverse: 'node1 bridge-filter bridge-filtered',
  },
  'router-drop': {
    about: 'the router drops UDP 4789',
    warm: true,
    // Later than the last frame that passed, by more than the whole seconds in which ages are told.
    make: async ({router}) => {
      await router(`iptables -I FORWARD ${udp} -j DROP`);
      await sleep(4000);
    },
    mend: ({router}) => router(`iptables -D FORWARD ${udp} -j DROP`),
    unseen: true,
    forward: null,
    reverse: null,
  },
  'router-snat': {
    about: 'the router SNATs packets to node2',
    make: async ({two, router}) => {
      await router(`iptables -t nat -I POSTROUTING -d ${two.node.address} ${udp} -j MASQUERADE`);
      await sleep(4000);
    },
    mend: ({two, router}) =>
      router(`iptables -t nat -D POSTROUTING -d ${two.node.address} ${udp} -j MASQUERADE`),
    forward: 'node2 source-row silent-drop-observed',
    reverse: null,
  },
  'router-mtu': {
    about: "the router's link to node2 has MTU 1400",
    make: ({router}) => router('ip link set node2 mtu 1400'),
    mend: async ({one, two, router}) => {
      await router('ip link set node2 mtu 1500');
      const forget = 'ip route flush cache';
      await Promise.all([one, two].flatMap(({host, inside}) => [host(forget), inside(forget)]));
    },
    // Only a full packet of the host's own, as gossip sends them now and then, tells its kernel of the router.
    learned: 'node1 underlay-mtu mtu-too-small',
    forward: null,
    reverse: null,
  },
  'dns-rules-missing': {
    about: "the jump to Docker's rules for 127.0.0.11 deleted inside web1",
    make: ({one}) => one.inside('iptables -t nat -D OUTPUT -d 127.0.0.11/32 -j DOCKER_OUTPUT'),
    mend: ({one}) => one.inside('iptables -t nat -A OUTPUT -d 127.0.0.11/32 -j DOCKER_OUTPUT'),
    forward: null,
    reverse: null,
    name: 'dns-rules-missing',
  },
  'dns-other-server': {
    about: 'resolv.conf of web1 names the router',
    make: ({one}) =>
      one.node.exec(one.container, [
        'sh',
        '-ec',
        `cp /etc/resolv.conf /tmp/resolv.conf; echo nameserver ${one.node.gateway} >/etc/resolv.conf`,
      ]),
    mend: ({one}) => one.node.exec(one.container, ['sh', '-ec', 'cat /tmp/resolv.conf >/etc/resolv.conf']),
    forward: null,
    reverse: null,
    name: 'dns-other-server',
  },
  // Those that cut gossip come last: for some seconds after they are mended, rows may still come and go.
  'vtep-route-missing': {
    about: "node1's default route removed",
    make: ({one}) => one.host('ip route del default'),
    mend: ({one}) => one.host(`ip route add default via ${one.node.gateway} dev eth0`),
    cutsGossip: true,
    forward: 'node1 underlay-route vtep-route-missing',
    reverse: null,
  },
  'vtep-route-blackhole': {
    about: "a blackhole route to node2's VTEP on node1",
    make: ({one, two}) => one.host(`ip route add blackhole ${two.node.address}`),
    mend: ({one, two}) => one.host(`ip route del blackhole ${two.node.address}`),
    cutsGossip: true,
    forward: 'node1 underlay-route vtep-route-missing',
    reverse: null,
  },
  'vtep-dead': {
    about: "a route on node1 that makes node2's VTEP on-link, where no host has it",
    make: async ({one, two}) => {
      // ARP is given up at once, so that the entry is hardly ever met while it is still being asked for.
      await one.host('sysctl -qw net.ipv4.neigh.eth0.retrans_time_ms=1 net.ipv4.neigh.eth0.mcast_solicit=1');
      await one.host(`ip route add ${two.node.address} dev eth0`);
      await one.inside(`ping -q -n -c 2 -i 0.2 -W 0.3 ${two.ip} || true`);
    },
    mend: ({one, two}) =>
      one.host(
        `ip route del ${two.node.address} dev eth0; ip neigh flush to ${two.node.address}; sysctl -qw net.ipv4.neigh.eth0.retrans_time_ms=1000 net.ipv4.neigh.eth0.mcast_solicit=3`,
      ),
    cutsGossip: true,
    forward: 'node1 underlay-neighbour vtep-unreachable',
    reverse: null,
  },
};
