/** The first half of a walk: from the source's own decisions to the bridge of its sandbox. */

import {inSubnet} from '../join/subnet.js';
import type {Link, Neighbour} from '../model/facts.js';
import type {NetnsTables} from '../model/netns-tables.js';
import {type AtBridge, overVeth, portRow, rowText} from './bridge.js';
import {filterHop} from './filter.js';
import type {Walk} from './hop.js';
import type {FilteredPacket} from './netfilter.js';
import {containerPlace, isDown, linkText, type Party, type WalkedHost} from './party.js';
import {chooseRoute, routeText} from './route.js';
import type {Trail} from './trail.js';

export interface Left {
  at: AtBridge;
  /** MACs of the frame as it is now. */
  srcMac: string;
  dstMac: string;
  /** MTU of the source's interface in bytes. */
  mtu: number | undefined;
}

/** States that need no new answer for now (net/core/neighbour.c). */
const lasting = /^(PERMANENT|NOARP|REACHABLE)$/;
const usable = /^(PERMANENT|NOARP|REACHABLE|STALE|DELAY|PROBE)$/;

/** The way out of the source's namespace for a packet to `dst`: route, interface, veth, bridge, neighbour. */
export function leaveSource(
  trail: Trail,
  host: WalkedHost,
  src: Party,
  dst: Party,
  packet: FilteredPacket,
): Left | Walk {
  const {model} = host;
  const place = src.container ? containerPlace(host, src.container) : undefined;
  if (!place?.tables) {
    trail.doubt(model, 'route', `the namespace of ${src.name} could not be read`);
    return trail.end('undecided');
  }
  const chosen = chooseRoute(place.tables, dst.ip, src.ip);
  if (chosen.verdict === 'unknown') {
    trail.doubt(model, 'route', `the route of ${src.name} to ${dst.ip} is not known: ${chosen.reason ?? ''}`);
    return trail.end('undecided');
  }
  if (chosen.verdict === 'none' || !chosen.route?.dev) {
    return trail.fail(
      model,
      'route',
      'container-route-missing',
      `${src.name} has no route to ${dst.ip}`,
      {
        evidence: (place.tables.routes ?? []).filter(({table}) => table === 'main').map(routeText),
        cause: chosen.reason ?? 'no route matches',
        next: `nsenter --net=/var/run/docker/netns/${place.netns} ip route get ${dst.ip}`,
      },
      'unreachable',
    );
  }
  const {route} = chosen;
  const link = place.tables.links?.find(({name}) => name === route.dev);
  trail.pass(model, 'route', `${dst.ip} by ${routeText(route)}`, [routeText(route)]);
  if (!link) {
    trail.doubt(model, 'interface', `${route.dev} was not read`);
    return trail.end('undecided');
  }
  if (isDown(link)) {
    return trail.fail(
      model,
      'interface',
      'container-link-down',
      `${link.name} of ${src.name} is down`,
      {evidence: [linkText(link)], cause: 'the interface was set down inside the container'},
      'unreachable',
    );
  }
  if (!link.addresses?.some(({address}) => address === src.ip)) {
    return trail.fail(
      model,
      'interface',
      'container-address-missing',
      `${link.name} of ${src.name} does not have ${src.ip}`,
      {
        evidence: [
          linkText(link),
          ...(link.addresses ?? []).map(({address, prefixLength}) => `inet ${address}/${prefixLength}`),
        ],
        cause: 'Docker gave the endpoint this address, and the interface does not have it',
      },
      'unreachable',
    );
  }
  trail.pass(model, 'interface', `${link.name} is up, mtu ${link.mtu ?? '?'}`, [linkText(link)]);
  const filtered = filterHop(
    trail,
    {
      host: model,
      tables: place.tables,
      layer: 'source-filter',
      whose: `the namespace of ${src.name}`,
      hook: 'OUTPUT',
      code: 'source-filtered',
      needed: false,
    },
    {...packet, outInterface: link.name},
  );
  if (filtered) return filtered;
  const at = overVeth(trail, host, place.netns, link);
  if ('disposition' in at) return at;
  const resolved = resolve(trail, at, place.tables, {src, dst, link, nextHop: route.gateway ?? dst.ip});
  return typeof resolved === 'string'
    ? {at, srcMac: link.mac ?? '', dstMac: resolved, mtu: link.mtu}
    : resolved;
}

interface Asked {
  src: Party;
  dst: Party;
  link: Link;
  nextHop: string;
}

/** The MAC that the next hop's address resolves to: an entry of the source's own, or the answer that its ARP request will get. */
function resolve(
  trail: Trail,
  at: AtBridge,
  tables: NetnsTables,
  {src, dst, link, nextHop}: Asked,
): string | Walk {
  const {model} = at.host;
  const own = tables.neighbours?.find(({ip, dev}) => ip === nextHop && dev === link.name);
  const answer = answerTo(at, nextHop);
  const expected = nextHop === dst.ip ? (dst.mac ?? answer?.mac) : answer?.mac;
  if (own?.mac && own.state.some((state) => usable.test(state))) {
    const evidence = [neighbourText(own)];
    if (expected && own.mac !== expected) {
      return trail.fail(
        model,
        'neighbour',
        'neighbour-wrong-mac',
        `${src.name} has ${own.mac} for ${nextHop}, which has ${expected}`,
        {
          evidence,
          cause: 'frames go to a MAC that nobody on the way has, or to another endpoint',
          next: `nsenter --net=/var/run/docker/netns/${at.netns} ip neigh show`,
        },
      );
    }
    const resolvable = answer !== undefined || (dst.host?.key === model.key && nextHop === dst.ip);
    if (resolvable || own.state.some((state) => lasting.test(state))) {
      trail.pass(
        model,
        'neighbour',
        `${nextHop} is ${own.mac} (${own.state.join(',').toLowerCase()} in ${src.name})`,
        evidence,
      );
      return own.mac;
    }
    trail.doubt(
      model,
      'neighbour',
      `${nextHop} is ${own.mac} by an entry of ${src.name} that nobody will confirm`,
      evidence,
      {
        code: 'neighbour-missing',
        cause:
          'the entry works for some seconds more; then ARP is asked again, which crosses no tunnel, and the vxlan device has no neighbour row to answer from',
      },
    );
    return own.mac;
  }
  if (answer) {
    if (expected && answer.mac !== expected) {
      return trail.fail(
        model,
        'neighbour',
        'neighbour-wrong-mac',
        `the sandbox answers ARP for ${nextHop} with ${answer.mac}; its MAC is ${expected}`,
        {
          evidence: [answer.evidence],
          cause: 'the neighbour row of the vxlan device names another MAC than the endpoint has',
        },
      );
    }
    trail.pass(model, 'neighbour', `${nextHop} will be answered: ${answer.by}`, [answer.evidence]);
    return answer.mac;
  }
  if (dst.host?.key === model.key && dst.mac && nextHop === dst.ip) {
    trail.pass(model, 'neighbour', `${dst.name} on this host answers ARP itself`, []);
    return dst.mac;
  }
  return trail.fail(
    model,
    'neighbour',
    'neighbour-missing',
    `nobody answers ARP for ${nextHop}`,
    {
      evidence: own ? [neighbourText(own)] : [],
      cause:
        'no ARP crosses the tunnel: the vxlan device answers from its neighbour table, which has no row for this address',
      kernelReason: 'l3miss',
      counter: 'ip monitor neigh in the sandbox prints "miss"',
      next: `nsenter --net=/var/run/docker/netns/${at.netns} ip neigh show ${nextHop}`,
    },
    'unreachable',
  );
}

/** Who answers ARP on a bridge for an address: the bridge itself, or the vxlan device for a remote endpoint. */
export function answerTo(at: AtBridge, ip: string): {mac: string; by: string; evidence: string} | undefined {
  const {bridge, tables} = at;
  if (bridge.addresses?.some(({address}) => address === ip) && bridge.mac) {
    return {mac: bridge.mac, by: `${bridge.name} has this address`, evidence: linkText(bridge)};
  }
  const device = tables.links?.find(({vxlan, master}) => vxlan !== undefined && master === bridge.name);
  const row = tables.neighbours?.find(
    (neighbour) => neighbour.dev === device?.name && neighbour.ip === ip && neighbour.mac !== undefined,
  );
  if (!row?.mac || !device || isDown(device)) return undefined;
  return {
    mac: row.mac,
    by: `${device.name} answers for it from its neighbour table`,
    evidence: neighbourText(row),
  };
}

/** Routing between two subnets of one overlay: from one bridge of the sandbox to another. */
export function acrossSubnets(trail: Trail, left: Left, dst: Party, packet: FilteredPacket): Left | Walk {
  const {at} = left;
  const {tables, host, netns} = at;
  const forward = tables.proc?.get('/proc/sys/net/ipv4/ip_forward');
  if (forward === undefined) {
    trail.doubt(
      host.model,
      'forwarding',
      'whether the sandbox forwards between its subnets (ip_forward) was not read',
    );
  } else if (forward.trim() !== '1') {
    return trail.fail(
      host.model,
      'forwarding',
      'ip-forward-off',
      `the sandbox does not forward: ip_forward is ${forward.trim()}`,
      {
        evidence: [`net.ipv4.ip_forward = ${forward.trim()} in ${netns}`],
        cause: 'two subnets of one overlay are joined by the bridges of the sandbox, which need ip_forward',
        next: `nsenter --net=/var/run/docker/netns/${netns} cat /proc/sys/net/ipv4/ip_forward`,
      },
    );
  } else
    trail.pass(
      host.model,
      'forwarding',
      `${at.bridge.name} routes to the other subnet (ip_forward is 1)`,
      [],
    );
  const chosen = chooseRoute(tables, dst.ip);
  const bridge = tables.links?.find(({name}) => name === chosen.route?.dev);
  if (chosen.verdict !== 'found' || !bridge) {
    return trail.fail(
      host.model,
      'forwarding',
      'sandbox-route-missing',
      `the sandbox has no route to ${dst.ip}`,
      {
        evidence: (tables.routes ?? []).filter(({table}) => table === 'main').map(routeText),
        cause: 'the bridge of the other subnet is missing or has lost its address',
      },
      'unreachable',
    );
  }
  const onward: AtBridge = {...at, bridge};
  const filtered = filterHop(
    trail,
    {
      host: host.model,
      tables,
      layer: 'forwarding',
      whose: 'the sandbox',
      hook: 'FORWARD',
      code: 'sandbox-filtered',
      needed: false,
    },
    {...packet, inInterface: at.bridge.name, outInterface: bridge.name},
  );
  if (filtered) return filtered;
  const cached = tables.neighbours?.find(
    ({ip, dev, state}) => ip === dst.ip && dev === bridge.name && state.some((word) => usable.test(word)),
  );
  const mac =
    cached?.mac ?? answerTo(onward, dst.ip)?.mac ?? (dst.host?.key === host.model.key ? dst.mac : undefined);
  if (!mac) {
    return trail.fail(
      host.model,
      'neighbour',
      'neighbour-missing',
      `nobody answers ARP for ${dst.ip} on ${bridge.name}`,
      {
        cause: 'the vxlan device of that subnet has no neighbour row for the address',
      },
      'unreachable',
    );
  }
  trail.pass(
    host.model,
    'neighbour',
    `${dst.ip} is ${mac} on ${bridge.name}`,
    cached ? [neighbourText(cached)] : [],
  );
  return {at: onward, srcMac: bridge.mac ?? '', dstMac: mac, mtu: left.mtu};
}

/** Whether the frame is for the bridge itself, which then routes it. */
export function isRouted({at, dstMac}: Left, dst: Party): boolean {
  const {bridge} = at;
  return (
    dstMac === bridge.mac &&
    !(bridge.addresses ?? []).some(({address, prefixLength}) =>
      inSubnet(dst.ip, `${address}/${prefixLength}`),
    )
  );
}

export function neighbourText({ip, dev, mac, state}: Neighbour): string {
  return `${ip} dev ${dev}${mac ? ` lladdr ${mac}` : ''} ${state.join(',')}`;
}

export {portRow, rowText};
