import {ipVersion} from '../base/ip-version.js';
import type {HostModel} from '../model/host.js';

/** Which source told a host's own VTEP address; the first that answers wins. */
export type VtepSource = 'own-task' | 'state-file' | 'peer-row' | 'node-address';

export interface OwnVtep {
  address: string;
  source: VtepSource;
}

/**
 * A host's own VTEP (moby libnetwork agent.go: data-path-addr, else advertise-addr). No API answers it, so it is
 * taken from gossip's host address of one of its own endpoints, else from the file in which the engine keeps it: what
 * is told here; else from a local address that other hosts' FDB entries point at (`pointedAt`), else from the node's
 * control-plane address where that is local (`nodeVtep`).
 */
export function toldVtep({docker, swarmState}: HostModel): OwnVtep | undefined {
  const networks = docker?.networks ?? [];
  const own = new Set(
    networks.flatMap(({endpoints}) =>
      (endpoints ?? []).flatMap(({endpointId}) => (endpointId ? [endpointId] : [])),
    ),
  );
  for (const {tasks} of networks.flatMap(({services}) => services ?? [])) {
    const task = tasks.find(({endpointId, hostIp}) => hostIp && endpointId && own.has(endpointId));
    if (task?.hostIp) return {address: task.hostIp, source: 'own-task'};
  }
  const {dataPathAddress, advertiseAddress, localAddress} = swarmState ?? {};
  const kept = dataPathAddress ?? advertiseAddress ?? localAddress;
  return kept === undefined ? undefined : {address: kept, source: 'state-file'};
}

/** The first of the addresses that other hosts' rows lead to which is an own one. */
export function pointedAt(own: ReadonlySet<string>, destinations: Iterable<string>): OwnVtep | undefined {
  for (const address of destinations) if (own.has(address)) return {address, source: 'peer-row'};
  return undefined;
}

/** The node's address in its swarm, where it is an own one. */
export function nodeVtep({docker}: HostModel, own: ReadonlySet<string>): OwnVtep | undefined {
  const address = docker?.engine.swarm?.nodeAddress;
  return address && own.has(address) ? {address, source: 'node-address'} : undefined;
}

/** Where the rows of a host's vxlan devices lead, each address once, in the order of the rows. */
export function tunnelDestinations({namespaces}: HostModel): Set<string> {
  const destinations = new Set<string>();
  for (const {tables} of namespaces) {
    for (const {plane, vtep: dst} of tables?.fdb ?? []) {
      if (plane === 'self' && dst !== undefined) destinations.add(dst);
    }
  }
  return destinations;
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
    ...rows.flatMap(({plane, vtep: dst}) => (plane === 'self' && dst !== undefined ? [dst] : [])),
    ...tasks.flatMap(({hostIp}) => hostIp ?? []),
    ...networks.flatMap(({peers}) => peers ?? []).flatMap(({ip}) => usableAddress(ip) ?? []),
    ...(host.docker?.nodes ?? []).flatMap(({address}) => usableAddress(address) ?? []),
  ];
  return new Set(named.filter((address) => address !== own && ipVersion(address) !== 0));
}

/** Every address of an interface of the host itself. */
export function localAddresses(host: HostModel): Set<string> {
  return new Set(
    (host.host?.links ?? []).flatMap(({addresses}) => (addresses ?? []).map(({address}) => address)),
  );
}

/** The leader may show itself as 0.0.0.0 or 127.0.0.1 (moby#35437), or as their like in IPv6. */
export function usableAddress(address: string | undefined): string | undefined {
  return address && !/^(0\.0\.0\.0|::1?|127\..*)$/.test(address) ? address : undefined;
}
