import type {HostModel} from '../model/host.js';
import type {EndpointName, Names} from '../packet/names.js';
import {fdbEntries} from '../rows/fdb.js';
import {nameOf} from '../rows/fdb-raw.js';
import {knownHost} from '../topology/known-host.js';
import {nodeNames} from '../topology/node-names.js';
import {frameReceptions} from './frame-reception.js';

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
    reception: frameReceptions(hosts, (vni) => networks.get(vni)),
  };
}

/** A VNI belongs to the network whose sandbox holds its device; else to the one that Docker's options give it. */
function networksByVni(hosts: HostModel[]): Map<number, NamedNetwork> {
  const found = instantiatedByVni(hosts);
  const configured = hosts.flatMap(({docker}) => docker?.networks ?? []);
  for (const {id, name, vnis} of configured) {
    for (const vni of vnis) if (!found.has(vni)) found.set(vni, {id, name});
  }
  // Hosts of two swarms may be read together, and each swarm counts its VNIs from the same number.
  return new Map([...found].flatMap(([vni, network]) => (network === 'shared' ? [] : [[vni, network]])));
}

/** By the devices in the sandboxes; `shared` where several networks have one VNI. */
function instantiatedByVni(hosts: HostModel[]): Map<number, NamedNetwork | 'shared'> {
  const found = new Map<number, NamedNetwork | 'shared'>();
  const overlays = hosts.flatMap((host) => knownHost(host).sandboxes).filter(({kind}) => kind === 'overlay');
  for (const {network, vnis} of overlays) {
    if (!network) continue;
    for (const vni of vnis) found.set(vni, oneOrShared(network, found.get(vni)));
  }
  return found;
}

function oneOrShared(
  {id, name}: NamedNetwork,
  known: NamedNetwork | 'shared' | undefined,
): NamedNetwork | 'shared' {
  return known === undefined || (known !== 'shared' && known.id === id) ? {id, name} : 'shared';
}

const kinds = {
  container: 'container',
  task: 'task',
  'load-balancer': 'load-balancer',
  bridge: 'gateway',
  unknown: 'other',
} as const;

/** Later entries win: an endpoint's own name, then a service's VIP, then the bridges. */
function directory(hosts: HostModel[], networkId: string): Directory {
  const names: Directory = {byMac: new Map(), byAddress: new Map()};
  nameEndpoints(names, hosts, networkId);
  for (const host of hosts) {
    nameVips(names, host, networkId);
    nameBridges(names, host, networkId);
  }
  return names;
}

function nameEndpoints({byMac, byAddress}: Directory, hosts: HostModel[], networkId: string): void {
  for (const entry of fdbEntries(hosts, networkId)) {
    if (entry.endpoint.kind === 'unknown' && entry.endpoint.name === null) continue;
    const name = {name: nameOf(entry), kind: kinds[entry.endpoint.kind]};
    if (entry.mac !== null) byMac.set(entry.mac, name);
    if (entry.address !== null) byAddress.set(entry.address, name);
  }
}

function nameVips({byAddress}: Directory, {docker}: HostModel, networkId: string): void {
  const network = docker?.networks.find(({id}) => id === networkId);
  for (const {name, vip} of network?.services ?? []) {
    if (vip !== undefined && name !== '') byAddress.set(vip, {name: `${name} (VIP)`, kind: 'other'});
  }
}

function nameBridges({byMac, byAddress}: Directory, host: HostModel, networkId: string): void {
  const bridges = knownHost(host)
    .sandboxesOf(networkId)
    .flatMap(({namespace}) => namespace.tables?.links ?? [])
    .filter(({kind}) => kind === 'bridge');
  for (const {name, mac, addresses} of bridges) {
    if (mac !== undefined) byMac.set(mac, {name: `${name} of ${host.name}`, kind: 'gateway'});
    // Every node's bridge has the gateway address, so it names no node.
    for (const {address, family} of addresses ?? []) {
      if (family === 'inet') byAddress.set(address, {name: 'gateway', kind: 'gateway'});
    }
  }
}
