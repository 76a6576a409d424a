import {usageError} from '../errors.js';
import {type Endpoint, endpointsOf} from '../join/endpoints.js';
import {chooseRoute} from '../join/route.js';
import {inSubnet} from '../join/subnet.js';
import {nodeNames, ownVtep} from '../join/vteps.js';
import type {Container, Network} from '../model/docker-types.js';
import type {HostModel} from '../model/host.js';
import {quoteText} from '../render/escape.js';
import type {Traffic} from './filter.js';
import {type Disposition, type Walk, worse} from './hop.js';
import {walkOutside} from './outside.js';
import {containerPlace, linkOf, type Party, placeOf, type WalkedHost, walkedHost} from './party.js';
import {specialWalk} from './special.js';
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
  const from = ownerOf(source);
  const to = 'container' in target ? ownerOf(target) : target;
  const special = specialWalk(hosts, from, to);
  const walked = hosts.map(walkedHost);
  const shared = sharedNetworks(hosts, from.container, to, wantedNetwork);
  const destination = 'container' in target ? target.container.name : target.ip;
  const base = {source: source.container.name, destination, network: null, chosenBy: null, reverse: null};
  const only = (forward: Walk): Trace => ({...base, disposition: forward.disposition, forward});
  if (special) return only(special);
  const [first] = shared;
  if (!first) {
    refuseOtherNetwork(sharedNetworks(hosts, from.container, to, undefined), wantedNetwork, base);
    if ('ip' in to) return only(walkOutside(walked, from, to.ip, traffic));
    return only(usesHost(from) || usesHost(to) ? fromHost(from, to) : apart(from, to));
  }
  const network = shared.length === 1 ? first : (byRoute(walked, from, shared, to) ?? first);
  const vteps = new Map(hosts.map((host) => [host.key, ownVtep(host, hosts)]));
  const context = {hosts: walked, network, traffic, vteps, nodes: nodeNames(hosts)};
  const endpoints = endpointsOf(hosts, network.id, addressesOf([from, to]));
  const parties = {hosts: walked, network, endpoints};
  const src = partyOf(parties, from);
  const dst = 'container' in to ? partyOf(parties, to) : addressParty(parties, to.ip);
  if (!src || !dst)
    return {...only(missing(source.container.name, destination, network)), network: network.name};
  const forward = walk(context, src, dst, false);
  const reverse = dst.container ? walk(context, dst, src, true) : null;
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

/** A network that was named and would not do is the user's mistake where another would. */
function refuseOtherNetwork(
  shared: Network[],
  wanted: string | undefined,
  {source, destination}: {source: string; destination: string},
): void {
  if (wanted === undefined) return;
  throw usageError(
    'network-not-shared',
    `${quoteText(source)} and ${quoteText(destination)} do not meet on a network ${quoteText(wanted)}.`,
    shared.length > 0
      ? shared.map(({name}) => `They meet on: ${name}`)
      : ['They meet on none: leave --network out to see why.'],
  );
}

/** The container whose namespace another one shares (`--network container:X`): its addresses are what is walked. */
function ownerOf({host, container}: TraceEnd): TraceEnd {
  const id = /^container:(.+)$/.exec(container.networkMode)?.[1];
  const owner = id === undefined ? undefined : host.docker?.containers.find((other) => other.id === id);
  return {host, container: owner ?? container};
}

function usesHost({container}: TraceEnd): boolean {
  return container.networkMode === 'host';
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

function addressesOf(ends: (TraceEnd | {ip: string})[]): Set<string> {
  return new Set(
    ends.flatMap((end) => ('ip' in end ? end.ip : end.container.endpoints.flatMap(({ip}) => ip ?? []))),
  );
}

interface Known {
  hosts: WalkedHost[];
  network: Network;
  endpoints: Map<string, Endpoint>;
}

function partyOf(known: Known, {host, container}: TraceEnd): Party | undefined {
  const endpoint = container.endpoints.find(({networkId}) => networkId === known.network.id);
  if (!endpoint?.ip) return undefined;
  return withLink(known, {
    name: container.name,
    ip: endpoint.ip,
    host,
    container,
    ...(endpoint.mac ? {mac: endpoint.mac} : {}),
    ...vtepOf(known, endpoint.ip),
  });
}

function vtepOf({endpoints}: Known, ip: string): {vtep?: string} {
  const vtep = endpoints.get(ip)?.claims.find((claim) => claim.vtep !== undefined)?.vtep;
  return vtep === undefined ? {} : {vtep};
}

/** Adds the interface that the party really has, where its namespace was read. */
function withLink({hosts}: Known, party: Party): Party {
  const host = hosts.find(({model}) => model.key === party.host?.key);
  const links = host ? placeOf(host, party)?.tables?.links : undefined;
  const link = links ? linkOf(links, party) : undefined;
  return link ? {...party, link} : party;
}

function addressParty(known: Known, ip: string): Party {
  const {hosts, network, endpoints} = known;
  const [claim] = endpoints.get(ip)?.claims ?? [];
  const has = ({running, endpoints: own}: Container) =>
    running && own.some((one) => one.networkId === network.id && one.ip === ip);
  const found = hosts.find(({model}) => model.docker?.containers.some(has));
  const container = found?.model.docker?.containers.find(has);
  const party: Party = {
    name: claim?.name ?? ip,
    ip,
    ...(claim?.mac ? {mac: claim.mac} : {}),
    ...vtepOf(known, ip),
  };
  if (found && container) return withLink(known, {...party, host: found.model, container});
  // A load balancer has no container; its host is the one whose engine claims it.
  const owner = hosts.find(({model}) => claim?.source === 'own-engine' && claim.hostKey === model.key);
  return owner ? withLink(known, {...party, host: owner.model}) : party;
}

/** A container in the host's own namespace is on no network of Docker's, and may reach those of its host all the same. */
function fromHost({host, container}: TraceEnd, to: TraceEnd): Walk {
  return {
    disposition: 'undecided',
    hops: [
      {
        host: host.name,
        layer: 'route',
        verdict: 'unknown',
        summary: `${container.name} or ${to.container.name} uses its host's own network, whose ways to containers are not walked`,
        evidence: [],
      },
    ],
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
