import type {Network, NetworkEndpoint} from '../model/docker-types.js';
import type {HostModel} from '../model/host.js';
import {type Endpoint, endpointsOf} from '../topology/endpoints.js';
import {textFacts} from './link-names.js';
import {hostPlace} from './namespace-items.js';
import {type ComparedHost, namespaceOwners, type Side} from './side.js';
import type {Item, ItemList, ItemPlace} from './types.js';

const isSwarm = ({scope}: Network) => scope === 'swarm';

export const swarmPlace: ItemPlace = {key: 'swarm', title: 'swarm'};

/** Networks of the swarm and who is on them, once for all hosts. */
export function swarmNetworkLists(side: Side): ItemList[] {
  const hosts = side.hosts.filter(({told}) => told).map(({host}) => host);
  const byId = new Map<string, Network>();
  for (const {docker} of hosts) {
    for (const network of (docker?.networks ?? []).filter(isSwarm)) {
      const known = byId.get(network.id);
      // A worker lists less of a network than a manager does.
      if (!known || network.vnis.length > known.vnis.length) byId.set(network.id, network);
    }
  }
  const read = hosts.length > 0 ? 'whole' : 'no';
  const networks = [...byId.values()];
  return [
    {place: swarmPlace, kind: 'network', read, items: networks.map((network) => networkItem(network, ''))},
    ...networks
      .filter(({driver}) => driver === 'overlay')
      .map((network) => endpointList(side, network, hosts)),
  ];
}

function networkItem(network: Network, label: string): Item {
  const {id, name, driver, subnets, vnis, mtuOption, internal, attachable, ingress, encrypted, bridgeName} =
    network;
  return {
    key: id,
    slot: name,
    name: `network ${name}`,
    detail: [
      driver,
      ...(vnis.length > 0 ? [`VNI ${vnis.join(', ')}`] : []),
      ...subnets.map(({subnet}) => subnet),
    ].join(', '),
    facts: textFacts({
      id: id.slice(0, 12),
      name,
      driver,
      subnets:
        subnets.map(({subnet, gateway}) => (gateway ? `${subnet} by ${gateway}` : subnet)).join(', ') ||
        'none',
      VNIs: vnis.join(', ') || undefined,
      'MTU option': mtuOption ?? 'none',
      internal,
      attachable,
      ingress,
      encrypted,
    }),
    explains: [`network:${id}`, ...(bridgeName === undefined ? [] : [`bridge:${label}/${bridgeName}`])],
  };
}

/** The endpoints of an overlay by all engines, gossip and the manager together. */
function endpointList(side: Side, network: Network, hosts: HostModel[]): ItemList {
  const place: ItemPlace = {
    key: `network/${network.id}`,
    title: `network ${network.name}`,
    network: network.name,
  };
  // A manager lists networks of which it has no endpoints, and nothing to tell of them.
  const taking = side.hosts.filter(({told, host}) => told && hasSandbox(host, network.id));
  const told = taking.every(
    ({host}) => host.docker?.networks.find(({id}) => id === network.id)?.endpoints !== undefined,
  );
  const items = [...endpointsOf(hosts, network.id).values()].map((endpoint) =>
    endpointItem(side, network, endpoint),
  );
  return {place, kind: 'endpoint', read: told ? 'whole' : 'no', items: withDistinctKeys(items)};
}

function endpointItem(side: Side, {id}: Network, {ip, claims}: Endpoint): Item {
  const [{kind, name, vtep, mac}] = claims;
  const node = vtep === undefined ? undefined : (side.nodes.get(vtep) ?? vtep);
  const who =
    kind === 'load-balancer'
      ? `load balancer of ${node ?? 'a node'}`
      : `${kind === 'unknown' ? 'endpoint' : kind} ${name}`;
  const taskId = kind === 'task' ? claims.find((claim) => claim.kind === 'task')?.id : undefined;
  return {
    key: who,
    name: who,
    detail: `${ip}${node === undefined ? '' : ` on ${node}`}`,
    facts: textFacts({address: ip, MAC: mac, node}),
    about: [
      `network:${id}`,
      `endpoint:${id}/${name}`,
      `address:${id}/${ip}`,
      ...(taskId ? [`task:${taskId}`] : []),
    ],
    explains: [
      `address:${id}/${ip}`,
      ...claims.flatMap((claim) => (claim.mac ? [`mac:${id}/${claim.mac}`] : [])),
    ],
  };
}

/** Two endpoints may have one name; then their addresses tell them apart. */
function withDistinctKeys(items: Item[]): Item[] {
  const count = new Map<string, number>();
  for (const {key} of items) count.set(key, (count.get(key) ?? 0) + 1);
  return items.map((item) =>
    (count.get(item.key) ?? 0) > 1 ? {...item, key: `${item.key} ${item.facts['address']}`} : item,
  );
}

/** What one host has heard of the endpoints and the nodes of its overlays. The random names of peers say nothing. */
export function gossipLists({host, label}: ComparedHost): ItemList[] {
  return (host.docker?.networks ?? [])
    .filter((network) => isSwarm(network) && network.driver === 'overlay')
    .flatMap((network) => gossipList(host, label, network));
}

function gossipList(host: HostModel, label: string, network: Network): ItemList[] {
  const place: ItemPlace = {
    key: `${label}/overlay/${network.id}`,
    host: label,
    title: `overlay ${network.name}`,
    network: network.name,
  };
  // A manager lists networks that it takes no part in: there is no gossip of those.
  if (network.services === undefined && !hasSandbox(host, network.id)) return [];
  const tasks = (network.services ?? []).flatMap((service) =>
    service.tasks.map((task): Item => {
      const {ip, name, hostIp} = task;
      return {
        key: `${name} ${ip}`,
        slot: ip,
        name: `gossip of ${name || ip}`,
        detail: `${ip}${hostIp === undefined ? ', no host' : ` at ${hostIp}`}`,
        facts: textFacts({name, host: hostIp ?? 'none', service: service.name || 'none'}),
        about: [`network:${network.id}`, `address:${network.id}/${ip}`],
      };
    }),
  );
  const peers = [...new Set((network.peers ?? []).map(({ip}) => ip))].map(
    (ip): Item => ({
      key: `node ${ip}`,
      name: `gossip with node ${ip}`,
      facts: {},
      about: [`network:${network.id}`],
    }),
  );
  return [{place, kind: 'gossip', read: network.services ? 'whole' : 'no', items: [...tasks, ...peers]}];
}

/** A host's own networks. */
export function localNetworkLists({host, label}: ComparedHost): ItemList[] {
  const place = hostPlace(label);
  const networks = (host.docker?.networks ?? []).filter((network) => !isSwarm(network));
  return [
    {
      place,
      kind: 'network',
      read: host.docker?.read.networks ? 'whole' : 'no',
      items: networks.map((network) => networkItem(network, label)),
    },
    ...networks.map(
      (network): ItemList => ({
        place: {
          key: `${label}/network/${network.id}`,
          host: label,
          title: `network ${network.name}`,
          network: network.name,
        },
        kind: 'endpoint',
        read: network.endpoints ? 'whole' : 'no',
        items: (network.endpoints ?? []).map((endpoint) =>
          localEndpointItem(endpoint, network, namespaceOwners(host), label),
        ),
      }),
    ),
  ];
}

/** The leg on docker_gwbridge is named `gateway_` and the file of the sandbox that it is of. */
function localEndpointItem(
  {key, name, ip, mac}: NetworkEndpoint,
  {id}: Network,
  owners: ReadonlyMap<string, string>,
  label: string,
): Item {
  const owner = owners.get(/^gateway_([0-9a-z_]+)$/.exec(name)?.[1] ?? '');
  const shown = owner === undefined ? `endpoint ${name || key}` : `docker_gwbridge interface of ${owner}`;
  return {
    key: shown,
    name: shown,
    ...(ip ? {detail: ip} : {}),
    facts: textFacts({address: ip ?? 'none', MAC: mac}),
    about: [
      `network:${id}`,
      `endpoint:${id}/${name}`,
      ...(owner === undefined ? [] : [`owner:${label}/${owner}`]),
    ],
    explains: ip ? [`address:${id}/${ip}`, `ip:${label}/${ip}`] : [],
  };
}

/** Told by the names of the files alone: the tables of all hosts together would be too many. */
function hasSandbox({namespaces}: HostModel, networkId: string): boolean {
  return namespaces.some(({file}) => /^\d+-/.test(file) && networkId.startsWith(file.replace(/^\d+-/, '')));
}
