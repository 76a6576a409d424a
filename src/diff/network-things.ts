import type {Network, NetworkEndpoint} from '../model/docker-types.js';
import type {HostModel} from '../model/host.js';
import {type Endpoint, endpointsOf} from '../topology/endpoints.js';
import {textFacts} from './link-names.js';
import {hostPlace} from './namespace-things.js';
import type {HostSide, Side, SideHost} from './side.js';
import type {Place, Shelf, Thing} from './types.js';

const isSwarm = ({scope}: Network) => scope === 'swarm';

export const swarmPlace: Place = {key: 'swarm', title: 'swarm'};

/** Networks of the swarm and who is on them, once for all hosts. */
export function swarmNetworkShelves(side: Side): Shelf[] {
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
    {place: swarmPlace, kind: 'network', read, things: networks.map((network) => networkThing(network, ''))},
    ...networks
      .filter(({driver}) => driver === 'overlay')
      .map((network) => endpointShelf(side, network, hosts)),
  ];
}

function networkThing(network: Network, label: string): Thing {
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
function endpointShelf(side: Side, network: Network, hosts: HostModel[]): Shelf {
  const place: Place = {
    key: `network/${network.id}`,
    title: `network ${network.name}`,
    network: network.name,
  };
  // A manager lists networks of which it has no endpoints, and nothing to tell of them.
  const taking = side.hosts.filter(({told, host}) => told && hasSandbox(host, network.id));
  const told = taking.every(
    ({host}) => host.docker?.networks.find(({id}) => id === network.id)?.endpoints !== undefined,
  );
  const things = [...endpointsOf(hosts, network.id).values()].map((endpoint) =>
    endpointThing(side, network, endpoint),
  );
  return {place, kind: 'endpoint', read: told ? 'whole' : 'no', things: withDistinctKeys(things)};
}

function endpointThing(side: Side, {id}: Network, {ip, claims}: Endpoint): Thing {
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
function withDistinctKeys(things: Thing[]): Thing[] {
  const count = new Map<string, number>();
  for (const {key} of things) count.set(key, (count.get(key) ?? 0) + 1);
  return things.map((thing) =>
    (count.get(thing.key) ?? 0) > 1 ? {...thing, key: `${thing.key} ${thing.facts['address']}`} : thing,
  );
}

/** What one host has heard of the endpoints and the nodes of its overlays. The random names of peers say nothing. */
export function gossipShelves({host, label}: SideHost): Shelf[] {
  return (host.docker?.networks ?? [])
    .filter((network) => isSwarm(network) && network.driver === 'overlay')
    .flatMap((network) => gossipShelf(host, label, network));
}

function gossipShelf(host: HostModel, label: string, network: Network): Shelf[] {
  const place: Place = {
    key: `${label}/overlay/${network.id}`,
    host: label,
    title: `overlay ${network.name}`,
    network: network.name,
  };
  // A manager lists networks that it takes no part in: there is no gossip of those.
  if (network.services === undefined && !hasSandbox(host, network.id)) return [];
  const tasks = (network.services ?? []).flatMap((service) =>
    service.tasks.map((task): Thing => {
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
    (ip): Thing => ({
      key: `node ${ip}`,
      name: `gossip with node ${ip}`,
      facts: {},
      about: [`network:${network.id}`],
    }),
  );
  return [{place, kind: 'gossip', read: network.services ? 'whole' : 'no', things: [...tasks, ...peers]}];
}

/** A host's own networks. */
export function localNetworkShelves({host, label, owners}: HostSide): Shelf[] {
  const place = hostPlace(label);
  const networks = (host.docker?.networks ?? []).filter((network) => !isSwarm(network));
  return [
    {
      place,
      kind: 'network',
      read: host.docker?.read.networks ? 'whole' : 'no',
      things: networks.map((network) => networkThing(network, label)),
    },
    ...networks.map(
      (network): Shelf => ({
        place: {
          key: `${label}/network/${network.id}`,
          host: label,
          title: `network ${network.name}`,
          network: network.name,
        },
        kind: 'endpoint',
        read: network.endpoints ? 'whole' : 'no',
        things: (network.endpoints ?? []).map((endpoint) =>
          localEndpointThing(endpoint, network, owners, label),
        ),
      }),
    ),
  ];
}

/** The leg on docker_gwbridge is named `gateway_` and the file of the sandbox that it is of. */
function localEndpointThing(
  {key, name, ip, mac}: NetworkEndpoint,
  {id}: Network,
  owners: Map<string, string>,
  label: string,
): Thing {
  const owner = owners.get(/^gateway_([0-9a-z_]+)$/.exec(name)?.[1] ?? '');
  const shown = owner === undefined ? `endpoint ${name || key}` : `leg of ${owner}`;
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
