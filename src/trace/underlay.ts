/** The middle of a walk: the outer packet on the sender's host. */

import {deadLink} from '../kernel/link-state.js';
import {linkText, routeText} from '../kernel/printed.js';
import {encapsulation, type UnderlayWay, wayToVtep} from '../kernel/underlay-way.js';
import type {Network} from '../model/docker-types.js';
import type {Link} from '../model/facts.js';
import type {HostModel} from '../model/host.js';
import {dockerXfrm, sealing} from '../services/encryption.js';
import type {OwnVtep} from '../topology/vteps.js';
import type {Walk} from './disposition.js';
import {filterHop} from './filter.js';
import type {Trail} from './trail.js';

export interface OuterPacket {
  src: string;
  dst: string;
  port: number;
  vni: number;
}

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
  const unread = {src: own?.address ?? '', dst: vtep, port, vni};
  if (!tables) {
    trail.doubt(host, 'underlay-route', "the host's own tables were not read");
    return unread;
  }
  const way = wayToVtep(tables, vtep);
  const stopped = untrodden(trail, host, way, {vtep, device});
  if (stopped) return stopped;
  const {route, uplink} = way;
  if (way.verdict === 'unknown' || !route) return unread;
  const dead = uplink && uplinkTrouble(trail, host, uplink);
  if (dead) return dead;
  const src = way.source ?? '';
  const evidence = [routeText(route), ...(uplink ? [linkText(uplink)] : [])];
  const mismatch = sourceTrouble(trail, host, own, {src, vtep, evidence});
  if (mismatch) return mismatch;
  trail.pass(
    host,
    'underlay-route',
    `VTEP ${vtep} by ${routeText(route)}${src ? `, from ${src}` : ''}`,
    evidence,
  );
  fitMtu(trail, host, {mtu, routeMtu: way.mtu, vtep, encrypted: network.encrypted, evidence});
  const outer = {src, dst: vtep, port, vni};
  const stuck =
    nextHop(trail, host, way, {vtep, device}) ??
    (network.encrypted ? encryption(trail, host, outer) : undefined);
  if (stuck) return stuck;
  return rulesOut(trail, {host, network}, way, outer) ?? outer;
}

function uplinkTrouble(trail: Trail, host: HostModel, uplink: Link): Walk | undefined {
  const dead = deadLink(uplink);
  return dead === undefined
    ? undefined
    : trail.fail(host, 'underlay-route', 'uplink-down', `${uplink.name} is ${dead}`, {
        evidence: [linkText(uplink)],
      });
}

/** The host's own rules for the outer packet. */
function rulesOut(
  trail: Trail,
  {host, network}: Pick<Sending, 'host' | 'network'>,
  {route, selected}: UnderlayWay,
  {src, dst, port, vni}: OuterPacket,
): Walk | undefined {
  return filterHop(
    trail,
    {
      host,
      tables: host.host,
      layer: 'filter-out',
      whose: 'this host',
      hook: 'OUTPUT',
      code: 'data-path-filtered-out',
      needed: true,
    },
    {
      protocol: 'udp',
      src,
      dst,
      dport: port,
      ctState: 'NEW',
      ...(route?.dev === undefined ? {} : {outInterface: route.dev}),
      ...(selected === undefined ? {} : {masqueradeAs: selected}),
      vni,
      ipsec: network.encrypted,
      dstLocal: false,
    },
  );
}

/** Packets that leave from another address than the one that all others have rows for. */
function sourceTrouble(
  trail: Trail,
  host: HostModel,
  own: OwnVtep | undefined,
  {src, vtep, evidence}: {src: string; vtep: string; evidence: string[]},
): Walk | undefined {
  if (!own || !src || own.address === src) return undefined;
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

/** Where there is no way to a VTEP, or none that is known. */
function untrodden(
  trail: Trail,
  host: HostModel,
  {verdict, route, reason = ''}: UnderlayWay,
  {vtep, device}: {vtep: string; device: Link},
): Walk | undefined {
  if (verdict === 'none') {
    return trail.fail(host, 'underlay-route', 'vtep-route-missing', `no route to VTEP ${vtep}`, {
      evidence: (host.host?.routes ?? []).filter(({table}) => table === 'main').map(routeText),
      cause: reason,
      kernelReason: 'IP_OUTNOROUTES',
      counter: `${device.name} TX errors and carrier errors`,
      next: `ip route get ${vtep}`,
    });
  }
  if (verdict === 'home') {
    return trail.fail(
      host,
      'underlay-route',
      'fdb-points-home',
      `VTEP ${vtep} is an address of this very host`,
      {
        evidence: route ? [routeText(route)] : [],
        cause: 'the FDB row names this host as the remote one',
      },
    );
  }
  if (verdict === 'unknown')
    trail.doubt(
      host,
      'underlay-route',
      `the route to VTEP ${vtep} is not known: ${reason}`,
      route ? [routeText(route)] : [],
    );
  return undefined;
}

interface Fitting {
  mtu: number | undefined;
  routeMtu: number | undefined;
  vtep: string;
  encrypted: boolean;
  evidence: string[];
}

/** Whether a full-sized inner packet still fits the uplink. */
function fitMtu(trail: Trail, host: HostModel, {mtu, routeMtu, vtep, encrypted, evidence}: Fitting): void {
  if (mtu === undefined || routeMtu === undefined) return;
  const overhead = encapsulation(vtep, encrypted);
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

interface NextHop {
  vtep: string;
  device: Link;
}

/** Whether the next hop was found on its link, as the kernel's last attempt left it. No entry tells nothing. */
function nextHop(
  trail: Trail,
  host: HostModel,
  {nextHop: hop, neighbour: row}: UnderlayWay,
  {vtep, device}: NextHop,
): Walk | undefined {
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
  const kept = dockerXfrm(host);
  if (!kept) {
    trail.doubt(
      host,
      'encryption',
      'the network is encrypted, and the IPsec states of the host were not read',
    );
    return undefined;
  }
  const sealed = sealing(kept, {from: src, to: dst});
  if (!sealed) {
    trail.doubt(
      host,
      'encryption',
      `the network is encrypted, and no IPsec policy from ${src} to ${dst} was found`,
    );
    return undefined;
  }
  if (sealed.out) {
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
