/** What a typed name means for a picture. */
import {OvdiagError} from '../base/errors.js';
import {type Focus, focusKey} from '../graph/focus.js';
import type {HostModel} from '../model/host.js';
import {findContainer, findNetwork} from '../topology/names.js';
import {ownerOf} from '../trace/trace.js';

/** What the picture is of. */
export interface GraphSubject {
  kind: 'all' | 'network' | 'container' | 'trace';
  name: string | null;
}

/** A network, else a container with its networks. Throws what the search for a container throws, which knows more names. */
export function subjectOf(hosts: HostModel[], typed: string): {about: GraphSubject; focus: Focus} {
  const network = networkNamed(hosts, typed);
  if (network)
    return {about: {kind: 'network', name: network.name}, focus: {networks: new Set([network.id])}};
  const found = findContainer(hosts, typed);
  // A container in the network of another one has no interface of its own.
  const {host, container} = ownerOf(found);
  const networks = container.endpoints.map(({networkId}) => networkId);
  return {
    about: {kind: 'container', name: found.container.name},
    focus: {networks: new Set(networks), inhabitants: new Set([focusKey(host.name, container.name)])},
  };
}

function networkNamed(hosts: HostModel[], typed: string): {id: string; name: string} | undefined {
  try {
    return findNetwork(hosts, typed).network;
  } catch (error) {
    const isOther =
      error instanceof OvdiagError && (error.code.startsWith('unknown-') || error.code === 'docker-unread');
    if (isOther) return undefined;
    throw error;
  }
}
