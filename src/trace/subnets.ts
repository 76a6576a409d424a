/** Routing between two subnets of one overlay: from one bridge of the sandbox to another. */

import {inSubnet} from '../base/subnet.js';
import type {FilteredPacket} from '../kernel/netfilter.js';
import {linkText, neighbourText, routeText} from '../kernel/printed.js';
import {chooseRoute} from '../kernel/route.js';
import type {Link} from '../model/facts.js';
import {inNamespace} from '../topology/in-namespace.js';
import type {AtBridge} from './bridge.js';
import type {Walk} from './disposition.js';
import {filterHop} from './filter.js';
import type {Left} from './leave.js';
import {answerTo, usable} from './neighbour.js';
import {actualMac, type Party} from './party.js';
import type {Trail} from './trail.js';

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

export function acrossSubnets(trail: Trail, left: Left, dst: Party, packet: FilteredPacket): Left | Walk {
  const {at} = left;
  const {tables, host, netns} = at;
  const {model} = host;
  const forward = tables.proc?.get('/proc/sys/net/ipv4/ip_forward')?.trim();
  if (forward === undefined) {
    trail.doubt(
      model,
      'forwarding',
      'ip_forward of the sandbox was not read: unknown whether it routes between its subnets',
    );
  } else if (forward !== '1') {
    return trail.fail(
      model,
      'forwarding',
      'ip-forward-off',
      `the sandbox does not route: ip_forward is ${forward}`,
      {
        device: at.bridge.name,
        evidence: [`net.ipv4.ip_forward = ${forward} in ${netns}`],
        cause: 'the subnets of one overlay are connected by routing in the sandbox, which needs ip_forward',
        next: inNamespace(model, netns, 'cat /proc/sys/net/ipv4/ip_forward'),
      },
    );
  } else
    trail.pass(model, 'forwarding', `${at.bridge.name} routes to the other subnet (ip_forward is 1)`, []);
  const chosen = chooseRoute(tables, dst.ip, packet.src);
  if (chosen.verdict === 'unknown') {
    trail.doubt(model, 'forwarding', `route of the sandbox to ${dst.ip} is unknown: ${chosen.reason ?? ''}`);
    return trail.end('undecided');
  }
  const bridge = tables.links?.find(({name}) => name === chosen.route?.device);
  const bare = tables.links?.find(
    ({kind, addresses}) => kind === 'bridge' && addresses && !addresses.some(({family}) => family === 'inet'),
  );
  if ((chosen.verdict !== 'found' || !bridge) && bare) return addressless(trail, at, bare);
  if (chosen.verdict !== 'found' || !bridge) {
    return trail.fail(
      model,
      'forwarding',
      'sandbox-route-missing',
      `the sandbox has no route to ${dst.ip}`,
      {
        device: at.bridge.name,
        evidence: (tables.routes ?? []).filter(({table}) => table === 'main').map(routeText),
        cause: 'the bridge of the other subnet is missing or has lost its address',
      },
      'unreachable',
    );
  }
  // From here on the frame comes from the bridge itself, by none of its ports.
  const onward: AtBridge = {host, netns, tables, bridge};
  const filtered = filterHop(
    trail,
    {
      host: model,
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
  const mac = onBridge(trail, onward, dst);
  return typeof mac === 'string' ? {at: onward, srcMac: bridge.mac ?? '', dstMac: mac, mtu: left.mtu} : mac;
}

/** A bridge that has lost the address by which its subnet is routed to, and which containers there have as gateway. */
export function addressless(trail: Trail, {host: {model}, netns}: AtBridge, bridge: Link): Walk {
  return trail.fail(
    model,
    'forwarding',
    'bridge-address-missing',
    `${bridge.name} has no address, so nothing is routed to or from its subnet`,
    {
      device: bridge.name,
      evidence: [linkText(bridge)],
      cause: 'the bridge has lost the gateway address of its subnet, and the route went with it',
      next: inNamespace(model, netns, 'ip addr show', bridge.name),
    },
    'unreachable',
  );
}

/** What the sandbox's own kernel has for the destination on the other bridge, or will be answered. */
function onBridge(trail: Trail, at: AtBridge, dst: Party): string | Walk {
  const {host, bridge, tables} = at;
  const cached = tables.neighbours?.find(
    ({address: ip, device: dev, state}) =>
      ip === dst.ip && dev === bridge.name && state.some((word) => usable.test(word)),
  );
  const answer = answerTo(at, dst.ip);
  const local = dst.host?.key === host.model.key;
  const right = [actualMac(dst), dst.mac].filter((mac) => mac !== undefined);
  const mac = cached?.mac ?? answer?.mac ?? (local ? right[0] : undefined);
  const evidence = [...(cached ? [neighbourText(cached)] : []), ...(answer ? [answer.evidence] : [])];
  if (!mac) {
    return trail.fail(
      host.model,
      'neighbour',
      'neighbour-missing',
      `no neighbour entry for ${dst.ip}; ARP unanswered`,
      {
        device: bridge.name,
        cause: 'the vxlan device of that subnet has no neighbour entry for the address',
      },
      'unreachable',
    );
  }
  if (right.length > 0 && !right.includes(mac)) {
    return trail.fail(
      host.model,
      'neighbour',
      'neighbour-wrong-mac',
      `ARP entry ${dst.ip} of the sandbox has ${mac}; its MAC is ${right.join(' or ')}`,
      {device: bridge.name, evidence},
    );
  }
  if (cached && !answer && !local) {
    trail.doubt(
      host.model,
      'neighbour',
      `${dst.ip} is ${mac} by a cached ARP entry of the sandbox that can't be refreshed`,
      evidence,
      {code: 'neighbour-missing'},
    );
  } else trail.pass(host.model, 'neighbour', `${dst.ip} is ${mac} on ${bridge.name}`, evidence);
  return mac;
}
