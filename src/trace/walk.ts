import type {FilteredPacket} from '../kernel/netfilter.js';
import {linkText, rowText} from '../kernel/printed.js';
import type {Network} from '../model/docker-types.js';
import type {FdbRow, Link} from '../model/facts.js';
import type {HostModel} from '../model/host.js';
import {judgeBridgeRow} from '../rows/bridge-row.js';
import {statusOf} from '../rows/fdb-judge.js';
import {agesTell, recentSeconds, silenceSeconds} from '../rows/row-ages.js';
import type {RowJudge} from '../rows/row-judge.js';
import {isProgrammed} from '../rows/sandbox-view.js';
import {isFault} from '../rows/status.js';
import {inNamespace} from '../topology/in-namespace.js';
import type {KnownHost} from '../topology/known-host.js';
import {floodMac, isGroupMac} from '../topology/mac.js';
import type {OwnVtep} from '../topology/vteps.js';
import {crossTrouble, fdbTrouble, isWalk, portRow, vxlanOf} from './bridge.js';
import type {Walk} from './disposition.js';
import {heardFrom, toEndpoint} from './endpoint.js';
import {bridgeFilter, packetOf, type Traffic} from './filter.js';
import {type Left, leaveSource} from './leave.js';
import {overParent} from './macvlan.js';
import {answerTo} from './neighbour.js';
import {type Party, readTime} from './party.js';
import {receiveOuter} from './receive.js';
import {acrossSubnets, isRouted} from './subnets.js';
import {doubtPrograms, type Trail, throughFilters, trail} from './trail.js';
import {sendOuter} from './underlay.js';

export interface WalkContext {
  hosts: KnownHost[];
  network: Network;
  traffic: Traffic;
  /** Names of nodes by VTEP, and each host's own VTEP by its key. */
  nodes: Map<string, string>;
  vteps: Map<string, OwnVtep | undefined>;
  /** The judgement of rows that fdb and doctor have as well. */
  rows: RowJudge;
}

/** Walks one frame from `src` to `dst` over a network, decision by decision, as the kernels would take them. */
export function walk(context: WalkContext, src: Party, dst: Party, reply: boolean): Walk {
  const steps = trail();
  const host = hostOf(context, src.host);
  if (!host) {
    steps.doubt(null, 'route', `${src.name} is not on any host that was read`);
    return {disposition: 'not-on-this-host', hops: steps.hops};
  }
  const {network, traffic} = context;
  const packet = packetOf(traffic, src.ip, dst.ip, reply);
  if (network.driver === 'macvlan' || network.driver === 'ipvlan') return overParent(steps, host, src, dst);
  const vnis = network.driver === 'overlay' ? network.vnis : [];
  const left = leaveSource(steps, host, src, dst, {packet, vnis, rows: context.rows});
  if (isWalk(left)) return left;
  const onward = isRouted(left, dst) ? acrossSubnets(steps, left, dst, packet) : left;
  if (isWalk(onward)) return onward;
  return atBridge(steps, context, onward, dst, packet);
}

/** The bridge's choice: itself, a local port, or the tunnel. */
function atBridge(steps: Trail, context: WalkContext, left: Left, dst: Party, packet: FilteredPacket): Walk {
  const {at, dstMac} = left;
  const {model} = at.host;
  const {bridge} = at;
  if (dstMac === bridge.mac && bridge.addresses?.some(({address}) => address === dst.ip)) {
    steps.pass(model, 'endpoint', `${bridge.name} itself has ${dst.ip}`, [linkText(bridge)]);
    return steps.end(at.netns === '@host' ? 'undecided' : 'deliverable');
  }
  if (dst.host?.key === model.key) return toLocal(steps, left, dst, packet);
  if (context.network.driver !== 'overlay') {
    steps.doubt(model, 'bridge-fdb', `${context.network.name} is local to this host`);
    return steps.end('undecided');
  }
  const device = vxlanOf(steps, at, context.network.vnis);
  if (isWalk(device)) return device;
  const row = portRow(at, dstMac);
  const trouble =
    crossTrouble(steps, at, at.port ?? device, device) ??
    fdbTrouble(steps, at, row, {mac: dstMac, to: device});
  if (trouble) return trouble;
  if (row && judgeBridgeRow([], row, device) === 'behind-other-port') {
    return steps.fail(
      model,
      'bridge-fdb',
      'mac-behind-other-port',
      `bridge FDB has ${dstMac} on ${row.device}, not on ${device.name}`,
      {
        device: bridge.name,
        evidence: [rowText(row)],
        cause: 'the bridge learned this MAC on a local port, so the frame never reaches the vxlan device',
      },
    );
  }
  steps.pass(
    model,
    'bridge-fdb',
    row
      ? `${dstMac} is on ${row.device}`
      : `${dstMac} is not in the FDB of ${bridge.name}: flooded to all ports, ${device.name} included`,
    row ? [rowText(row)] : [],
  );
  const filtered = bridgeFilter(steps, at, packet);
  return filtered ?? overTunnel(steps, context, left, {dst, device, packet});
}

function toLocal(steps: Trail, left: Left, dst: Party, packet: FilteredPacket): Walk {
  const {at, srcMac, dstMac} = left;
  const {host, bridge, netns, tables} = at;
  const row = portRow(at, dstMac);
  if (row && judgeBridgeRow(tables.links ?? [], row, undefined) === 'into-tunnel') {
    return steps.fail(
      host.model,
      'bridge-fdb',
      'local-mac-on-vxlan',
      `bridge FDB has the MAC of ${dst.name} (local) on ${row.device}`,
      {
        device: bridge.name,
        evidence: [rowText(row)],
        cause:
          'a frame with this source MAC came in over VXLAN, so the bridge sends frames for a local container to other hosts',
        next: inNamespace(host.model, netns, 'bridge fdb show br', bridge.name),
      },
    );
  }
  const ended = toEndpoint(steps, at, {dst, dstMac, from: at.port ?? bridge, packet});
  if (ended) return ended;
  // Where the vxlan device would answer for the source, an answer need not be the source's own.
  const heard = !answerTo(at, packet.src) && heardFrom(steps, host, dst, {ip: packet.src, mac: srcMac});
  return steps.end(heard ? 'delivered' : 'deliverable');
}

interface Tunnelled {
  dst: Party;
  device: Link;
  packet: FilteredPacket;
}

/** From the vxlan device's own choice of a VTEP over the underlay to the receiver. */
function overTunnel(
  steps: Trail,
  context: WalkContext,
  {at, srcMac, dstMac, mtu}: Left,
  {dst, device, packet}: Tunnelled,
): Walk {
  const {
    host: {model},
    tables,
  } = at;
  const row = tunnelRow(steps, context, {at, dstMac, dst, device});
  if (isWalk(row)) return row;
  smallTunnel(steps, model, device, mtu);
  doubtPrograms(steps, model, 'vxlan', device);
  const taken = throughFilters(steps, model, tables, {layer: 'vxlan', link: device, direction: 'egress'});
  if (taken) return taken;
  const receiver = receiverOf(context, dst, row.vtep);
  const outer = sendOuter(steps, {
    host: model,
    own: context.vteps.get(model.key),
    network: context.network,
    vtep: row.vtep,
    port: row.port ?? device.vxlan?.port ?? 4789,
    vni: row.vni ?? device.vxlan?.vni ?? 0,
    device,
    mtu: Math.min(mtu ?? Number.POSITIVE_INFINITY, device.mtu ?? Number.POSITIVE_INFINITY),
    peer: receiver?.model.host?.links?.find(({addresses}) =>
      addresses?.some(({address}) => address === row.vtep),
    )?.mac,
  });
  if (isWalk(outer)) return outer;
  steps.note(null, 'underlay', `underlay path ${outer.src} → ${outer.dst} is not visible from either host`);
  if (!receiver) {
    oneWay(steps, at, row);
    return {disposition: 'sent-receiver-unknown', hops: steps.hops};
  }
  return receiveOuter(steps, receiver, {
    outer,
    srcMac,
    dstMac,
    dst,
    networkId: context.network.id,
    encrypted: context.network.encrypted,
    packet,
    sentSeconds: row.usedSeconds,
    sentRead: readTime(tables),
    sentTells: agesTell(model.kernel, tables),
  });
}

/** A bridge drops what is larger than the MTU of the port that it would leave by, and tells nobody (br_forward.c is_skb_forwardable). */
function smallTunnel(steps: Trail, model: HostModel, device: Link, mtu: number | undefined): void {
  if (mtu === undefined || device.mtu === undefined || device.mtu >= mtu) return;
  steps.limit(
    model,
    'vxlan',
    'mtu-differs',
    `MTU of ${device.name} is ${device.mtu}, and the source sends up to ${mtu} bytes`,
    {
      device: device.name,
      evidence: [linkText(device)],
      cause:
        'the bridge drops frames that are larger than the MTU of the port, without an ICMP error to the source',
      next: 'ovdiag doctor --only mtu-differs',
    },
  );
}

/** What one host alone shows of traffic without an answer: its row is in use, and nothing comes from that MAC. */
function oneWay(steps: Trail, {host: {model}, tables}: Left['at'], row: FdbRow): void {
  const {mac, usedSeconds: used, updatedSeconds: heard} = row;
  if (used === undefined || heard === undefined || used > recentSeconds || heard < used + silenceSeconds)
    return;
  if (!agesTell(model.kernel, tables)) return;
  steps.note(
    model,
    'source-row',
    `one-way traffic: last frame to ${mac} sent ${used} s before collection, none received from it for ${heard} s`,
    [rowText(row)],
  );
}

/** The host behind a VTEP: the one that is known by it, else the destination's own where it has the address. */
function receiverOf({hosts, vteps}: WalkContext, dst: Party, vtep: string): KnownHost | undefined {
  return (
    hosts.find(({model}) => vteps.get(model.key)?.address === vtep) ??
    hosts.find(({model}) => model.key === dst.host?.key && hasAddress(model, vtep))
  );
}

function hasAddress({host}: HostModel, wanted: string): boolean {
  return (host?.links ?? []).some(({addresses}) => addresses?.some(({address}) => address === wanted));
}

/** The vxlan device's row for the destination, by which it chooses the VTEP. */
function tunnelRow(
  steps: Trail,
  context: WalkContext,
  {at, dstMac, dst, device}: {at: Left['at']; dstMac: string; dst: Party; device: Link},
): (FdbRow & {vtep: string}) | Walk {
  const {host, tables, netns} = at;
  const {model} = host;
  if (!tables.fdb || isGroupMac(dstMac) || device.vxlan?.external) {
    steps.doubt(
      model,
      'vxlan-fdb',
      'the FDB of the sandbox was not read, or is of a kind that is not evaluated',
    );
    return steps.end('undecided');
  }
  const self = tables.fdb.filter(({plane, device: dev}) => plane === 'self' && dev === device.name);
  const row = self.find(({mac}) => mac === dstMac) ?? self.find(({mac}) => mac === floodMac);
  if (!row && device.vxlan?.group === undefined) {
    return steps.fail(model, 'vxlan-fdb', 'fdb-row-missing', `no FDB entry for ${dstMac}`, {
      device: device.name,
      evidence: [linkText(device)],
      cause: 'the device has no default destination, so it drops the frame',
      kernelReason: 'NO_TX_TARGET',
      counter: `${device.name} TX dropped; l2miss event in ip monitor neigh: miss dev ${device.name} lladdr ${dstMac}`,
      next: inNamespace(model, netns, 'bridge fdb show dev', device.name),
    });
  }
  if (row?.vtep === undefined || row.mac !== dstMac) {
    steps.doubt(
      model,
      'vxlan-fdb',
      `${device.name} uses a default entry or a nexthop group for ${dstMac}, which is not evaluated`,
      row ? [rowText(row)] : [linkText(device)],
    );
    return steps.end('undecided');
  }
  const leading = {...row, vtep: row.vtep};
  return placeTrouble(steps, context, {at, dst, device, row: leading}) ?? leading;
}

/** Whether the row leads to where the destination is, by the judgement that fdb has. Ends the walk where it does not. */
function placeTrouble(
  steps: Trail,
  {network, nodes, rows}: WalkContext,
  {at, dst, device, row}: {at: Left['at']; dst: Party; device: Link; row: FdbRow & {vtep: string}},
): Walk | undefined {
  const {model} = at.host;
  const evidence = [rowText(row)];
  const node = (vtep: string) => (nodes.has(vtep) ? ` (${nodes.get(vtep)})` : '');
  const leads = `FDB entry ${row.mac} → VTEP ${row.vtep}${node(row.vtep)}${isProgrammed(row) ? '' : ' (learned, will age out)'}`;
  // A second address of the right host gets the frames there as well.
  const second = dst.host !== undefined && hasAddress(dst.host, row.vtep) && !hasAddress(model, row.vtep);
  const verdict = rows.place({host: model, netns: at.netns, tables: at.tables}, row, dst.ip);
  const {reason} = verdict;
  const status = statusOf(verdict);
  if (status === 'ok' || second) steps.pass(model, 'vxlan-fdb', leads, evidence);
  else if (status === 'unknown')
    steps.note(
      model,
      'vxlan-fdb',
      `${leads}; whether ${dst.name} runs there is unknown: ${reason}`,
      evidence,
    );
  else
    return steps.fail(
      model,
      'vxlan-fdb',
      isFault(status) ? status : 'fdb-wrong-vtep',
      `FDB entry ${row.mac} points to VTEP ${row.vtep}${node(row.vtep)}; ${dst.vtep && dst.vtep !== row.vtep ? `${dst.name} is at ${dst.vtep}${node(dst.vtep)}` : reason}`,
      {
        device: device.name,
        evidence,
        cause: 'the entry belongs to an earlier owner of the address, or its update was lost',
        next: `ovdiag fdb ${network.name}`,
      },
    );
  return undefined;
}

function hostOf({hosts}: WalkContext, model: HostModel | undefined): KnownHost | undefined {
  return hosts.find((walked) => walked.model.key === model?.key);
}
