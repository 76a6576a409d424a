import type {DockerModel} from '../model/docker-types.js';
import {textFacts} from './link-names.js';
import {swarmPlace} from './network-things.js';
import type {Side} from './side.js';
import type {Shelf, Thing} from './types.js';

/** Nodes, services and running tasks, as the first manager among the hosts tells them. */
export function swarmShelves({hosts}: Side): Shelf[] {
  const manager = hosts.find(({host}) => host.docker?.read.nodes)?.host.docker;
  const shelf = (kind: Shelf['kind'], read: boolean | undefined, things: Thing[]): Shelf => ({
    place: swarmPlace,
    kind,
    read: read ? 'whole' : 'no',
    things,
  });
  return [
    shelf('node', manager?.read.nodes, manager ? nodeThings(manager) : []),
    shelf('service', manager?.read.services, manager ? serviceThings(manager) : []),
    shelf('task', manager?.read.tasks, manager ? taskThings(manager) : []),
  ];
}

function nodeThings({nodes}: DockerModel): Thing[] {
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

function serviceThings({services, networks}: DockerModel): Thing[] {
  const names = new Map(networks.map(({id, name}) => [id, name]));
  return services.map(({id, name, vips, ports}) => ({
    key: id,
    slot: name,
    name: `service ${name}`,
    facts: textFacts({
      id: id.slice(0, 12),
      name,
      'virtual addresses':
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
function taskThings({tasks, services, nodes, networks}: DockerModel): Thing[] {
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
