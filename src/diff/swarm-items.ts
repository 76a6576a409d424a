import type {DockerModel} from '../model/docker-types.js';
import {textFacts} from './link-names.js';
import {swarmPlace} from './network-items.js';
import type {Side} from './side.js';
import type {Item, ItemList} from './types.js';

/** Nodes, services and running tasks, as the first manager among the hosts tells them. */
export function swarmLists({hosts}: Side): ItemList[] {
  const manager = hosts.find(({host}) => host.docker?.read.nodes)?.host.docker;
  const list = (kind: ItemList['kind'], read: boolean | undefined, items: Item[]): ItemList => ({
    place: swarmPlace,
    kind,
    read: read ? 'whole' : 'no',
    items,
  });
  return [
    list('node', manager?.read.nodes, manager ? nodeItems(manager) : []),
    list('service', manager?.read.services, manager ? serviceItems(manager) : []),
    list('task', manager?.read.tasks, manager ? taskItems(manager) : []),
  ];
}

function nodeItems({nodes}: DockerModel): Item[] {
  return nodes.map(({id, hostname, role, availability, state, address, engineVersion}) => ({
    key: id,
    slot: hostname ?? id,
    name: `node ${hostname ?? id}`,
    detail: [role, availability, state, address].filter(Boolean).join(', '),
    facts: textFacts({
      id: id.slice(0, 12),
      'host name': hostname,
      role,
      availability,
      state,
      address,
      engine: engineVersion,
    }),
  }));
}

function serviceItems({services, networks}: DockerModel): Item[] {
  const names = new Map(networks.map(({id, name}) => [id, name]));
  return services.map(({id, name, vips, ports}) => ({
    key: id,
    slot: name,
    name: `service ${name}`,
    facts: textFacts({
      id: id.slice(0, 12),
      name,
      VIPs:
        vips
          .map(({networkId, address}) => `${address} on ${names.get(networkId) ?? networkId.slice(0, 12)}`)
          .sort()
          .join(', ') || 'none',
      'published ports':
        ports
          .map(
            ({protocol, published, target, mode}) =>
              `${published ?? '?'}→${target ?? '?'}/${protocol ?? '?'} (${mode ?? '?'})`,
          )
          .sort()
          .join(', ') || 'none',
    }),
  }));
}

/** Tasks that run and are to run: all others are on their way somewhere, or history. */
function taskItems({tasks, services, nodes, networks}: DockerModel): Item[] {
  const serviceNames = new Map(services.map(({id, name}) => [id, name]));
  const hostnames = new Map(nodes.map(({id, hostname}) => [id, hostname]));
  const networkNames = new Map(networks.map(({id, name}) => [id, name]));
  return tasks
    .filter(
      ({attachment, state, desiredState}) => !attachment && state === 'running' && desiredState === 'running',
    )
    .map(({id, serviceId, slot, nodeId, attachments}) => {
      const service = serviceNames.get(serviceId ?? '') ?? serviceId ?? 'task';
      const node = hostnames.get(nodeId ?? '') ?? nodeId;
      const addresses = attachments
        .flatMap(({networkId, addresses: all}) =>
          all.map((address) => `${address} on ${networkNames.get(networkId) ?? networkId.slice(0, 12)}`),
        )
        .sort();
      return {
        key: id,
        slot: `${serviceId} ${slot ?? nodeId}`,
        name: `task ${service}.${slot ?? node ?? ''}`,
        detail: [`${id.slice(0, 12)}`, ...(node ? [`on ${node}`] : []), ...addresses].join(', '),
        facts: textFacts({id: id.slice(0, 12), node, addresses: addresses.join(', ') || undefined}),
        about: [`task:${id}`],
        explains: [
          `task:${id}`,
          ...attachments.flatMap(({networkId, addresses: all}) =>
            all.map((address) => `address:${networkId}/${address}`),
          ),
        ],
      };
    });
}
