/** The first half of a walk: from the source's own decisions to the bridge of its sandbox. */

import {isDown} from '../kernel/link-state.js';
import type {FilteredPacket} from '../kernel/netfilter.js';
import {linkText, routeText} from '../kernel/printed.js';
import {chooseRoute, type RouteChoice} from '../kernel/route.js';
import type {Link, Route} from '../model/facts.js';
import type {HostModel} from '../model/host.js';
import type {NetnsTables} from '../model/netns-tables.js';
import type {RowJudge} from '../rows/row-judge.js';
import {inNamespace} from '../topology/in-namespace.js';
import type {KnownHost} from '../topology/known-host.js';
import {type AtBridge, overVeth} from './bridge.js';
import type {Walk} from './disposition.js';
import {filterHop} from './filter.js';
import {resolve} from './neighbour.js';
import {linkOf, namespaceOf, type Party} from './party.js';
import {doubtPrograms, type Trail} from './trail.js';

export interface Left {
  at: AtBridge;
  /** MACs of the frame as it is now. */
  srcMac: string;
  dstMac: string;
  /** MTU of the source's interface in bytes. */
  mtu: number | undefined;
}

/** The way out of the source's namespace for a packet to `dst`: route, interface, veth, bridge, neighbour. */
export function leaveSource(
  trail: Trail,
  host: KnownHost,
  src: Party,
  dst: Party,
  {packet, vnis, rows}: {packet: FilteredPacket; vnis: number[]; rows: RowJudge},
): Left | Walk {
  const {model} = host;
  const place = namespaceOf(host, src);
  const tables = place?.tables;
  if (!place || !tables?.links) {
    trail.doubt(model, 'route', `the namespace of ${src.name} could not be read`);
    return trail.end('undecided');
  }
  const link = ownLink(trail, model, src, tables.links);
  if ('disposition' in link) return link;
  const left = routeOf(trail, {model, netns: place.netns, tables, src, dst, link});
  if ('disposition' in left) return left;
  const filtered = filterHop(
    trail,
    {
      host: model,
      tables,
      layer: 'source-filter',
      whose: src.name,
      hook: 'OUTPUT',
      code: 'source-filtered',
      needed: false,
    },
    {...packet, outInterface: link.name},
  );
  if (filtered) return filtered;
  const at = overVeth(trail, host, place.netns, link);
  if ('disposition' in at) return at;
  const resolved = resolve(trail, at, tables, {src, dst, link, nextHop: left.gateway ?? dst.ip, vnis, rows});
  return typeof resolved === 'string'
    ? {at, srcMac: link.mac ?? '', dstMac: resolved, mtu: left.mtu ?? link.mtu}
    : resolved;
}

/** The source's interface on the network. Ends the walk where it is down or without the address that Docker gave it. */
function ownLink(trail: Trail, model: HostModel, src: Party, links: Link[]): Link | Walk {
  const link = linkOf(links, src);
  if (!link?.addresses?.some(({address}) => address === src.ip)) {
    if (link && isDown(link)) return down(trail, model, src, link);
    return trail.fail(
      model,
      'interface',
      'container-address-missing',
      `address ${src.ip} of ${src.name} is not configured on ${link ? 'it' : 'any interface'}`,
      {
        ...(link ? {device: link.name} : {}),
        evidence: link
          ? [
              linkText(link),
              ...(link.addresses ?? []).map(({address, prefixLength}) => `inet ${address}/${prefixLength}`),
            ]
          : links.map(linkText),
        cause: 'Docker assigned this address to the endpoint, and the interface does not have it',
      },
      'unreachable',
    );
  }
  if (isDown(link)) return down(trail, model, src, link);
  if (link.kind === 'veth' && link.flags?.includes('NOARP')) {
    return trail.fail(
      model,
      'interface',
      'container-arp-off',
      `${link.name} of ${src.name} does no ARP`,
      {
        device: link.name,
        evidence: [linkText(link)],
        cause: 'with NOARP every frame is sent to the MAC of the interface itself',
      },
      'unreachable',
    );
  }
  trail.pass(model, 'interface', `${link.name} has ${src.ip}, is up, mtu ${link.mtu ?? '?'}`, [
    linkText(link),
  ]);
  doubtPrograms(trail, model, 'interface', link);
  return link;
}

function down(trail: Trail, model: HostModel, src: Party, link: Link): Walk {
  return trail.fail(
    model,
    'interface',
    'container-link-down',
    `link down in ${src.name}`,
    {device: link.name, evidence: [linkText(link)], cause: 'the interface was set down inside the container'},
    'unreachable',
  );
}

interface Routing {
  model: HostModel;
  netns: string;
  tables: NetnsTables;
  src: Party;
  dst: Party;
  link: Link;
}

/** The route that a packet to the destination takes; it must lead out by the interface on the network. */
function routeOf(trail: Trail, {model, netns, tables, src, dst, link}: Routing): Route | Walk {
  const chosen = chooseRoute(tables, dst.ip, src.ip);
  // Programs that bind no address are routed before they have one (net/ipv4/route.c ip_route_output_key).
  const unbound = chooseRoute(tables, dst.ip);
  if (chosen.verdict === 'unknown' || unbound.route !== chosen.route) {
    const reason = chosen.reason ?? 'it depends on whether a program binds its socket to its address';
    trail.doubt(model, 'route', `route of ${src.name} to ${dst.ip} is unknown: ${reason}`);
    return trail.end('undecided');
  }
  const {route} = chosen;
  if (chosen.verdict === 'none' || !route || (route.device !== link.name && route.type !== 'local'))
    return routeless(trail, {model, netns, tables, src, dst, link}, chosen);
  trail.pass(model, 'route', `${dst.ip} via ${routeText(route)}`, [routeText(route)]);
  if (route.type === 'local') return trail.end('deliverable');
  // What a load balancer sends has its address already.
  if (src.container && route.prefSrc !== undefined && route.prefSrc !== src.ip) {
    trail.doubt(
      model,
      'route',
      `this route makes ${src.name} send from ${route.prefSrc}, unless a program binds ${src.ip}`,
      [routeText(route)],
    );
  }
  return route;
}

/** There is no route to the destination, or one that leads out of the network. */
function routeless(trail: Trail, {model, netns, tables, src, dst, link}: Routing, chosen: RouteChoice): Walk {
  const {route} = chosen;
  const elsewhere = chosen.verdict === 'found' && route;
  return trail.fail(
    model,
    'route',
    'container-route-missing',
    elsewhere
      ? `${src.name} has no route to ${dst.ip} on ${link.name} and uses "${routeText(route)}"`
      : `${src.name} has no route to ${dst.ip}`,
    {
      evidence: (tables.routes ?? []).filter(({table}) => table === 'main').map(routeText),
      device: link.name,
      cause: elsewhere
        ? `the connected route on ${link.name} is gone, so a less specific one is used, which leaves the network`
        : (chosen.reason ?? 'no matching route'),
      next: inNamespace(model, netns, 'ip route get', dst.ip),
    },
    'unreachable',
  );
}
