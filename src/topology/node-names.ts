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
    const hostnameOf = new Map(docker.nodes.map(({id, hostname}) => [id, hostname]));
    const nodeOfTask = new Map(docker.tasks.map(({id, nodeId}) => [id, nodeId]));
    for (const task of docker.networks.flatMap(({services}) => services ?? []).flatMap(({tasks}) => tasks)) {
      if (task.hostIp === undefined || names.has(task.hostIp)) continue;
      // Tasks are named SERVICE.SLOT.TASK-ID; the node of the task is the node of its VTEP.
      const node = hostnameOf.get(nodeOfTask.get(task.name.split('.').at(-1) ?? '') ?? '');
      if (node) names.set(task.hostIp, node);
    }
    for (const node of docker.nodes) {
      // The control-plane address is the VTEP too unless a data-path address was set; a node has it in either case.
      const address = usableAddress(node.address) ?? usableAddress(node.managerAddress);
      if (address && node.hostname && !names.has(address)) names.set(address, node.hostname);
    }
  }
  return names;
}
