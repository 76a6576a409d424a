/** Faults that show in what moves between two readings, for `doctor --for`. */

import type {Lab} from '../lab.js';
import {type End, rowsOf} from '../trace-ends.js';
import type {Ends} from '../trace-faults.js';
import {endsOf, meet} from '../trace-run.js';
import {type DoctorFault, fault, onRouter, type Traffic, traceFault, unfixed} from './fault.js';
import {standIn} from './stand-in.js';

/** A fault that loses what is sent while it is looked at. */
export const sampled = (
  one: DoctorFault,
  traffic: NonNullable<DoctorFault['traffic']>,
  brings: readonly string[] = [],
): DoctorFault => ({...one, traffic, brings});

/** By its words another fault than the same one without traffic. */
const whileSent = (one: DoctorFault): DoctorFault => ({
  ...one,
  about: `${one.about}, while packets are sent`,
});

/** What hosts and containers were told about the path is remembered for ten minutes. */
const forget = async (lab: Lab): Promise<void> => {
  const {one, two} = await web(lab);
  for (const {host, inside} of [one, two])
    await Promise.all([host('ip route flush cache'), inside('ip route flush cache')]);
};

const web = async (lab: Lab) => await endsOf(lab, 'web');

/** Pings of this size, ten a second for two seconds, answered or not. */
const ping = (from: End, to: string, size = 56) =>
  from.inside(`ping -q -n -c 20 -i 0.1 -W 0.3 -s ${size} ${to} || true`);

export const pingsOf =
  (pair: 'web' | 'secret', back = false) =>
  async (lab: Lab): Promise<Traffic> => {
    const {one, two} = await endsOf(lab, pair);
    return () => Promise.all([ping(one, two.ip), back ? ping(two, one.ip) : undefined]);
  };

/**
 * A card of node2 that corrupts what it sends as long as it computes checksums: a rule on the way out, which is there until
 * `ethtool -K eth0 tx off`.
 */
async function badCard(lab: Lab, rule: string): Promise<() => Promise<unknown>> {
  const node = lab.node('node2');
  const corrupt = spoil('egress', 'eth0', rule);
  // Else the kernel that receives, which is the one that sends, knows that it need not verify them.
  await node.run(['sh', '-ec', `ethtool -K eth0 tx off >/dev/null; ${corrupt}`]);
  const back = await standIn(node, {
    ethtool: `#!/bin/sh
case "$*" in
  '-K eth0 tx off') ${unspoiled} ;;
  '-K eth0 tx on') ${corrupt} ;;
  *) exec /usr/sbin/ethtool "$@" ;;
esac
`,
  });
  return async () => {
    await back();
    await node.run(['sh', '-ec', `${unspoiled}; ethtool -K eth0 tx on >/dev/null`]);
  };
}

/** The router drops the tunnel's packets that match, and both ends have met before. */
const lostBetween = (about: string, match: (ends: Ends) => string): DoctorFault =>
  unfixed(
    onRouter,
    sampled(
      fault('frames-lost-between', about, async (lab) => {
        const ends = await web(lab);
        const {one, two, router} = ends;
        const rule = `FORWARD ${match(ends)} -p udp --dport 4789 -j DROP`;
        await meet(ends);
        await router(`iptables -I ${rule}`);
        for (let turn = 0; turn < 2; turn++) await one.inside(`ping -q -n -i 0.5 -w 17 ${two.ip} || true`);
        return () => router(`iptables -D ${rule}`);
      }),
      pingsOf('web'),
    ),
  );

export const faultsOfSamples: readonly DoctorFault[] = [
  sampled(traceFault('fdb-row-missing', 'fdb-missing'), pingsOf('web'), ['l2-miss']),
  sampled(
    fault('neighbour-missing', 'the neighbour entry of web2 deleted on node1, and asked for', async (lab) => {
      const {one, two} = await web(lab);
      const rows = await rowsOf(one);
      await one.sandbox(`ip neigh del ${two.ip} dev ${one.vxlan}`);
      await one.inside('ip neigh flush all');
      return () => one.sandbox(rows.join('\n'));
    }),
    pingsOf('web'),
    ['l3-miss'],
  ),
  sampled(whileSent(traceFault('vtep-route-missing', 'vtep-route-blackhole')), pingsOf('web'), [
    'vxlan-tx-errors',
  ]),
  sampled(whileSent(traceFault('data-path-port-differs', 'port-differs')), pingsOf('web', true), [
    'icmp-unreachable',
    'udp-no-ports',
  ]),
  sampled(
    fault(
      'tcp-checksum-errors',
      'the card of node2 corrupts TCP inside the tunnel, until `ethtool -K eth0 tx off`',
      async (lab) => {
        const {two} = await web(lab);
        await two.inside(`ethtool -K ${two.link} tx off >/dev/null`);
        // Behind the outer UDP header 8 bytes of VXLAN, 14 of Ethernet, 20 of IP: its protocol, and TCP's checksum.
        const back = await badCard(lab, 'udp dport 4789 @th,312,8 6 @th,528,16 set 0xbad');
        return async () => {
          await back();
          await two.inside(`ethtool -K ${two.link} tx on >/dev/null`);
        };
      },
    ),
    async (lab) => {
      const {one, two} = await web(lab);
      const call = `for turn in 1 2 3 4 5; do nc -w 1 ${two.ip} 80 </dev/null & done; wait`;
      return () => one.node.exec(one.container, ['sh', '-c', call], {reject: false});
    },
  ),
  sampled(
    fault(
      'udp-checksum-errors',
      'the card of node2 corrupts VXLAN packets, until `ethtool -K eth0 tx off`',
      (lab) => badCard(lab, 'udp dport 4789 udp checksum set 0xbad'),
    ),
    pingsOf('web', true),
  ),
  unfixed(
    onRouter,
    sampled(
      fault(
        'ip-reassembly-failed',
        'the router takes 1400 bytes to node2, and something before node2 drops fragments',
        async (lab) => {
          const second = lab.node('node2');
          // Gossip over TCP would let node1 know the path's MTU, and then nothing comes in pieces.
          const told = ['OUTPUT', '-p', 'icmp', '--icmp-type', 'fragmentation-needed', '-j', 'DROP'];
          await lab.router.run(['iptables', '-I', ...told]);
          await lab.router.run(['ip', 'link', 'set', 'node2', 'mtu', '1400']);
          await second.run([
            'sh',
            '-ec',
            `sysctl -qw net.ipv4.ipfrag_time=1; ${spoil('ingress', 'eth0', 'ip frag-off & 0x1fff != 0 drop')}`,
          ]);
          return async () => {
            await lab.router.run(['ip', 'link', 'set', 'node2', 'mtu', '1500']);
            await lab.router.run(['iptables', '-D', ...told]);
            await second.run(['sh', '-ec', `${unspoiled}; sysctl -qw net.ipv4.ipfrag_time=30`]);
            await forget(lab);
          };
        },
      ),
      async (lab) => {
        const {one, two} = await web(lab);
        await forget(lab);
        // Packets are given up a second after they came: some of these while it is looked at, however late the next are.
        await ping(one, two.ip, 1400);
        return () => ping(one, two.ip, 1400);
      },
    ),
  ),
  unfixed(
    onRouter,
    sampled(
      fault(
        'uplink-drops',
        "the router's port takes 1400 bytes, and node2's uplink sends 1500",
        async (lab) => {
          await lab.router.run(['ip', 'link', 'set', 'node2', 'mtu', '1400']);
          return async () => {
            await lab.router.run(['ip', 'link', 'set', 'node2', 'mtu', '1500']);
            await forget(lab);
          };
        },
      ),
      async (lab) => {
        const {one, two} = await web(lab);
        await forget(lab);
        return () => ping(two, one.ip, 1420);
      },
    ),
  ),
  lostBetween('the router drops UDP 4789, while web1 has sent for more than half a minute', () => ''),
  lostBetween(
    'the router drops UDP 4789 of node2, which web1 has had answers from before',
    ({two}) => `-s ${two.node.address}`,
  ),
  sampled(
    {
      code: 'l3-miss',
      about: 'nothing: web1 asks for an address that nobody has',
      make: async () => {},
      mend: async () => {},
      unfixed: {because: 'a program asks for an address that no endpoint has'},
    },
    async (lab) => {
      const {one} = await web(lab);
      // A question that is open is asked once a second only; one that was forgotten at once.
      return () => one.inside('ping -q -n -c 1 -W 0.3 10.0.1.222 || ip neigh flush to 10.0.1.222 || true');
    },
  ),
];

/** A rule where packets come in, before anything else of the host sees them, or where they leave, behind all else. */
const spoil = (hook: 'ingress' | 'egress', device: string, rule: string) =>
  `nft 'add table netdev spoil; add chain netdev spoil door { type filter hook ${hook} device ${device} priority 0 ; }; add rule netdev spoil door ${rule}'`;
const unspoiled = 'nft delete table netdev spoil';
