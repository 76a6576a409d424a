/**
 * Makes a vxlan device of an overlay sandbox as Docker makes it: in the host's namespace, where its socket must be, then moved
 * (moby libnetwork overlay: createVxlan, setupSubnetSandbox). Its port, VNI and peers can't be changed while it exists (linux
 * drivers/net/vxlan/vxlan_core.c, vxlan_nl2conf).
 */
import {address, type Command, device, mac, number, path, sh} from '../base/command.js';
import type {Network} from '../model/docker-types.js';
import type {Link} from '../model/facts.js';
import type {NetnsTables} from '../model/netns-tables.js';
import {isProgrammed} from '../rows/sandbox-view.js';
import {namespacePath, within} from '../topology/in-namespace.js';
import type {KnownHost} from '../topology/known-host.js';

/** The device as it should be. */
export interface WantedTunnel {
  network: Network;
  /** File of the sandbox. */
  netns: string;
  name: string;
  bridge: string;
  vni: number;
  port: number;
  mtu: number;
}

/** The commands that make a vxlan device, in the place of the one that has its name. */
export function makeTunnel(
  {model}: KnownHost,
  {network, netns, name, bridge, vni, port, mtu}: WantedTunnel,
  old?: NetnsTables,
): Command[] {
  const temporary = device(`vx-${vni.toString(16).padStart(6, '0')}-${network.id.slice(0, 5)}`);
  const dev = device(name);
  const inside = (command: Command) => within(model, netns, command);
  return [
    ...(old ? [inside(sh`ip link del ${dev}`)] : []),
    sh`ip link add ${temporary} type vxlan id ${number(vni)} dstport ${number(port)} proxy l2miss l3miss`,
    sh`ip link set ${temporary} netns ${path(pathOf(model, netns))}`,
    inside(sh`ip link set ${temporary} name ${dev}`),
    inside(sh`ip link set ${dev} mtu ${number(mtu)} master ${device(bridge)} up`),
    ...(old ? entriesOf(old, name).map(inside) : []),
  ];
}

function pathOf(model: KnownHost['model'], file: string): string {
  return model.netnsPath === undefined ? namespacePath(model, file) : `${model.netnsPath}/${file}`;
}

/** What Docker has written into a device's tables, to be written again. */
function entriesOf({fdb, neighbours}: NetnsTables, name: string): Command[] {
  const dev = device(name);
  const rows = (fdb ?? []).filter((row) => row.device === name && row.plane === 'self' && isProgrammed(row));
  return [
    ...rows.flatMap((row) =>
      row.vtep === undefined
        ? []
        : [sh`bridge fdb replace ${mac(row.mac)} dev ${dev} dst ${address(row.vtep)} self permanent`],
    ),
    ...(neighbours ?? []).flatMap((row) =>
      row.device !== name || row.mac === undefined || !row.state.includes('PERMANENT')
        ? []
        : [sh`ip neigh replace ${address(row.address)} lladdr ${mac(row.mac)} dev ${dev} nud permanent`],
    ),
  ];
}

/** The vxlan device of a bridge, as Docker numbers them (moby libnetwork overlay setupSubnetSandbox). */
export function tunnelName(bridge: string): string {
  return bridge.replace(/^br/, 'vxlan');
}

/** The device that a bridge should have, where the evidence tells its VNI and MTU. */
export function wantedTunnel(
  host: KnownHost,
  {network, netns, bridge, name}: {network: Network; netns: string; bridge: string; name?: string},
  links: readonly Link[],
): WantedTunnel | undefined {
  const vni = vniFor(network, links, name);
  const mtu = Math.max(
    ...links.flatMap((link) => (link.kind === 'veth' && link.master === bridge ? (link.mtu ?? []) : [])),
  );
  const wanted = name ?? tunnelName(bridge);
  if (vni === undefined || !Number.isFinite(mtu) || !wanted.startsWith('vxlan')) return undefined;
  return {network, netns, bridge, name: wanted, vni, mtu, port: portOf(host)};
}

/** The one VNI of the network that no other device of the sandbox has. */
function vniFor({vnis}: Network, links: readonly Link[], name: string | undefined): number | undefined {
  const taken = new Set(links.flatMap((link) => (link.vxlan && link.name !== name ? [link.vxlan.vni] : [])));
  const free = vnis.filter((vni) => !taken.has(vni));
  return free.length === 1 ? free[0] : undefined;
}

/** The port of the swarm's data path: by a manager, else by most of the host's other tunnels, else the default. */
export function portOf({model, tunnels}: KnownHost): number {
  const {swarm} = model.docker?.engine ?? {};
  const told = swarm?.manager ? swarm.dataPathPort || 4789 : model.swarmState?.dataPathPort;
  if (told !== undefined) return told;
  const ports = tunnels.flatMap(({port}) => port ?? []);
  const count = (one: number) => ports.filter((port) => port === one).length;
  return [...new Set(ports)].sort((a, b) => count(b) - count(a))[0] ?? 4789;
}
