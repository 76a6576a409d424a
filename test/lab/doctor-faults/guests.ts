/** Containers, services and networks of a fault's own, so that the lab's are left alone. */
import {swarmIsWhole} from '../health.js';
import {image} from '../image.js';
import type {Lab, LabNode} from '../lab.js';
import {endOf, taskOn} from '../trace-ends.js';
import {until} from '../wait.js';

const idle = ['/bin/sleep', '1000000'];

type Undo = () => Promise<unknown>;

/** A container on uber-net. */
export async function guest(node: LabNode, name: string, ...args: string[]): Promise<Undo> {
  await node.docker(['run', '-d', '--network', 'uber-net', '--name', name, ...args, image, ...idle]);
  return () => node.docker(['rm', '-f', name]);
}

/** The same with a MAC of its own. The engine is asked itself: newer clients refuse this to older engines. */
export async function guestWithMac(node: LabNode, name: string, mac: string): Promise<Undo> {
  const spec = {Image: image, Cmd: idle, MacAddress: mac, HostConfig: {NetworkMode: 'uber-net'}};
  await post(node, `/containers/create?name=${name}`, spec);
  await node.docker(['start', name]);
  return () => node.docker(['rm', '-f', name]);
}

/** What the engine is asked for without its client, which refuses some of it. */
export const post = (node: LabNode, path: string, body: object) =>
  node.run([
    ...['curl', '-sSf', '--unix-socket', '/var/run/docker.sock', '-H', 'Content-Type: application/json'],
    ...['-d', JSON.stringify(body), `http://docker/v1.41${path}`],
  ]);

/** The process of a container, and the file of its namespace. */
export async function sandboxOf(node: LabNode, name: string): Promise<{pid: string; key: string}> {
  const format = '{{.State.Pid}} {{.NetworkSettings.SandboxKey}}';
  const [pid = '', key = ''] = (await node.docker(['inspect', '-f', format, name])).stdout.trim().split(' ');
  return {pid, key: key.split('/').at(-1) ?? ''};
}

/** Networks of the swarm are removed once their tasks are gone; a fix may have removed them. */
export const removeNetwork = (lab: Lab, name: string) =>
  until({what: `${name} to be removed`}, async () => {
    const manager = lab.node('node1');
    // Filters of names are expressions for local networks only, and whole names for those of the swarm.
    const {stdout} = await manager.docker(['network', 'ls', '--format', '{{.Name}}']);
    if (!stdout.split('\n').includes(name)) return true;
    await manager.docker(['network', 'rm', name]);
    return true;
  });

/** A service that sleeps. */
export async function guestService(lab: Lab, name: string, ...args: string[]): Promise<Undo> {
  const manager = lab.node('node1');
  // The first process of a container ignores the signal to end.
  const common = ['-d', '--no-resolve-image', '--stop-grace-period', '1s', '--name', name];
  await manager.docker(['service', 'create', ...common, ...args, image, ...idle]);
  return async () => {
    await manager.docker(['service', 'rm', name]);
    await until({what: `the tasks of ${name} to end`}, async () => {
      const lists = await Promise.all(
        lab.nodes.map((node) =>
          node.docker(['ps', '-aq', '--filter', `label=com.docker.swarm.service.name=${name}`]),
        ),
      );
      return lists.every(({stdout}) => stdout.trim() === '') || undefined;
    });
  };
}

/** Until the task of site runs that its node has, which another one may just have taken the place of. */
export const siteRuns = (lab: Lab) =>
  until({what: 'a task of site'}, async () => {
    await taskOn(lab.node('node2'), 'site');
    return (await swarmIsWhole(lab)) || undefined;
  });

/** Whether a node's gossip has an address on uber-net. */
export async function hears(node: LabNode, ip: string): Promise<boolean> {
  const {stdout} = await node.docker(['network', 'inspect', '--verbose', 'uber-net']);
  return stdout.includes(`"EndpointIP": "${ip}"`);
}

/** A network that no task needs: its VNI is known to the manager, and its sandbox exists nowhere. */
export async function spareNetwork(node: LabNode): Promise<{vni: string; id: string; remove: Undo}> {
  const {stdout: id} = await node.docker(['network', 'create', '-d', 'overlay', 'spare-net']);
  const option = '{{index .Options "com.docker.network.driver.overlay.vxlanid_list"}}';
  const {stdout: vni} = await node.docker(['network', 'inspect', '-f', option, 'spare-net']);
  return {vni: vni.trim(), id: id.trim(), remove: () => node.docker(['network', 'rm', 'spare-net'])};
}

/** A network with a container on each node, `NAME-node1` and `NAME-node2`. */
export async function guestNetwork(lab: Lab, name: string, ...args: string[]): Promise<Undo> {
  const [manager] = lab.nodes;
  await manager?.docker(['network', 'create', '--driver', 'overlay', '--attachable', ...args, name]);
  for (const node of lab.nodes)
    await node.docker(['run', '-d', '--network', name, '--name', `${name}-${node.name}`, image, ...idle]);
  // Its rows are there a moment after the containers.
  await until({what: `both ends of ${name} to meet`}, async () => {
    for (const [from, to] of [lab.nodes, [...lab.nodes].reverse()])
      if (from && to) await from.exec(`${name}-${from.name}`, ['ping', '-c1', '-W1', `${name}-${to.name}`]);
    return true;
  });
  return async () => {
    for (const node of lab.nodes) await node.docker(['rm', '-f', `${name}-${node.name}`]);
    await removeNetwork(lab, name);
  };
}

/** The same with a task of a service on each node, which a manager can move to another network. */
export async function serviceNetwork(lab: Lab, name: string, ...args: string[]): Promise<Undo> {
  await lab.node('node1').docker(['network', 'create', '--driver', 'overlay', ...args, name]);
  const remove = await guestService(
    lab,
    `${name}-task`,
    ...['--mode', 'global', '--endpoint-mode', 'dnsrr', '--network', name],
  );
  await until({what: `the tasks on ${name}`}, () =>
    Promise.all(lab.nodes.map((node) => taskOn(node, `${name}-task`))),
  );
  return async () => {
    await remove();
    for (const one of [name, `${name}-2`]) await removeNetwork(lab, one);
  };
}

/** Sets the MTU of all that a node has of a network of `guestNetwork`: its sandbox, its container, its load balancer. */
export async function setMtu(node: LabNode, name: string, mtu: number): Promise<void> {
  const all = `for link in $(ls /proc/sys/net/ipv4/conf); do ip link set $link mtu ${mtu} 2>/dev/null || true; done`;
  const end = await endOf(node, `${name}-${node.name}`, name);
  const {Id: id} = await node.ask<{Id: string}>(`/networks/${name}`);
  await end.sandbox(all);
  await end.inside(`ip link set ${end.link} mtu ${mtu}`);
  await node.inNetns(`lb_${id.slice(0, 9)}`, ['sh', '-c', all]);
}
