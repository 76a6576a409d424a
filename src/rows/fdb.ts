import type {HostModel} from '../model/host.js';
import {knownHost} from '../topology/known-host.js';
import type {FdbEntry} from './entry.js';
import {judgeSandbox} from './judge-sandbox.js';
import {gossipAddresses, judgedHost, networkView} from './network-view.js';
import {sandboxView} from './sandbox-view.js';

/** Every endpoint of a network that a host knows or should know. Empty where the network has no sandbox there. */
export function fdbEntries(hosts: HostModel[], networkId: string): FdbEntry[] {
  const view = networkView(hosts, networkId);
  return hosts.flatMap((host) => {
    const ownVtep = knownHost(host).vtepAmong(hosts)?.address;
    const gossip = gossipAddresses(host, networkId);
    return knownHost(host)
      .sandboxesOf(networkId)
      .flatMap(({namespace}) => {
        const {file, tables = {}} = namespace;
        const place = {host: judgedHost(host), file, tables, ownVtep, gossip};
        return judgeSandbox(sandboxView(view, place, view.endpoints.values())).map(({entry: one}) => one);
      });
  });
}
