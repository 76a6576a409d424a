import {OvdiagError} from '../base/errors.js';
import type {HostModel} from '../model/host.js';
import {knownHost} from '../topology/known-host.js';
import {
  dockerUnread,
  type FoundContainer,
  type FoundNetwork,
  findContainer,
  findNetwork,
  unknown,
} from '../topology/names.js';
import type {LinkGroup} from './link-rows.js';

/**
 * Picks the namespaces that a user means: a namespace file, a network (its overlay sandboxes), or a container
 * (its sandbox). Throws what the name search throws; of two failures the container's, which knows more names.
 */
export function selectGroups(hosts: HostModel[], groups: LinkGroup[], typed: string): LinkGroup[] {
  const files = groups.filter(({netns}) => netns === typed || (typed === 'host' && netns === '@host'));
  if (files.length > 0) return files;
  const network = attempt(() => findNetwork(hosts, typed));
  if (network && network.network.driver === 'overlay') {
    const wanted = new Set(
      hosts.flatMap((host) =>
        knownHost(host)
          .sandboxesOf(network.network.id)
          .map(({namespace}) => `${host.name}/${namespace.file}`),
      ),
    );
    return groups.filter(({host, netns}) => wanted.has(`${host}/${netns}`));
  }
  if (network?.network.bridgeName !== undefined) {
    const {bridgeName} = network.network;
    const on = new Set(network.hosts.map(({name}) => name));
    return groups
      .filter(({host, netns}) => netns === '@host' && on.has(host))
      .map((group) => ({
        ...group,
        owner: `bridge network ${network.network.name}`,
        links: group.links.filter(({name, master}) => name === bridgeName || master === bridgeName),
      }));
  }
  if (network) return attached(hosts, groups, network);
  const {host, container} = containerOrNothing(hosts, typed, groups);
  const sandbox = knownHost(host).sandboxOf(container);
  if (!sandbox) {
    throw new OvdiagError({
      code: 'no-sandbox',
      message: `${container.name} has no network namespace on ${host.name}: it is ${container.status ?? 'not running'}.`,
      suggestions: [`See: ovdiag inspect ${container.name}`],
    });
  }
  const file = sandbox.kind === 'host' ? '@host' : sandbox.namespace.file;
  return groups.filter((group) => group.host === host.name && group.netns === file);
}

/** Networks without a bridge of their own (macvlan, ipvlan): the interfaces of the containers that are on it. */
function attached(hosts: HostModel[], groups: LinkGroup[], {network}: FoundNetwork): LinkGroup[] {
  return hosts.flatMap((host) =>
    knownHost(host).sandboxes.flatMap(({namespace, containers}) => {
      const macs = new Set(
        containers.flatMap(({endpoints}) =>
          endpoints.filter(({networkId}) => networkId === network.id).flatMap(({mac}) => mac ?? []),
        ),
      );
      return groups
        .filter((group) => group.host === host.name && group.netns === namespace.file)
        .map((group) => ({...group, links: group.links.filter(({mac}) => mac !== null && macs.has(mac))}))
        .filter(({links}) => links.length > 0);
    }),
  );
}

function containerOrNothing(hosts: HostModel[], typed: string, groups: LinkGroup[]): FoundContainer {
  const found = attempt(() => findContainer(hosts, typed));
  if (found) return found;
  if (hosts.some(({docker}) => !docker?.read.containers)) throw dockerUnread(hosts, typed, 'container');
  const known = hosts.flatMap(({docker}) =>
    [...(docker?.containers ?? []), ...(docker?.networks ?? [])].map(({name}) => name),
  );
  throw unknown('name', typed, [...known, ...groups.map(({netns}) => netns)], 'List: ovdiag namespaces');
}

function attempt<T>(find: () => T): T | undefined {
  try {
    return find();
  } catch (error) {
    if (error instanceof OvdiagError && (error.code.startsWith('unknown-') || error.code === 'docker-unread'))
      return undefined;
    throw error;
  }
}
