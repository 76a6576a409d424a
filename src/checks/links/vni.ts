import {device as deviceWord, sh} from '../../base/command.js';
import {type Advice, fixBy, look, noFix} from '../../findings/advice.js';
import type {Finding} from '../../findings/finding.js';
import type {Network} from '../../model/docker-types.js';
import type {Link, VxlanDevice} from '../../model/facts.js';
import {rulesKnown} from '../../model/rules/known.js';
import {within} from '../../topology/in-namespace.js';
import type {KnownHost} from '../../topology/known-host.js';
import {present} from '../../topology/tunnels.js';
import {defineCheck, type HostDigest, type Report} from '../check.js';
import {makeTunnel, wantedTunnel} from '../tunnel-fix.js';
import {linkLine} from '../words.js';

/** Who on this host has the VNIs of its overlay networks: their own sandboxes, or something that keeps them from it. */
export const vni = defineCheck<Digest>({
  name: 'vni',
  codes: ['vni-missing', 'vni-held-twice', 'vxlan-device-leftover'],
  ignores: ['files'],
  perHost(host, report) {
    const devices = vxlanDevices(host);
    for (const overlay of host.overlays) {
      for (const {namespace} of overlay.sandboxes)
        foreignVni(host, overlay.network, namespace.file, devices, report);
    }
    const {docker} = host.model;
    if (!docker?.read.networks) {
      report.notChecked({
        host: host.name,
        network: null,
        reason: 'whether something holds the VNI of a network: the engine did not list its networks',
        add: 'check that the engine answers there: docker network ls',
      });
      return undefined;
    }
    const networks = docker.networks.filter(({driver}) => driver === 'overlay');
    for (const device of devices) {
      const owner = networks.find(({vnis}) => vnis.includes(device.vxlan.vni));
      if (device.left && device.of === undefined) report.found(leftover(host, device, owner, devices));
      else if (owner && isHeldTwice(host, device, owner, devices))
        report.found(heldTwice(host, device, owner, devices));
    }
    for (const link of strayBridges(host)) report.found(strayBridge(host, link));
    return digestOf(host, networks, devices);
  },
  across(hosts, report) {
    for (const host of hosts)
      for (const device of host.digest.foreign) {
        const owner = networkElsewhere(host, hosts, device.vni);
        if (owner) report.found(heldForOthers(host.name, device, owner));
      }
  },
});

/** VNIs of the networks that an engine lists, and vxlan devices with a VNI of none of them. */
interface Digest {
  /** What tells the swarm: the id of its ingress network. */
  swarm?: string;
  networks: {id: string; name: string; vnis: number[]}[];
  foreign: Foreign[];
}

interface Foreign {
  vni: number;
  where: string;
  line: string;
  advice: Advice;
}

/** A worker's engine lists only the networks that it has tasks of, so whose a VNI is may be known on other hosts alone. */
function digestOf(host: KnownHost, networks: Network[], devices: Device[]): Digest {
  const port = dataPathPort(host, devices);
  const swarm = networks.find(({ingress}) => ingress)?.id;
  const foreign = devices.filter(
    (device) =>
      device.of === undefined &&
      !device.left &&
      device.port === port &&
      !networks.some(({vnis}) => vnis.includes(device.vxlan.vni)),
  );
  return {
    ...(swarm === undefined ? {} : {swarm}),
    networks: networks.map(({id, name, vnis}) => ({id, name, vnis})),
    foreign: foreign.map((device) => ({
      vni: device.vxlan.vni,
      where: where(device),
      line: line(device),
      advice: deletion(host, device),
    })),
  };
}

/** The network of the same swarm that has a VNI, by the list of another host. */
function networkElsewhere(
  {key, digest: {swarm}}: HostDigest<Digest>,
  hosts: HostDigest<Digest>[],
  wanted: number,
): Digest['networks'][number] | undefined {
  if (swarm === undefined) return undefined;
  return hosts
    .filter((other) => other.key !== key && other.digest.swarm === swarm)
    .flatMap(({digest}) => digest.networks)
    .find(({vnis}) => vnis.includes(wanted));
}

function heldForOthers(
  host: string,
  {vni: held, where: place, line: text, advice}: Foreign,
  owner: Digest['networks'][number],
): Finding {
  return {
    code: 'vni-held-twice',
    severity: 'warning',
    host,
    network: owner.name,
    subject: place,
    evidence: [text, `${owner.name} on other hosts: vxlanid_list ${owner.vnis.join(',')}`],
    cause: `${place} has VNI ${held}, which is that of ${owner.name} of this swarm: the kernel gives it to one device only, so ${owner.name} can not be built when a task needs it here ("file exists")`,
    ...advice,
    basis: 'several-hosts',
    at: {host, networkId: owner.id},
  };
}

interface Device {
  link: Link;
  vxlan: VxlanDevice;
  port: number;
  netns: string;
  /** Id of the network in whose sandbox it is. */
  of?: string;
  /** It is Docker's, and of no network that is here now. */
  left: boolean;
}

/** Whether a device has the VNI of a network that is not its own. */
function isHeldTwice(host: KnownHost, {of, port}: Device, owner: Network, devices: Device[]): boolean {
  return of === undefined ? port === dataPathPort(host, devices) : owner.id !== of;
}

/** Names that devices have before they are in their sandbox and after they were taken out (moby overlay_utils GenerateIfaceName). */
const temporary = /^(vx|ov)-[0-9a-f]{6,}-/;

/** Every vxlan device whose socket is the host's: two of them with one VNI and one port can't be. */
function vxlanDevices(host: KnownHost): Device[] {
  const inside = host.sandboxes.flatMap(({kind, network, namespace}): Device[] => {
    if (kind === 'host' || !present.has(namespace.state)) return [];
    const orphan = kind === 'overlay' && !network && host.model.docker?.read.networks === true;
    return (namespace.tables?.links ?? []).flatMap((link) =>
      // One that was made where it is has its socket there too, and is in nobody's way.
      link.linkNetnsid === undefined
        ? []
        : deviceOf(link, {
            netns: namespace.file,
            left: orphan,
            ...(kind === 'overlay' && network ? {of: network.id} : {}),
          }),
    );
  });
  const outside = (host.model.host?.links ?? [])
    .filter(({name}) => !temporary.test(name) || !inHostMode(host))
    .flatMap((link) => deviceOf(link, {netns: '@host', left: temporary.test(link.name)}));
  return [...inside, ...outside];
}

function deviceOf(link: Link, more: Omit<Device, 'link' | 'vxlan' | 'port'>): Device[] {
  const {vxlan} = link;
  return vxlan && !vxlan.external ? [{link, vxlan, port: vxlan.port ?? 4789, ...more}] : [];
}

/**
 * Engines up to 23 keep the devices in the host's namespace on kernels that can't move them, and then have a chain of
 * their own there (moby overlay filter.go).
 */
function inHostMode({model}: KnownHost): boolean {
  const tables = (rulesKnown(model.host) ?? []).flatMap((ruleset) => ruleset.tables);
  return tables.some(({chains}) => chains.has('DOCKER-OVERLAY'));
}

/** The port of the data path, by the sandboxes' own devices. */
function dataPathPort({model}: KnownHost, devices: Device[]): number {
  return devices.find(({of}) => of !== undefined)?.port ?? (model.docker?.engine.swarm?.dataPathPort || 4789);
}

/** Whether the network has no device with this VNI of its own, though it is instantiated here. */
function lacks(host: KnownHost, {id}: Network, vni: number, devices: Device[]): boolean {
  const here = host.overlays.find(({network}) => network.id === id);
  if (!here?.sandboxes.every(({namespace: {tables}}) => tables?.links && !tables.partial?.has('addr')))
    return false;
  return !devices.some((device) => device.of === id && device.vxlan.vni === vni);
}

function where({netns, link}: Device): string {
  return netns === '@host' ? `${link.name} in the host's own namespace` : `${link.name} in ${netns}`;
}

function line({netns, link, vxlan, port}: Device): string {
  return `${netns}: ${linkLine(link)} vxlan id ${vxlan.vni} dstport ${port}`;
}

function deletion(host: KnownHost, {netns, link}: Device): Advice {
  return {
    check: look(within(host.model, netns, sh`ip -d link show ${deviceWord(link.name)}`), 'vxlan id'),
    fix: fixBy({
      commands: [within(host.model, netns, sh`ip link del ${deviceWord(link.name)}`)],
      affects: `${link.name}; what was made to use it loses it`,
    }),
  };
}

/** The device with the VNI of its network, in the place of the one that has another. */
function rightVni(host: KnownHost, network: Network, {link, netns}: Device): Advice {
  const tables = host.sandboxes.find(({namespace}) => namespace.file === netns)?.namespace.tables;
  const {name, master} = link;
  const wanted =
    master === undefined
      ? undefined
      : wantedTunnel(host, {network, netns, bridge: master, name}, tables?.links ?? []);
  return {
    check: look(within(host.model, netns, sh`ip -d link show ${deviceWord(name)}`), 'vxlan id'),
    fix:
      wanted && tables
        ? fixBy({
            commands: makeTunnel(host, wanted, tables),
            affects: `${name} of ${network.name} on this host, recreated as Docker makes it, with its entries`,
          })
        : noFix(`not known: which VNI of ${network.name} this device should have`),
  };
}

function leftover(host: KnownHost, device: Device, owner: Network | undefined, devices: Device[]): Finding {
  const {vni: held} = device.vxlan;
  const lost = owner !== undefined && lacks(host, owner, held, devices);
  return {
    code: 'vxlan-device-leftover',
    severity: lost ? 'error' : 'warning',
    host: host.name,
    network: owner?.name ?? null,
    subject: where(device),
    evidence: [line(device)],
    cause: `${where(device)} was left behind by the engine and holds VNI ${held} on port ${device.port}, which the kernel gives to one device only: ${
      lost
        ? `${owner.name} has no tunnel here because of it`
        : owner
          ? `${owner.name} could not be created again here`
          : 'the next network with this VNI can not be built here ("file exists")'
    }`,
    ...deletion(host, device),
    basis: 'one-host',
    at: {host: host.name, ...(owner ? {networkId: owner.id} : {})},
  };
}

function heldTwice(host: KnownHost, device: Device, owner: Network, devices: Device[]): Finding {
  const {vni: held} = device.vxlan;
  const lost = lacks(host, owner, held, devices);
  const here = host.overlays.some(({network}) => network.id === owner.id);
  return {
    code: 'vni-held-twice',
    severity: lost ? 'error' : 'warning',
    host: host.name,
    network: owner.name,
    subject: where(device),
    evidence: [
      line(device),
      `docker network inspect ${owner.name}: vxlanid_list ${owner.vnis.join(',')}`,
      ...devices.filter(({of, vxlan}) => of === owner.id && vxlan.vni === held).map(line),
    ],
    cause: `${where(device)} has VNI ${held} on port ${device.port}, which is that of ${owner.name}: the kernel gives both to one device only, so ${
      lost
        ? `${owner.name} has no tunnel here`
        : here
          ? `its sandbox can not be rebuilt here`
          : `it can not be built when a task needs it here ("file exists")`
    }`,
    ...deletion(host, device),
    basis: 'one-host',
    at: {host: host.name, networkId: owner.id},
  };
}

/** A device in the network's own sandbox with a VNI that the network does not have. */
function foreignVni(
  host: KnownHost,
  network: Network,
  file: string,
  devices: Device[],
  report: Report,
): void {
  if (network.vnis.length === 0) return;
  for (const device of devices) {
    if (device.netns !== file || network.vnis.includes(device.vxlan.vni)) continue;
    report.found({
      code: 'vni-missing',
      severity: 'error',
      host: host.name,
      network: network.name,
      subject: `${device.link.name} in ${file}`,
      evidence: [
        line(device),
        `docker network inspect ${network.name}: vxlanid_list ${network.vnis.join(',')}`,
      ],
      cause: `${device.link.name} sends with VNI ${device.vxlan.vni}, and ${network.name} has ${network.vnis.join(' and ')}: other hosts drop its packets, and this host drops theirs`,
      ...rightVni(host, network, device),
      basis: 'one-host',
      at: {host: host.name, networkId: network.id, netns: file},
    });
  }
}

/** Bridges of a setup that failed: they hold no VNI, but tell of it. */
function strayBridges(host: KnownHost): Link[] {
  return (host.model.host?.links ?? []).filter(
    ({kind, name}) => kind === 'bridge' && /^ov-/.test(name) && temporary.test(name) && !inHostMode(host),
  );
}

function strayBridge(host: KnownHost, link: Link): Finding {
  return {
    code: 'vxlan-device-leftover',
    severity: 'warning',
    host: host.name,
    network: null,
    subject: `${link.name} in the host's own namespace`,
    evidence: [`@host: ${linkLine(link)}`],
    cause: `${link.name} is the bridge of an overlay sandbox, left in the host's namespace: creating or removing that sandbox failed half way`,
    check: look(sh`bridge link show master ${deviceWord(link.name)}`, 'no ports'),
    fix: fixBy({
      commands: [sh`ip link del ${deviceWord(link.name)}`],
      affects: `${link.name}; ports that it has lose it`,
    }),
    basis: 'one-host',
    at: {host: host.name},
  };
}
