import {usageError} from '../base/errors.js';
import {quoteText} from '../base/escape.js';
import {inSubnet} from '../base/subnet.js';
import {chooseRoute} from '../kernel/route.js';
import type {Network} from '../model/docker-types.js';
import type {HostModel} from '../model/host.js';
import {rowJudge} from '../rows/row-judge.js';
import {endpointsOf} from '../topology/endpoints.js';
import {type KnownHost, knownHost} from '../topology/known-host.js';
import {nodeNames} from '../topology/node-names.js';
import {type ServiceOn, serviceOn} from '../topology/services.js';
import type {Walk} from './disposition.js';
import type {Traffic} from './filter.js';
import {usesHost, walkHostNetwork} from './host-network.js';
import {walkOutside} from './outside.js';
import {addressParty, containerParty, type Known} from './parties.js';
import type {Party} from './party.js';
import {walkService} from './service.js';
import {specialWalk} from './special.js';
import {type Trace, type TraceEnd, type TraceTarget, type Ways, worstOf} from './targets.js';
import {trail} from './trail.js';
import {walk} from './walk.js';

export interface TraceOptions {
  /** Name or id of the network to walk on, where both ends share several. */
  network?: string | undefined;
  /** What the packet carries; an ICMP echo by default. */
  traffic?: Traffic;
}

/** Walks both directions between a container and a container, service or address. Pure over what was read. */
export function trace(
  hosts: HostModel[],
  source: TraceEnd,
  target: TraceTarget,
  {network: wantedNetwork, traffic = {protocol: 'icmp'}}: TraceOptions = {},
): Trace {
  const from = ownerOf(source);
  const to = 'container' in target ? ownerOf(target) : target;
  const services =
    'service' in to
      ? serviceOn([from.host, ...hosts.filter(({key}) => key !== from.host.key)], to.service)
      : [];
  const special = specialWalk(from, to);
  const walked = hosts.map(knownHost);
  const destination = nameOf(target);
  const base = {source: source.container.name, destination, network: null, chosenBy: null, reverse: null};
  const only = (forward: Walk): Trace => ({...base, disposition: forward.disposition, forward});
  if (special) return only(special);
  const ask = {hosts, from, to, services};
  const shared = sharedNetworks(ask, wantedNetwork);
  const [first] = shared;
  if (!first) {
    refuseOtherNetwork(sharedNetworks(ask, undefined), wantedNetwork, base);
    return only(withoutNetwork(walked, ask, traffic));
  }
  const network = shared.length === 1 ? first : (byRoute(walked, ask, shared) ?? first);
  const vteps = new Map(hosts.map((host) => [host.key, knownHost(host).vtepAmong(hosts)]));
  const service = serviceAt(ask, network);
  // Of a service every task is walked, and who they are is not known before.
  const endpoints = endpointsOf(hosts, network.id, service ? undefined : addressesOf([from, to]));
  const known = {hosts: walked, network, endpoints};
  const rows = rowJudge(hosts, network.id, endpoints);
  const context = {hosts: walked, network, traffic, vteps, nodes: nodeNames(hosts), rows};
  const src = containerParty(known, from);
  const dst = service ? undefined : partyOf(known, to);
  if (!src || !(dst || service))
    return {...only(missing(source.container.name, destination, network)), network: network.name};
  const ways = service ? walkService(context, known, src, service) : pairWalk(context, src, dst as Party);
  return {
    ...base,
    ...ways,
    disposition: worstOf(ways),
    network: network.name,
    chosenBy:
      shared.length > 1
        ? `shared networks: ${shared.map((one) => one.name).join(', ')}; ${source.container.name} routes via ${network.name}`
        : null,
  };
}

function nameOf(target: TraceTarget): string {
  return 'container' in target ? target.container.name : 'service' in target ? target.service : target.ip;
}

function partyOf(known: Known, to: TraceTarget): Party | undefined {
  if ('container' in to) return containerParty(known, to);
  return 'ip' in to ? addressParty(known, to.ip) : undefined;
}

/** Between ends that meet on no network that can be walked. */
function withoutNetwork(walked: KnownHost[], ask: Asked, traffic: Traffic): Walk {
  const {from, to} = ask;
  if ('ip' in to) return walkOutside(walked, from, to.ip, traffic);
  if (usesHost(from) || ('container' in to && usesHost(to)))
    return walkHostNetwork(walked, from, to, traffic);
  return apart(ask);
}

function pairWalk(context: Parameters<typeof walk>[0], src: Party, dst: Party): Ways {
  return {
    forward: walk(context, src, dst, false),
    reverse: dst.container ? walk(context, dst, src, true) : null,
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
    `${quoteText(source)} and ${quoteText(destination)} do not share a network ${quoteText(wanted)}.`,
    shared.length > 0
      ? shared.map(({name}) => `Shared network: ${name}`)
      : ['They share no network: leave --network out to see why.'],
  );
}

/** The container whose namespace another one shares (`--network container:X`): its addresses are what is walked. */
export function ownerOf({host, container}: TraceEnd): TraceEnd {
  const id = /^container:(.+)$/.exec(container.networkMode)?.[1];
  const owner = id === undefined ? undefined : host.docker?.containers.find((other) => other.id === id);
  return {host, container: owner ?? container};
}

interface Asked {
  hosts: HostModel[];
  from: TraceEnd;
  to: TraceTarget;
  /** Where the destination is a service: the service on each of its networks. */
  services: ServiceOn[];
}

/** Networks that both are on; for an address those of the source whose subnets hold it. */
function sharedNetworks({hosts, from, to, services}: Asked, wanted: string | undefined): Network[] {
  const known = new Map(
    hosts.flatMap(({docker}) => (docker?.networks ?? []).map((network) => [network.id, network] as const)),
  );
  const virtual = new Set(services.map(({network}) => network.id));
  const theirs =
    'container' in to ? new Set(to.container.endpoints.map(({networkId}) => networkId)) : virtual;
  return from.container.endpoints
    .flatMap(({networkId}) => known.get(networkId) ?? [])
    .filter((network) =>
      'ip' in to ? network.subnets.some(({subnet}) => inSubnet(to.ip, subnet)) : theirs.has(network.id),
    )
    .filter((network) => ['overlay', 'bridge', 'macvlan', 'ipvlan'].includes(network.driver))
    .filter(({name, id}) => wanted === undefined || name === wanted || id.startsWith(wanted));
}

/** The service on the network, where the destination is one: by its name, or by its VIP. */
function serviceAt({hosts, to, services}: Asked, network: Network): ServiceOn | undefined {
  if ('service' in to) return services.find((service) => service.network.id === network.id);
  if (!('ip' in to)) return undefined;
  const virtual = hosts
    .flatMap(({docker}) => docker?.networks ?? [])
    .filter(({id}) => id === network.id)
    .flatMap(({services: known}) => known ?? [])
    .find(({vip, name}) => vip === to.ip && name !== '');
  return virtual && serviceOn(hosts, virtual.name).find((service) => service.network.id === network.id);
}

function byRoute(hosts: KnownHost[], ask: Asked, shared: Network[]): Network | undefined {
  const {
    from: {host, container},
    to,
  } = ask;
  const walked = hosts.find(({model}) => model.key === host.key);
  const tables = walked ? walked.namespaceOf(container)?.tables : undefined;
  return shared.find((network) => {
    const service = serviceAt(ask, network);
    const ip =
      'ip' in to
        ? to.ip
        : 'container' in to
          ? to.container.endpoints.find(({networkId}) => networkId === network.id)?.ip
          : (service?.vip ?? service?.tasks[0]?.ip);
    const route = ip && tables ? chooseRoute(tables, ip).route : undefined;
    const own = container.endpoints.find(({networkId}) => networkId === network.id);
    return tables?.links?.some(({name, mac}) => name === route?.device && mac === own?.mac);
  });
}

function addressesOf(ends: TraceTarget[]): Set<string> {
  return new Set(
    ends.flatMap((end) =>
      'ip' in end ? end.ip : 'container' in end ? end.container.endpoints.flatMap(({ip}) => ip ?? []) : [],
    ),
  );
}

function apart({from: {host, container}, to, services}: Asked): Walk {
  const names = (networks: string[]) => networks.join(', ') || 'none';
  const [other, theirs] =
    'container' in to
      ? [to.container.name, to.container.endpoints.map(({networkName}) => networkName)]
      : [
          'service' in to ? `service ${to.service}` : 'the destination',
          services.map(({network}) => network.name),
        ];
  const steps = trail();
  return steps.fail(
    host,
    'route',
    'no-shared-network',
    `${container.name} and ${other} share no network`,
    {
      evidence: [
        `${container.name}: ${names(container.endpoints.map(({networkName}) => networkName))}`,
        `${other}: ${names(theirs)}`,
      ],
      cause: 'Docker isolates networks from each other; a published port is the only path',
      next: `docker network connect NETWORK ${container.name}`,
    },
    'isolated',
  );
}

function missing(source: string, destination: string, network: Network): Walk {
  return trail().fail(
    null,
    'route',
    'no-such-endpoint',
    `${source} or ${destination} has no address on ${network.name}`,
    {},
    'no-such-endpoint',
  );
}
