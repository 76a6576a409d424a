/** Faults of the underlay, of ports, addresses and the way out, for `doctor`. */

import {swarmIsWhole} from '../health.js';
import type {Lab, LabNode} from '../lab.js';
import {rowsOf} from '../trace-ends.js';
import {rebuild} from '../trace-faults.js';
import {endsOf, meetAgain} from '../trace-run.js';
import {until} from '../wait.js';
import {type DoctorFault, fault, onRouter, traceFault} from './fault.js';
import {guestNetwork, serviceNetwork, setMtu} from './guests.js';
import {standIn} from './stand-in.js';

/** A fault that only `doctor` is tried on, with the hosts that must be read to see it. */
export interface OwnFault extends DoctorFault {
  readonly hosts: readonly ('node1' | 'node2')[];
}

/** A shell text on a node undone by another; both words of the host itself. After a cut of gossip the rows come back late. */
function hostFault(
  code: string,
  about: string,
  node: 'node1' | 'node2',
  {make, mend}: {make: string; mend: string},
): OwnFault {
  const made = fault(code, about, async (lab) => {
    await onHost(lab, node, make);
    return async () => {
      await onHost(lab, node, mend);
      await healed(lab);
    };
  });
  return {...made, hosts: [node]};
}

/** A rule of iptables at the head of a chain, in words as `iptables -I` takes them. */
function ruleFault(code: string, about: string, node: 'node1' | 'node2', rule: string): OwnFault {
  return hostFault(code, about, node, {make: `iptables -I ${rule}`, mend: `iptables -D ${rule}`});
}

/** The same, whose fix leaves node1 a route to node2 of its own, which goes with the fault. */
function routed(one: DoctorFault): DoctorFault {
  const mend = async (lab: Lab) => {
    try {
      await one.mend(lab);
    } finally {
      await onHost(lab, 'node1', `ip route flush exact ${lab.node('node2').address}/32`);
    }
  };
  return {...one, mend};
}

const onHost = (lab: Lab, node: string, text: string) => lab.node(node).run(['sh', '-ec', text]);

async function healed(lab: Lab): Promise<void> {
  await meetAgain(await endsOf(lab, 'web'));
}

/** The host's end of web1's leg on docker_gwbridge. */
async function legOf(lab: Lab): Promise<string> {
  const {one} = await endsOf(lab, 'web');
  const index = (await one.inside('ip -o link show')).match(/^\d+: eth1@if(\d+):/m)?.[1];
  const {stdout} = await onHost(lab, 'node1', `ip -o link show | sed -n 's/^${index}: \\([^@]*\\)@.*/\\1/p'`);
  return stdout.trim();
}

/** A fault that a network of its own has by the way it is made. */
function networkFault(code: string, about: string, name: string, ...args: string[]): OwnFault {
  return {hosts: ['node1'], ...fault(code, about, (lab) => serviceNetwork(lab, name, ...args))};
}

const gateway = '172.31.1.1';

/** What ifupdown has configured, as on a Debian host: the one place that still has the gateway when the link is down. */
const interfaces = '/run/ovdiag-interfaces';
const uplinkOf = ({address, gateway: router}: LabNode) =>
  `iface eth0 inet static\n  address ${address}\n  netmask 255.255.255.0\n  gateway ${router}\n`;

const controlPlane = (verb: string) =>
  ['dport', 'sport'].map((port) => `iptables -${verb} FORWARD -p tcp --${port} 2377 -j DROP`).join('; ');

/** Between the nodes, so that no rule of theirs shows it; the manager gives node2 up after some heartbeats. */
const nodeDown: OwnFault = {
  hosts: ['node1'],
  unfixed: onRouter,
  ...fault(
    'node-down',
    "the router drops the control plane's TCP 2377 until the manager has lost node2",
    async (lab) => {
      const state = async () =>
        (await lab.node('node1').docker(['node', 'ls', '--format', '{{.Hostname}} {{.Status}}'])).stdout;
      await lab.router.run(['sh', '-ec', controlPlane('I')]);
      await until({what: 'node2 to be lost'}, async () =>
        /node2 Down/.test(await state()) ? true : undefined,
      );
      return async () => {
        await lab.router.run(['sh', '-ec', controlPlane('D')]);
        await until({what: 'node2 to be ready'}, async () =>
          /node2 Ready/.test(await state()) ? true : undefined,
        );
        await until({what: 'the services'}, async () => ((await swarmIsWhole(lab)) ? true : undefined));
        await healed(lab);
      };
    },
  ),
};

/** Those of which fixtures/recorded/doctor/ has a recording. */
export const ownUnderlayFaults: readonly OwnFault[] = [
  {
    hosts: ['node1'],
    ...fault('uplink-down', "node1's uplink set down, which ifupdown has configured", async (lab) => {
      const node = lab.node('node1');
      await onHost(lab, 'node1', `cat >${interfaces} <<'TEXT'\n${uplinkOf(node)}TEXT`);
      const busybox = (name: string) => `#!/bin/sh\nexec busybox ${name} -i ${interfaces} "$@"\n`;
      const back = await standIn(node, {
        ifup: busybox('ifup'),
        ifdown: busybox('ifdown'),
        // Scripts of other packages, whose directories need not be there.
        'run-parts': '#!/bin/sh\n',
      });
      await onHost(lab, 'node1', 'ifdown -f eth0; ifup eth0');
      await onHost(lab, 'node1', 'ip link set eth0 down');
      return async () => {
        await onHost(lab, 'node1', 'ifdown eth0; ifup eth0');
        await back();
        await healed(lab);
      };
    }),
  },
  {
    ...hostFault(
      'vtep-unreachable',
      "a route on node1 that puts node2's VTEP on the link, where nobody has it",
      'node1',
      {
        make: 'ip route add 192.168.1.5 dev eth0; ping -q -c 2 -W 1 192.168.1.5 >/dev/null || true',
        mend: 'ip route del 192.168.1.5 dev eth0; ip neigh flush to 192.168.1.5',
      },
    ),
  },
  {
    hosts: ['node1'],
    ...routed(
      hostFault('vtep-not-local', "node1's address is another one of its subnet", 'node1', {
        make: `ip addr del 172.31.1.5/24 dev eth0; ip addr add 172.31.1.99/24 dev eth0; ip route add default via ${gateway} dev eth0`,
        mend: `ip addr del 172.31.1.99/24 dev eth0; ip addr add 172.31.1.5/24 dev eth0; ip route add default via ${gateway} dev eth0`,
      }),
    ),
  },
  nodeDown,
  networkFault(
    'mtu-too-small',
    'a network that was made for an underlay of 9000 bytes',
    'big-net',
    '--opt',
    'com.docker.network.driver.mtu=9000',
  ),
  {
    hosts: ['node1'],
    ...fault(
      'mtu-differs',
      'the tunnel of uber-net on node1 set to 1400 bytes, its ports left at 1450',
      async (lab) => {
        const {one} = await endsOf(lab, 'web');
        await one.sandbox(`ip link set ${one.vxlan} mtu 1400`);
        return () => one.sandbox(`ip link set ${one.vxlan} mtu 1450`);
      },
    ),
  },
  {
    hosts: ['node1', 'node2'],
    ...fault('mtu-differs', 'everything of one network set to 1400 bytes on node2', async (lab) => {
      const undo = await guestNetwork(lab, 'small-net');
      await setMtu(lab.node('node2'), 'small-net', 1400);
      return undo;
    }),
  },
  {
    hosts: ['node1'],
    ...fault(
      'path-mtu-cached',
      "the router's link to node2 takes 1400 bytes, and node1 was told so",
      async (lab) => {
        const router = (text: string) => lab.router.run(['sh', '-ec', text]);
        await router('ip link set node2 mtu 1400');
        await onHost(lab, 'node1', 'ping -q -M do -s 1472 -c 2 -W 1 192.168.1.5 >/dev/null || true');
        return async () => {
          await router('ip link set node2 mtu 1500');
          await onHost(lab, 'node1', 'ip route flush cache');
          await healed(lab);
        };
      },
    ),
    unfixed: onRouter,
  },
  ruleFault(
    'gossip-port-filtered',
    'iptables of node1 drop TCP 7946 on the way in',
    'node1',
    'INPUT -p tcp --dport 7946 -j DROP',
  ),
  ruleFault(
    'manager-port-unreachable',
    'iptables of node1, the manager, drop new connections to TCP 2377',
    'node1',
    'INPUT -p tcp --dport 2377 -m conntrack --ctstate NEW -j DROP',
  ),
  ruleFault(
    'manager-port-unreachable',
    'iptables of node2, a worker, refuse new connections to TCP 2377',
    'node2',
    'OUTPUT -p tcp --dport 2377 -m conntrack --ctstate NEW -j REJECT',
  ),
  {
    hosts: ['node2'],
    ...fault(
      'data-path-port-closed',
      "node2's vxlan device of uber-net recreated inside the sandbox",
      async (lab) => {
        const {two} = await endsOf(lab, 'web');
        const {vxlan, vni, bridge} = two;
        const rows = (await rowsOf(two)).join('\n');
        await two.sandbox(
          `ip link del ${vxlan}; ip link add ${vxlan} mtu 1450 master ${bridge} type vxlan id ${vni} dstport 4789 proxy l2miss l3miss; ip link set ${vxlan} up`,
        );
        await two.sandbox(rows);
        return async () => {
          await rebuild(two, 4789);
          await two.sandbox(rows);
          await healed(lab);
        };
      },
    ),
  },
  networkFault(
    'subnet-overlap',
    "a network with the subnet of node2's uplink",
    'lan-net',
    '--subnet',
    '192.168.1.0/24',
    // An endpoint that gets the address of its own VTEP has no FDB entry elsewhere, which would be a second fault.
    '--ip-range',
    '192.168.1.128/25',
  ),
  networkFault(
    'subnet-public',
    'a network with a subnet that others have in public',
    'public-net',
    '--subnet',
    '11.22.33.0/24',
  ),
  networkFault(
    'address-pool-low',
    'a network of six addresses, of which five are taken',
    'tight-net',
    '--subnet',
    '10.99.0.0/29',
  ),
  hostFault('gwbridge-missing', 'docker_gwbridge of node1 set down', 'node1', {
    make: 'ip link set docker_gwbridge down',
    mend: 'ip link set docker_gwbridge up',
  }),
  {
    hosts: ['node1'],
    ...fault('gwbridge-leg-missing', "web1's leg taken out of docker_gwbridge", async (lab) => {
      const port = await legOf(lab);
      await onHost(lab, 'node1', `ip link set ${port} nomaster`);
      return () => onHost(lab, 'node1', `ip link set ${port} master docker_gwbridge`);
    }),
  },
  {
    hosts: ['node1'],
    ...fault('container-route-missing', "web1's default route removed", async (lab) => {
      const {one} = await endsOf(lab, 'web');
      const route = (await one.inside('ip route show default')).trim();
      await one.inside('ip route del default');
      return () => one.inside(`ip route add ${route}`);
    }),
  },
  {
    hosts: ['node1'],
    ...fault(
      'masquerade-missing',
      "Docker's rule that masquerades docker_gwbridge removed on node1",
      async (lab) => {
        const rule = 'POSTROUTING -s 172.18.0.0/16 ! -o docker_gwbridge -j MASQUERADE';
        await onHost(lab, 'node1', `iptables -t nat -D ${rule}`);
        return () => onHost(lab, 'node1', `iptables -t nat -A ${rule}`);
      },
    ),
  },
  {
    hosts: ['node1'],
    ...fault('forward-filtered', 'iptables of node1 reject all that is forwarded', async (lab) => {
      const rule = 'FORWARD -j REJECT --reject-with icmp-host-prohibited';
      await onHost(lab, 'node1', `iptables -I ${rule}`);
      return () => onHost(lab, 'node1', `iptables -D ${rule}`);
    }),
  },
];

/** One for each code: further forms of a fault are tried on their recordings. */
export const underlayFaults: readonly DoctorFault[] = firstOfEach([
  traceFault('data-path-filtered-out', 'filter-out'),
  traceFault('data-path-filtered-in', 'filter-in-legacy'),
  traceFault('data-path-port-differs', 'port-differs'),
  traceFault('mtu-too-small', 'uplink-mtu'),
  traceFault('vtep-route-missing', 'vtep-route-blackhole'),
  routed(traceFault('outer-source-mismatch', 'outer-source')),
  ...ownUnderlayFaults,
]);

function firstOfEach(faults: readonly DoctorFault[]): DoctorFault[] {
  return faults.filter(({code}, index) => faults.findIndex((one) => one.code === code) === index);
}
