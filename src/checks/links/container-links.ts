import {
  address as addressWord,
  type Command,
  device,
  mac as macWord,
  named,
  prefix,
  sh,
} from '../../base/command.js';
import {inSubnet} from '../../base/subnet.js';
import {fixBy, look, noFix} from '../../findings/advice.js';
import type {CheckCode} from '../../findings/catalogue.js';
import type {Finding} from '../../findings/finding.js';
import {isDown} from '../../kernel/link-state.js';
import type {Network} from '../../model/docker-types.js';
import type {Link} from '../../model/facts.js';
import {within} from '../../topology/in-namespace.js';
import type {KnownHost} from '../../topology/known-host.js';
import type {LocalEndpoint} from '../../topology/local-endpoints.js';
import type {Sandbox} from '../../topology/sandboxes.js';
import {present} from '../../topology/tunnels.js';
import type {Pairing} from '../../topology/veths.js';
import {defineCheck, type Report} from '../check.js';
import {renewEndpoint} from '../engine-fix.js';
import {linkLine} from '../words.js';

/** What the engine says of its own endpoints, against the interfaces that are there. */
export const containerLinks = defineCheck({
  name: 'container-links',
  codes: [
    'endpoint-without-interface',
    'container-link-down',
    'container-address-missing',
    'container-mac-changed',
    'interface-without-endpoint',
  ],
  ignores: ['rules', 'files'],
  perHost(host, report) {
    for (const {network, sandboxes} of host.overlays) {
      const endpoints = host.endpoints(network);
      if (!endpoints) {
        report.notChecked({
          host: host.name,
          network: network.name,
          reason:
            'the engine did not list its own endpoints, so they can not be compared with the interfaces',
          add: `check that the engine answers there: docker network inspect ${network.name}`,
        });
        continue;
      }
      for (const endpoint of endpoints) interfaceOf(host, network, endpoint, report);
      for (const sandbox of sandboxes) strangers(host, network, {sandbox, endpoints}, report);
    }
    return undefined;
  },
});

/** The interface of one endpoint: there, up, with its address and its MAC. */
function interfaceOf(host: KnownHost, network: Network, endpoint: LocalEndpoint, report: Report): void {
  const {name, ip, mac, container, sandbox, link, kind} = endpoint;
  const found: Found = (code, fault) =>
    report.found({
      code,
      severity: 'error',
      host: host.name,
      network: network.name,
      subject: name,
      basis: 'one-host',
      at: {host: host.name, networkId: network.id, ...(ip ? {address: ip} : {})},
      ...fault,
    });
  const said = `docker network inspect ${network.name}: ${name} ${ip ?? 'without an address'} ${mac ?? 'without a MAC'}`;
  if (kind === 'unknown') {
    found('endpoint-without-interface', {
      severity: 'warning',
      subject: ip ?? name,
      evidence: [said],
      cause: `the engine lists ${name} without a sandbox: it was left behind, and holds ${ip ?? 'its name'}`,
      check: look(sh`docker network inspect ${named(network.name)}`, `Containers: ${name}`),
      fix: fixBy({
        commands: [sh`docker network disconnect -f ${named(network.name)} ${named(name)}`],
        affects: `this endpoint of ${network.name}, which no container uses`,
      }),
    });
    return;
  }
  const tables = sandbox?.namespace.tables;
  if (!sandbox || !tables?.links || tables.partial?.has('addr') || (container && !container.running)) return;
  const {file} = sandbox.namespace;
  const line = (one: Link) => `${file}: ${linkLine(one)}${addressesOf(one)}`;
  if (!link) {
    found('endpoint-without-interface', {
      evidence: [said, ...tables.links.map(line)],
      cause: `the engine gave ${name} ${ip ?? 'an address'} on ${network.name}, and no interface in its namespace has that address or its MAC`,
      check: look(within(host.model, file, sh`ip addr show`), `no interface with ${ip ?? 'its address'}`),
      fix: renewEndpoint(network, endpoint),
    });
    return;
  }
  stateTrouble(host, network, {...endpoint, link, file}, {said, line: line(link)}, found);
}

type Found = (
  code: CheckCode,
  fault: Pick<Finding, 'evidence' | 'cause' | 'check' | 'fix'> & Partial<Finding>,
) => void;

/** An interface that is there, and is down or has not the address or MAC that the engine gave it. */
function stateTrouble(
  host: KnownHost,
  network: Network,
  endpoint: LocalEndpoint & {link: Link; file: string},
  {said, line}: {said: string; line: string},
  found: Found,
): void {
  const {name, ip, mac, link, file} = endpoint;
  const inside = (command: Command) => within(host.model, file, command);
  const dev = device(link.name);
  const check = look(inside(sh`ip addr show dev ${dev}`), 'its flags, its MAC and its addresses');
  const affects = `${link.name} of ${name} only`;
  if (isDown(link)) {
    found('container-link-down', {
      evidence: [line],
      cause: `${link.name} of ${name} is down: it can neither send nor be reached on ${network.name}`,
      check,
      fix: fixBy({
        commands: [sh`ip link set ${dev} up`, ...lostRoutes(network, endpoint)].map(inside),
        affects,
      }),
    });
  }
  if (ip !== undefined && link.addresses && !link.addresses.some(({address}) => address === ip)) {
    const length = prefixOf(network, endpoint);
    found('container-address-missing', {
      evidence: [said, line],
      cause: `the engine gave ${name} ${ip}, which others send to, and ${link.name} does not have it`,
      check,
      fix:
        length === undefined
          ? noFix(`not known: the length of the prefix of ${ip}`)
          : fixBy({commands: [inside(sh`ip addr add ${prefix(`${ip}/${length}`)} dev ${dev}`)], affects}),
    });
  }
  if (mac !== undefined && link.mac !== undefined && link.mac !== mac) {
    found('container-mac-changed', {
      evidence: [said, line],
      cause: `${link.name} of ${name} has ${link.mac}; the engine, gossip and every other host's entries say ${mac}, and the interface discards frames for that`,
      check,
      fix: fixBy({commands: [inside(sh`ip link set ${dev} address ${macWord(mac)}`)], affects}),
    });
  }
}

/** Routes by an interface that goes down go for good: those to the other subnets of the network (moby overlay joinleave.go). */
function lostRoutes({subnets}: Network, {ip, link}: {ip?: string; link: Link}): Command[] {
  const own = subnets.find(({subnet}) => ip !== undefined && inSubnet(ip, subnet));
  const gateway = own?.gateway?.split('/')[0];
  if (!own || gateway === undefined) return [];
  return subnets
    .filter((other) => other !== own)
    .map(
      ({subnet}) =>
        sh`ip route replace ${prefix(subnet)} via ${addressWord(gateway)} dev ${device(link.name)}`,
    );
}

/**
 * Whether a port leads to one of the endpoints, or to what was not read, or to one of several. A container that runs and has no
 * namespace here may be at the other end of any, and so may one that is being started: it has its endpoint before its namespace,
 * which is there before it is said to run (moby daemon/start.go, libnetwork sandbox.go SetKey).
 */
function mayBelong(host: KnownHost, pairing: Pairing | undefined, endpoints: LocalEndpoint[]): boolean {
  const peer = pairing?.peer;
  const isHidden = ({container, sandbox}: LocalEndpoint) =>
    !sandbox && (container?.running === true || container?.status === 'created');
  if (!peer) return unreadElsewhere(host) || pairing?.ambiguous === true || endpoints.some(isHidden);
  return endpoints.some((one) => one.sandbox?.namespace.file === peer.netns && one.link === peer.link);
}

/** Ports of the sandbox behind which there is none of the engine's endpoints. */
function strangers(
  host: KnownHost,
  network: Network,
  {sandbox, endpoints}: {sandbox: Sandbox; endpoints: LocalEndpoint[]},
  report: Report,
): void {
  const {file, tables} = sandbox.namespace;
  if (tables?.partial?.has('addr')) return;
  for (const link of tables?.links ?? []) {
    if (link.kind !== 'veth') continue;
    const pairing = host.pairs(file, link.ifindex);
    if (mayBelong(host, pairing, endpoints)) continue;
    const peer = pairing?.peer;
    const where = peer
      ? `${peer.link.name} in ${peer.netns}`
      : 'nothing in any namespace that Docker keeps on this host';
    report.found({
      code: 'interface-without-endpoint',
      severity: 'warning',
      host: host.name,
      network: network.name,
      subject: `${link.name} in ${file}`,
      evidence: [
        `${file}: ${linkLine(link)}`,
        peer
          ? `${peer.netns}: ${linkLine(peer.link)}${addressesOf(peer.link)}`
          : `no other end: ${pairing?.reason ?? 'its ifindex is not told'}`,
        `docker network inspect ${network.name}: ${endpoints.map(({name, ip}) => `${name} ${ip ?? '-'}`).join(', ') || 'no endpoint here'}`,
      ],
      cause: `${link.name} leads to ${where}, and the engine has no such endpoint: it was created by hand or left behind, and other hosts have no entries for it`,
      check: look(within(host.model, file, sh`ip -d link show ${device(link.name)}`), 'a port of the bridge'),
      fix: fixBy({
        commands: [within(host.model, file, sh`ip link del ${device(link.name)}`)],
        affects: 'both ends of this veth pair',
      }),
      basis: 'one-host',
      at: {host: host.name, networkId: network.id, netns: file, device: link.name},
    });
  }
}

/** Whether there is a namespace here whose links are not known; the host's own has a file too (`default`), and is read as the host. */
function unreadElsewhere({model, sandboxes}: KnownHost): boolean {
  return (
    model.host?.links === undefined ||
    sandboxes.some(
      ({kind, namespace: {state, tables}}) =>
        kind !== 'host' && present.has(state) && (tables?.links === undefined || tables.partial?.has('addr')),
    )
  );
}

function addressesOf({addresses}: Link): string {
  return (addresses ?? []).map(({address, prefixLength}) => ` inet ${address}/${prefixLength}`).join('');
}

function prefixOf({subnets}: Network, {container, ip}: LocalEndpoint): number | undefined {
  const own = container?.endpoints.find((endpoint) => endpoint.ip === ip)?.prefixLength;
  const subnet = subnets.find((one) => ip !== undefined && inSubnet(ip, one.subnet))?.subnet;
  return own ?? (subnet === undefined ? undefined : Number(subnet.split('/')[1]));
}
