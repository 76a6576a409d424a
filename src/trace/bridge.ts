import {isolatedFromEachOther, lockedOut, stoppedState, vlanFilter} from '../kernel/bridge-port.js';
import {isDown} from '../kernel/link-state.js';
import {linkText, rowText} from '../kernel/printed.js';
import type {FdbRow, Link} from '../model/facts.js';
import type {NetnsTables} from '../model/netns-tables.js';
import {isBridgeRow, judgeBridgeRow} from '../rows/bridge-row.js';
import {inNamespace} from '../topology/in-namespace.js';
import type {KnownHost} from '../topology/known-host.js';
import type {Walk} from './disposition.js';
import {type Trail, throughFilters} from './trail.js';

/** A frame at a bridge of an overlay sandbox. */
export interface AtBridge {
  host: KnownHost;
  netns: string;
  tables: NetnsTables;
  bridge: Link;
  /** The port by which a frame of this host's own came in. */
  port?: Link;
}

/** From a container's interface over its veth pair to the bridge. Ends the walk where the frame is lost on the way. */
export function overVeth(trail: Trail, host: KnownHost, netns: string, link: Link): AtBridge | Walk {
  const {model} = host;
  const pairing = host.pairs(netns, link.ifindex);
  if (!pairing?.peer) {
    trail.doubt(
      model,
      'veth',
      `the peer of ${link.name} was not found: ${pairing?.reason ?? 'it is not a veth'}`,
      [linkText(link)],
    );
    return trail.end('undecided');
  }
  const {peer, proof} = pairing;
  const tables =
    peer.netns === '@host' ? model.host : model.namespaces.find(({file}) => file === peer.netns)?.tables;
  const evidence = [linkText(peer.link)];
  if (isDown(peer.link)) {
    return trail.fail(model, 'veth', 'veth-down', `link down (veth peer of ${link.name})`, {
      device: peer.link.name,
      evidence,
      cause: 'the bridge port is administratively down, so no frame enters the bridge',
      next: inNamespace(host.model, peer.netns, 'ip link show', peer.link.name),
    });
  }
  trail.pass(
    model,
    'veth',
    `${link.name} (${link.ifindex}) ⇄ ${peer.link.name} (${peer.link.ifindex}) in ${peer.netns}; proof: ${proof}`,
    evidence,
  );
  const bridge = tables?.links?.find(({name}) => name === peer.link.master);
  if (!bridge || !tables) {
    return trail.fail(
      model,
      'bridge',
      'veth-not-in-bridge',
      `not attached to a bridge (veth peer of ${link.name})`,
      {
        device: peer.link.name,
        evidence,
        cause: 'the veth was removed from its bridge, so its frames are not forwarded',
        next: inNamespace(host.model, peer.netns, 'ip link show', peer.link.name),
      },
    );
  }
  const at = {host, netns: peer.netns, tables, bridge, port: peer.link};
  return (
    throughFilters(trail, model, tables, {layer: 'veth', link: peer.link, direction: 'ingress'}) ??
    portTrouble(trail, at, peer.link) ??
    entryTrouble(trail, at, peer.link, link.mac) ??
    at
  );
}

/** Whether a bridge takes what a MAC sends by one of its ports: not by a port that is locked, and has no entry for it. */
export function entryTrouble(
  trail: Trail,
  {host, netns, bridge, tables}: AtBridge,
  port: Link,
  mac: string | undefined,
): Walk | undefined {
  if (port.bridgePort?.locked !== true || mac === undefined) return undefined;
  if (!tables.fdb) {
    trail.doubt(host.model, 'bridge', `${port.name} is locked, and the FDB of ${bridge.name} was not read`);
    return undefined;
  }
  if (!lockedOut(port, mac, tables.fdb)) return undefined;
  return trail.fail(
    host.model,
    'bridge',
    'port-locked',
    `${port.name} is locked, and has no entry for ${mac}`,
    {
      device: port.name,
      evidence: [linkText(port)],
      cause: 'a locked port drops frames from MACs that the bridge has no entry for behind it',
      next: inNamespace(host.model, netns, 'bridge fdb show br', bridge.name),
    },
  );
}

/** Whether a bridge and one of its ports carry frames. Says so on the trail, or ends the walk. */
export function portTrouble(
  trail: Trail,
  {host, netns, bridge, tables}: AtBridge,
  port: Link,
): Walk | undefined {
  const evidence = [linkText(bridge), linkText(port)];
  if (isDown(bridge)) {
    return trail.fail(host.model, 'bridge', 'bridge-down', 'bridge down', {
      device: bridge.name,
      evidence,
      cause: 'a bridge that is down forwards no frames',
      next: inNamespace(host.model, netns, 'ip link show', bridge.name),
    });
  }
  const state = stoppedState(port);
  if (state !== undefined) {
    return trail.fail(
      host.model,
      'bridge',
      'port-not-forwarding',
      `bridge port of ${bridge.name} is ${state}`,
      {
        device: port.name,
        evidence,
        cause: 'the bridge drops frames on ports that are not in state forwarding',
      },
    );
  }
  const vlans = vlanFilter(bridge, port, tables.fdb ?? []);
  if (vlans === 'drops') {
    return trail.fail(
      host.model,
      'bridge',
      'bridge-vlan-filtering',
      `${bridge.name} filters VLANs, and its port ${port.name} is in none`,
      {
        device: port.name,
        evidence,
        cause: 'a frame without a tag belongs to the PVID of its port, and without one it is dropped',
        next: inNamespace(host.model, netns, 'bridge vlan show'),
      },
    );
  }
  if (vlans === 'unknown')
    trail.doubt(
      host.model,
      'bridge',
      `${bridge.name} filters VLANs: not known whether ${port.name} has a PVID`,
    );
  trail.pass(host.model, 'bridge', `${port.name} is forwarding in ${bridge.name}, which is up`, evidence);
  return undefined;
}

/** Whether the bridge hands frames from one of its ports to another, as its ports are set (net/bridge/br_forward.c should_deliver). */
export function crossTrouble(trail: Trail, {host, bridge}: AtBridge, from: Link, to: Link): Walk | undefined {
  if (!isolatedFromEachOther(from, to)) return undefined;
  return trail.fail(
    host.model,
    'bridge',
    'ports-isolated',
    `bridge ports ${from.name} and ${to.name} are isolated from each other`,
    {
      device: bridge.name,
      evidence: [linkText(from), linkText(to)],
      cause: 'the bridge does not forward between two isolated ports',
    },
  );
}

/** The bridge's own choice for a MAC that it has no row for, or that it takes for its own. */
export function fdbTrouble(
  trail: Trail,
  {host, bridge, netns}: AtBridge,
  row: FdbRow | undefined,
  {mac, to}: {mac: string; to: Link},
): Walk | undefined {
  const place = judgeBridgeRow([], row, to);
  if (row && place === 'taken') {
    return trail.fail(
      host.model,
      'bridge-fdb',
      'bridge-takes-mac',
      `bridge FDB has ${mac} as a local address, so frames for it are not forwarded`,
      {
        device: bridge.name,
        evidence: [rowText(row)],
        cause: "a permanent entry in the bridge FDB marks the MAC as the bridge's own",
        next: inNamespace(host.model, netns, 'bridge fdb show br', bridge.name),
      },
    );
  }
  if (place === 'flooded' && to.bridgePort?.flood === false) {
    return trail.fail(
      host.model,
      'bridge-fdb',
      'port-does-not-flood',
      `${mac} is not in the bridge FDB, and flooding to ${to.name} is off`,
      {
        device: bridge.name,
        evidence: [linkText(to)],
        cause: 'unknown-unicast flooding is disabled on this port',
      },
    );
  }
  return undefined;
}

/** The same as vxlanOf, where only trouble is of interest. */
export function vxlanTrouble(trail: Trail, at: AtBridge, vnis: number[]): Walk | undefined {
  if (vnis.length === 0) return undefined;
  const device = vxlanOf(trail, at, vnis);
  return isWalk(device) ? device : undefined;
}

/** The vxlan device of a bridge. Ends the walk where there is none, or it is down. */
export function vxlanOf(trail: Trail, at: AtBridge, vnis: number[]): Link | Walk {
  const {host, tables, bridge, netns} = at;
  const device = tables.links?.find(({vxlan, master}) => vxlan !== undefined && master === bridge.name);
  if (!device) {
    const stray = tables.links?.find(
      ({vxlan, master}) => vxlan !== undefined && master === undefined && vnis.includes(vxlan.vni),
    );
    return stray
      ? trail.fail(host.model, 'vxlan', 'vxlan-not-in-bridge', 'not attached to a bridge', {
          device: stray.name,
          evidence: [linkText(stray)],
          cause:
            'the vxlan device was removed from its bridge: local endpoints still reach each other, remote ones are cut off',
          next: inNamespace(host.model, netns, 'ip link show', stray.name),
        })
      : trail.fail(host.model, 'vxlan', 'vxlan-missing', 'bridge without a vxlan device', {
          device: bridge.name,
          evidence: [linkText(bridge)],
          cause: 'the vxlan device of this subnet was never created or was deleted',
        });
  }
  if (isDown(device) || device.protoDown) {
    return trail.fail(host.model, 'vxlan', 'vxlan-down', 'vxlan device down', {
      device: device.name,
      evidence: [linkText(device)],
      cause: `the vxlan device is ${isDown(device) ? 'administratively down' : 'held without carrier (proto_down)'}: no frame leaves or enters through it`,
      next: inNamespace(host.model, netns, 'ip -d link show', device.name),
    });
  }
  return device;
}

/** Rows of the bridge for a MAC: behind which port it was seen. */
export function portRow({tables, bridge}: AtBridge, mac: string): FdbRow | undefined {
  return tables.fdb?.find((row) => isBridgeRow(row) && row.mac === mac && row.master === bridge.name);
}

export function isWalk(value: unknown): value is Walk {
  return typeof value === 'object' && value !== null && 'disposition' in value && 'hops' in value;
}
