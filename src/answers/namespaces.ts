import type {Wanted} from '../collect/wanted.js';
import {type HostDocument, hostDocument} from '../hosts/document.js';
import {type NamespaceRow, namespaceRows} from './namespace-rows.js';
import type {Reader} from './reader.js';

const wanted: Wanted = {
  netns: ['overlay', 'container', 'balancer', 'processes'],
  netnsTables: ['addr', 'route', 'neigh', 'fdb'],
  hostTables: [],
  docker: {containers: true, networks: 'list', cluster: false},
};

export interface NamespacesDocument extends HostDocument {
  namespaces: NamespaceRow[];
}

/** Every file of Docker's namespace directory, on every host, with what is behind it. */
export async function namespacesAnswer(reader: Pick<Reader, 'read'>): Promise<NamespacesDocument> {
  const readings = await reader.read(wanted);
  return {...hostDocument(readings), namespaces: namespaceRows(readings.hosts)};
}
