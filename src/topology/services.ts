import type {GossipTask, Network} from '../model/docker-types.js';
import type {HostModel} from '../model/host.js';

/** A service on one of its networks. */
export interface ServiceOn {
  name: string;
  network: Network;
  /** Absent where its name gives the addresses of its tasks (endpoint mode dnsrr). */
  vip?: string;
  /** Its tasks there, by gossip; by the manager where no gossip was read. */
  tasks: GossipTask[];
}

/** A service on each network on which a host knows it; what the first hosts say counts first. */
export function serviceOn(hosts: HostModel[], name: string): ServiceOn[] {
  const found = new Map<string, ServiceOn>();
  for (const network of hosts.flatMap(({docker}) => docker?.networks ?? [])) {
    const service = network.services?.find((other) => other.name === name);
    if (!service) continue;
    const known = found.get(network.id);
    if (!known) {
      const {vip, tasks} = service;
      found.set(network.id, {name, network, ...(vip === undefined ? {} : {vip}), tasks: [...tasks]});
      continue;
    }
    if (service.vip !== undefined) known.vip ??= service.vip;
    known.tasks.push(...service.tasks.filter(({ip}) => !known.tasks.some((task) => task.ip === ip)));
  }
  for (const host of hosts) addByManager(found, host, name);
  return [...found.values()];
}

function addByManager(found: Map<string, ServiceOn>, {docker}: HostModel, name: string): void {
  const service = docker?.services.find((other) => other.name === name);
  for (const {networkId, address} of service?.vips ?? []) {
    const network = docker?.networks.find(({id}) => id === networkId);
    if (!network || found.has(networkId)) continue;
    const tasks = (docker?.tasks ?? [])
      .filter(({serviceId, state}) => serviceId === service?.id && state === 'running')
      .flatMap(({id, slot, nodeId, attachments}) =>
        attachments
          .filter((attachment) => attachment.networkId === networkId)
          .flatMap(({addresses}) => addresses)
          .map((ip) => ({name: `${name}.${slot ?? nodeId ?? ''}.${id}`, ip})),
      );
    found.set(networkId, {name, network, vip: address, tasks});
  }
}

/** Names of all services that a host knows, by gossip, by the manager, or by a task of its own. */
export function serviceNames(hosts: HostModel[]): Set<string> {
  const names = hosts.flatMap(({docker}) => [
    ...(docker?.networks ?? []).flatMap(({services}) => (services ?? []).map(({name}) => name)),
    ...(docker?.services ?? []).map(({name}) => name),
    ...(docker?.containers ?? []).flatMap(({service}) => service?.name ?? []),
  ]);
  // Gossip keeps plain containers under a service without a name.
  return new Set(names.filter((name) => name !== ''));
}
