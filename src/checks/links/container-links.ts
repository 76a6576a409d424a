import {advised, type Remedy} from '../../findings/advice.js';
import type {CheckCode} from '../../findings/catalogue.js';
import type {Finding} from '../../findings/finding.js';
import {isDown} from '../../kernel/link-state.js';
import type {Network} from '../../model/docker-types.js';
import type {Link} from '../../model/facts.js';
import {inNamespace} from '../../topology/in-namespace.js';
import type {KnownHost} from '../../topology/known-host.js';
import type {LocalEndpoint} from '../../topology/local-endpoints.js';
import type {Sandbox} from '../../topology/sandboxes.js';
import type {Pairing} from '../../topology/veths.js';
import {defineCheck, type Report} from '../check.js';
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
  perHost(host, report) {
    for (const {network, sandboxes} of host.overlays) {
      const endpoints = host.endpoints(network);
      if (!endpoints) {
        report.notChecked({
          host: host.name,
          network: network.name,
          why: 'the engine did not list its own endpoints, so they can not be compared with the interfaces',
          add: `see that the engine answers there: docker network inspect ${network.name}`,
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
      at: {host: host.name, network: network.id, ...(ip ? {ip} : {})},
      ...fault,
    });
  const said = `docker network inspect ${network.name}: ${name} ${ip ?? 'without an address'} ${mac ?? 'without a MAC'}`;
  if (kind === 'unknown') {
    found('endpoint-without-interface', {
      severity: 'warning',
      subject: ip ?? name,
      evidence: [said],
      cause: `the engine lists ${name} without a sandbox: it was left behind, and holds ${ip ?? 'its name'}`,
      ...advised([reconnect(network, name, 'disconnect -f')]),
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
      ...advised([mendOf(network, endpoint)]),
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
  const inside = (touches: string, command: string, ...words: string[]) => ({
    command: inNamespace(host.model, file, command, ...words),
    touches,
  });
  const mend = mendOf(network, endpoint);
  if (isDown(link)) {
    const touches = `${link.name} of ${name}; routes that went with it must be made again`;
    found('container-link-down', {
      evidence: [line],
      cause: `${link.name} of ${name} is down: it can neither send nor be reached on ${network.name}`,
      ...advised([inside(touches, 'ip link set', link.name, 'up'), mend]),
    });
  }
  const touches = `${link.name} of ${name}`;
  if (ip !== undefined && link.addresses && !link.addresses.some(({address}) => address === ip)) {
    const address = `${ip}/${prefixOf(network, endpoint)}`;
    found('container-address-missing', {
      evidence: [said, line],
      cause: `the engine gave ${name} ${ip}, which others send to, and ${link.name} does not have it`,
      ...advised([inside(touches, 'ip addr add', address, 'dev', link.name), mend]),
    });
  }
  if (mac !== undefined && link.mac !== undefined && link.mac !== mac) {
    found('container-mac-changed', {
      evidence: [said, line],
      cause: `${link.name} of ${name} has ${link.mac}; the engine, gossip and every other host's rows say ${mac}, and the interface discards frames for that`,
      ...advised([inside(touches, 'ip link set', link.name, 'address', mac), mend]),
    });
  }
}

/** Whether a port leads to one of the endpoints, or to what was not read, or to one of several. */
function mayBelong(host: KnownHost, pairing: Pairing | undefined, endpoints: LocalEndpoint[]): boolean {
  const peer = pairing?.peer;
  if (!peer) return unreadElsewhere(host) || pairing?.ambiguous === true;
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
      cause: `${link.name} leads to ${where}, and the engine has no such endpoint: it was made by hand or left behind, and other hosts have no rows for it`,
      ...advised([
        {
          command: inNamespace(host.model, file, 'ip link del', link.name),
          touches: 'both ends of this veth pair',
        },
      ]),
      basis: 'one-host',
      at: {host: host.name, network: network.id, netns: file, device: link.name},
    });
  }
}

/** Whether there is a namespace here whose links are not known. */
function unreadElsewhere({model}: KnownHost): boolean {
  return (
    model.host?.links === undefined ||
    model.namespaces.some(
      ({state, tables}) =>
        (state === 'live' || state === 'other-mount' || state === 'unreadable') &&
        (tables?.links === undefined || tables.partial?.has('addr')),
    )
  );
}

function addressesOf({addresses}: Link): string {
  return (addresses ?? []).map(({address, prefixLength}) => ` inet ${address}/${prefixLength}`).join('');
}

function prefixOf({subnets}: Network, {container, ip}: LocalEndpoint): number | string {
  const own = container?.endpoints.find((endpoint) => endpoint.ip === ip)?.prefixLength;
  return own ?? subnets[0]?.subnet.split('/')[1] ?? 'PREFIX';
}

function mendOf(network: Network, {name, kind, container}: LocalEndpoint): Remedy {
  if (container?.service) {
    return {
      command: `docker service update --force ${container.service.name}`,
      touches: `every task of ${container.service.name}: each is replaced`,
    };
  }
  if (kind === 'load-balancer') {
    return {
      command: `move the endpoints of ${network.name} off this host and back`,
      touches: 'them; with the last one the load balancer goes, with the next it is made anew',
    };
  }
  return reconnect(network, name, 'disconnect');
}

function reconnect(network: Network, name: string, verb: string): Remedy {
  const away = `docker network ${verb} ${network.name} ${name}`;
  return verb === 'disconnect'
    ? {
        command: `${away} && docker network connect ${network.name} ${name}`,
        touches: `the interface of ${name} on ${network.name}: its connections there break`,
      }
    : {command: away, touches: `the endpoint ${name} of ${network.name}`};
}
