/** The middle of a walk: the outer packet on the sender's host. */

import {ownVtep} from '../join/vteps.js';
import type {Network} from '../model/docker-types.js';
import type {Link} from '../model/facts.js';
import type {HostModel} from '../model/host.js';
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
  hosts: HostModel[];
  network: Network;
  vtep: string;
  device: Link;
  /** MTU of the source's interface in bytes. */
  mtu: number | undefined;
}

/** Route, source address, MTU, neighbour, rules and encryption of the outer packet on its way out. */
export function sendOuter(
  trail: Trail,
  {host, hosts, network, vtep, device, mtu}: Sending,
): OuterPacket | Walk {
  const {host: tables} = host;
  const port = device.vxlan?.port ?? 4789;
  const vni = device.vxlan?.vni ?? 0;
  if (!tables) {
    trail.doubt(host, 'underlay-route', "the host's own tables were not read");
    return {src: ownVtep(host, hosts)?.address ?? '', dst: vtep, port, vni};
  }
  const chosen = chooseRoute(tables, vtep);
  if (chosen.verdict === 'none' || (chosen.verdict === 'found' && !chosen.route?.dev)) {
    return trail.fail(host, 'underlay-route', 'vtep-route-missing', `no route to VTEP ${vtep}`, {
      evidence: (tables.routes ?? []).filter(({table}) => table === 'main').map(routeText),
      cause: chosen.reason ?? 'no route matches',
      kernelReason: 'IP_OUTNOROUTES',
      counter: `${device.name} TX errors and carrier errors`,
      next: `ip route get ${vtep}`,
    });
  }
  const {route} = chosen;
  if (chosen.verdict === 'unknown' || !route) {
    trail.doubt(
      host,
      'underlay-route',
      `the route to VTEP ${vtep} is not known: ${chosen.reason ?? ''}`,
      route ? [routeText(route)] : [],
    );
    return {src: ownVtep(host, hosts)?.address ?? '', dst: vtep, port, vni};
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
  const uplink = tables.links?.find(({name}) => name === route.dev);
  if (uplink && isDown(uplink)) {
    return trail.fail(host, 'underlay-route', 'uplink-down', `${uplink.name} is down`, {
      evidence: [linkText(uplink)],
    });
  }
  const src = route.prefSrc ?? uplink?.addresses?.find(({family}) => family === 'inet')?.address ?? '';
  const own = ownVtep(host, hosts);
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
  const unreachable = nextHop(trail, host, vtep, route.gateway ?? vtep, device);
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
      outInterface: route.dev ?? '',
      vni,
      ipsec: network.encrypted,
      dstLocal: false,
    },
  );
  return dropped ?? outer;
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
      cause: `packets above ${routeMtu - overhead} bytes do not pass: small ones work, large ones hang`,
      next: `ip link show; the overlay's MTU is set by --opt com.docker.network.driver.mtu=${routeMtu}`,
    },
  );
}

function nextHop(trail: Trail, host: HostModel, vtep: string, hop: string, device: Link): Walk | undefined {
  const row = host.host?.neighbours?.find(({ip}) => ip === hop);
  if (row?.state.some((state) => state === 'FAILED')) {
    return trail.fail(
      host,
      'underlay-neighbour',
      'vtep-unreachable',
      `${hop}, the next hop to VTEP ${vtep}, does not answer ARP`,
      {
        evidence: [`${row.ip} dev ${row.dev} ${row.state.join(',')}`],
        cause: hop === vtep ? 'the host behind this VTEP is down or gone' : 'the router on the way is down',
        kernelReason: 'NEIGH_FAILED',
        counter: `${device.name} TX still counts up`,
        next: `ping -c 1 ${hop}`,
      },
    );
  }
  if (row)
    trail.pass(
      host,
      'underlay-neighbour',
      `next hop ${hop} is ${row.mac ?? '?'} (${row.state.join(',').toLowerCase()})`,
      [],
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
