import {device as deviceWord, named, number, sh} from '../../base/command.js';
import {type Fix, fixBy, look, noFix} from '../../findings/advice.js';
import type {Link} from '../../model/facts.js';
import {type NamespaceDirectory, namespaceDirectory, within} from '../../topology/in-namespace.js';
import type {KnownHost} from '../../topology/known-host.js';
import type {Tunnel} from '../../topology/tunnels.js';
import {defineCheck, type HostDigest, type Report} from '../check.js';
import {distinct, linkLine, listed, ownerOf} from '../words.js';

/** A tunnel on one host. */
interface Seen {
  /** In bytes. */
  mtu: number;
  device: string;
  netns: string;
  directory: NamespaceDirectory;
  /** The tunnel, its bridge's ports and their other ends; none where they are too many to be kept. */
  links: {file: string; name: string}[];
}

/** By network: its name, and its tunnel on one host. */
type Digest = Record<string, Seen & {name: string}>;

/** Whether all ports of a network agree on what a full-sized packet is. */
export const mtuAgreement = defineCheck<Digest>({
  name: 'mtu-agreement',
  codes: ['mtu-differs'],
  ignores: ['rules', 'files'],
  perHost: insideAgrees,
  across: hostsAgree,
});

/** Ports of a bridge whose MTU is another than their tunnel's; the digest has the networks that agree inside. */
function insideAgrees(host: KnownHost, report: Report): Digest {
  const digest: Digest = {};
  const odd = new Set<string>();
  for (const tunnel of host.tunnels) {
    const {network, device, netns} = tunnel;
    if (device.mtu === undefined) continue;
    digest[network.id] ??= {
      name: network.name,
      mtu: device.mtu,
      device: device.name,
      netns,
      directory: namespaceDirectory(host.model),
      links: linksOf(host, tunnel),
    };
    const differing = differingPorts(host, tunnel);
    if (differing.length > 0) {
      odd.add(network.id);
      tellDiffering(host, tunnel, differing, report);
    }
  }
  for (const id of odd) delete digest[id];
  return digest;
}

const mostLinks = 60;

function linksOf(host: KnownHost, tunnel: Tunnel): Seen['links'] {
  const links = linksWith(host, tunnel);
  return links.length > mostLinks ? [] : links.map(({file, link: {name}}) => ({file, name}));
}

/** A tunnel, its bridge's ports and their other ends. */
export function linksWith(host: KnownHost, {netns, device}: Tunnel): {file: string; link: Link}[] {
  const sandbox = host.sandboxes.find(({namespace}) => namespace.file === netns);
  const ports = (sandbox?.namespace.tables?.links ?? []).filter(
    ({master}) => master !== undefined && master === device.master,
  );
  return ports.flatMap((link) => {
    const peer = host.pairs(netns, link.ifindex)?.peer;
    return [{file: netns, link}, ...(peer ? [{file: peer.netns, link: peer.link}] : [])];
  });
}

interface Port {
  owner: string;
  line: string;
  /** Both ends, where their MTU differs from the tunnel's. */
  ends: {file: string; name: string}[];
  mtu: number;
}

/** The ports beside a tunnel, and the interfaces at their other ends, that have another MTU. */
function differingPorts(host: KnownHost, {netns, device}: Tunnel): Port[] {
  const sandbox = host.sandboxes.find(({namespace}) => namespace.file === netns);
  const beside = (sandbox?.namespace.tables?.links ?? []).filter(
    ({master, name}) => master !== undefined && master === device.master && name !== device.name,
  );
  return beside.flatMap((port): Port[] => {
    const peer = host.pairs(netns, port.ifindex)?.peer;
    const ends = [{file: netns, link: port}, ...(peer ? [{file: peer.netns, link: peer.link}] : [])].filter(
      ({link}) => link.mtu !== undefined && link.mtu !== device.mtu,
    );
    const [end] = ends;
    if (!sandbox || end?.link.mtu === undefined) return [];
    const owner = ownerOf(host, sandbox, port) ?? `${port.name} in ${netns}`;
    return [
      {
        owner,
        mtu: end.link.mtu,
        line: `${end.file}: ${linkLine(end.link)}`,
        ends: ends.map(({file, link}) => ({file, name: link.name})),
      },
    ];
  });
}

function tellDiffering(
  host: KnownHost,
  {network, device, netns}: Tunnel,
  ports: Port[],
  report: Report,
): void {
  const {mtu = 0} = device;
  const larger = ports.some((port) => port.mtu > mtu);
  report.found({
    code: 'mtu-differs',
    severity: larger ? 'warning' : 'info',
    host: host.name,
    network: network.name,
    subject: `${device.name} in ${netns}`,
    evidence: [`${netns}: ${linkLine(device)}`, ...ports.slice(0, 8).map(({line}) => line)],
    cause: larger
      ? `${listed(distinct(ports.map(({owner}) => owner)))} may send larger packets than the MTU of the tunnel (${mtu} bytes): the bridge drops them silently`
      : `${listed(distinct(ports.map(({owner}) => owner)))} have a smaller MTU than the tunnel (${mtu} bytes): larger packets from other endpoints are dropped at their port`,
    check: look(within(host.model, netns, sh`ip link show`), 'mtu of each port and of the tunnel'),
    fix: fixBy(
      larger
        ? {
            commands: [
              within(
                host.model,
                netns,
                sh`ip link set ${deviceWord(device.name)} mtu ${number(Math.max(...ports.map((port) => port.mtu)))}`,
              ),
            ],
            affects: `the MTU of ${device.name} of ${network.name} on this host`,
          }
        : {
            commands: ports.flatMap(({ends}) =>
              ends.map(({file, name}) =>
                within(host.model, file, sh`ip link set ${deviceWord(name)} mtu ${number(mtu)}`),
              ),
            ),
            affects: `the MTU of these ports of ${network.name}`,
          },
    ),
    basis: 'one-host',
    at: {host: host.name, networkId: network.id, netns, device: device.name},
  });
}

function hostsAgree(hosts: HostDigest<Digest>[], report: Report): void {
  const networks = new Map<string, {name: string; seen: (Seen & {host: string})[]}>();
  for (const {name: host, digest} of hosts) {
    for (const [id, {name, ...tunnel}] of Object.entries(digest)) {
      const network = networks.get(id) ?? {name, seen: []};
      network.seen.push({host, ...tunnel});
      networks.set(id, network);
    }
  }
  for (const [id, {name, seen}] of networks) {
    const mtus = distinct(seen.map(({mtu}) => mtu)).sort((a, b) => a - b);
    if (mtus.length < 2) continue;
    report.found({
      code: 'mtu-differs',
      severity: 'warning',
      host: null,
      network: name,
      subject: 'MTU of the hosts',
      evidence: mtus.flatMap((mtu) =>
        seen
          .filter((one) => one.mtu === mtu)
          .slice(0, 4)
          .map(({host, device, netns}) => `${host}: ${device} in ${netns} mtu ${mtu}`),
      ),
      cause: `endpoints on different hosts have MTUs of ${mtus.join(', ')} bytes; full-sized packets of one are too large for another, whose bridge drops them silently`,
      check: look(sh`docker network inspect ${named(name)} --format '{{.Options}}'`),
      fix: raise(seen, mtus),
      basis: 'several-hosts',
      at: {networkId: id},
    });
  }
}

/** The host with the smaller MTU gets that of the others, on all links of its sandbox. */
function raise(seen: (Seen & {host: string})[], mtus: number[]): Fix {
  const small = seen.filter(({mtu}) => mtu !== mtus.at(-1));
  const [one] = small;
  if (!one || small.length > 1 || one.links.length === 0)
    return noFix(
      `several hosts have less than ${mtus.at(-1)} bytes: ${listed(small.map(({host}) => host))}; which value is meant is not known`,
    );
  return fixBy({
    host: one.host,
    commands: one.links.map(({file, name}) =>
      within(one.directory, file, sh`ip link set ${deviceWord(name)} mtu ${number(mtus.at(-1) ?? 0)}`),
    ),
    affects: `the MTU of the tunnel and of every endpoint of this network on ${one.host}`,
  });
}
