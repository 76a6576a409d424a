import type {FilteredPacket} from '../kernel/netfilter.js';
import {linkText, rowText} from '../kernel/printed.js';
import type {Network} from '../model/docker-types.js';
import type {FdbRow, Link} from '../model/facts.js';
import type {HostModel} from '../model/host.js';
import {judgeBridgeRow} from '../rows/bridge-row.js';
import {rowCode} from '../rows/row-code.js';
import type {RowJudge} from '../rows/row-judge.js';
import {isProgrammed} from '../rows/sandbox-view.js';
import {inNamespace} from '../topology/in-namespace.js';
import type {KnownHost} from '../topology/known-host.js';
import {isGroupMac} from '../topology/mac.js';
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
import {type Trail, trail} from './trail.js';
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
    steps.doubt(null, 'route', `${src.name} is not on a host that was read`);
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
    steps.doubt(model, 'bridge-fdb', `${context.network.name} does not leave this host`);
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
      `${bridge.name} has ${dstMac} behind ${row.dev}, not behind ${device.name}`,
      {
        evidence: [rowText(row)],
        cause: 'a local port has shown this MAC, so the frame never reaches the tunnel',
      },
    );
  }
  steps.pass(
    model,
    'bridge-fdb',
    row
      ? `${dstMac} is behind ${row.dev}`
      : `${bridge.name} has not learned ${dstMac} and floods it, the tunnel included`,
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
      `${bridge.name} has the MAC of ${dst.name} behind ${row.dev}`,
      {
        evidence: [rowText(row)],
        cause:
          'a frame with this MAC came in by the tunnel, so the bridge sends what is meant for a local container to other hosts',
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
  const outer = sendOuter(steps, {
    host: model,
    own: context.vteps.get(model.key),
    network: context.network,
    vtep: row.dst,
    port: row.port ?? device.vxlan?.port ?? 4789,
    vni: row.vni ?? device.vxlan?.vni ?? 0,
    device,
    mtu: Math.min(mtu ?? Number.POSITIVE_INFINITY, device.mtu ?? Number.POSITIVE_INFINITY),
  });
  if (isWalk(outer)) return outer;
  steps.note(
    null,
    'underlay',
    `what lies between ${outer.src} and ${outer.dst} can not be read from either host`,
  );
  const receiver = receiverOf(context, dst, row.dst);
  if (!receiver) return {disposition: 'sent-receiver-unknown', hops: steps.hops};
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
  });
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
): (FdbRow & {dst: string}) | Walk {
  const {host, tables, netns} = at;
  const {model} = host;
  if (!tables.fdb || isGroupMac(dstMac) || device.vxlan?.external) {
    steps.doubt(
      model,
      'vxlan-fdb',
      'the FDB of the sandbox was not read, or is of a kind that is not walked',
    );
    return steps.end('undecided');
  }
  const self = tables.fdb.filter(({plane, dev}) => plane === 'self' && dev === device.name);
  // A row for the zero MAC is where the device sends what it has no row for; Docker makes none.
  const row = self.find(({mac}) => mac === dstMac) ?? self.find(({mac}) => mac === '00:00:00:00:00:00');
  if (!row && device.vxlan?.group === undefined) {
    return steps.fail(model, 'vxlan-fdb', 'fdb-row-missing', `${device.name} has no row for ${dstMac}`, {
      evidence: [linkText(device)],
      cause: 'there is no default destination either, so the frame is dropped',
      kernelReason: 'NO_TX_TARGET',
      counter: `${device.name} TX dropped; "ip monitor neigh" prints miss dev ${device.name} lladdr ${dstMac}`,
      next: inNamespace(model, netns, 'bridge fdb show dev', device.name),
    });
  }
  if (row?.dst === undefined || row.mac !== dstMac) {
    steps.doubt(
      model,
      'vxlan-fdb',
      `${device.name} sends ${dstMac} by a default row or a group of next hops, which are not walked`,
      row ? [rowText(row)] : [linkText(device)],
    );
    return steps.end('undecided');
  }
  const leading = {...row, dst: row.dst};
  return placeTrouble(steps, context, {at, dst, device, row: leading}) ?? leading;
}

/** Whether the row leads to where the destination is, by the judgement that fdb has. Ends the walk where it does not. */
function placeTrouble(
  steps: Trail,
  {network, nodes, rows}: WalkContext,
  {at, dst, device, row}: {at: Left['at']; dst: Party; device: Link; row: FdbRow & {dst: string}},
): Walk | undefined {
  const {model} = at.host;
  const evidence = [rowText(row)];
  const node = (vtep: string) => (nodes.has(vtep) ? ` (${nodes.get(vtep)})` : '');
  const leads = `${row.mac} is behind VTEP ${row.dst}${node(row.dst)}${isProgrammed(row) ? '' : ', by a learned row that will age out'}`;
  // A second address of the right host gets the frames there as well.
  const second = dst.host !== undefined && hasAddress(dst.host, row.dst) && !hasAddress(model, row.dst);
  const verdict = rows.place({host: model, netns: at.netns, tables: at.tables}, row, dst.ip);
  const {status, reason} = verdict;
  if (status === 'ok' || second) steps.pass(model, 'vxlan-fdb', leads, evidence);
  else if (status === 'unknown')
    steps.note(
      model,
      'vxlan-fdb',
      `${leads}; whether ${dst.name} is there is not known: ${reason}`,
      evidence,
    );
  else
    return steps.fail(
      model,
      'vxlan-fdb',
      rowCode(verdict) ?? 'fdb-wrong-vtep',
      `${device.name} sends ${row.mac} to ${row.dst}; ${dst.vtep && dst.vtep !== row.dst ? `${dst.name} is behind ${dst.vtep}${node(dst.vtep)}` : reason}`,
      {
        evidence,
        cause: 'the row is of an earlier owner of the address, or its update was lost',
        next: `ovdiag fdb ${network.name}`,
      },
    );
  return undefined;
}

function hostOf({hosts}: WalkContext, model: HostModel | undefined): KnownHost | undefined {
  return hosts.find((walked) => walked.model.key === model?.key);
}
