/** What a typed name means for a picture. */
import {OvdiagError, usageError} from '../base/errors.js';
import {quoteText} from '../base/escape.js';
import {nearNames} from '../base/near.js';
import {type Focus, focusKey} from '../graph/focus.js';
import type {HostModel} from '../model/host.js';
import {type FoundContainer, findContainer, findNetwork, parseName} from '../topology/names.js';
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
  const found = containerNamed(hosts, typed);
  // A container in the network of another one has no interface of its own.
  const {host, container} = ownerOf(found);
  const networks = container.endpoints.map(({networkId}) => networkId);
  return {
    about: {kind: 'container', name: found.container.name},
    focus: {networks: new Set(networks), inhabitants: new Set([focusKey(host.name, container.name)])},
  };
}

/** What it throws offers networks too. */
function containerNamed(hosts: HostModel[], typed: string): FoundContainer {
  try {
    return findContainer(hosts, typed);
  } catch (error) {
    if (!(error instanceof OvdiagError) || error.code !== 'unknown-container') throw error;
    const {name} = parseName(typed, []);
    const near = nearNames(
      name,
      hosts.flatMap(({docker}) => docker?.networks ?? []).map((network) => network.name),
    );
    throw usageError('unknown-name', `No network or container named ${quoteText(typed)}.`, [
      ...near.map((one) => `Did you mean: ${one}`),
      ...error.suggestions,
    ]);
  }
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
