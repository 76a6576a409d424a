import {type Command, device, prefix, sh} from '../../base/command.js';
import {fixBy, look, noFix} from '../../findings/advice.js';
import type {CheckCode} from '../../findings/catalogue.js';
import type {Severity} from '../../findings/severity.js';
import {
  isolatedFromEachOther,
  keepsBroadcasts,
  lockedOut,
  stoppedByHand,
  vlanFilter,
} from '../../kernel/bridge-port.js';
import {isDown} from '../../kernel/link-state.js';
import type {Network} from '../../model/docker-types.js';
import type {FdbRow, Link} from '../../model/facts.js';
import {isBridgeRow} from '../../rows/bridge-row.js';
import {within} from '../../topology/in-namespace.js';
import type {KnownHost} from '../../topology/known-host.js';
import type {Sandbox} from '../../topology/sandboxes.js';
import {defineCheck, type Report} from '../check.js';
import {linkLine, listed, ownerOf} from '../words.js';

/** Settings of the bridges of overlay sandboxes and of their ports, by which frames are lost while every link is up. */
export const portSettings = defineCheck({
  name: 'port-settings',
  codes: [
    'port-not-forwarding',
    'ports-isolated',
    'port-locked',
    'port-does-not-flood',
    'port-broadcast-off',
    'bridge-vlan-filtering',
    'bridge-address-missing',
  ],
  ignores: ['rules', 'files'],
  perHost(host, report) {
    for (const {network, sandboxes} of host.overlays)
      for (const sandbox of sandboxes) {
        const links = sandbox.namespace.tables?.links ?? [];
        for (const bridge of links.filter(({kind}) => kind === 'bridge')) {
          const ports = links.filter(({master}) => master === bridge.name);
          if (!isDown(bridge)) lookAt({host, network, sandbox, bridge, ports, report});
        }
      }
    return undefined;
  },
});

interface AtBridge {
  host: KnownHost;
  network: Network;
  sandbox: Sandbox;
  bridge: Link;
  ports: Link[];
  report: Report;
}

function lookAt(at: AtBridge): void {
  const {bridge, ports} = at;
  const fdb = at.sandbox.namespace.tables?.fdb;
  withoutAddress(at);
  isolated(at);
  for (const port of ports) {
    stopped(at, port);
    if (keepsBroadcasts(port)) withoutBroadcasts(at, port);
    if (!fdb) continue;
    locked(at, port, fdb);
    notFlooded(at, port, fdb);
  }
  if (fdb && bridge.vlanFiltering === true) filtered(at, fdb);
}

interface Fault {
  code: CheckCode;
  severity?: Severity;
  links: Link[];
  /** The setting, as it is printed. */
  setting: string;
  cause: string;
  /** What puts it back, inside the sandbox. */
  undo: Command[];
  shows: string;
}

function found(
  {host, network, sandbox: {namespace}, report}: AtBridge,
  {code, severity = 'error', links, setting, cause, undo, shows}: Fault,
): void {
  const {file} = namespace;
  const inside = (command: Command) => within(host.model, file, command);
  const names = links.map(({name}) => name);
  report.found({
    code,
    severity,
    host: host.name,
    network: network.name,
    subject: `${names.join(', ')} in ${file}`,
    evidence: links.map((link) => `${file}: ${linkLine(link)} ${setting}`.trim()),
    cause,
    check: look(inside(sh`ip -d addr show`), shows),
    fix:
      undo.length === 0
        ? noFix('not known: the address, as the engine did not tell the subnets of the network')
        : fixBy({commands: undo.map(inside), affects: `${listed(names)} only, as Docker makes it`}),
    basis: 'one-host',
    at: {
      host: host.name,
      networkId: network.id,
      netns: file,
      ...(names.length === 1 ? {device: names[0] ?? ''} : {}),
    },
  });
}

/** What is behind a port, in the words of a sentence. */
function behind({host, sandbox}: AtBridge, port: Link): string {
  return port.vxlan ? 'endpoints on other hosts' : (ownerOf(host, sandbox, port) ?? 'an endpoint');
}

function stopped(at: AtBridge, port: Link): void {
  const state = stoppedByHand(port);
  if (state === undefined) return;
  const {bridge} = at;
  const stp = bridge.stp === true ? [sh`ip link set ${device(bridge.name)} type bridge stp_state 0`] : [];
  found(at, {
    code: 'port-not-forwarding',
    links: [port],
    setting: `bridge_slave state ${state}`,
    cause: `${port.name}, which leads to ${behind(at, port)}, is ${state} in ${bridge.name}${bridge.stp === true ? ', which runs STP' : ''}: it drops all frames in both directions`,
    undo: [...stp, sh`bridge link set dev ${device(port.name)} state 3`],
    shows: `${port.name}: bridge_slave state ${state}`,
  });
}

/** The gateway that the bridge of a tunnel stands for: the i-th VNI is that of the i-th IPv4 subnet (moby overlay ov_network.go). */
function gatewayOf({subnets, vnis}: Network, vni: number | undefined): string | undefined {
  const own = subnets.filter(({subnet}) => subnet.includes('.'));
  const place = own.length === 1 ? 0 : vnis.length === own.length ? vnis.indexOf(vni ?? -1) : -1;
  const found = own[place];
  const gateway = found?.gateway?.split('/')[0];
  return found && gateway !== undefined ? `${gateway}/${found.subnet.split('/')[1] ?? ''}` : undefined;
}

/** Between the subnets of a network its bridges route, each by the address that it stands for. */
function withoutAddress(at: AtBridge): void {
  const {network, bridge, ports} = at;
  if (!bridge.addresses || bridge.addresses.some(({family}) => family === 'inet')) return;
  const several = network.subnets.filter(({subnet}) => subnet.includes('.')).length > 1;
  const gateway = gatewayOf(network, ports.find(({vxlan}) => vxlan)?.vxlan?.vni);
  if (gateway === undefined && !several) return;
  found(at, {
    code: 'bridge-address-missing',
    severity: several ? 'error' : 'info',
    links: [bridge],
    setting: '',
    cause: `${bridge.name} does not have ${gateway ?? 'the gateway address of its subnet'}${several ? `: endpoints of ${network.name} here do not reach those of its other subnets, nor are they reached` : ', which nothing on this network needs'}`,
    undo: gateway === undefined ? [] : [sh`ip addr add ${prefix(gateway)} dev ${device(bridge.name)}`],
    shows: 'no inet',
  });
}

function isolated(at: AtBridge): void {
  const links = at.ports.filter((port) =>
    at.ports.some((other) => other !== port && isolatedFromEachOther(port, other)),
  );
  if (links.length === 0) return;
  const who = links.map((port) => `${port.name} (${behind(at, port)})`);
  found(at, {
    code: 'ports-isolated',
    links,
    setting: 'bridge_slave isolated on',
    cause: `${at.bridge.name} forwards nothing between ${listed(who, 6)}: these ports are isolated from each other`,
    undo: links.map(({name}) => sh`bridge link set dev ${device(name)} isolated off`),
    shows: 'isolated on',
  });
}

/** MACs that are behind a port of a sandbox: of the container there, or of the endpoints that the device has rows for. */
function macsBehind({host, sandbox}: AtBridge, port: Link): string[] {
  const {file, tables} = sandbox.namespace;
  if (!port.vxlan) {
    const mac = host.pairs(file, port.ifindex)?.peer?.link.mac;
    return mac === undefined ? [] : [mac];
  }
  const rows = (tables?.neighbours ?? []).filter(
    ({device: dev, state}) => dev === port.name && state.includes('PERMANENT'),
  );
  return rows.flatMap(({mac}) => mac ?? []);
}

function locked(at: AtBridge, port: Link, fdb: FdbRow[]): void {
  if (port.bridgePort?.locked !== true) return;
  const lost = macsBehind(at, port).filter((mac) => lockedOut(port, mac, fdb));
  const who = behind(at, port);
  found(at, {
    code: 'port-locked',
    severity: lost.length > 0 ? 'error' : 'warning',
    links: [port],
    setting: 'bridge_slave locked on',
    cause:
      lost.length > 0
        ? `${port.name} is locked, and ${at.bridge.name} has no entry for ${listed(lost)} behind it: what ${who} send is dropped`
        : `${port.name} is locked: what ${who} send is dropped once the entries of ${at.bridge.name} have aged out, as a locked port learns none`,
    undo: [sh`bridge link set dev ${device(port.name)} locked off`],
    shows: `${port.name}: locked on`,
  });
}

function notFlooded(at: AtBridge, port: Link, fdb: FdbRow[]): void {
  if (port.bridgePort?.flood !== false) return;
  const known = new Set(
    fdb.filter((row) => isBridgeRow(row) && row.device === port.name).map(({mac}) => mac),
  );
  const lost = macsBehind(at, port).filter((mac) => !known.has(mac));
  found(at, {
    code: 'port-does-not-flood',
    severity: lost.length > 0 ? 'error' : 'warning',
    links: [port],
    setting: `bridge_slave flood off learning ${port.bridgePort.learning === false ? 'off' : 'on'}`,
    cause:
      lost.length > 0
        ? `${at.bridge.name} has no entry for ${listed(lost)} behind ${port.name} and does not flood to it: frames to ${behind(at, port)} are dropped`
        : `${at.bridge.name} does not flood to ${port.name}: frames to ${behind(at, port)} are dropped once its entries have aged out`,
    undo: [sh`bridge link set dev ${device(port.name)} flood on learning on`],
    shows: `${port.name}: flood off`,
  });
}

function withoutBroadcasts(at: AtBridge, port: Link): void {
  found(at, {
    code: 'port-broadcast-off',
    links: [port],
    setting: 'bridge_slave bcast_flood off',
    cause: port.vxlan
      ? `ARP requests do not reach ${port.name}, which would answer them: containers here can not resolve endpoints on other hosts once their own entries have expired`
      : `ARP requests do not reach ${port.name}: the other endpoints on this host can not resolve ${behind(at, port)} once their own entries have expired`,
    undo: [sh`bridge link set dev ${device(port.name)} bcast_flood on`],
    shows: `${port.name}: bcast_flood off`,
  });
}

function filtered(at: AtBridge, fdb: FdbRow[]): void {
  const {bridge, ports} = at;
  const lost = ports.filter((port) => vlanFilter(bridge, port, fdb) === 'drops');
  const names = lost.map(({name}) => name);
  found(at, {
    code: 'bridge-vlan-filtering',
    severity: lost.length > 0 ? 'error' : 'warning',
    links: [bridge],
    setting: `bridge vlan_filtering 1 vlan_default_pvid ${bridge.defaultPvid ?? '?'}`,
    cause:
      lost.length > 0
        ? `${bridge.name} filters VLANs, and ${listed(names)} ${names.length === 1 ? 'is' : 'are'} in none: all frames there are dropped`
        : `${bridge.name} filters VLANs: frames pass only between ports of one VLAN, which bridge vlan show lists`,
    undo: [sh`ip link set ${device(bridge.name)} type bridge vlan_filtering 0`],
    shows: `${bridge.name}: vlan_filtering 1`,
  });
}
