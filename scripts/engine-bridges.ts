import {image} from '../test/lab/image.js';
import type {Lab} from '../test/lab/lab.js';

const option = (name: string, value: string) => ['--opt', `com.docker.network.bridge.${name}=${value}`];
const interfaceName = (name: string) => `driver-opt=com.docker.network.endpoint.ifname=${name}`;

/** What bridge networks can be from engine 28 on, and could not be before. */
const networks: Readonly<Record<string, string[]>> = {
  'routed-bridge': ['--subnet', '172.30.3.0/24', ...option('gateway_mode_ipv4', 'routed')],
  'isolated-bridge': ['--internal', '--subnet', '172.30.4.0/24', ...option('gateway_mode_ipv4', 'isolated')],
  'six-bridge': ['--ipv4=false', '--ipv6', '--subnet', 'fd00:6::/64'],
};

const containers: Readonly<Record<string, string[]>> = {
  routed1: ['--network', 'routed-bridge'],
  isolated1: ['--network', 'isolated-bridge'],
  six1: ['--network', 'six-bridge'],
  // Interfaces with names of their own; the overlay has no say in the default route.
  named1: [
    ...['--network', `name=uber-net,${interfaceName('over0')}`],
    ...['--network', `name=open-bridge,gw-priority=10,${interfaceName('out7')}`],
  ],
  published1: ['--network', 'open-bridge', '--publish', '8088:80'],
};

/** Does the work while node1 has these networks and containers. */
export async function withBridges(lab: Lab, work: () => Promise<void>): Promise<void> {
  const {docker} = lab.node('node1');
  try {
    for (const [name, args] of Object.entries(networks)) await docker(['network', 'create', ...args, name]);
    for (const [name, args] of Object.entries(containers)) {
      await docker(['run', '-d', '--name', name, ...args, image, 'sleep', '1000000']);
    }
    await work();
  } finally {
    await docker(['rm', '-f', ...Object.keys(containers)], {reject: false});
    await docker(['network', 'rm', ...Object.keys(networks)], {reject: false});
  }
}
