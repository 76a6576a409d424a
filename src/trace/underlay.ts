/** The middle of a walk: the outer packet on the sender's host. */

import {isLasting} from '../kernel/arp.js';
import type {SeenByTc} from '../kernel/link-programs.js';
import {deadLink} from '../kernel/link-state.js';
import {linkText, routeText} from '../kernel/printed.js';
import {encapsulation, type UnderlayWay, wayToVtep} from '../kernel/underlay-way.js';
import {outerTtl, ttlEnds} from '../kernel/vxlan-device.js';
import type {Network} from '../model/docker-types.js';
import type {Link, Neighbour, Route} from '../model/facts.js';
import type {HostModel} from '../model/host.js';
import {dockerXfrm, sealing} from '../services/encryption.js';
import {lostToIpsec} from '../services/foreign-ipsec.js';
import type {OwnVtep} from '../topology/vteps.js';
import type {Walk} from './disposition.js';
import {filterHop} from './filter.js';
import {doubtPrograms, type Trail, throughFilters} from './trail.js';

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
  /** MAC of the interface that has the VTEP, where its host was read. */
  peer: string | undefined;
}

/** Route, source address, MTU, neighbour, rules and encryption of the outer packet on its way out. */
export function sendOuter(
  trail: Trail,
  {host, own, network, vtep, port, vni, device, mtu, peer}: Sending,
): OuterPacket | Walk {
  const {host: tables} = host;
  const unread = {src: own?.address ?? '', dst: vtep, port, vni};
  if (!tables) {
    trail.doubt(host, 'underlay-route', "the host's routes and links were not read");
    return unread;
  }
  const way = wayToVtep(tables, vtep);
  const stopped = untrodden(trail, host, way, {vtep, device});
  if (stopped) return stopped;
  const {route, uplink} = way;
  if (way.verdict === 'unknown' || !route) return unread;
  const seen = {udpPort: tcPort(port, network.encrypted)};
  const dead = uplink && uplinkTrouble(trail, host, uplink, seen);
  if (dead) return dead;
  const src = device.vxlan?.local ?? way.source ?? '';
  const evidence = [routeText(route), ...(uplink ? [linkText(uplink)] : [])];
  const mismatch = sourceTrouble(trail, host, own, {src, vtep, evidence, device});
  if (mismatch) return mismatch;
  trail.pass(
    host,
    'underlay-route',
    `VTEP ${vtep} ${hopText(route)}${src ? `, source ${src}` : ''}`,
    evidence,
  );
  fitMtu(trail, host, {
    mtu,
    routeMtu: way.mtu,
    vtep,
    encrypted: network.encrypted,
    evidence,
    dev: route.device,
  });
  const outer = {src, dst: vtep, port, vni};
  const stuck =
    nextHop(trail, host, way, {vtep, device, peer}) ??
    ttlTrouble(trail, host, way, {vtep, device}) ??
    (network.encrypted ? encryption(trail, host, outer) : ipsecTrouble(trail, host, outer, 'out'));
  if (stuck) return stuck;
  return rulesOut(trail, {host, network}, way, outer) ?? outer;
}

/** How a route leads on, without its destination and source. */
function hopText({gateway, device}: Route): string {
  return [
    ...(gateway === undefined ? ['on link'] : ['via', gateway]),
    ...(device === undefined ? [] : ['dev', device]),
  ].join(' ');
}

/** The UDP port by which filters of tc on an uplink know the packets of a network; ESP has none. */
export const tcPort = (port: number, encrypted: boolean): number => (encrypted ? -1 : port);

function uplinkTrouble(trail: Trail, host: HostModel, uplink: Link, seen: SeenByTc): Walk | undefined {
  doubtPrograms(trail, host, 'underlay-route', uplink);
  const dead = deadLink(uplink);
  return dead === undefined
    ? throughFilters(trail, host, host.host ?? {}, {
        layer: 'underlay-route',
        link: uplink,
        direction: 'egress',
        seen,
      })
    : trail.fail(host, 'underlay-route', 'uplink-down', `uplink is ${dead}`, {
        device: uplink.name,
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
      whose: host.name,
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
      ...(route?.device === undefined ? {} : {outInterface: route.device}),
      ...(route?.device === undefined || network.encrypted ? {} : {framed: true as const}),
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
  {src, vtep, evidence, device}: {src: string; vtep: string; evidence: string[]; device: Link},
): Walk | undefined {
  if (!own || !src || own.address === src) return undefined;
  return trail.fail(
    host,
    'underlay-route',
    'outer-source-mismatch',
    `VXLAN packets to ${vtep} leave from ${src}, not from this node's VTEP address ${own.address}`,
    {
      device: device.name,
      evidence: [...evidence, `own VTEP ${own.address} (source: ${own.source})`],
      cause: `${device.vxlan?.local === undefined ? 'the vxlan device has no local address, so the route selects the outer source' : 'the vxlan device has a local address, which is the outer source'}; the receiver has a permanent FDB entry with the other address and drops every frame without counting it`,
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
      device: device.name,
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
      `VTEP ${vtep} of the FDB entry is an address of this host`,
      {
        device: device.name,
        evidence: route ? [routeText(route)] : [],
        cause: 'the FDB entry points to this host instead of the remote one',
      },
    );
  }
  if (verdict === 'unknown')
    trail.doubt(
      host,
      'underlay-route',
      `route to VTEP ${vtep} is unknown: ${reason}`,
      route ? [routeText(route)] : [],
    );
  return undefined;
}

interface Fitting {
  /** The interface by which packets to the VTEP leave. */
  dev: string | undefined;
  mtu: number | undefined;
  routeMtu: number | undefined;
  vtep: string;
  encrypted: boolean;
  evidence: string[];
}

/** Whether a full-sized inner packet still fits the uplink. */
function fitMtu(
  trail: Trail,
  host: HostModel,
  {mtu, routeMtu, vtep, encrypted, evidence, dev}: Fitting,
): void {
  if (mtu === undefined || routeMtu === undefined) return;
  const overhead = encapsulation(vtep, encrypted);
  if (mtu + overhead <= routeMtu) {
    trail.pass(
      host,
      'underlay-mtu',
      `full-size packet ${mtu} + ${overhead} bytes encapsulation fits the underlay MTU ${routeMtu}`,
      [],
    );
    return;
  }
  trail.limit(
    host,
    'underlay-mtu',
    'mtu-too-small',
    `full-size packet ${mtu} + ${overhead} bytes encapsulation exceeds the underlay MTU ${routeMtu}`,
    {
      ...(dev === undefined ? {} : {device: dev}),
      evidence,
      cause: `packets above ${routeMtu - overhead} bytes are dropped; the kernel sends "fragmentation needed" to the source, which helps only where the source honours it, and not in the other direction`,
      next: `ip link show; the overlay's MTU is set by --opt com.docker.network.driver.mtu=${routeMtu}`,
    },
  );
}

interface NextHop {
  vtep: string;
  device: Link;
  /** MAC of the interface that has the VTEP, where its host was read and is on the same link. */
  peer?: string | undefined;
}

/** Whether the next hop was found on its link, as the kernel's last attempt left it. No entry tells nothing. */
function nextHop(
  trail: Trail,
  host: HostModel,
  {nextHop: hop, neighbour: row}: UnderlayWay,
  {vtep, device, peer}: NextHop,
): Walk | undefined {
  if (!row) return undefined;
  const evidence = [
    `${row.address} dev ${row.device} ${row.mac ? `lladdr ${row.mac} ` : ''}${row.state.join(',')}`,
  ];
  if (row.state.includes('FAILED')) {
    return trail.fail(
      host,
      'underlay-neighbour',
      'vtep-unreachable',
      `next hop ${hop} to VTEP ${vtep} does not answer ARP`,
      {
        device: row.device,
        evidence,
        cause: hop === vtep ? 'the host with this VTEP is down or gone' : 'the router is down',
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
      `next hop ${hop} to VTEP ${vtep}: ARP was in progress, no answer yet`,
      evidence,
      {code: 'vtep-unreachable'},
    );
    return undefined;
  }
  if (isLasting(row))
    return staticHop(trail, host, row, {vtep, evidence, peer: hop === vtep ? peer : undefined});
  trail.pass(
    host,
    'underlay-neighbour',
    `next hop ${hop} is ${row.mac ?? '?'} (${row.state.join(',').toLowerCase()})`,
    evidence,
  );
  return undefined;
}

/** An entry that is never asked for again: only the other end tells whether it is right. */
function staticHop(
  trail: Trail,
  host: HostModel,
  {address: hop, device, mac}: Neighbour,
  {vtep, evidence, peer}: {vtep: string; evidence: string[]; peer: string | undefined},
): Walk | undefined {
  const said = `next hop ${hop} is ${mac ?? '?'} by a static entry`;
  if (peer === undefined || mac === undefined) {
    trail.note(host, 'underlay-neighbour', `${said}, which proves no MAC`, evidence);
    return undefined;
  }
  if (peer !== mac)
    return trail.fail(
      host,
      'underlay-neighbour',
      'next-hop-mac-wrong',
      `${said}; the host with VTEP ${vtep} has ${peer}`,
      {device, evidence, next: `ip neigh del ${hop} dev ${device}`},
    );
  trail.pass(host, 'underlay-neighbour', `${said}, and that host has it`, evidence);
  return undefined;
}

/** Whether the outer packet gets past the routers on its path. */
function ttlTrouble(
  trail: Trail,
  host: HostModel,
  {route}: UnderlayWay,
  {vtep, device}: NextHop,
): Walk | undefined {
  const found = device.vxlan && outerTtl(device.vxlan, host.host?.proc);
  const ends = found && ttlEnds(found.ttl, route?.gateway);
  if (!found || !ends) return undefined;
  const by =
    found.by === 'device' ? `ttl ${found.ttl} of ${device.name}` : `net.ipv4.ip_default_ttl ${found.ttl}`;
  if (ends === 'perhaps') {
    trail.doubt(
      host,
      'underlay-route',
      `packets to ${vtep} leave with TTL ${found.ttl} (${by}), and the routers on the path are not known`,
      [],
    );
    return undefined;
  }
  return trail.fail(
    host,
    'underlay-route',
    'vxlan-ttl-low',
    `packets to ${vtep} leave with TTL ${found.ttl}, and the first hop is a router`,
    {
      device: device.name,
      evidence: [by, ...(route ? [routeText(route)] : [])],
      cause: 'a router lowers the TTL and drops the packet at 0',
      next: 'sysctl net.ipv4.ip_default_ttl',
    },
  );
}

/** A policy of somebody else's that drops packets between the two VTEPs. */
export function ipsecTrouble(
  trail: Trail,
  host: HostModel,
  {src, dst, port}: OuterPacket,
  direction: 'in' | 'out',
): Walk | undefined {
  const lost = lostToIpsec(host, {direction, src, dst, port});
  if (!lost) return undefined;
  return trail.fail(
    host,
    'encryption',
    'ipsec-policy-foreign',
    lost.why === 'blocked'
      ? `an IPsec policy blocks UDP ${port} ${src} → ${dst}`
      : `an IPsec policy for UDP ${port} ${src} → ${dst} has no matching state`,
    {
      evidence: [lost.policy.text],
      cause: "the policy is not Docker's, and the kernel drops what it covers",
      counter:
        'XfrmOutPolBlock, XfrmOutNoStates, XfrmInPolBlock or XfrmInTmplMismatch in /proc/net/xfrm_stat',
      next: 'ip xfrm policy list',
    },
  );
}

/** An encrypted overlay needs a policy and a state out; a policy alone drops everything. */
function encryption(trail: Trail, host: HostModel, {src, dst}: OuterPacket): Walk | undefined {
  const kept = dockerXfrm(host);
  if (!kept) {
    trail.doubt(
      host,
      'encryption',
      'the network is encrypted, and the IPsec states (SAs) of the host were not read',
    );
    return undefined;
  }
  const sealed = sealing(kept, {from: src, to: dst});
  if (!sealed) {
    trail.doubt(
      host,
      'encryption',
      `the network is encrypted, and no IPsec policy ${src} → ${dst} was found`,
    );
    return undefined;
  }
  if (sealed.out) {
    trail.pass(host, 'encryption', `IPsec policy and state ${src} → ${dst} present`, []);
    return undefined;
  }
  return trail.fail(
    host,
    'encryption',
    'xfrm-state-missing',
    `IPsec policy ${src} → ${dst} has no matching state (no key)`,
    {
      cause:
        'the policy requires encryption and there is no key, so every packet is dropped; often a kernel without ESP or AES-GCM',
      counter: 'XfrmOutNoStates in /proc/net/xfrm_stat, and vxlan TX dropped',
      next: 'ip xfrm state list nokeys; ip xfrm policy',
    },
  );
}
