import {type Command, device as deviceWord, line, sh} from '../../base/command.js';
import {type Advice, type Fix, fixBy, look, noFix} from '../../findings/advice.js';
import {isUp} from '../../kernel/link-state.js';
import {waitingSockets} from '../../model/sockets.js';
import {within} from '../../topology/in-namespace.js';
import type {KnownHost} from '../../topology/known-host.js';
import type {Tunnel} from '../../topology/tunnels.js';
import {defineCheck, type HostDigest, type Report} from '../check.js';
import {makeTunnel, portOf, wantedTunnel} from '../tunnel-fix.js';
import {distinct, linkLine, listed} from '../words.js';

/** By network: its name, and the UDP port of its tunnels on one host. */
type Digest = Record<string, Omit<Seen, 'host'> & {name: string}>;

/** The UDP port of the data path: whether this host listens on it, and whether all use the same. */
export const dataPathPort = defineCheck<Digest>({
  name: 'data-path-port',
  codes: ['data-path-port-closed', 'data-path-port-differs'],
  perHost(host, report) {
    const up = host.tunnels.filter(({device}) => isUp(device));
    closed(host, up, report);
    const swarms = swarmPort(host);
    const odd = host.tunnels.filter(
      ({port}) => port !== undefined && swarms !== undefined && port !== swarms,
    );
    tellOdd(host, odd, swarms ?? 0, report);
    return Object.fromEntries(
      host.tunnels.flatMap((tunnel) => {
        const {network, port, device, netns} = tunnel;
        if (port === undefined || odd.includes(tunnel)) return [];
        const seen = {
          port,
          device: `${device.name} in ${netns}`,
          fix: port === 4789 ? unneeded : short(remadeFix(host, [tunnel], 4789)),
          ...(swarms === undefined ? {} : {swarms}),
        };
        return [[network.id, {name: network.name, ...seen}]];
      }),
    );
  },
  across: compare,
});

/** The port that the swarm was made with: a manager's engine tells it, and a manager's state file; 0 stands for 4789. */
function swarmPort({model}: KnownHost): number | undefined {
  const {swarm} = model.docker?.engine ?? {};
  if (swarm?.manager && swarm.dataPathPort !== undefined) return swarm.dataPathPort || 4789;
  return model.swarmState?.dataPathPort;
}

/**
 * A tunnel that is up has its socket where it was made: dockerd makes it in the host's own namespace. One that was made
 * elsewhere hears nothing of what comes to the host, and sends by the routes of that other namespace.
 */
function closed(host: KnownHost, up: Tunnel[], report: Report): void {
  const sockets = waitingSockets(host.model.host?.proc, 'udp');
  if (!sockets) {
    if (up.length > 0)
      report.notChecked({
        host: host.name,
        network: null,
        reason: 'whether the UDP port of the data path is open was not read',
        add: 'take a new snapshot, as root',
      });
    return;
  }
  // Old sources tell no namespace of any device.
  const told = up.some(({device}) => device.linkNetnsid !== undefined);
  for (const tunnel of up) {
    const {network, device, netns, port} = tunnel;
    if (port === undefined) continue;
    const open = sockets.some((socket) => socket.port === port);
    const elsewhere = told && isElsewhere(host, tunnel);
    if (open && !elsewhere) continue;
    report.found({
      code: 'data-path-port-closed',
      severity: 'error',
      host: host.name,
      network: network.name,
      subject: `UDP ${port} for ${device.name} in ${netns}`,
      evidence: [
        `${netns}: ${linkLine(device)} vxlan id ${tunnel.vni} dstport ${port} link-netnsid ${device.linkNetnsid ?? 'none'}`,
        ...(open ? [] : [`no socket of the host waits on UDP ${port}`]),
        ...sockets.filter((socket) => socket.port === port).map(({text}) => text),
      ],
      cause: `the socket of ${device.name} is not in the host's namespace: packets from other nodes to UDP ${port} of this host do not reach ${network.name}, and packets that it sends do not leave the sandbox`,
      ...remadeTunnels(host, [tunnel]),
      basis: 'one-host',
      at: {host: host.name, networkId: network.id, netns, device: device.name},
    });
  }
}

function isElsewhere(host: KnownHost, {device, netns}: Tunnel): boolean {
  // The id is told wherever the socket's namespace is another than the device's own.
  if (device.linkNetnsid === undefined) return true;
  const tables = host.sandboxes.find(({namespace}) => namespace.file === netns)?.namespace.tables;
  const inode = tables?.nsids?.get(device.linkNetnsid);
  return (
    inode !== undefined && host.model.hostNetnsInode !== undefined && inode !== host.model.hostNetnsInode
  );
}

/** The devices anew, with the port of the swarm and in the host's namespace. */
function remadeTunnels(host: KnownHost, tunnels: Tunnel[], port = portOf(host)): Advice {
  const [first] = tunnels;
  if (!first) return {check: [], fix: noFix('there is no tunnel')};
  return {
    check: look(
      within(host.model, first.netns, sh`ip -d link show ${deviceWord(first.device.name)}`),
      'dstport, link-netnsid',
    ),
    fix: remadeFix(host, tunnels, port),
  };
}

function remadeFix(host: KnownHost, tunnels: Tunnel[], port: number): Fix {
  const commands = tunnels.map(({network, netns, device: {name, master}}): Command[] | undefined => {
    const tables = host.sandboxes.find(({namespace}) => namespace.file === netns)?.namespace.tables;
    const wanted =
      master === undefined
        ? undefined
        : wantedTunnel(host, {network, netns, bridge: master, name}, tables?.links ?? []);
    return wanted && tables && makeTunnel(host, {...wanted, port}, tables);
  });
  const known = commands.filter((some) => some !== undefined);
  if (known.length < commands.length) return noFix('not known: what these devices were made with');
  return fixBy({
    commands: known.flat(),
    affects: `${listed(tunnels.map(({network, device: {name}}) => `${name} of ${network.name}`))} on this host, recreated as Docker makes it, with its entries`,
  });
}

const apart =
  'each sends to a port on which the other has no tunnel, and the receiver answers with ICMP port unreachable';

/** Tunnels of a host that have one port, and not the swarm's: one fault, on however many networks. */
function tellOdd(host: KnownHost, odd: Tunnel[], swarms: number, report: Report): void {
  for (const port of distinct(odd.map((tunnel) => tunnel.port))) {
    const alike = odd.filter((tunnel) => tunnel.port === port);
    const [first] = alike;
    if (!first) continue;
    const networks = networksOf(alike);
    report.found({
      code: 'data-path-port-differs',
      severity: 'error',
      host: host.name,
      network: networks.name,
      subject:
        alike.length === 1
          ? `${first.device.name} in ${first.netns}`
          : `UDP ${port} of ${alike.length} tunnels`,
      evidence: [
        ...alike.slice(0, 4).map(({netns, device}) => `${netns}: ${linkLine(device)} vxlan dstport ${port}`),
        `data path port of the swarm: ${swarms}`,
      ],
      cause: `${networks.text} uses UDP ${port}, and the data path port of the swarm is ${swarms}: ${apart}`,
      ...remadeTunnels(host, alike),
      basis: 'one-host',
      at:
        alike.length === 1
          ? {host: host.name, networkId: first.network.id, netns: first.netns, device: first.device.name}
          : {host: host.name},
      reach: alike.map(({network}) => ({host: host.name, networkId: network.id})),
    });
  }
}

function networksOf(tunnels: Tunnel[]): {name: string | null; text: string} {
  const names = distinct(tunnels.map(({network}) => network.name));
  const [first] = tunnels;
  if (tunnels.length === 1 && first) return {name: first.network.name, text: first.device.name};
  return {name: names.length === 1 ? (names[0] ?? null) : null, text: `each tunnel of ${listed(names)}`};
}

interface Seen {
  host: string;
  port: number;
  device: string;
  /** Makes it anew with the default port. */
  fix: Fix;
  /** What this host says that the swarm was made with. */
  swarms?: number;
}

const unneeded = noFix('not known: which of the ports is right; read a manager as well (--host)');

/** A digest stays small. */
function short(fix: Fix): Fix {
  return fix.by === 'commands' && fix.commands.length > 100
    ? noFix(
        'this device has too many entries to list them with those of other hosts: read this host and a manager alone',
      )
    : fix;
}

/** One disagreement of the hosts, with the networks on which it shows. */
interface Split {
  networks: {id: string; name: string}[];
  ports: number[];
  seen: Seen[];
  /** Those that have another than the swarm's, or than the most; all of them where neither is known. */
  odd: Seen[];
}

function compare(hosts: HostDigest<Digest>[], report: Report): void {
  const networks = new Map<string, {name: string; seen: Seen[]}>();
  for (const {name: host, digest} of hosts) {
    for (const [id, {name, ...seen}] of Object.entries(digest)) {
      const network = networks.get(id) ?? {name, seen: []};
      network.seen.push({host, ...seen});
      networks.set(id, network);
    }
  }
  const splits = new Map<string, Split>();
  for (const [id, {name, seen}] of networks) {
    const ports = distinct(seen.map(({port}) => port)).sort((a, b) => a - b);
    if (ports.length < 2) continue;
    const usual = seen.find(({swarms}) => swarms !== undefined)?.swarms ?? usualPort(ports, seen);
    const odd = seen.filter(({port}) => port !== usual);
    const key = JSON.stringify([usual ?? null, odd.map(({host, port}) => [host, port])]);
    const known = splits.get(key);
    if (known) known.networks.push({id, name});
    else splits.set(key, {networks: [{id, name}], ports, seen, odd});
  }
  for (const split of splits.values()) tellSplit(split, report);
}

/** The port of more hosts than any other one. */
function usualPort(ports: number[], seen: Seen[]): number | undefined {
  const counts = ports.map((port) => ({port, count: seen.filter((one) => one.port === port).length}));
  const [first, second] = counts.sort((a, b) => b.count - a.count);
  return first && first.count > (second?.count ?? 0) ? first.port : undefined;
}

function tellSplit({networks, ports, seen, odd}: Split, report: Report): void {
  const hostsOf = (port: number) => seen.filter((one) => one.port === port).map(({host}) => host);
  const [network] = networks;
  const [one] = odd;
  const host = one && odd.length === 1 ? one.host : null;
  const single = networks.length === 1 && network ? network : undefined;
  const on = single ? '' : ` on ${listed(networks.map(({name}) => name))}`;
  report.found({
    code: 'data-path-port-differs',
    severity: 'error',
    host,
    network: single?.name ?? null,
    subject: one && host !== null ? `UDP ${one.port}` : 'data path ports of the hosts',
    evidence: ports.flatMap((port) =>
      seen
        .filter((other) => other.port === port)
        .slice(0, 4)
        .map((other) => `${other.host}: ${other.device} dstport ${port}`),
    ),
    cause: `${ports.map((port) => `${listed(hostsOf(port))} use${hostsOf(port).length === 1 ? 's' : ''} UDP ${port}`).join(', ')}${on}: ${apart}`,
    check: look(line("docker info --format '{{.Swarm.Cluster.DataPathPort}}'"), 'on a manager'),
    fix:
      one && odd.length === 1 && ports.includes(4789)
        ? {...one.fix, ...(one.fix.by === 'commands' ? {host: one.host} : {})}
        : unneeded,
    basis: 'several-hosts',
    at: {...(host === null ? {} : {host}), ...(single ? {networkId: single.id} : {})},
    reach: [...networks.map(({id}) => ({networkId: id})), ...seen.map((other) => ({host: other.host}))],
  });
}
