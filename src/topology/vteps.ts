import {isIP} from 'node:net';
import type {HostModel} from '../model/host.js';
import type {NamespaceState} from '../model/namespace-files.js';
import {type Sandbox, sandboxes} from './sandboxes.js';

/** Which source told a host's own VTEP address; the first that answers wins. */
export type VtepSource = 'own-task' | 'state-file' | 'peer-row' | 'node-address';

export interface OwnVtep {
  address: string;
  source: VtepSource;
}

/**
 * A host's own VTEP (moby libnetwork agent.go: data-path-addr, else advertise-addr). No API answers it, so it is
 * taken from gossip's host address of one of its own endpoints, else from the file in which the engine keeps it, else
 * from a local address that other hosts' FDB rows point at, else from the node's control-plane address where that is
 * local.
 */
export function ownVtep(host: HostModel, all: HostModel[] = []): OwnVtep | undefined {
  const networks = host.docker?.networks ?? [];
  const own = new Set(
    networks.flatMap(({endpoints}) =>
      (endpoints ?? []).flatMap(({endpointId}) => (endpointId ? [endpointId] : [])),
    ),
  );
  for (const {services} of networks) {
    for (const {tasks} of services ?? []) {
      const task = tasks.find(({endpointId, hostIp}) => hostIp && endpointId && own.has(endpointId));
      if (task?.hostIp) return {address: task.hostIp, source: 'own-task'};
    }
  }
  const {dataPathAddress, advertiseAddress, localAddress} = host.swarmState ?? {};
  const kept = dataPathAddress ?? advertiseAddress ?? localAddress;
  if (kept !== undefined) return {address: kept, source: 'state-file'};
  const local = localAddresses(host);
  const others = all.filter((other) => other !== host);
  for (const {tables} of others.flatMap(({namespaces}) => namespaces)) {
    const row = tables?.fdb?.find(({plane, dst}) => plane === 'self' && dst !== undefined && local.has(dst));
    if (row?.dst) return {address: row.dst, source: 'peer-row'};
  }
  const address = host.docker?.engine.swarm?.nodeAddress;
  return address && local.has(address) ? {address, source: 'node-address'} : undefined;
}

/**
 * Every other node's VTEP that this host's own tables, its engine's gossip or the manager's list name. Rows and gossip go
 * when a node is taken for lost; the address of a node in the list is its VTEP, unless it was given another for data.
 */
export function vtepsOfOthers(host: HostModel, own: string): Set<string> {
  const rows = host.namespaces.flatMap(({tables}) => tables?.fdb ?? []);
  const networks = host.docker?.networks ?? [];
  const tasks = networks.flatMap(({services}) => services ?? []).flatMap((service) => service.tasks);
  const named = [
    ...rows.flatMap(({plane, dst}) => (plane === 'self' && dst !== undefined ? [dst] : [])),
    ...tasks.flatMap(({hostIp}) => hostIp ?? []),
    ...networks.flatMap(({peers}) => peers ?? []).flatMap(({ip}) => usable(ip) ?? []),
    ...(host.docker?.nodes ?? []).flatMap(({address}) => usable(address) ?? []),
  ];
  return new Set(named.filter((address) => address !== own && isIP(address) !== 0));
}

/** Every address of an interface of the host itself. */
export function localAddresses(host: HostModel): Set<string> {
  return new Set(
    (host.host?.links ?? []).flatMap(({addresses}) => (addresses ?? []).map(({address}) => address)),
  );
}

/** Names of nodes by VTEP, from everything that was read. */
export function nodeNames(hosts: HostModel[]): Map<string, string> {
  const names = new Map<string, string>();
  for (const host of hosts) {
    const vtep = ownVtep(host, hosts);
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
      const address = usable(node.address) ?? usable(node.managerAddress);
      if (address && node.hostname && !names.has(address)) names.set(address, node.hostname);
    }
  }
  return names;
}

/** The leader may show itself as 0.0.0.0 or 127.0.0.1 (moby#35437), or as their like in IPv6. */
function usable(address: string | undefined): string | undefined {
  return address && !/^(0\.0\.0\.0|::1?|127\..*)$/.test(address) ? address : undefined;
}

/** Files that stand for no namespace (any more). */
const absent: ReadonlySet<NamespaceState> = new Set(['torn-down', 'dead', 'gone', 'foreign']);

/** The overlay sandboxes of a network on a host, found by the network's full id; several are several epochs. */
export function overlaySandboxes(
  host: HostModel,
  networkId: string,
  identified: Sandbox[] = sandboxes(host),
): Sandbox[] {
  return identified.filter(
    ({kind, network, namespace}) =>
      kind === 'overlay' &&
      !absent.has(namespace.state) &&
      (network ? network.id === networkId : networkId.startsWith(namespace.file.replace(/^\d+-/, ''))),
  );
}
