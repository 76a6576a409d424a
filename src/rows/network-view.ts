/** What all hosts that were read tell about one network, as the judgement of rows needs it. */
import {ipVersion} from '../base/ip-version.js';
import type {HostModel} from '../model/host.js';
import {type Endpoint, endpointsOf} from '../topology/endpoints.js';
import {knownHost} from '../topology/known-host.js';
import {nodeNames} from '../topology/node-names.js';
import type {JudgedHost, NetworkView} from './sandbox-view.js';

/** Addresses that this host's gossip of a network has. Undefined where it was not read. */
export function gossipAddresses(host: HostModel, networkId: string): Set<string> | undefined {
  const services = host.docker?.networks.find(({id}) => id === networkId)?.services;
  return services && new Set(services.flatMap(({tasks}) => tasks.map(({ip}) => ip)));
}

export function judgedHost({key, name, startedAt, docker}: HostModel): JudgedHost {
  const nodeId = docker?.engine.swarm?.nodeId;
  return {key, name, startedAt, ...(nodeId === undefined ? {} : {nodeId})};
}

/**
 * @param endpoints those that are asked for; what nobody claims can be judged only where they are all of the network
 */
export function networkView(
  hosts: HostModel[],
  networkId: string,
  endpoints: ReadonlyMap<string, Endpoint> = endpointsOf(hosts, networkId),
): NetworkView {
  const nodes = nodeNames(hosts);
  const claimed = [...endpoints.values()].flatMap(({claims}) => claims.flatMap(({vtep}) => vtep ?? []));
  const known = hosts.map((host) => ({
    host,
    network: host.docker?.networks.find(({id}) => id === networkId),
  }));
  const peers = known.map(({network}) =>
    (network?.peers ?? []).flatMap(({ip}) => (ipVersion(ip) ? [ip] : [])),
  );
  const asked = known.flatMap(({host, network}) => (network?.endpoints ? [host] : []));
  const keyed = (keyOf: (host: HostModel) => string | undefined) =>
    new Map(
      asked.flatMap((host) => [[keyOf(host) ?? '', judgedHost(host)] as const]).filter(([key]) => key !== ''),
    );
  return {
    endpoints,
    nodes,
    knownVteps: new Set([...claimed, ...peers.flat(), ...nodes.keys()]),
    untoldVteps: Math.max(0, ...peers.map((ips) => new Set(ips).size)) > new Set(claimed).size,
    inspected: keyed((host) => knownHost(host).vtepAmong(hosts)?.address),
    inspectedNodes: keyed(({docker}) => docker?.engine.swarm?.nodeId),
    balancerVteps: new Set(
      [...endpoints.values()].flatMap(({claims}) =>
        claims.flatMap(({kind, vtep}) => (kind === 'load-balancer' && vtep !== undefined ? [vtep] : [])),
      ),
    ),
    hostnames: new Map(
      hosts.flatMap(({docker}) =>
        (docker?.nodes ?? []).flatMap(({id, hostname}) =>
          hostname === undefined ? [] : [[id, hostname] as const],
        ),
      ),
    ),
    bridges: bridgesOf(hosts, networkId),
  };
}

/** Bridges by MAC: of the sandboxes that have this network's id in their names. */
function bridgesOf(hosts: HostModel[], networkId: string): NetworkView['bridges'] {
  const bridges: NetworkView['bridges'] = new Map();
  const isOf = (file: string) => /^\d+-/.test(file) && networkId.startsWith(file.replace(/^\d+-/, ''));
  for (const host of hosts) {
    const links = host.namespaces.flatMap(({tables, file}) => (isOf(file) ? (tables?.links ?? []) : []));
    for (const {kind, mac, name} of links) {
      if (kind === 'bridge' && mac !== undefined)
        bridges.set(mac, [...(bridges.get(mac) ?? []), {host: judgedHost(host), name}]);
    }
  }
  return bridges;
}
