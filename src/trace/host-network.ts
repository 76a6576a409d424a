/**
 * Ends that use their host's own network (`--network host`). They are endpoints of no overlay: from there a container is
 * reached over a bridge of the same host or by a published port, and they are reached at their host's own addresses.
 */

import {routeText} from '../kernel/printed.js';
import {chooseRoute} from '../kernel/route.js';
import type {ContainerEndpoint, Network} from '../model/docker-types.js';
import {type KnownHost, knownHost} from '../topology/known-host.js';
import type {Walk} from './disposition.js';
import {toEndpoint} from './endpoint.js';
import {filterHop, packetOf, type Traffic} from './filter.js';
import {walkOutside} from './outside.js';
import {linkOf, namespaceOf} from './party.js';
import type {TraceEnd, TraceTarget} from './targets.js';
import {trail} from './trail.js';

export function usesHost({container}: TraceEnd): boolean {
  return container.networkMode === 'host';
}

export function walkHostNetwork(
  hosts: KnownHost[],
  from: TraceEnd,
  to: Exclude<TraceTarget, {ip: string}>,
  traffic: Traffic,
): Walk {
  if ('container' in to && usesHost(to)) return toHostNetwork(hosts, from, to, traffic);
  const steps = trail();
  const {host, container} = from;
  const {name} = container;
  const walked = hosts.find(({model}) => model.key === host.key);
  const near = 'container' in to && to.host.key === host.key ? bridgeOf(to) : undefined;
  if (walked && near && 'container' in to) return overBridge(walked, from, to, near, traffic);
  const there = 'container' in to ? to.container.name : `service ${to.service}`;
  return steps.fail(
    host,
    'route',
    'host-network',
    `${name} uses the host network of ${host.name}, which is not attached to the networks of ${there}`,
    {
      evidence: [`${name}: --network host`],
      cause:
        "overlay, macvlan and remote bridge networks can't be reached from a host's own namespace; a published port is the only path",
      next: 'ovdiag trace --published PORT/tcp',
    },
    'isolated',
  );
}

/** To a container that uses its host's network: its addresses are the host's. */
function toHostNetwork(hosts: KnownHost[], from: TraceEnd, to: TraceEnd, traffic: Traffic): Walk {
  const steps = trail();
  const {name} = to.container;
  const models = hosts.map(({model}) => model);
  const address =
    knownHost(to.host).vtepAmong(models)?.address ??
    to.host.host?.links
      ?.filter(({name: link}) => link !== 'lo')
      .flatMap(({addresses}) => addresses ?? [])
      .find(({family}) => family === 'inet')?.address;
  if (usesHost(from) && from.host.key === to.host.key) {
    steps.pass(to.host, 'endpoint', `both use the host network of ${to.host.name}: reachable on 127.0.0.1`);
    return steps.end('deliverable');
  }
  if (address === undefined) {
    steps.doubt(
      to.host,
      'endpoint',
      `${name} uses the host network of ${to.host.name}, whose addresses were not read`,
    );
    return steps.end('undecided');
  }
  steps.pass(
    to.host,
    'endpoint',
    `${name} uses the host network of ${to.host.name}: its address is ${address}`,
  );
  const way = walkOutside(hosts, from, address, traffic);
  return {...way, hops: [...steps.hops, ...way.hops]};
}

interface Near {
  network: Network;
  endpoint: ContainerEndpoint;
  ip: string;
}

/** The bridge network of this host by which the container can be reached from the host itself. */
function bridgeOf({host, container}: TraceEnd): Near | undefined {
  for (const endpoint of container.endpoints) {
    const network = host.docker?.networks.find(({id}) => id === endpoint.networkId);
    if (network?.driver === 'bridge' && endpoint.ip !== undefined)
      return {network, endpoint, ip: endpoint.ip};
  }
  return undefined;
}

/** From the host itself over its own bridge. */
function overBridge(
  walked: KnownHost,
  from: TraceEnd,
  to: TraceEnd,
  {network, endpoint, ip}: Near,
  traffic: Traffic,
): Walk {
  const steps = trail();
  const {host, container} = from;
  const tables = host.host;
  const route = tables && chooseRoute(tables, ip);
  const bridge = tables?.links?.find(({name}) => name === network.bridgeName);
  if (!tables || !route?.route || !bridge || route.route.device !== bridge.name) {
    steps.doubt(
      host,
      'route',
      `${container.name} uses the host network of ${host.name}; the path from there to ${ip} is not evaluated`,
      route?.route ? [routeText(route.route)] : [],
    );
    return steps.end('undecided');
  }
  steps.pass(
    host,
    'route',
    `${container.name} uses the host network of ${host.name}: ${ip} via ${routeText(route.route)}`,
    [routeText(route.route)],
  );
  const src = route.route.prefSrc ?? bridge.addresses?.[0]?.address ?? '';
  const packet = packetOf(traffic, src, ip, false);
  const filtered = filterHop(
    steps,
    {
      host,
      tables,
      layer: 'filter-out',
      whose: host.name,
      hook: 'OUTPUT',
      code: 'host-filtered',
      needed: true,
    },
    {...packet, outInterface: bridge.name},
  );
  if (filtered) return filtered;
  const party = {name: to.container.name, ip, host, container: to.container};
  const links = namespaceOf(walked, party)?.tables?.links;
  const link = links && linkOf(links, {...party, ...(endpoint.mac ? {mac: endpoint.mac} : {})});
  const ended = toEndpoint(
    steps,
    {host: walked, netns: '@host', tables, bridge},
    {
      dst: {...party, ...(link ? {link} : {})},
      dstMac: link?.mac ?? endpoint.mac ?? '',
      from: bridge,
      packet,
    },
  );
  return ended ?? steps.end('deliverable');
}
