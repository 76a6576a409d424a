import type {DockerModel} from '../model/docker-types.js';
import type {HostModel} from '../model/host.js';
import {knownHost} from './known-host.js';
import {usableAddress} from './vteps.js';

/** Names of nodes by VTEP, from everything that was read. */
export function nodeNames(hosts: HostModel[]): Map<string, string> {
  const names = new Map<string, string>();
  for (const host of hosts) {
    const vtep = knownHost(host).vtepAmong(hosts);
    if (vtep) names.set(vtep.address, host.name);
  }
  for (const {docker} of hosts) {
    // Only managers list nodes; without them there is nothing to name.
    if (!docker || docker.nodes.length === 0) continue;
    addByTasks(names, docker);
    addByNodes(names, docker);
  }
  return names;
}

/** Tasks are named SERVICE.SLOT.TASK-ID; the node of the task is the node of its VTEP. */
function addByTasks(names: Map<string, string>, {nodes, tasks, networks}: DockerModel): void {
  const hostnameOf = new Map(nodes.map(({id, hostname}) => [id, hostname]));
  const nodeOfTask = new Map(tasks.map(({id, nodeId}) => [id, nodeId]));
  for (const {name, hostIp} of networks.flatMap(({services}) => services ?? []).flatMap((one) => one.tasks)) {
    if (hostIp === undefined || names.has(hostIp)) continue;
    const node = hostnameOf.get(nodeOfTask.get(name.split('.').at(-1) ?? '') ?? '');
    if (node) names.set(hostIp, node);
  }
}

/** The control-plane address is the VTEP too unless a data-path address was set; a node has it in either case. */
function addByNodes(names: Map<string, string>, {nodes}: DockerModel): void {
  for (const {address, managerAddress, hostname} of nodes) {
    const vtep = usableAddress(address) ?? usableAddress(managerAddress);
    if (vtep && hostname && !names.has(vtep)) names.set(vtep, hostname);
  }
}
