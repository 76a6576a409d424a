/** The receiving host's part of a walk: from its uplink through the tunnel's device to the bridge. */

import {isDown} from '../kernel/link-state.js';
import type {FilteredPacket} from '../kernel/netfilter.js';
import {linkText} from '../kernel/printed.js';
import {chooseRoute} from '../kernel/route.js';
import type {Link} from '../model/facts.js';
import type {HostModel} from '../model/host.js';
import type {NetnsTables} from '../model/netns-tables.js';
import {waitingSockets} from '../model/sockets.js';
import {dockerXfrm, sealing} from '../services/encryption.js';
import {inNamespace} from '../topology/in-namespace.js';

import type {KnownHost} from '../topology/known-host.js';
import {type AtBridge, entryTrouble, isWalk, portTrouble} from './bridge.js';
import type {Walk} from './disposition.js';
import {toEndpoint} from './endpoint.js';
import {filterHop} from './filter.js';
import type {Party} from './party.js';
import {passage, type Receiving, sourceRow} from './source-row.js';
import {type Trail, throughFilters} from './trail.js';
import {ipsecTrouble, type OuterPacket, tcPort} from './underlay.js';

export interface Arriving {
  outer: OuterPacket;
  srcMac: string;
  dstMac: string;
  dst: Party;
  networkId: string;
  encrypted: boolean;
  /** The inner packet. */
  packet: FilteredPacket;
  /** How long ago the sender last used its row, and when that was read. */
  sentSeconds: number | undefined;
  sentRead: number | undefined;
  /** Whether only what is sent refreshes that age. */
  sentTells: boolean;
}

/** What is known of a frame between two VTEPs, whoever its ends are. */
export type Outer = Pick<Arriving, 'outer' | 'srcMac' | 'networkId' | 'encrypted'>;

/** From the receiver's uplink to its vxlan device, which takes the frame or drops it; `decode` asks it of captured frames. */
export function admitOuter(trail: Trail, host: KnownHost, arriving: Outer): Receiving | Walk {
  const {model} = host;
  const {outer, srcMac} = arriving;
  const filtered = uplinkIn(trail, model, arriving);
  if (filtered) return filtered;
  const unsealed = arriving.encrypted
    ? unreadable(trail, model, outer)
    : ipsecTrouble(trail, model, outer, 'in');
  if (unsealed) return unsealed;
  const found = deviceOf(host, arriving.networkId, outer.vni);
  const shut = found ? deviceTrouble(trail, model, found, outer) : undefined;
  if (shut) return shut;
  const closed = portOpen(trail, model, outer.port);
  if (closed) return closed;
  if (!found) return withoutVni(trail, host, arriving);
  const {device, tables, netns} = found;
  trail.pass(model, 'vni', `${device.name} in ${netns} has VNI ${outer.vni}`, [linkText(device)]);
  const receiving = {model, netns, tables, device, outer, srcMac};
  const taken = sourceRow(trail, receiving);
  if (taken) return taken;
  return (
    throughFilters(trail, model, tables, {layer: 'vxlan', link: device, direction: 'ingress'}) ?? receiving
  );
}

/** From the receiver's uplink to the destination's interface. */
export function receiveOuter(trail: Trail, host: KnownHost, arriving: Arriving): Walk {
  const {model} = host;
  const {dst, srcMac, dstMac} = arriving;
  const receiving = admitOuter(trail, host, arriving);
  if (isWalk(receiving)) return receiving;
  const {device, tables, netns} = receiving;
  const bridge = tables.links?.find(({name}) => name === device.master);
  if (!bridge) {
    return trail.fail(model, 'bridge', 'vxlan-not-in-bridge', 'not attached to a bridge', {
      device: device.name,
      evidence: [linkText(device)],
      cause: 'the vxlan device was removed from its bridge',
    });
  }
  const at: AtBridge = {host, netns, tables, bridge};
  const stuck = portTrouble(trail, at, device) ?? entryTrouble(trail, at, device, srcMac);
  if (stuck) return stuck;
  if (dstMac === bridge.mac) {
    trail.doubt(
      model,
      'forwarding',
      `the frame is addressed to ${bridge.name}, which routes it; not evaluated`,
    );
    return trail.end('undecided');
  }
  const ended = toEndpoint(trail, at, {dst, dstMac, from: device, packet: arriving.packet});
  if (ended) return ended;
  const passed = passage(trail, receiving, arriving);
  if (typeof passed === 'object') return passed;
  return trail.end(passed === 'proven' ? 'delivered' : 'deliverable');
}

/** No device of the receiver takes the frame: none was found, or what would show one was not read. */
function withoutVni(trail: Trail, host: KnownHost, {networkId, outer}: Outer): Walk {
  const {model} = host;
  const unread = host.sandboxesOf(networkId).some(({namespace}) => namespace.tables?.links === undefined);
  if (unread || !model.privileged) {
    trail.doubt(
      model,
      'vni',
      `the sandbox of the network could not be read: unknown whether it has VNI ${outer.vni}`,
    );
    return trail.end('undecided');
  }
  return trail.fail(model, 'vni', 'vni-missing', `no vxlan device with VNI ${outer.vni} on this host`, {
    cause: 'the network is not instantiated on this host, or its vxlan device was deleted',
    kernelReason: 'VXLAN_VNI_NOT_FOUND',
    counter: 'none',
    next: 'ovdiag links',
  });
}

/** The outer packet at the receiver's uplink: its address, the way back, the rules. */
function uplinkIn(trail: Trail, model: HostModel, {outer, encrypted}: Outer): Walk | undefined {
  const {host: tables} = model;
  const uplink = tables?.links?.find(({addresses}) => addresses?.some(({address}) => address === outer.dst));
  if (tables?.links && !uplink) {
    trail.doubt(
      model,
      'filter-in',
      `no interface here has ${outer.dst}: packets arrive only if they are NATed on the way`,
    );
  }
  const taken =
    tables &&
    uplink &&
    throughFilters(trail, model, tables, {
      layer: 'filter-in',
      link: uplink,
      direction: 'ingress',
      seen: {udpPort: tcPort(outer.port, encrypted)},
    });
  if (taken) return taken;
  // What is sent to an address of the loopback, or of a second uplink, may come in by another link.
  const isEntry =
    tables !== undefined &&
    uplink !== undefined &&
    outer.src !== '' &&
    chooseRoute(tables, outer.src).route?.device === uplink.name;
  const strict = tables?.proc?.get('/proc/sys/net/ipv4/conf/all/rp_filter')?.trim() === '1';
  const back = tables && strict && outer.src ? chooseRoute(tables, outer.src) : undefined;
  if (back && back.route?.device !== uplink?.name) {
    trail.doubt(
      model,
      'filter-in',
      `rp_filter is strict, and the route back to ${outer.src} does not use ${uplink?.name ?? 'the receiving interface'}`,
      ['net.ipv4.conf.all.rp_filter = 1'],
    );
  }
  return filterHop(
    trail,
    {
      host: model,
      tables,
      layer: 'filter-in',
      whose: model.name,
      hook: 'INPUT',
      code: 'data-path-filtered-in',
      needed: true,
    },
    {
      protocol: 'udp',
      src: outer.src,
      dst: outer.dst,
      dport: outer.port,
      // The source port is a hash of the inner flow, so conntrack never sees an answer: each flow stays new.
      ctState: 'NEW',
      ...(uplink ? {inInterface: uplink.name} : {}),
      ...(isEntry && !encrypted ? {framed: true as const} : {}),
      vni: outer.vni,
      ipsec: encrypted,
      dstLocal: true,
    },
  );
}

/** ESP of a sender for which there is no key is dropped before anything else sees it. Nothing is said where there is one. */
function unreadable(trail: Trail, model: HostModel, {src, dst}: OuterPacket): Walk | undefined {
  const kept = dockerXfrm(model);
  const sealed = kept && sealing(kept, {from: dst, to: src});
  if (!sealed || sealed.in) return undefined;
  return trail.fail(model, 'encryption', 'xfrm-state-missing', `no IPsec state (key) for ${src} → ${dst}`, {
    evidence: [sealed.policy.text],
    cause: 'ESP packets from there have no key here and are dropped',
    counter: 'XfrmInNoStates in /proc/net/xfrm_stat',
    next: 'ip xfrm state list nokeys',
  });
}

/** The socket of a vxlan device is the kernel's own, and listed like any other. */
function portOpen(trail: Trail, model: HostModel, port: number): Walk | undefined {
  const sockets = waitingSockets(model.host?.proc, 'udp');
  if (!sockets) {
    trail.doubt(model, 'data-path-port', `listening UDP sockets were not read (port ${port})`);
    return undefined;
  }
  const open = sockets.find((socket) => socket.port === port);
  if (open) {
    trail.pass(model, 'data-path-port', `UDP port ${port} is open`, [open.text]);
    return undefined;
  }
  return trail.fail(model, 'data-path-port', 'data-path-port-closed', `nothing listens on UDP port ${port}`, {
    cause:
      'no vxlan device on the receiver uses this port: the network is not instantiated here, or the nodes use different data-path ports',
    kernelReason: 'NO_SOCKET',
    counter: 'Udp NoPorts here, Icmp InDestUnreachs on the sender',
    next: 'ss -lun',
  });
}

interface Found {
  device: Link;
  tables: NetnsTables;
  netns: string;
}

/**
 * The vxlan device of a VNI: in a sandbox of the network, else wherever one has it. The socket is the host's, so one
 * left in the host's own namespace takes the frames as well.
 */
function deviceOf({model, sandboxesOf}: KnownHost, networkId: string, vni: number): Found | undefined {
  const own = sandboxesOf(networkId).map(({namespace}) => namespace);
  const places = [...own, ...model.namespaces.filter((namespace) => !own.includes(namespace))].map(
    ({file, tables}) => ({netns: file, tables}),
  );
  const found = [...places, {netns: '@host', tables: model.host}].flatMap(({netns, tables}) => {
    const device = tables?.links?.find(({vxlan}) => vxlan?.vni === vni);
    return device && tables ? [{device, tables, netns}] : [];
  });
  return found.find(({device}) => !isDown(device)) ?? found[0];
}

/** A device that is down has let go of the port and of its VNI (drivers/net/vxlan/vxlan_core.c vxlan_stop). */
function deviceTrouble(
  trail: Trail,
  model: HostModel,
  {device, netns}: Found,
  {port}: OuterPacket,
): Walk | undefined {
  if (isDown(device) || device.protoDown) {
    return trail.fail(model, 'vxlan', 'vxlan-down', 'vxlan device down', {
      device: device.name,
      evidence: [linkText(device)],
      cause: `the vxlan device is ${isDown(device) ? 'administratively down' : 'held without carrier (proto_down)'}`,
      kernelReason: 'VXLAN_VNI_NOT_FOUND',
      counter: 'none',
      next: inNamespace(model, netns, 'ip -d link show', device.name),
    });
  }
  if (device.vxlan?.port === undefined || device.vxlan.port === port) return undefined;
  return trail.fail(
    model,
    'data-path-port',
    'data-path-port-differs',
    `data-path port differs: the sender uses UDP ${port}, this host ${device.vxlan.port}`,
    {
      device: device.name,
      evidence: [linkText(device)],
      kernelReason: 'NO_SOCKET',
      counter: 'Udp NoPorts here, Icmp InDestUnreachs on the sender',
    },
  );
}
