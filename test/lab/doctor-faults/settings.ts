/** Faults of what decides about frames and is set on a device, a port or a bridge while every link is up, for `doctor`. */
import type {End} from '../trace-ends.js';
import {endsOf, meetAgain} from '../trace-run.js';
import {type DoctorFault, fault} from './fault.js';

/** An edit in the sandbox of uber-net on node1, undone by another. */
function sandboxFault(
  code: string,
  about: string,
  make: (end: End) => string,
  mend: (end: End) => string,
): DoctorFault {
  return fault(code, about, async (lab) => {
    const {one} = await endsOf(lab, 'web');
    await one.sandbox(make(one));
    return () => one.sandbox(mend(one));
  });
}

/** A setting of a port, and what puts it back. */
const portFault = (code: string, about: string, which: 'vxlan' | 'port', set: string, back: string) =>
  sandboxFault(
    code,
    about,
    (end) => `bridge link set dev ${end[which]} ${set}`,
    (end) => `bridge link set dev ${end[which]} ${back}`,
  );

const deviceFault = (code: string, about: string, set: string, back: string) =>
  sandboxFault(
    code,
    about,
    ({vxlan}) => `ip link set ${vxlan} type vxlan ${set}`,
    ({vxlan}) => `ip link set ${vxlan} type vxlan ${back}`,
  );

/** An edit inside web1, or web2, undone by another. */
function containerFault(
  code: string,
  about: string,
  which: 'one' | 'two',
  [make, mend]: [(end: End, other: End) => string, (end: End, other: End) => string],
): DoctorFault {
  return fault(code, about, async (lab) => {
    const ends = await endsOf(lab, 'web');
    const [end, other] = which === 'one' ? [ends.one, ends.two] : [ends.two, ends.one];
    await end.inside(make(end, other));
    return () => end.inside(`${mend(end, other)} || true`);
  });
}

/** An edit on a node, undone by another, after which both nodes must have heard of each other again. */
function nodeFault(
  code: string,
  about: string,
  node: 'node1' | 'node2',
  [make, mend]: [string, string],
): DoctorFault {
  return fault(code, about, async (lab) => {
    const at = lab.node(node);
    await at.run(['sh', '-ec', make]);
    return async () => {
      await at.run(['sh', '-c', mend]);
      await meetAgain(await endsOf(lab, 'web'));
    };
  });
}

const ends = 'src 172.31.1.5/32 dst 192.168.1.5/32';
const policy = (rest: string, more = '') =>
  [`ip xfrm policy add ${rest} priority 1 ${more}`, `ip xfrm policy delete ${rest}`] as [string, string];

export const faultsOfSettings: readonly DoctorFault[] = [
  portFault('port-not-forwarding', 'the port of web1 set to state disabled', 'port', 'state 0', 'state 3'),
  portFault('port-locked', 'the port of the vxlan device locked', 'vxlan', 'locked on', 'locked off'),
  portFault(
    'port-broadcast-off',
    'broadcasts kept from the vxlan device',
    'vxlan',
    'bcast_flood off',
    'bcast_flood on',
  ),
  portFault(
    'port-does-not-flood',
    'flooding to the vxlan device turned off',
    'vxlan',
    'flood off',
    'flood on',
  ),
  sandboxFault(
    'ports-isolated',
    'the ports of web1 and of the vxlan device isolated',
    ({vxlan, port}) => `bridge link set dev ${vxlan} isolated on; bridge link set dev ${port} isolated on`,
    ({vxlan, port}) => `bridge link set dev ${vxlan} isolated off; bridge link set dev ${port} isolated off`,
  ),
  deviceFault('vxlan-ttl-low', 'the vxlan device sends with TTL 1', 'ttl 1', 'ttl auto'),
  deviceFault('vxlan-changed', 'the vxlan device sets DF in outer packets', 'df set', 'df unset'),
  deviceFault(
    'outer-source-mismatch',
    'the vxlan device has a local address of no host',
    'local 172.31.1.77',
    'local 0.0.0.0',
  ),
  sandboxFault(
    'queue-on-path',
    'the vxlan device sends through a token bucket',
    ({vxlan}) => `tc qdisc add dev ${vxlan} root tbf rate 1mbit burst 5000 limit 5000`,
    ({vxlan}) => `tc qdisc del dev ${vxlan} root`,
  ),
  containerFault('endpoint-filtered', 'web2 drops all that comes in', 'two', [
    () => 'iptables -P INPUT DROP',
    () => 'iptables -P INPUT ACCEPT',
  ]),
  containerFault('source-filtered', 'web1 drops what it sends to web2', 'one', [
    (_, {ip}) => `iptables -I OUTPUT -d ${ip} -j DROP`,
    (_, {ip}) => `iptables -D OUTPUT -d ${ip} -j DROP`,
  ]),
  containerFault(
    'container-neighbour-wrong',
    'a static ARP entry for web2 in web1 with a MAC of no endpoint',
    'one',
    [
      ({link}, {ip}) => `ip neigh replace ${ip} lladdr 02:42:de:ad:00:01 dev ${link} nud permanent`,
      ({link}, {ip}) => `ip neigh del ${ip} dev ${link}`,
    ],
  ),
  containerFault('container-arp-off', "ARP turned off on web1's interface", 'one', [
    ({link}) => `ip link set ${link} arp off`,
    ({link}) => `ip link set ${link} arp on`,
  ]),
  nodeFault(
    'ipsec-policy-foreign',
    'an IPsec policy on node1 blocks UDP to node2',
    'node1',
    policy('src 0.0.0.0/0 dst 192.168.1.5/32 proto udp dport 4789 dir out', 'action block'),
  ),
  nodeFault(
    'ipsec-policy-foreign',
    'an IPsec policy on node2 blocks UDP from node1',
    'node2',
    policy(`${ends} proto udp dport 4789 dir in`, 'action block'),
  ),
  nodeFault(
    'ipsec-policy-foreign',
    'an IPsec policy on node1 asks for a state that is not there',
    'node1',
    policy(
      `${ends} proto udp dport 4789 dir out`,
      'tmpl src 172.31.1.5 dst 192.168.1.5 proto esp mode tunnel',
    ),
  ),
  nodeFault('vxlan-ttl-low', 'the default TTL of node1 is 1', 'node1', [
    'sysctl -qw net.ipv4.ip_default_ttl=1',
    'sysctl -qw net.ipv4.ip_default_ttl=64',
  ]),
  nodeFault('gwbridge-address-missing', 'docker_gwbridge of node1 has lost its address', 'node1', [
    'ip -4 -o addr show dev docker_gwbridge | grep -o "inet [0-9./]*" | cut -c6- >/run/ovdiag-gateway; ip addr flush dev docker_gwbridge',
    'ip addr add $(cat /run/ovdiag-gateway) dev docker_gwbridge; rm /run/ovdiag-gateway',
  ]),
];
