import {isGroupMac} from '../join/mac.js';
import {isProgrammed} from '../join/sandbox-view.js';
import {nodeNames, ownVtep} from '../join/vteps.js';
import type {Network} from '../model/docker-types.js';
import type {HostModel} from '../model/host.js';
import {isWalk, portRow, rowText, vxlanOf} from './bridge.js';
import {filterHop, type Traffic} from './filter.js';
import type {Walk} from './hop.js';
import {acrossSubnets, isRouted, type Left, leaveSource} from './leave.js';
import {overParent} from './macvlan.js';
import type {FilteredPacket} from './netfilter.js';
import {linkText, type Party, type WalkedHost} from './party.js';
import {receiveOuter, toEndpoint} from './receive.js';
import {type Trail, trail} from './trail.js';
import {sendOuter} from './underlay.js';

export interface WalkContext {
  hosts: WalkedHost[];
  network: Network;
  traffic: Traffic;
}

/** Walks one frame from `src` to `dst` over a network, decision by decision, as the kernels would take them. */
export function walk(context: WalkContext, src: Party, dst: Party): Walk {
  const steps = trail();
  const host = hostOf(context, src.host);
  if (!host) {
    steps.doubt(null, 'route', `${src.name} is not on a host that was read`);
    return {disposition: 'not-on-this-host', hops: steps.hops};
  }
  const packet: FilteredPacket = {
    ...context.traffic,
    src: src.ip,
    dst: dst.ip,
    ipsec: false,
    dstLocal: false,
  };
  if (context.network.driver === 'macvlan' || context.network.driver === 'ipvlan')
    return overParent(steps, host, src, dst);
  const left = leaveSource(steps, host, src, dst, packet);
  if (isWalk(left)) return left;
  const onward = isRouted(left, dst) ? acrossSubnets(steps, left, dst, packet) : left;
  if (isWalk(onward)) return onward;
  return atBridge(steps, context, onward, dst, packet);
}

/** The bridge's choice: a local port, or the tunnel. */
function atBridge(steps: Trail, context: WalkContext, left: Left, dst: Party, packet: FilteredPacket): Walk {
  const {at, dstMac} = left;
  const {host, bridge} = at;
  const {model} = host;
  const here = dst.host?.key === model.key;
  const row = portRow(at, dstMac);
  if (here) {
    if (row && at.tables.links?.some(({name, vxlan}) => name === row.dev && vxlan !== undefined)) {
      return steps.fail(
        model,
        'bridge-fdb',
        'local-mac-on-vxlan',
        `${bridge.name} has the MAC of ${dst.name} behind ${row.dev}`,
        {
          evidence: [rowText(row)],
          cause:
            'a frame with this MAC came in by the tunnel, so the bridge sends what is meant for a local container to other hosts',
          next: `nsenter --net=/var/run/docker/netns/${at.netns} bridge fdb show br ${bridge.name}`,
        },
      );
    }
    const filtered = bridged(steps, left, packet);
    if (filtered) return filtered;
    const ended = toEndpoint(steps, at, dst, dstMac, packet);
    return ended ?? steps.end('deliverable');
  }
  if (context.network.driver !== 'overlay') {
    steps.doubt(model, 'bridge-fdb', `${context.network.name} does not leave this host`);
    return steps.end('undecided');
  }
  const device = vxlanOf(steps, at, context.network.vnis);
  if (isWalk(device)) return device;
  if (row && row.dev !== device.name && row.state !== 'permanent') {
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
  return overTunnel(steps, context, left, dst, device.name, packet);
}

function overTunnel(
  steps: Trail,
  context: WalkContext,
  {at, srcMac, dstMac, mtu}: Left,
  dst: Party,
  deviceName: string,
  packet: FilteredPacket,
): Walk {
  const {host, tables, netns} = at;
  const {model} = host;
  const models = context.hosts.map((walked) => walked.model);
  const device = tables.links?.find(({name}) => name === deviceName);
  if (!tables.fdb || !device || isGroupMac(dstMac)) {
    steps.doubt(model, 'vxlan-fdb', 'the FDB of the sandbox was not read');
    return steps.end('undecided');
  }
  const rows = tables.fdb.filter(
    ({plane, dev, mac, dst: vtep}) =>
      plane === 'self' && dev === deviceName && mac === dstMac && vtep !== undefined,
  );
  const row = rows.find(isProgrammed) ?? rows[0];
  if (!row?.dst) {
    return steps.fail(model, 'vxlan-fdb', 'fdb-row-missing', `${deviceName} has no row for ${dstMac}`, {
      evidence: [linkText(device)],
      cause: 'there is no default destination either, so the frame is dropped',
      kernelReason: 'NO_TX_TARGET',
      counter: `${deviceName} TX dropped; "ip monitor neigh" prints miss dev ${deviceName} lladdr ${dstMac}`,
      next: `nsenter --net=/var/run/docker/netns/${netns} bridge fdb show dev ${deviceName}`,
    });
  }
  const nodes = nodeNames(models);
  if (dst.vtep && row.dst !== dst.vtep) {
    return steps.fail(
      model,
      'vxlan-fdb',
      'fdb-wrong-vtep',
      `${deviceName} sends ${dstMac} to ${row.dst}; ${dst.name} is behind ${dst.vtep}${nodes.has(dst.vtep) ? ` (${nodes.get(dst.vtep)})` : ''}`,
      {
        evidence: [rowText(row)],
        cause: 'the row is of an earlier owner of the address, or its update was lost',
        next: `ovdiag fdb ${context.network.name}`,
      },
    );
  }
  steps.pass(
    model,
    'vxlan-fdb',
    `${dstMac} is behind VTEP ${row.dst}${nodes.has(row.dst) ? ` (${nodes.get(row.dst)})` : ''}${isProgrammed(row) ? '' : ', by a learned row that will age out'}`,
    [rowText(row)],
  );
  const outer = sendOuter(steps, {
    host: model,
    hosts: models,
    network: context.network,
    vtep: row.dst,
    device,
    mtu,
  });
  if (isWalk(outer)) return outer;
  steps.hops.push({
    host: null,
    layer: 'underlay',
    verdict: 'unknown',
    summary: `what lies between ${outer.src} and ${outer.dst} can not be read from either host`,
    evidence: [],
  });
  const receiver = context.hosts.find((walked) => ownVtep(walked.model, models)?.address === row.dst);
  if (!receiver) {
    return {disposition: 'sent-receiver-unknown', hops: steps.hops};
  }
  return receiveOuter(steps, receiver, {
    outer,
    srcMac,
    dstMac,
    dst,
    encrypted: context.network.encrypted,
    packet,
  });
}

/** With br_netfilter, frames between two ports of a host's bridge pass its iptables rules as well. */
function bridged(steps: Trail, {at}: Left, packet: FilteredPacket): Walk | undefined {
  const {host, netns, bridge, tables} = at;
  if (netns !== '@host') return undefined;
  const called = tables.proc?.get('/proc/sys/net/bridge/bridge-nf-call-iptables')?.trim();
  if (tables.proc === undefined) {
    steps.doubt(
      host.model,
      'bridge-filter',
      "whether the bridge's frames pass the packet filter was not read",
    );
    return undefined;
  }
  if (called !== '1') return undefined;
  return filterHop(
    steps,
    {
      host: host.model,
      tables,
      layer: 'bridge-filter',
      whose: 'this host',
      hook: 'FORWARD',
      code: 'bridge-filtered',
      needed: true,
    },
    {...packet, inInterface: bridge.name, outInterface: bridge.name},
  );
}

function hostOf({hosts}: WalkContext, model: HostModel | undefined): WalkedHost | undefined {
  return hosts.find((walked) => walked.model.key === model?.key);
}
