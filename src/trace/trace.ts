import {endpointsOf} from '../join/endpoints.js';
import {inSubnet} from '../join/subnet.js';
import type {Container, Network} from '../model/docker-types.js';
import type {HostModel} from '../model/host.js';
import type {Traffic} from './filter.js';
import {type Disposition, type Walk, worse} from './hop.js';
import {walkOutside} from './outside.js';
import {containerPlace, type Party, type WalkedHost, walkedHost} from './party.js';
import {chooseRoute} from './route.js';
import {walk} from './walk.js';

export interface TraceEnd {
  host: HostModel;
  container: Container;
}

/** A destination: a container that was read, or an address. */
export type TraceTarget = TraceEnd | {ip: string};

export interface Trace {
  disposition: Disposition;
  source: string;
  destination: string;
  network: string | null;
  /** Why this network, where several would do. */
  chosenBy: string | null;
  forward: Walk;
  /** Null where there is no reply to walk: an address outside, an endpoint of a host that was not read. */
  reverse: Walk | null;
}

export interface TraceOptions {
  /** Name or id of the network to walk on, where both ends share several. */
  network?: string | undefined;
  /** What the packet carries; an ICMP echo by default. */
  traffic?: Traffic;
}

/** Walks both directions between a container and a container or address. Pure over what was read. */
export function trace(
  hosts: HostModel[],
  source: TraceEnd,
  target: TraceTarget,
  {network: wantedNetwork, traffic = {protocol: 'icmp'}}: TraceOptions = {},
): Trace {
  const walked = hosts.map(walkedHost);
  const shared = sharedNetworks(hosts, source.container, target, wantedNetwork);
  const destination = 'container' in target ? target.container.name : target.ip;
  const base = {source: source.container.name, destination};
  const [first] = shared;
  if (!first) {
    const forward = 'ip' in target ? walkOutside(walked, source, target.ip) : apart(source, target);
    return {...base, disposition: forward.disposition, network: null, chosenBy: null, forward, reverse: null};
  }
  const network = shared.length === 1 ? first : (byRoute(walked, source, shared, target) ?? first);
  const context = {hosts: walked, network, traffic};
  const src = partyOf(hosts, source, network);
  const dst =
    'container' in target ? partyOf(hosts, target, network) : addressParty(hosts, target.ip, network);
  if (!src || !dst) {
    const forward = missing(source.container.name, destination, network);
    return {
      ...base,
      disposition: forward.disposition,
      network: network.name,
      chosenBy: null,
      forward,
      reverse: null,
    };
  }
  const forward = walk(context, src, dst);
  const reverse = dst.host ? walk(context, dst, src) : null;
  return {
    ...base,
    disposition: reverse ? worse(forward.disposition, reverse.disposition) : forward.disposition,
    network: network.name,
    chosenBy:
      shared.length > 1
        ? `${shared.map(({name}) => name).join(', ')} are shared; the route of ${source.container.name} picks ${network.name}`
        : null,
    forward,
    reverse,
  };
}

/** Networks that both are on; for an address those of the source whose subnets hold it. */
function sharedNetworks(
  hosts: HostModel[],
  container: Container,
  target: TraceTarget,
  wanted: string | undefined,
): Network[] {
  const known = new Map(
    hosts.flatMap(({docker}) => (docker?.networks ?? []).map((network) => [network.id, network] as const)),
  );
  const theirs =
    'container' in target ? new Set(target.container.endpoints.map(({networkId}) => networkId)) : undefined;
  return container.endpoints
    .flatMap(({networkId}) => known.get(networkId) ?? [])
    .filter((network) =>
      theirs
        ? theirs.has(network.id)
        : network.subnets.some(({subnet}) => 'ip' in target && inSubnet(target.ip, subnet)),
    )
    .filter((network) => ['overlay', 'bridge', 'macvlan', 'ipvlan'].includes(network.driver))
    .filter(({name, id}) => wanted === undefined || name === wanted || id.startsWith(wanted));
}

function byRoute(
  hosts: WalkedHost[],
  {host, container}: TraceEnd,
  shared: Network[],
  target: TraceTarget,
): Network | undefined {
  const walked = hosts.find(({model}) => model.key === host.key);
  const tables = walked ? containerPlace(walked, container)?.tables : undefined;
  return shared.find((network) => {
    const ip =
      'ip' in target
        ? target.ip
        : target.container.endpoints.find(({networkId}) => networkId === network.id)?.ip;
    const route = ip && tables ? chooseRoute(tables, ip).route : undefined;
    const own = container.endpoints.find(({networkId}) => networkId === network.id);
    return tables?.links?.some(({name, mac}) => name === route?.dev && mac === own?.mac);
  });
}

function partyOf(hosts: HostModel[], {host, container}: TraceEnd, network: Network): Party | undefined {
  const endpoint = container.endpoints.find(({networkId}) => networkId === network.id);
  if (!endpoint?.ip) return undefined;
  const vtep = endpointsOf(hosts, network.id)
    .get(endpoint.ip)
    ?.claims.find((claim) => claim.vtep !== undefined)?.vtep;
  return {
    name: container.name,
    ip: endpoint.ip,
    host,
    container,
    ...(endpoint.mac ? {mac: endpoint.mac} : {}),
    ...(vtep ? {vtep} : {}),
  };
}

function addressParty(hosts: HostModel[], ip: string, network: Network): Party {
  const endpoint = endpointsOf(hosts, network.id).get(ip);
  const [claim] = endpoint?.claims ?? [];
  const owner = hosts.find(({docker}) =>
    docker?.containers.some(
      ({running, endpoints}) =>
        running && endpoints.some((own) => own.networkId === network.id && own.ip === ip),
    ),
  );
  const container = owner?.docker?.containers.find(
    ({running, endpoints}) =>
      running && endpoints.some((own) => own.networkId === network.id && own.ip === ip),
  );
  const vtep = endpoint?.claims.find((known) => known.vtep !== undefined)?.vtep;
  return {
    name: claim?.name ?? ip,
    ip,
    ...(claim?.mac ? {mac: claim.mac} : {}),
    ...(vtep ? {vtep} : {}),
    ...(owner && container ? {host: owner, container} : {}),
  };
}

function apart({host, container}: TraceEnd, target: TraceTarget): Walk {
  const other = 'container' in target ? target.container : undefined;
  const names = (endpoints: Container['endpoints'] | undefined) =>
    (endpoints ?? []).map(({networkName}) => networkName).join(', ') || 'none';
  return {
    disposition: 'isolated',
    hops: [
      {
        host: host.name,
        layer: 'route',
        verdict: 'fail',
        code: 'no-shared-network',
        summary: `${container.name} and ${other?.name ?? 'the destination'} are on no network together`,
        evidence: [
          `${container.name}: ${names(container.endpoints)}`,
          `${other?.name ?? ''}: ${names(other?.endpoints)}`,
        ],
        cause: 'Docker keeps networks apart; they would have to meet by a published port',
        next: `docker network connect NETWORK ${container.name}`,
      },
    ],
  };
}

function missing(source: string, destination: string, network: Network): Walk {
  return {
    disposition: 'no-such-endpoint',
    hops: [
      {
        host: null,
        layer: 'route',
        verdict: 'fail',
        code: 'no-such-endpoint',
        summary: `${source} or ${destination} has no address on ${network.name}`,
        evidence: [],
      },
    ],
  };
}
