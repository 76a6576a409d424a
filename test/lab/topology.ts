import {mkdir} from 'node:fs/promises';
import {run} from './exec.js';
import type {LabNames} from './names.js';

export interface NodeSpec {
  /** Host name, and the name of the router's link to this node. */
  readonly name: string;
  readonly address: string;
  readonly gateway: string;
}

/** Every node the lab can have; the first is the manager. A lab is built of the first two unless more are asked for. */
export const nodeSpecs: readonly NodeSpec[] = [
  {name: 'node1', address: '172.31.1.5', gateway: '172.31.1.1'},
  {name: 'node2', address: '192.168.1.5', gateway: '192.168.1.1'},
  {name: 'node3', address: '10.77.1.5', gateway: '10.77.1.1'},
];

/** The device that carries a node's VXLAN traffic. */
export const uplink = 'eth0';

/**
 * One namespace for each node and one for the router between them. The links are born inside the lab's own
 * namespaces, so nothing passes through the machine's, not even a name.
 */
export async function buildTopology(names: LabNames, nodes: readonly NodeSpec[]): Promise<void> {
  await mkdir('/run/netns', {recursive: true});
  const router = names.netns('router');
  const commands = [`netns add ${router}`, `-n ${router} link set lo up`];
  for (const {name, address, gateway} of nodes) {
    const netns = names.netns(name);
    commands.push(
      `netns add ${netns}`,
      `-n ${netns} link set lo up`,
      `-n ${router} link add ${name} type veth peer name ${uplink} netns ${netns}`,
      `-n ${router} addr add ${gateway}/24 dev ${name}`,
      `-n ${router} link set ${name} up`,
      `-n ${netns} addr add ${address}/24 dev ${uplink}`,
      `-n ${netns} link set ${uplink} up`,
      `-n ${netns} route add default via ${gateway}`,
    );
  }
  for (const command of commands) await run(['ip', ...command.split(' ')]);
  const forwarding = (role: string, value: 0 | 1) =>
    run(['nsenter', `--net=${names.netnsFile(role)}`, 'sysctl', '-qw', `net.ipv4.ip_forward=${value}`]);
  await forwarding('router', 1);
  // As a host has it that was just booted, whatever this machine has: an engine that enables it also sets the policy of
  // FORWARD to DROP (moby daemon/libnetwork/drivers/bridge/setup_ip_forwarding.go), and else leaves it open.
  for (const {name} of nodes) await forwarding(name, 0);
}

/** Only the network namespace: the router is no host of its own, and keeps the machine's files. */
export function routerPrefix(names: LabNames): string[] {
  return ['nsenter', `--net=${names.netnsFile('router')}`, '--'];
}
