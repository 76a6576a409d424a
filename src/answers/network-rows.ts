import type {Network} from '../model/docker-types.js';
import type {HostModel} from '../model/host.js';
import {knownHost} from '../topology/known-host.js';

export interface NetworkRow {
  networkId: string;
  network: string;
  driver: string;
  scope: string;
  subnets: string[];
  vni: number | null;
  vnis: number[];
  /** MTU that endpoints of an overlay get (by device, else by option); null where nothing tells it. */
  mtu: number | null;
  flags: string[];
  /** Hosts on which it is instantiated, and those that know it without. */
  instantiatedOn: string[];
  knownOn: string[];
  /** Local endpoints by host, where Docker was asked. */
  endpointCount: number | null;
  note: string | null;
}

/** Every network that any host knows. Swarm networks are one by their full id; local ones belong to their host. */
export function networkRows(hosts: HostModel[]): NetworkRow[] {
  const byId = new Map<string, {host: HostModel; network: Network}[]>();
  for (const host of hosts) {
    for (const network of host.docker?.networks ?? [])
      byId.set(network.id, [...(byId.get(network.id) ?? []), {host, network}]);
  }
  return [...byId.values()]
    .map(rowOf)
    .sort(
      (a, b) =>
        rank(a) - rank(b) ||
        (a.network < b.network ? -1 : a.network > b.network ? 1 : a.networkId < b.networkId ? -1 : 1),
    );
}

function rank({driver, scope}: NetworkRow): number {
  return driver === 'overlay' ? 0 : scope === 'swarm' ? 1 : 2;
}

function rowOf(known: {host: HostModel; network: Network}[]): NetworkRow {
  const network = known.reduce(
    (best, {network: other}) =>
      (other.endpoints?.length ?? -1) > (best.endpoints?.length ?? -1) ? other : best,
    known[0]?.network as Network,
  );
  const instantiated = known.filter(({host, network: own}) => isInstantiated(host, own));
  const counts = known.flatMap(({network: own}) => (own.endpoints ? [own.endpoints.length] : []));
  const absent = known.filter((entry) => !instantiated.includes(entry)).map(({host}) => host);
  return {
    networkId: network.id,
    network: network.name,
    driver: network.driver,
    scope: network.scope,
    subnets: network.subnets.map(({subnet}) => subnet),
    vni: network.vnis[0] ?? null,
    vnis: network.vnis,
    mtu: known.map(({host, network: own}) => mtuOf(host, own)).find((mtu) => mtu !== undefined) ?? null,
    flags: (['ingress', 'attachable', 'internal', 'encrypted', 'configOnly'] as const)
      .filter((flag) => network[flag])
      .map((flag) => (flag === 'configOnly' ? 'config-only' : flag)),
    instantiatedOn: instantiated.map(({host}) => host.name),
    knownOn: known.map(({host}) => host.name),
    endpointCount: counts.length > 0 ? counts.reduce((sum, count) => sum + count, 0) : null,
    note: noteOf(network, absent),
  };
}

function noteOf(network: Network, absent: HostModel[]): string | null {
  if (network.driver !== 'overlay' || absent.length === 0) return null;
  const unseen = absent.filter(({privileged}) => !privileged);
  if (unseen.length > 0) return `unknown whether it is instantiated on ${namesOf(unseen)}`;
  return `not instantiated on ${namesOf(absent)}: normal until a task there needs it`;
}

/** All of a few, the first of many. */
function namesOf(hosts: HostModel[]): string {
  const names = hosts.map(({name}) => name);
  if (names.length <= 4) return names.join(', ');
  return `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`;
}

/** An overlay is instantiated where it has a sandbox; every other network where the engine lists it. */
function isInstantiated(host: HostModel, network: Network): boolean {
  if (network.configOnly) return false;
  return network.driver !== 'overlay' || knownHost(host).sandboxesOf(network.id).length > 0;
}

/**
 * The option of an overlay means the underlay's MTU: its devices have 50 bytes less, and encrypted ones 26 less
 * again, rounded down to a multiple of 4 (moby overlay/encryption.go maxMTU). The device tells the truth.
 */
function mtuOf(host: HostModel, network: Network): number | undefined {
  if (network.driver === 'overlay') {
    const devices = knownHost(host)
      .sandboxesOf(network.id)
      .flatMap(({namespace}) => namespace.tables?.links ?? []);
    return devices.find(({vxlan}) => vxlan !== undefined)?.mtu;
  }
  const name = network.bridgeName ?? network.parent;
  return (host.host?.links ?? []).find((link) => link.name === name)?.mtu ?? network.mtuOption;
}
