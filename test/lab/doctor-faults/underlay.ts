/** Faults of the underlay, of ports, addresses and the way out, for `doctor`. */

import {swarmIsWhole} from '../health.js';
import type {Lab} from '../lab.js';
import {meetAgain, traceEnds} from '../trace-run.js';
import {until} from '../wait.js';
import {type DoctorFault, fault, traceFault} from './fault.js';

/** A fault that only `doctor` is tried on, with the hosts that must be read to see it. */
interface OwnFault extends DoctorFault {
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

const onHost = (lab: Lab, node: string, text: string) => lab.node(node).run(['sh', '-ec', text]);

async function healed(lab: Lab): Promise<void> {
  if (!(await meetAgain((await traceEnds(lab)).web))) throw new Error('web1 and web2 do not meet again');
}

const gateway = '172.31.1.1';

const controlPlane = (verb: string) =>
  ['dport', 'sport'].map((port) => `iptables -${verb} FORWARD -p tcp --${port} 2377 -j DROP`).join('; ');

/** Between the nodes, so that no rule of theirs shows it; the manager gives node2 up after some heartbeats. */
const nodeDown: OwnFault = {
  hosts: ['node1'],
  ...fault(
    'node-down',
    "the router drops the control plane's TCP 2377 until the manager has lost node2",
    async (lab) => {
      const state = async () =>
        (await lab.node('node1').docker(['node', 'ls', '--format', '{{.Hostname}} {{.Status}}'])).stdout;
      await lab.router.run(['sh', '-ec', controlPlane('I')]);
      await until({what: 'node2 to be lost', seconds: 60}, async () =>
        /node2 Down/.test(await state()) ? true : undefined,
      );
      return async () => {
        await lab.router.run(['sh', '-ec', controlPlane('D')]);
        await until({what: 'node2 to be ready', seconds: 60}, async () =>
          /node2 Ready/.test(await state()) ? true : undefined,
        );
        await until({what: 'the services', seconds: 60}, async () =>
          (await swarmIsWhole(lab)) ? true : undefined,
        );
        await healed(lab);
      };
    },
  ),
};

/** Those of which fixtures/recorded/doctor/ has a recording. */
export const ownUnderlayFaults: readonly OwnFault[] = [
  hostFault('uplink-down', "node1's uplink set down", 'node1', {
    make: 'ip link set eth0 down',
    mend: `ip link set eth0 up; ip route add default via ${gateway} dev eth0`,
  }),
  hostFault(
    'vtep-unreachable',
    "a route on node1 that puts node2's VTEP on the link, where nobody has it",
    'node1',
    {
      make: 'ip route add 192.168.1.5 dev eth0; ping -q -c 2 -W 1 192.168.1.5 >/dev/null || true',
      mend: 'ip route del 192.168.1.5 dev eth0; ip neigh flush to 192.168.1.5',
    },
  ),
  hostFault('vtep-not-local', "node1's address is another one of its subnet", 'node1', {
    make: `ip addr del 172.31.1.5/24 dev eth0; ip addr add 172.31.1.99/24 dev eth0; ip route add default via ${gateway} dev eth0`,
    mend: `ip addr del 172.31.1.99/24 dev eth0; ip addr add 172.31.1.5/24 dev eth0; ip route add default via ${gateway} dev eth0`,
  }),
  nodeDown,
];

export const underlayFaults: readonly DoctorFault[] = [
  traceFault('vtep-route-missing', 'vtep-route-missing'),
  traceFault('vtep-route-missing', 'vtep-route-blackhole'),
  traceFault('outer-source-mismatch', 'outer-source'),
  ...ownUnderlayFaults,
];
