/** The path of a packet from a container to an address on none of its networks: itself, its host, or the world outside. */

import {isDown} from '../kernel/link-state.js';
import {packetFilter} from '../kernel/packet-filter.js';
import {linkText, routeText} from '../kernel/printed.js';
import {appended, chainListing, ruleLine} from '../kernel/printed-rule.js';
import {chooseRoute} from '../kernel/route.js';
import type {Network} from '../model/docker-types.js';
import type {Link} from '../model/facts.js';
import type {HostModel} from '../model/host.js';
import {rulesKnown} from '../model/rules/known.js';
import {rulesAround} from '../model/rules/questions.js';
import {masquerading} from '../services/masquerade.js';
import type {KnownHost, NamespaceAt} from '../topology/known-host.js';
import {lostGateway} from '../topology/way-out.js';
import type {Walk} from './disposition.js';
import {filterHop, packetOf, type Traffic} from './filter.js';
import type {TraceEnd} from './targets.js';
import {type Trail, trail} from './trail.js';

interface Leaving {
  steps: Trail;
  host: HostModel;
  name: string;
  ip: string;
  /** The source's interface, its address, and the link at its other end on the host. */
  link: Link | undefined;
  src: string;
  hostLink: Link | undefined;
  network: Network | undefined;
  traffic: Traffic;
}

export function walkOutside(
  hosts: KnownHost[],
  {host, container}: TraceEnd,
  ip: string,
  traffic: Traffic = {protocol: 'icmp'},
): Walk {
  const steps = trail();
  const walked = hosts.find(({model}) => model.key === host.key);
  const place = walked ? walked.namespaceOf(container) : undefined;
  if (!walked || !place?.tables) {
    steps.doubt(host, 'route', `the namespace of ${container.name} could not be read`);
    return steps.end('undecided');
  }
  const chosen = chooseRoute(place.tables, ip);
  if (chosen.verdict === 'unknown') {
    steps.doubt(host, 'route', `route of ${container.name} to ${ip} is unknown: ${chosen.reason ?? ''}`);
    return steps.end('undecided');
  }
  const networks = (host.docker?.networks ?? []).filter(({id}) =>
    container.endpoints.some(({networkId}) => networkId === id),
  );
  const {route} = chosen;
  if (chosen.verdict === 'none' || !route)
    return withoutRoute(steps, host, container.name, ip, networks, {place, reason: chosen.reason});
  steps.pass(host, 'route', `${ip} via ${routeText(route)}`, [routeText(route)]);
  if (route.type === 'local') {
    steps.pass(host, 'endpoint', `${ip} is an address of ${container.name} itself`);
    return steps.end('deliverable');
  }
  const link = place.tables.links?.find(({name}) => name === route.device);
  if (link && isDown(link)) {
    return steps.fail(
      host,
      'interface',
      'container-link-down',
      `link down in ${container.name}`,
      {device: link.name, evidence: [linkText(link)]},
      'unreachable',
    );
  }
  const hostLink = link ? walked.pairs(place.netns, link.ifindex)?.peer?.link : undefined;
  const bridge = hostLink?.master;
  const network =
    networks.find(({bridgeName}) => bridgeName !== undefined && bridgeName === bridge) ??
    host.docker?.networks.find(({bridgeName}) => bridgeName !== undefined && bridgeName === bridge);
  const src = route.prefSrc ?? link?.addresses?.find(({family}) => family === 'inet')?.address ?? '';
  const leaving: Leaving = {steps, host, name: container.name, ip, link, src, hostLink, network, traffic};
  const own = host.host?.links?.some(({addresses}) => addresses?.some(({address}) => address === ip));
  return own ? toOwnHost(leaving) : beyondHost(leaving);
}

function withoutRoute(
  steps: Trail,
  host: HostModel,
  name: string,
  ip: string,
  networks: Network[],
  {place, reason}: {place: NamespaceAt; reason: string | undefined},
): Walk {
  const evidence = (place.tables?.routes ?? []).filter(({table}) => table === 'main').map(routeText);
  if (networks.length > 0 && networks.every(({internal}) => internal)) {
    return steps.fail(
      host,
      'route',
      'internal-network',
      `network ${networks.map((network) => network.name).join(', ')} is internal: ${name} has no route outside`,
      {
        evidence,
        cause:
          'Docker gives endpoints of internal networks no docker_gwbridge interface and no default route',
      },
      'isolated',
    );
  }
  return steps.fail(
    host,
    'route',
    'container-route-missing',
    `${name} has no route to ${ip}`,
    {evidence, cause: reason ?? ''},
    'unreachable',
  );
}

/** To an address of the container's own host: by the bridge and the host's INPUT rules; a macvlan has no way there. */
function toOwnHost({steps, host, name, ip, link, src, hostLink, traffic}: Leaving): Walk {
  if (link?.kind === 'macvlan' || link?.kind === 'ipvlan') {
    return steps.fail(
      host,
      'parent',
      'own-host-apart',
      `${ip} is an address of ${host.name}, the host of ${name}`,
      {
        evidence: [linkText(link)],
        cause: `${link.kind} endpoints and their own host can't reach each other: frames for the parent's address leave through the parent`,
      },
      'isolated',
    );
  }
  if (!hostLink) {
    steps.doubt(host, 'veth', `the peer of ${link?.name ?? 'its interface'} was not found on the host`);
    return steps.end('undecided');
  }
  steps.pass(
    host,
    'veth',
    `${link?.name} ⇄ ${hostLink.name} on the host${hostLink.master ? `, port of ${hostLink.master}` : ''}`,
    [linkText(hostLink)],
  );
  const dropped = filterHop(
    steps,
    {
      host,
      tables: host.host,
      layer: 'filter-in',
      whose: host.name,
      hook: 'INPUT',
      code: 'host-filtered',
      needed: true,
    },
    {...packetOf(traffic, src, ip, false), inInterface: hostLink.master ?? hostLink.name, dstLocal: true},
  );
  if (dropped) return dropped;
  steps.pass(host, 'endpoint', `${ip} is an address of ${host.name} itself`);
  return steps.end('deliverable');
}

/** What leaves the bridge of an internal network is dropped on purpose. */
function keptInside(steps: Trail, host: HostModel, network: Network, bridge: string | undefined): Walk {
  const rules = bridge === undefined ? [] : rulesAround(rulesKnown(host.host), bridge);
  return steps.fail(
    host,
    'filter-out',
    'internal-network',
    `network ${network.name} is internal: the host drops packets that leave its bridge`,
    {
      ...(bridge === undefined ? {} : {device: bridge}),
      evidence: rules.map(appended),
      cause:
        rules.length > 0 ? 'the rules above drop it' : 'the isolation rules were not found in what was read',
    },
    'isolated',
  );
}

/** The bridge on the host, which is the gateway of the container, and the host's own forwarding. */
function bridgeOut({steps, host, name, hostLink, network}: Leaving): Walk | undefined {
  const bridge = host.host?.links?.find((link) => link.name === hostLink?.master);
  if (hostLink && isDown(hostLink)) {
    return steps.fail(host, 'veth', 'gwbridge-leg-missing', `link down (bridge port of ${name})`, {
      device: hostLink.name,
      evidence: [linkText(hostLink)],
    });
  }
  if (bridge && isDown(bridge)) {
    return steps.fail(host, 'bridge', 'gwbridge-missing', 'bridge down', {
      device: bridge.name,
      evidence: [linkText(bridge)],
      cause: 'a bridge that is down forwards no frames',
      next: `ip link show ${bridge.name}`,
    });
  }
  const lost = bridge && network && lostGateway(network, bridge);
  if (lost) {
    return steps.fail(
      host,
      'bridge',
      'gwbridge-address-missing',
      `the gateway ${lost} of ${name} is not configured`,
      {
        device: bridge.name,
        evidence: [linkText(bridge)],
        cause: 'the bridge has lost its address, so ARP for the gateway is unanswered',
        next: `ip addr show ${bridge.name}`,
      },
    );
  }
  const forward = host.host?.proc?.get('/proc/sys/net/ipv4/ip_forward')?.trim();
  if (!bridge || forward !== '0') return undefined;
  return steps.fail(host, 'forwarding', 'ip-forward-off', `${host.name} does not forward: ip_forward is 0`, {
    evidence: ['net.ipv4.ip_forward = 0'],
    cause: 'what a container sends outside must be routed by its host',
    next: 'sysctl net.ipv4.ip_forward',
  });
}

/** Whether what leaves gets the host's own address: nobody outside has a way back to that of a container. */
function ownAddress({steps, host, ip, src, network}: Leaving, bridge: string): Walk | undefined {
  if (!network || src === '' || network.masquerade === false || host.engineMakesRules === false)
    return undefined;
  const filter = host.host && packetFilter(host.host);
  const found = masquerading(host, filter, {source: src, dst: ip});
  if (found.state === 'hidden' && found.rule)
    steps.doubt(
      host,
      'filter-out',
      `a rule of ${host.name} that is not understood decides whether packets from ${src} get its address`,
      [ruleLine(found.rule)],
    );
  if (found.state !== 'missing') return undefined;
  return steps.fail(
    host,
    'filter-out',
    'masquerade-missing',
    `packets from ${src} leave ${host.name} with that address: no rule translates it`,
    {
      device: bridge,
      evidence: [`none of nat POSTROUTING meets a packet from ${src} to ${ip}`],
      cause: 'the address of a container means nothing outside its host, so no answer comes back',
      next: chainListing(filter?.rulesets ?? [], 'nat', 'POSTROUTING'),
    },
  );
}

function beyondHost(leaving: Leaving): Walk {
  const {steps, host, ip, link, src, hostLink, network, traffic} = leaving;
  const bridge = hostLink?.master;
  if (network?.internal) return keptInside(steps, host, network, bridge);
  if (hostLink)
    steps.pass(
      host,
      'veth',
      `${link?.name} ⇄ ${hostLink.name} on the host${bridge ? `, port of ${bridge}` : ''}`,
      [linkText(hostLink)],
    );
  const stopped = bridgeOut(leaving);
  if (stopped) return stopped;
  const outer = host.host ? chooseRoute(host.host, ip) : undefined;
  if (outer?.verdict === 'none') {
    return steps.fail(
      host,
      'underlay-route',
      'host-route-missing',
      `host ${host.name} has no route to ${ip}`,
      {cause: outer.reason ?? ''},
      'unreachable',
    );
  }
  if (outer?.route)
    steps.pass(host, 'underlay-route', `${ip} via ${routeText(outer.route)} of the host`, [
      routeText(outer.route),
    ]);
  if (bridge && outer?.route?.device) {
    const dropped = filterHop(
      steps,
      {
        host,
        tables: host.host,
        layer: 'filter-out',
        whose: host.name,
        hook: 'FORWARD',
        code: 'forward-filtered',
        needed: true,
      },
      {
        ...packetOf(traffic, src, ip, false),
        inInterface: bridge,
        outInterface: outer.route.device,
        sourceMayChange: true,
      },
    );
    if (dropped) return dropped;
    const unanswered = ownAddress(leaving, bridge);
    if (unanswered) return unanswered;
  }
  steps.hops.push({
    host: null,
    layer: 'outside',
    verdict: 'unknown',
    summary: `path beyond ${host.name} is not visible from here`,
    evidence: [],
  });
  return steps.end('sent-outside');
}
