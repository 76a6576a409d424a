/** The end of a walk: from a port of the bridge to the destination's own interface. */

import {isDown} from '../kernel/link-state.js';
import type {FilteredPacket} from '../kernel/netfilter.js';
import {metIn} from '../kernel/packet-filter.js';
import {linkText, neighbourText, rowText} from '../kernel/printed.js';
import {ruleLine} from '../kernel/printed-rule.js';
import type {Link} from '../model/facts.js';
import type {HostModel} from '../model/host.js';
import type {NetnsTables} from '../model/netns-tables.js';
import {setting} from '../model/proc/settings.js';
import {takes, waitingSockets} from '../model/sockets.js';
import {judgeBridgeRow} from '../rows/bridge-row.js';
import {inNamespace} from '../topology/in-namespace.js';
import type {KnownHost} from '../topology/known-host.js';
import {type AtBridge, crossTrouble, fdbTrouble, portRow, portTrouble} from './bridge.js';
import type {Walk} from './disposition.js';
import {bridgeFilter, filterHop} from './filter.js';
import {linkOf, namespaceOf, type Party} from './party.js';
import {doubtPrograms, type Trail, throughFilters} from './trail.js';

export interface Ending {
  dst: Party;
  dstMac: string;
  /** The port by which the frame came into the bridge. */
  from: Link;
  packet: FilteredPacket;
}

/** From the bridge to the destination's own interface. Undefined where it arrives. */
export function toEndpoint(
  trail: Trail,
  at: AtBridge,
  {dst, dstMac, from, packet}: Ending,
): Walk | undefined {
  const {host} = at;
  const {model} = host;
  const place = namespaceOf(host, dst);
  const links = place?.tables?.links;
  if (!place || !links) {
    trail.doubt(
      model,
      'endpoint',
      dst.container
        ? `the namespace of ${dst.name} could not be read`
        : `${dst.name} is not a container that was read here`,
    );
    return undefined;
  }
  const link = linkOf(links, dst);
  if (!link) {
    return trail.fail(
      model,
      'endpoint',
      'container-address-missing',
      `no interface of ${dst.name} has address ${dst.ip} or MAC ${dst.mac ?? '(unknown)'}`,
      {
        evidence: links.map(linkText),
        cause: 'Docker assigned this address to the endpoint, and no interface has it',
      },
    );
  }
  // The bridge stops a port whose other end is down, so the cause is looked at before its effect.
  if (isDown(link)) return linkDown(trail, model, dst, link);
  const stuck = fromBridge(trail, at, {netns: place.netns, link}, {dst, dstMac, from, packet});
  if (stuck) return stuck;
  const first = link.addresses?.find(({family}) => family === 'inet')?.address;
  const arrived: FilteredPacket = {
    ...packet,
    inInterface: link.name,
    dstLocal: true,
    ...(first === undefined ? {} : {redirectAs: first}),
  };
  return (
    endpointItself(trail, model, dst, dstMac, link) ??
    filterHop(
      trail,
      {
        host: model,
        tables: place.tables,
        layer: 'endpoint-filter',
        whose: dst.name,
        hook: 'INPUT',
        code: 'endpoint-filtered',
        needed: false,
      },
      arrived,
    ) ??
    quiet(trail, model, dst, place.tables, arrived) ??
    openPort(trail, model, dst, place, arrived)
  );
}

/** A container that answers no pings is well, and a ping to it proves nothing (net/ipv4/icmp.c icmp_echo). */
function quiet(
  trail: Trail,
  model: HostModel,
  {name}: Party,
  tables: NetnsTables | undefined,
  {protocol}: FilteredPacket,
): undefined {
  if (protocol !== 'icmp' || setting(tables?.proc, 'ipv4/icmp_echo_ignore_all') !== 1) return;
  trail.note(
    model,
    'endpoint',
    `${name} does not answer pings`,
    ['net.ipv4.icmp_echo_ignore_all = 1'],
    'ping-ignored',
  );
}

/** Over the port that the destination's interface is plugged into, where that was found. */
function fromBridge(
  trail: Trail,
  at: AtBridge,
  {netns, link}: {netns: string; link: Link},
  {dst, dstMac, from, packet}: Ending,
): Walk | undefined {
  const {host} = at;
  const {model} = host;
  const pairing = host.pairs(netns, link.ifindex);
  const port = pairing?.peer?.link;
  if (!port) {
    trail.doubt(
      model,
      'veth',
      `the peer of ${link.name} of ${dst.name} was not found: ${pairing?.reason ?? 'it is not a veth'}`,
      [linkText(link)],
    );
    return undefined;
  }
  const stuck = overPort(trail, at, {port, from, dst, dstMac});
  if (stuck) return stuck;
  // What the bridge sends itself is not forwarded by it (net/bridge/br_forward.c, NF_BR_LOCAL_OUT).
  const filtered = from.ifindex === at.bridge.ifindex ? undefined : bridgeFilter(trail, at, packet);
  if (filtered) return filtered;
  if (port.mtu !== undefined && link.mtu !== undefined && port.mtu < link.mtu)
    trail.note(model, 'veth', `MTU of ${port.name} is ${port.mtu}, less than that of ${link.name}`, [
      linkText(port),
    ]);
  return undefined;
}

/** Whether a socket of the destination takes the packet. A load balancer has none: IPVS is before them. */
function openPort(
  trail: Trail,
  model: HostModel,
  {name, ip, container}: Party,
  {netns, tables}: {netns: string; tables: NetnsTables | undefined},
  packet: FilteredPacket,
): Walk | undefined {
  const {protocol, dport} = packet;
  if (!container || !tables || dport === undefined || (protocol !== 'tcp' && protocol !== 'udp'))
    return undefined;
  const met = metIn(tables, {table: 'nat', chain: 'PREROUTING', actions: ['redirect', 'dnat']}, packet);
  const redirect = met?.[0];
  const inner = redirect?.action.action === 'redirect' ? redirect.action.port : undefined;
  // The rule that leads elsewhere has already been met by the filter.
  if (redirect && !(redirect.match === 'yes' && inner !== undefined && inner > 0)) return undefined;
  const port = inner ?? dport;
  if (redirect)
    trail.pass(model, 'port', `${protocol} ${dport} is redirected to port ${port} in ${name}`, [
      ruleLine(redirect.rule),
    ]);
  const sockets = waitingSockets(tables.proc, protocol);
  if (!sockets) {
    trail.note(model, 'port', `listening sockets of ${name} were not read (${protocol} ${port})`);
    return undefined;
  }
  const own = sockets.filter((socket) => socket.port === port);
  const open = own.find((socket) => takes(socket, ip));
  if (open) {
    trail.pass(model, 'port', `${name} listens on ${protocol} ${port}`, [open.text]);
    return undefined;
  }
  // A task of a published service listens on its own port, to which a rule leads.
  if (!met) {
    trail.doubt(
      model,
      'port',
      `${name} does not listen on ${protocol} ${port}, and its NAT rules, which may redirect it, were not read`,
    );
    return undefined;
  }
  return trail.fail(
    model,
    'port',
    'port-closed',
    own.length > 0
      ? `${name} listens on ${protocol} ${port}, but not on ${ip}`
      : `nothing in ${name} listens on ${protocol} ${port}`,
    {
      evidence: (own.length > 0 ? own : sockets).map(({text}) => text).slice(0, 10),
      cause:
        own.length > 0
          ? 'the program is bound to another address, often 127.0.0.1'
          : 'the program is not running or uses another port; the path to it is open',
      next: inNamespace(model, netns, `ss -l${protocol[0]}n`),
    },
    'refused',
  );
}

/** Frames that arrived within this many seconds prove passage. */
const recent = 60;

/**
 * Whether the destination has lately had an answer from the source: an entry that was confirmed has been by a frame
 * of the source's own (net/core/neighbour.c). An entry that was only made or aged proves nothing.
 */
export function heardFrom(
  trail: Trail,
  host: KnownHost,
  dst: Party,
  {ip, mac}: {ip: string; mac: string | undefined},
): boolean {
  const place = namespaceOf(host, dst);
  const link = place?.tables?.links && linkOf(place.tables.links, dst);
  const entry = place?.tables?.neighbours?.find((row) => row.address === ip && row.device === link?.name);
  if (!entry || entry.mac !== mac || mac === undefined) return false;
  if (!entry.state.some((state) => /^(REACHABLE|STALE|DELAY|PROBE)$/.test(state))) return false;
  const confirmed = entry.confirmedSeconds;
  if (confirmed === undefined || confirmed > recent) return false;
  trail.pass(
    host.model,
    'endpoint',
    `${dst.name} received a reply from ${ip} ${confirmed} s before collection`,
    [`${neighbourText(entry)} confirmed ${confirmed} s ago`],
  );
  return true;
}

interface Way {
  port: Link;
  from: Link;
  dst: Party;
  dstMac: string;
}

/** Over the port of the destination: up, in this bridge, and chosen for its MAC. */
function overPort(trail: Trail, at: AtBridge, {port, from, dst, dstMac}: Way): Walk | undefined {
  const {host, bridge, netns} = at;
  const {model} = host;
  if (isDown(port)) {
    return trail.fail(model, 'veth', 'veth-down', `link down (bridge port of ${dst.name})`, {
      device: port.name,
      evidence: [linkText(port)],
      next: inNamespace(model, netns, 'ip link show', port.name),
    });
  }
  if (port.master !== bridge.name) return unplugged(trail, at, port, dst);
  doubtPrograms(trail, model, 'veth', port);
  const taken = throughFilters(trail, model, at.tables, {layer: 'veth', link: port, direction: 'egress'});
  if (taken) return taken;
  const row = portRow(at, dstMac);
  const trouble =
    portTrouble(trail, at, port) ??
    crossTrouble(trail, at, from, port) ??
    fdbTrouble(trail, at, row, {mac: dstMac, to: port});
  if (trouble) return trouble;
  const place = judgeBridgeRow(at.tables.links ?? [], row, port);
  if (row && place !== 'right') {
    return trail.fail(
      model,
      'bridge-fdb',
      place === 'into-tunnel' ? 'local-mac-on-vxlan' : 'mac-behind-other-port',
      `bridge FDB has ${dstMac} on ${row.device}; ${dst.name} is on ${port.name}`,
      {
        device: bridge.name,
        evidence: [rowText(row)],
        cause: 'the bridge learned the MAC on another port and sends frames there until the entry ages out',
        next: inNamespace(model, netns, 'bridge fdb show br', bridge.name),
      },
    );
  }
  trail.pass(
    model,
    'bridge-fdb',
    row
      ? `${dstMac} is on ${row.device}`
      : `${dstMac} is not in the FDB of ${bridge.name}: flooded to all ports`,
    row ? [rowText(row)] : [],
  );
  return undefined;
}

function unplugged(trail: Trail, {host, netns, bridge}: AtBridge, port: Link, {name}: Party): Walk {
  return trail.fail(
    host.model,
    'bridge',
    'veth-not-in-bridge',
    port.master
      ? `attached to ${port.master} instead of ${bridge.name} (port of ${name})`
      : `not attached to a bridge (port of ${name})`,
    {
      device: port.name,
      evidence: [linkText(port)],
      cause: 'the veth was removed from its bridge',
      kernelReason: 'NO_TX_TARGET',
      next: inNamespace(host.model, netns, 'ip link show', port.name),
    },
  );
}

function linkDown(trail: Trail, model: HostModel, {name}: Party, link: Link): Walk {
  return trail.fail(model, 'endpoint', 'container-link-down', `link down in ${name}`, {
    device: link.name,
    evidence: [linkText(link)],
    cause: 'the interface was set down inside the container',
  });
}

function endpointItself(
  trail: Trail,
  model: HostModel,
  dst: Party,
  dstMac: string,
  link: Link,
): Walk | undefined {
  const evidence = [linkText(link)];
  if (link.mac !== dstMac) {
    return trail.fail(
      model,
      'endpoint',
      'container-mac-changed',
      `${dst.name} has MAC ${link.mac ?? '?'}; frames are sent to ${dstMac}`,
      {
        device: link.name,
        evidence,
        cause: 'the interface discards frames for another MAC; Docker and gossip still have the old one',
        kernelReason: 'OTHERHOST',
      },
    );
  }
  if (!link.addresses?.some(({address}) => address === dst.ip)) {
    return trail.fail(
      model,
      'endpoint',
      'container-address-missing',
      `address ${dst.ip} of ${dst.name} is not configured on it`,
      {
        device: link.name,
        evidence,
        cause: 'Docker assigned this address to the endpoint, and the interface does not have it',
      },
    );
  }
  trail.pass(model, 'endpoint', `${link.name} of ${dst.name} has ${dst.ip} and ${dstMac}`, evidence);
  return undefined;
}
