import type {HostModel} from '../model/host.js';
import type {EndpointName, Names} from '../packet/names.js';
import {fdbEntries} from './fdb.js';
import {nameOf} from './fdb-raw.js';
import {sandboxes} from './sandboxes.js';
import {nodeNames} from './vteps.js';

interface NamedNetwork {
  id: string;
  name: string;
}

interface Directory {
  byMac: Map<string, EndpointName>;
  byAddress: Map<string, EndpointName>;
}

/** Names for the numbers in packets, from the same joined endpoints that fdb shows. Each network is joined when it is first met. */
export function packetNames(hosts: HostModel[]): Names {
  const networks = networksByVni(hosts);
  const nodes = nodeNames(hosts);
  const directories = new Map<string, Directory>();
  const directoryOf = (vni: number): Directory | undefined => {
    const network = networks.get(vni);
    if (!network) return undefined;
    const known = directories.get(network.id) ?? directory(hosts, network.id);
    directories.set(network.id, known);
    return known;
  };
  return {
    network: (vni) => networks.get(vni)?.name,
    endpoint(vni, mac, address) {
      const known = directoryOf(vni);
      return known?.byAddress.get(address ?? '') ?? known?.byMac.get(mac ?? '');
    },
    node: (vtep) => nodes.get(vtep),
  };
}

/** A VNI belongs to the network whose sandbox holds its device; else to the one that Docker's options give it. */
function networksByVni(hosts: HostModel[]): Map<number, NamedNetwork> {
  const found = new Map<number, NamedNetwork>();
  for (const host of hosts) {
    for (const {kind, network, vnis} of sandboxes(host)) {
      if (kind !== 'overlay' || !network) continue;
      for (const vni of vnis) found.set(vni, {id: network.id, name: network.name});
    }
  }
  for (const network of hosts.flatMap(({docker}) => docker?.networks ?? [])) {
    for (const vni of network.vnis) {
      if (!found.has(vni)) found.set(vni, {id: network.id, name: network.name});
    }
  }
  return found;
}

const kinds = {
  container: 'container',
  task: 'task',
  'load-balancer': 'load-balancer',
  bridge: 'gateway',
  unknown: 'other',
} as const;

function directory(hosts: HostModel[], networkId: string): Directory {
  const byMac = new Map<string, EndpointName>();
  const byAddress = new Map<string, EndpointName>();
  for (const entry of fdbEntries(hosts, networkId)) {
    if (entry.endpoint.kind === 'unknown' && entry.endpoint.name === null) continue;
    const name = {name: nameOf(entry), kind: kinds[entry.endpoint.kind]};
    if (entry.mac !== null) byMac.set(entry.mac, name);
    if (entry.ip !== null) byAddress.set(entry.ip, name);
  }
  for (const host of hosts) {
    const network = host.docker?.networks.find(({id}) => id === networkId);
    for (const {name, vip} of network?.services ?? []) {
      if (vip !== undefined && name !== '') byAddress.set(vip, {name: `${name} (VIP)`, kind: 'other'});
    }
    for (const {kind, network: own, namespace} of sandboxes(host)) {
      if (kind !== 'overlay' || own?.id !== networkId) continue;
      for (const link of namespace.tables?.links ?? []) {
        if (link.kind !== 'bridge' || link.mac === undefined) continue;
        const name: EndpointName = {name: `${link.name} of ${host.name}`, kind: 'gateway'};
        byMac.set(link.mac, name);
        // Every node's bridge has the gateway address, so it names no node.
        for (const {address, family} of link.addresses ?? []) {
          if (family === 'inet') byAddress.set(address, {name: 'gateway', kind: 'gateway'});
        }
      }
    }
  }
  return {byMac, byAddress};
}
