/** The middle of a walk: the outer packet on the sender's host. */

import {inSubnet} from '../join/subnet.js';
import type {OwnVtep} from '../join/vteps.js';
import type {Network} from '../model/docker-types.js';
import type {Link, Route} from '../model/facts.js';
import type {HostModel} from '../model/host.js';
import type {NetnsTables} from '../model/netns-tables.js';
import {isWalk} from './bridge.js';
import {filterHop} from './filter.js';
import type {Walk} from './hop.js';
import {isDown, linkText} from './party.js';
import {chooseRoute, routeText} from './route.js';
import type {Trail} from './trail.js';
import {xfrmPairs} from './xfrm.js';

export interface OuterPacket {
  src: string;
  dst: string;
  port: number;
  vni: number;
}

/** Outer Ethernet, IPv4, UDP and VXLAN headers less the inner Ethernet header that the inner MTU leaves out: 20 + 8 + 8 + 14 (RFC 7348, section 5). */
const vxlanOverhead = 50;

export interface Sending {
  host: HostModel;
  /** The address under which this node is known. */
  own: OwnVtep | undefined;
  network: Network;
  vtep: string;
  port: number;
  vni: number;
  device: Link;
  /** MTU of the source's interface in bytes. */
  mtu: number | undefined;
}

/** Route, source address, MTU, neighbour, rules and encryption of the outer packet on its way out. */
export function sendOuter(
  trail: Trail,
  {host, own, network, vtep, port, vni, device, mtu}: Sending,
): OuterPacket | Walk {
  const {host: tables} = host;
  if (!tables) {
    trail.doubt(host, 'underlay-route', "the host's own tables were not read");
    return {src: own?.address ?? '', dst: vtep, port, vni};
  }
  const route = routeToVtep(trail, host, tables, {vtep, device});
  if (isWalk(route)) return route;
  if (!route) return {src: own?.address ?? '', dst: vtep, port, vni};
  const uplink = tables.links?.find(({name}) => name === route.dev);
  if (uplink && (isDown(uplink) || uplink.flags?.includes('NO-CARRIER'))) {
    const word = isDown(uplink) ? 'down' : 'without carrier';
    return trail.fail(host, 'underlay-route', 'uplink-down', `${uplink.name} is ${word}`, {
      evidence: [linkText(uplink)],
    });
  }
  const selected = sourceAddress(uplink, route.gateway);
  const src = route.prefSrc ?? selected ?? '';
  const evidence = [routeText(route), ...(uplink ? [linkText(uplink)] : [])];
  if (own && src && own.address !== src) {
    return trail.fail(
      host,
      'underlay-route',
      'outer-source-mismatch',
      `packets to ${vtep} leave from ${src}; this node is known as ${own.address}`,
      {
        evidence: [...evidence, `own VTEP ${own.address} (told by ${own.source})`],
        cause:
          'the vxlan device has no address of its own, so the route chooses the outer source; the receiver has a permanent row with the other address and drops every frame without counting it',
        kernelReason: 'VXLAN_ENTRY_EXISTS at the receiver',
        next: `ip route get ${vtep}`,
      },
    );
  }
  trail.pass(
    host,
    'underlay-route',
    `VTEP ${vtep} by ${routeText(route)}${src ? `, from ${src}` : ''}`,
    evidence,
  );
  fitMtu(trail, host, {mtu, routeMtu: route.mtu ?? uplink?.mtu, encrypted: network.encrypted, evidence});
  const unreachable = nextHop(trail, host, {vtep, hop: route.gateway ?? vtep, dev: route.dev, device});
  if (unreachable) return unreachable;
  const outer = {src, dst: vtep, port, vni};
  const sealed = network.encrypted ? encryption(trail, host, outer) : undefined;
  if (sealed) return sealed;
  const dropped = filterHop(
    trail,
    {
      host,
      tables,
      layer: 'filter-out',
      whose: 'this host',
      hook: 'OUTPUT',
      code: 'data-path-filtered-out',
      needed: true,
    },
    {
      protocol: 'udp',
      src,
      dst: vtep,
      dport: port,
      ctState: 'NEW',
      ...(route.dev === undefined ? {} : {outInterface: route.dev}),
      ...(selected === undefined ? {} : {masqueradeAs: selected}),
      vni,
      ipsec: network.encrypted,
      dstLocal: false,
    },
  );
  return dropped ?? outer;
}

/**
 * The route to a VTEP: the kernel's own where it was asked, else the one that its tables give. Undefined where it is
 * not known. Rules that look at more than the destination are not told by the kernel's answer either.
 */
function routeToVtep(
  trail: Trail,
  host: HostModel,
  tables: NetnsTables,
  {vtep, device}: {vtep: string; device: Link},
): Route | Walk | undefined {
  const chosen = chooseRoute(tables, vtep);
  const asked = chosen.verdict === 'unknown' ? undefined : tables.vtepRoutes?.get(vtep);
  const route = asked ?? chosen.route;
  if (!asked && (chosen.verdict === 'none' || (chosen.verdict === 'found' && !route?.dev))) {
    return trail.fail(host, 'underlay-route', 'vtep-route-missing', `no route to VTEP ${vtep}`, {
      evidence: (tables.routes ?? []).filter(({table}) => table === 'main').map(routeText),
      cause: chosen.reason ?? 'no route matches',
      kernelReason: 'IP_OUTNOROUTES',
      counter: `${device.name} TX errors and carrier errors`,
      next: `ip route get ${vtep}`,
    });
  }
  if (chosen.verdict === 'unknown' || !route) {
    trail.doubt(
      host,
      'underlay-route',
      `the route to VTEP ${vtep} is not known: ${chosen.reason ?? ''}`,
      route ? [routeText(route)] : [],
    );
    return undefined;
  }
  if (route.type === 'local') {
    return trail.fail(
      host,
      'underlay-route',
      'fdb-points-home',
      `VTEP ${vtep} is an address of this very host`,
      {evidence: [routeText(route)], cause: 'the FDB row names this host as the remote one'},
    );
  }
  return route;
}

interface Fitting {
  mtu: number | undefined;
  routeMtu: number | undefined;
  encrypted: boolean;
  evidence: string[];
}

/** Whether a full-sized inner packet still fits the uplink (moby overlay/encryption.go maxMTU: 50 bytes, and 26 for ESP). */
function fitMtu(trail: Trail, host: HostModel, {mtu, routeMtu, encrypted, evidence}: Fitting): void {
  if (mtu === undefined || routeMtu === undefined) return;
  const overhead = vxlanOverhead + (encrypted ? 26 : 0);
  if (mtu + overhead <= routeMtu) {
    trail.pass(
      host,
      'underlay-mtu',
      `a full packet of ${mtu} bytes and ${overhead} of encapsulation fit the uplink's ${routeMtu}`,
      [],
    );
    return;
  }
  trail.limit(
    host,
    'underlay-mtu',
    'mtu-too-small',
    `a full packet of ${mtu} bytes needs ${mtu + overhead}; the uplink takes ${routeMtu}`,
    {
      evidence,
      cause: `packets above ${routeMtu - overhead} bytes do not pass; the kernel tells the source so (fragmentation needed), which helps only where it is heeded, and not what comes the other way`,
      next: `ip link show; the overlay's MTU is set by --opt com.docker.network.driver.mtu=${routeMtu}`,
    },
  );
}

/** The address that the kernel gives a packet on a route without a source of its own (net/ipv4/devinet.c inet_select_addr). */
function sourceAddress(uplink: Link | undefined, gateway: string | undefined): string | undefined {
  const own = uplink?.addresses?.filter(({family}) => family === 'inet') ?? [];
  const beside = own.find(
    ({address, prefixLength}) => gateway !== undefined && inSubnet(gateway, `${address}/${prefixLength}`),
  );
  return (beside ?? own[0])?.address;
}

interface NextHop {
  vtep: string;
  hop: string;
  dev: string | undefined;
  device: Link;
}

/** Whether the next hop was found on its link, as the kernel's last attempt left it. No entry tells nothing. */
function nextHop(trail: Trail, host: HostModel, {vtep, hop, dev, device}: NextHop): Walk | undefined {
  const row = host.host?.neighbours?.find((neighbour) => neighbour.ip === hop && neighbour.dev === dev);
  if (!row) return undefined;
  const evidence = [`${row.ip} dev ${row.dev} ${row.mac ? `lladdr ${row.mac} ` : ''}${row.state.join(',')}`];
  if (row.state.includes('FAILED')) {
    return trail.fail(
      host,
      'underlay-neighbour',
      'vtep-unreachable',
      `${hop}, the next hop to VTEP ${vtep}, does not answer ARP`,
      {
        evidence,
        cause: hop === vtep ? 'the host behind this VTEP is down or gone' : 'the router on the way is down',
        kernelReason: 'NEIGH_FAILED',
        counter: `${device.name} TX still counts up`,
        next: `ping -c 1 ${hop}`,
      },
    );
  }
  if (row.state.includes('INCOMPLETE')) {
    trail.doubt(
      host,
      'underlay-neighbour',
      `${hop}, the next hop to VTEP ${vtep}, was just being asked for by ARP and had not answered`,
      evidence,
      {code: 'vtep-unreachable'},
    );
    return undefined;
  }
  trail.pass(
    host,
    'underlay-neighbour',
    `next hop ${hop} is ${row.mac ?? '?'} (${row.state.join(',').toLowerCase()})`,
    evidence,
  );
  return undefined;
}

/** An encrypted overlay needs a policy and a state out; a policy alone drops everything. */
function encryption(trail: Trail, host: HostModel, {src, dst}: OuterPacket): Walk | undefined {
  const {states, policies} = xfrmPairs(host);
  if (!states || !policies) {
    trail.doubt(
      host,
      'encryption',
      'the network is encrypted, and the IPsec states of the host were not read',
    );
    return undefined;
  }
  const pair = `${src} ${dst}`;
  if (!policies.has(pair)) {
    trail.doubt(
      host,
      'encryption',
      `the network is encrypted, and no IPsec policy from ${src} to ${dst} was found`,
    );
    return undefined;
  }
  if (states.has(pair)) {
    trail.pass(host, 'encryption', `an IPsec policy and a state from ${src} to ${dst}`, []);
    return undefined;
  }
  return trail.fail(
    host,
    'encryption',
    'xfrm-state-missing',
    `an IPsec policy from ${src} to ${dst} without a state`,
    {
      cause:
        'the policy wants every packet encrypted and there is no key to do it with, so all are dropped: often a kernel without ESP or AES-GCM',
      counter: 'XfrmOutNoStates in /proc/net/xfrm_stat, and TX dropped of the vxlan device',
      next: 'ip xfrm state list nokeys; ip xfrm policy',
    },
  );
}
