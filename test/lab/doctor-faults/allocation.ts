/** Faults of what the engines and managers gave to networks and containers, for `doctor`. */
import {endOf} from '../trace-ends.js';
import {type DoctorFault, fault} from './fault.js';

const network = 'lonely-net';

export const faultsOfAllocation: readonly DoctorFault[] = [
  fault(
    'network-name-twice',
    'a local network on node2 with the name of a network of the swarm',
    async (lab) => {
      const [node1, node2] = [lab.node('node1'), lab.node('node2')];
      await node1.docker(['network', 'create', '--driver', 'overlay', network]);
      // A worker does not know a network of the swarm until something of it runs there, and takes the name.
      const {stdout} = await node2.docker(['network', 'create', network]);
      return async () => {
        await node2.docker(['network', 'rm', stdout.trim()]).catch(() => undefined);
        await node1.docker(['network', 'rm', network]);
      };
    },
  ),
  fault('default-route-on-overlay', 'the default route of web1 set onto uber-net', async (lab) => {
    const web1 = await endOf(lab.node('node1'), 'web1', 'uber-net');
    const before = (await web1.inside('ip route show default')).trim();
    await web1.inside(`ip route replace default dev ${web1.link}`);
    return () => web1.inside(`ip route replace ${before}`);
  }),
  fault('internal-leaks', 'a way outside for quiet1, which is on an internal network only', async (lab) => {
    const quiet1 = await endOf(lab.node('node1'), 'quiet1', 'quiet-net');
    await quiet1.inside(
      'ip link add leak0 type bridge; ip link set leak0 up; ip route add default dev leak0',
    );
    return () => quiet1.inside('ip link del leak0');
  }),
];
