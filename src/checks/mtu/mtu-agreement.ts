import {shellWord} from '../../base/shell.js';
import {advised} from '../../findings/advice.js';
import {inNamespace, type NamespaceDirectory, namespaceDirectory} from '../../topology/in-namespace.js';
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
}

/** By network: its name, and its tunnel on one host. */
type Digest = Record<string, Seen & {name: string}>;

/** Whether all ports of a network agree on what a full-sized packet is. */
export const mtuAgreement = defineCheck<Digest>({
  name: 'mtu-agreement',
  codes: ['mtu-differs'],
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

interface Port {
  owner: string;
  line: string;
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
    return [{owner, mtu: end.link.mtu, line: `${end.file}: ${linkLine(end.link)}`}];
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
      ? `${listed(distinct(ports.map(({owner}) => owner)))} may send larger packets than the tunnel takes (${mtu} bytes): the bridge drops them without a word`
      : `${listed(distinct(ports.map(({owner}) => owner)))} take smaller packets than the tunnel brings (${mtu} bytes): larger ones from other endpoints are dropped at their door`,
    ...advised([
      {
        command: inNamespace(
          host.model,
          netns,
          'ip link set',
          device.name,
          'mtu',
          Math.max(...ports.map((port) => port.mtu)),
        ),
        touches: 'the MTU of the tunnel in this sandbox',
      },
      {
        command: `docker network disconnect ${shellWord(network.name)} CONTAINER && docker network connect ${shellWord(network.name)} CONTAINER`,
        touches: "the container's interface on that network: its connections there break",
      },
    ]),
    basis: 'one-host',
    at: {host: host.name, network: network.id, netns, device: device.name},
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
      cause: `endpoints on different hosts take packets of up to ${mtus.join(', ')} bytes; what one of them sends in full size is too large for another, whose bridge drops it without a word`,
      ...advised([
        {
          command: `docker network inspect ${shellWord(name)} --format '{{.Options}}'`,
          touches: 'nothing',
        },
        ...seen
          .filter(({mtu}) => mtu === mtus[0])
          .slice(0, 3)
          .map(({host, device, netns, directory}) => ({
            command: inNamespace(directory, netns, 'ip link set', device, 'mtu', mtus.at(-1) ?? 0),
            touches: `the MTU of the tunnel on ${host}; the ports beside it need the same`,
          })),
      ]),
      basis: 'several-hosts',
      at: {network: id},
    });
  }
}
