/** The last part of a walk: what the receiving host does to the packet, and the endpoint itself. */
import type {FdbRow, Link} from '../model/facts.js';
import type {HostModel} from '../model/host.js';
import {type AtBridge, isWalk, portRow, portTrouble, rowText, vxlanOf} from './bridge.js';
import {filterHop} from './filter.js';
import type {Walk} from './hop.js';
import type {FilteredPacket} from './netfilter.js';
import {containerPlace, isDown, linkText, type Party, type WalkedHost} from './party.js';
import type {Trail} from './trail.js';
import type {OuterPacket} from './underlay.js';

/** Frames that arrived within this many seconds prove passage. */
const recent = 60;

export interface Arriving {
  outer: OuterPacket;
  srcMac: string;
  dstMac: string;
  dst: Party;
  encrypted: boolean;
  /** The inner packet. */
  packet: FilteredPacket;
}

/** From the receiver's uplink to the destination's interface. */
export function receiveOuter(trail: Trail, host: WalkedHost, arriving: Arriving): Walk {
  const {model} = host;
  const {outer, dst, srcMac, dstMac} = arriving;
  const uplink = model.host?.links?.find(({addresses}) =>
    addresses?.some(({address}) => address === outer.dst),
  );
  const filtered = filterHop(
    trail,
    {
      host: model,
      tables: model.host,
      layer: 'filter-in',
      whose: 'this host',
      hook: 'INPUT',
      code: 'data-path-filtered-in',
      needed: true,
    },
    {
      protocol: 'udp',
      src: outer.src,
      dst: outer.dst,
      dport: outer.port,
      inInterface: uplink?.name ?? '',
      vni: outer.vni,
      ipsec: arriving.encrypted,
      dstLocal: true,
    },
  );
  if (filtered) return filtered;
  const closed = portOpen(trail, model, outer.port);
  if (closed) return closed;
  const found = deviceOf(host, outer.vni);
  if (!found) {
    return trail.fail(model, 'vni', 'vni-missing', `no vxlan device here has VNI ${outer.vni}`, {
      cause: 'the network has no sandbox on this host, or its tunnel was removed',
      kernelReason: 'VXLAN_VNI_NOT_FOUND',
      counter: 'none moves',
      next: 'ovdiag links',
    });
  }
  const {device, tables, netns} = found;
  if (device.vxlan?.port !== undefined && device.vxlan.port !== outer.port) {
    return trail.fail(
      model,
      'data-path-port',
      'data-path-port-differs',
      `the sender uses UDP port ${outer.port}, this host ${device.vxlan.port}`,
      {
        evidence: [linkText(device)],
        kernelReason: 'NO_SOCKET',
        counter: 'Udp NoPorts here, Icmp InDestUnreachs at the sender',
      },
    );
  }
  if (isDown(device)) {
    return trail.fail(model, 'vxlan', 'vxlan-down', `${device.name} is down`, {
      evidence: [linkText(device)],
      cause: 'the tunnel device is administratively down',
      next: `nsenter --net=/var/run/docker/netns/${netns} ip -d link show ${device.name}`,
    });
  }
  trail.pass(model, 'vni', `${device.name} in ${netns} has VNI ${outer.vni}`, [linkText(device)]);
  const stale = sourceRow(trail, model, tables.fdb, device, netns, arriving);
  if (stale) return stale;
  const bridge = tables.links?.find(({name}) => name === device.master);
  if (!bridge) {
    return trail.fail(model, 'bridge', 'vxlan-not-in-bridge', `${device.name} is a port of no bridge`, {
      evidence: [linkText(device)],
      cause: 'the vxlan device was taken out of its bridge',
    });
  }
  const at: AtBridge = {host, netns, tables, bridge};
  const stuck = portTrouble(trail, at, device);
  if (stuck) return stuck;
  if (dstMac === bridge.mac) {
    trail.doubt(model, 'forwarding', `the frame is for ${bridge.name} itself, which would route it on`);
    return trail.end('undecided');
  }
  const ended = toEndpoint(trail, at, dst, dstMac, arriving.packet);
  if (ended) return ended;
  return trail.end(proven(tables.fdb, device, srcMac, trail, model) ? 'delivered' : 'deliverable');
}

/** The kernel's sockets as /proc/net/udp lists them: local address and port in hexadecimal. */
function portOpen(trail: Trail, model: HostModel, port: number): Walk | undefined {
  const sockets = model.host?.proc?.get('/proc/net/udp');
  const sockets6 = model.host?.proc?.get('/proc/net/udp6');
  if (sockets === undefined && sockets6 === undefined) {
    trail.doubt(model, 'data-path-port', `whether UDP port ${port} is open was not read`);
    return undefined;
  }
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')} `;
  const open = `${sockets ?? ''}\n${sockets6 ?? ''}`.split('\n').find((line) => line.includes(wanted));
  if (open) {
    trail.pass(model, 'data-path-port', `UDP port ${port} is open`, [open.trim().slice(0, 60)]);
    return undefined;
  }
  return trail.fail(
    model,
    'data-path-port',
    'data-path-port-closed',
    `nothing here listens on UDP port ${port}`,
    {
      cause:
        'no vxlan device uses this port on the receiver: the network is not here, or the nodes use different data-path ports',
      kernelReason: 'NO_SOCKET',
      counter: 'Udp NoPorts here, Icmp InDestUnreachs at the sender',
      next: 'ss -lun',
    },
  );
}

function deviceOf({model}: WalkedHost, vni: number) {
  for (const {file, tables} of model.namespaces) {
    const device = tables?.links?.find(({vxlan}) => vxlan?.vni === vni);
    if (device && tables) return {device, tables, netns: file};
  }
  return undefined;
}

/**
 * The silent check (drivers/net/vxlan/vxlan_core.c vxlan_snoop): a frame whose source MAC has a permanent row with
 * another VTEP than the outer source is dropped, and no counter of the device moves.
 */
function sourceRow(
  trail: Trail,
  model: HostModel,
  fdb: FdbRow[] | undefined,
  device: Link,
  netns: string,
  {outer, srcMac}: Arriving,
): Walk | undefined {
  if (!fdb) {
    trail.doubt(model, 'source-row', 'the FDB of the receiver was not read');
    return undefined;
  }
  const rows = fdb.filter(
    ({plane, dev, mac, dst}) =>
      plane === 'self' && dev === device.name && mac === srcMac && dst !== undefined,
  );
  const wrong = rows.find(({state, dst}) => state === 'permanent' && dst !== outer.src);
  if (wrong && !rows.some(({dst}) => dst === outer.src)) {
    return trail.fail(
      model,
      'source-row',
      'receiver-source-stale',
      `this host's row for the sender's MAC ${srcMac} names VTEP ${wrong.dst}, the frames come from ${outer.src}`,
      {
        evidence: [rowText(wrong)],
        cause: 'the kernel discards every frame of a MAC that a permanent row puts behind another VTEP',
        kernelReason: 'VXLAN_ENTRY_EXISTS',
        counter: 'none moves',
        next: `nsenter --net=/var/run/docker/netns/${netns} bridge fdb show dev ${device.name}`,
      },
    );
  }
  const [row] = rows;
  trail.pass(
    model,
    'source-row',
    row
      ? `its row for the sender's MAC names the sender's VTEP ${outer.src}`
      : "it has no row for the sender's MAC, so nothing contradicts the frame",
    row ? [rowText(row)] : [],
  );
  return undefined;
}

/** From the bridge to the destination's own interface. Undefined where it arrives. */
export function toEndpoint(
  trail: Trail,
  at: AtBridge,
  dst: Party,
  dstMac: string,
  packet: FilteredPacket,
): Walk | undefined {
  const {host, bridge, netns} = at;
  const {model} = host;
  const place = dst.container ? containerPlace(host, dst.container) : undefined;
  if (!place?.tables) {
    trail.doubt(
      model,
      'endpoint',
      dst.container
        ? `the namespace of ${dst.name} could not be read`
        : `${dst.name} is no container that was read here`,
    );
    return undefined;
  }
  const link =
    place.tables.links?.find(({addresses}) => addresses?.some(({address}) => address === dst.ip)) ??
    place.tables.links?.find(({mac}) => mac === dst.mac);
  if (!link) {
    return trail.fail(
      model,
      'endpoint',
      'container-address-missing',
      `no interface of ${dst.name} has ${dst.ip} or ${dst.mac ?? 'its MAC'}`,
      {
        evidence: (place.tables.links ?? []).map(linkText),
        cause: 'Docker gave the endpoint this address, and no interface has it',
      },
    );
  }
  const pairing = host.pairs(place.netns, link.ifindex);
  const port = pairing?.peer?.link;
  if (!port) {
    trail.doubt(
      model,
      'veth',
      `the other end of ${link.name} of ${dst.name} was not found: ${pairing?.reason ?? 'it is no veth'}`,
      [linkText(link)],
    );
  } else {
    if (isDown(port)) {
      return trail.fail(model, 'veth', 'veth-down', `${port.name}, the port of ${dst.name}, is down`, {
        evidence: [linkText(port)],
        next: `nsenter --net=/var/run/docker/netns/${netns} ip link show ${port.name}`,
      });
    }
    if (port.master !== bridge.name) {
      return trail.fail(
        model,
        'bridge',
        'veth-not-in-bridge',
        `${port.name}, the port of ${dst.name}, is ${port.master ? `in ${port.master}` : 'a port of no bridge'}`,
        {
          evidence: [linkText(port)],
          cause: 'the veth was taken out of its bridge',
          kernelReason: 'NO_TX_TARGET',
          next: `nsenter --net=/var/run/docker/netns/${netns} ip link show ${port.name}`,
        },
      );
    }
    const stuck = portTrouble(trail, at, port);
    if (stuck) return stuck;
    const row = portRow(at, dstMac);
    if (row && row.dev !== port.name && row.state !== 'permanent') {
      return trail.fail(
        model,
        'bridge-fdb',
        'mac-behind-other-port',
        `${bridge.name} has ${dstMac} behind ${row.dev}, its container is behind ${port.name}`,
        {
          evidence: [rowText(row)],
          cause:
            'the bridge learned the MAC from another port and sends its frames there until the row ages out',
          next: `nsenter --net=/var/run/docker/netns/${netns} bridge fdb show br ${bridge.name}`,
        },
      );
    }
    trail.pass(
      model,
      'bridge-fdb',
      row
        ? `${dstMac} is behind ${row.dev}`
        : `${bridge.name} has not learned ${dstMac} and floods it to all ports`,
      row ? [rowText(row)] : [],
    );
  }
  return (
    endpointItself(trail, model, dst, dstMac, link, place.tables.links ?? []) ??
    filterHop(
      trail,
      {
        host: model,
        tables: place.tables,
        layer: 'endpoint-filter',
        whose: `the namespace of ${dst.name}`,
        hook: 'INPUT',
        code: 'endpoint-filtered',
        needed: false,
      },
      {...packet, inInterface: link.name, dstLocal: true},
    )
  );
}

function endpointItself(
  trail: Trail,
  model: HostModel,
  dst: Party,
  dstMac: string,
  link: Link,
  links: Link[],
): Walk | undefined {
  const evidence = [linkText(link)];
  if (isDown(link)) {
    return trail.fail(model, 'endpoint', 'container-link-down', `${link.name} of ${dst.name} is down`, {
      evidence,
      cause: 'the interface was set down inside the container',
    });
  }
  if (link.mac !== dstMac) {
    return trail.fail(
      model,
      'endpoint',
      'container-mac-changed',
      `${link.name} of ${dst.name} has MAC ${link.mac ?? '?'}, frames are sent to ${dstMac}`,
      {
        evidence,
        cause: 'the interface discards frames for another MAC; Docker and gossip still name the old one',
        kernelReason: 'OTHERHOST',
      },
    );
  }
  if (!links.some(({addresses}) => addresses?.some(({address}) => address === dst.ip))) {
    return trail.fail(
      model,
      'endpoint',
      'container-address-missing',
      `${link.name} of ${dst.name} does not have ${dst.ip}`,
      {evidence, cause: 'Docker gave the endpoint this address, and the interface does not have it'},
    );
  }
  trail.pass(model, 'endpoint', `${link.name} of ${dst.name} has ${dst.ip} and ${dstMac}`, evidence);
  return undefined;
}

/**
 * Whether the receiver's tables show that frames of this MAC came through lately.
 *
 * The device's own row is refreshed by every frame that arrives, even by one that is then dropped; the bridge's
 * row only by one that went on. Both fresh is proof; a kernel that does not refresh permanent rows shows none.
 */
function proven(
  fdb: FdbRow[] | undefined,
  device: Link,
  srcMac: string,
  trail: Trail,
  model: HostModel,
): boolean {
  const self = fdb?.find(({plane, dev, mac}) => plane === 'self' && dev === device.name && mac === srcMac);
  const learned = fdb?.find(
    ({plane, dev, mac, state}) =>
      plane === 'master' && dev === device.name && mac === srcMac && state !== 'permanent',
  );
  const age = Math.max(
    self?.updatedSeconds ?? Number.POSITIVE_INFINITY,
    learned?.updatedSeconds ?? Number.POSITIVE_INFINITY,
  );
  if (!self || !learned || age > recent) return false;
  trail.pass(
    model,
    'source-row',
    `frames from ${srcMac} did arrive here, the last at most ${age} s before it was read`,
    [rowText(self), rowText(learned)],
  );
  return true;
}

export {isWalk, vxlanOf};
