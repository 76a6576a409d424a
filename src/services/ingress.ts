/**
 * A published port on one host, link by link (moby libnetwork service_linux.go programIngress). Through ingress: the
 * host's DNAT leads to the sandbox `ingress_sbox`, which marks by port, and IPVS shares out over the tasks of all nodes.
 * In host mode, and for plain containers: the host's DNAT leads to the container itself.
 */

import type {FilteredPacket} from '../kernel/netfilter.js';
import {foreignChains, metIn} from '../kernel/packet-filter.js';
import {inTable, ruleLine, tableListing} from '../kernel/printed-rule.js';
import type {Container, Network} from '../model/docker-types.js';
import {atLeast, engineVersion} from '../model/engine-version.js';
import type {HostModel, Namespace} from '../model/host.js';
import type {NetnsTables} from '../model/netns-tables.js';
import {rulesKnown} from '../model/rules/known.js';
import {
  does,
  isForPort,
  jumpsTo,
  matchesOf,
  namesInterface,
  rulesOf,
  singleTarget,
  tableOf,
} from '../model/rules/questions.js';
import {waitingSockets} from '../model/sockets.js';
import {inNamespace} from '../topology/in-namespace.js';
import {
  type Balancer,
  balancerOf,
  ipvsEntryStep,
  ipvsStep,
  markStep,
  type Sharing,
  snatStep,
} from './load-balancer.js';
import type {Chain} from './step.js';

export interface PortAsked {
  port: number;
  protocol: 'tcp' | 'udp';
}

/** Who publishes a port through ingress. */
export interface IngressPort {
  service: string;
  published: number;
  /** Port of the tasks. */
  target: number;
  /** Told by managers alone. */
  protocol?: string;
  network: Network;
  /** The very words of its source. */
  text: string;
}

/** Every port that is published through ingress, by gossip, with the protocol where a manager tells it. */
export function ingressPorts(hosts: HostModel[]): IngressPort[] {
  const known = hosts.flatMap(portsKnownTo);
  const same = (one: IngressPort, other: IngressPort) =>
    one.service === other.service && one.published === other.published;
  return known.filter((port, index) => {
    if (
      port.protocol === undefined &&
      known.some((other) => other.protocol !== undefined && same(port, other))
    )
      return false;
    return known.findIndex((other) => same(port, other) && other.protocol === port.protocol) === index;
  });
}

function portsKnownTo({docker}: HostModel): IngressPort[] {
  const network = docker?.networks.find(({ingress}) => ingress);
  if (!docker || !network) return [];
  return (network.services ?? []).flatMap(({name: service, ports}) =>
    ports.flatMap((text): IngressPort[] => {
      const [, target, published] = /^Target: (\d{1,5}), Publish: (\d{1,5})$/.exec(text) ?? [];
      if (published === undefined) return [];
      const port = {
        service,
        published: Number(published),
        target: Number(target),
        network,
        text: `gossip of ${network.name}: ${service}: ${text}`,
      };
      const told = (docker.services.find(({name}) => name === service)?.ports ?? []).flatMap((spec) =>
        spec.published === port.published && spec.mode !== 'host' && spec.protocol ? [spec.protocol] : [],
      );
      return told.length > 0 ? told.map((protocol) => ({...port, protocol})) : [port];
    }),
  );
}

export function isIngressPort(asked: PortAsked): (port: IngressPort) => boolean {
  return ({published, protocol}) =>
    published === asked.port && (protocol === undefined || protocol === asked.protocol);
}

/** A container of this host that has a port of the host for itself. */
export interface HostPort {
  container: Container;
  target: number;
  /** The binding, as Docker shows it. */
  text: string;
}

export function hostPorts({docker}: HostModel, {port, protocol}: PortAsked): HostPort[] {
  return (docker?.containers ?? []).flatMap((container) =>
    Object.entries(container.running ? container.publishedPorts : {}).flatMap(([inner, bindings]) => {
      const [, target, own] = /^(\d{1,5})\/(\w+)$/.exec(inner) ?? [];
      const binding = bindings.find((text) => text.endsWith(`:${port}`) && !text.startsWith('['));
      return own === protocol && binding !== undefined
        ? [{container, target: Number(target), text: `${container.name}: ${inner} → ${binding}`}]
        : [];
    }),
  );
}

/** A request to the host, before any rule has seen it. */
export interface Request extends PortAsked {
  /** The client's address; empty for any. */
  src: string;
  /** The host's address that is asked; empty for any. */
  dst: string;
  inInterface?: string;
}

function packetOf({port, protocol, src, dst, inInterface}: Request): FilteredPacket {
  return {
    protocol,
    src,
    dst,
    dport: port,
    ctState: 'NEW',
    ...(inInterface === undefined ? {} : {inInterface}),
    ipsec: false,
    dstLocal: true,
    srcLocal: false,
  };
}

/** Where the host's rules send a request. */
export interface Translated {
  address: string;
  port: number;
}

/** The socket that keeps the port from others. It decides nothing: what is translated never reaches it. */
function listenerStep(chain: Chain, host: HostModel, {port, protocol}: PortAsked): void {
  const sockets = waitingSockets(host.host?.proc, protocol);
  if (!sockets) return;
  const socket = sockets.find((other) => other.port === port);
  chain.pass(
    'listener',
    socket
      ? `${protocol} ${port} of the host is reserved by a listening socket`
      : `nothing on the host listens on ${protocol} ${port}: requests to 127.0.0.1 are refused, others are DNATed first`,
    socket ? [socket.text] : [],
  );
}

/**
 * Whether this host publishes the ports of the routing mesh as bindings of docker_gwbridge, like those of any container:
 * DNAT in the chain DOCKER, no chain DOCKER-INGRESS, docker-proxy on the port (moby/moby#53118, engines from 29.8).
 */
export function bindsIngress(tables: NetnsTables | undefined): boolean {
  const nat = (rulesKnown(tables) ?? []).flatMap((ruleset) => tableOf(ruleset, 'nat') ?? []);
  return (
    nat.length > 0 &&
    nat.every(({chains}) => !chains.has('DOCKER-INGRESS')) &&
    nat.some(({rules}) => rules.some((rule) => does(rule, 'dnat') && namesInterface(rule, 'docker_gwbridge')))
  );
}

/**
 * Whether docker-proxy, and not the kernel, answers requests of the host to itself on 127.0.0.1: then the jump from OUTPUT
 * leaves that address out, and route_localnet stays off.
 */
export function proxyAnswersLoopback(tables: NetnsTables | undefined): boolean {
  return bindsIngress(tables) && runsProxy(tables);
}

/** Whether the engine starts docker-proxy for ports: its jump from OUTPUT leaves out 127.0.0.0/8 then (moby libnetwork drivers/bridge). */
export function runsProxy(tables: NetnsTables | undefined): boolean {
  return rulesOf(rulesKnown(tables)).some(
    (rule) =>
      rule.chain.table === 'nat' &&
      rule.chain.name === 'OUTPUT' &&
      jumpsTo(rule, 'DOCKER') &&
      matchesOf(rule, 'address').some(
        ({side, negated, prefixes}) => side === 'dst' && negated && prefixes.includes('127.0.0.0/8'),
      ),
  );
}

/** The rule by which the host sends requests on. Where it is gone, docker-proxy may still pass them on. */
function dnatStep(
  chain: Chain,
  host: HostModel,
  request: Request,
  mode: 'ingress' | 'host',
): Translated | undefined {
  const {port, protocol} = request;
  const what = `${protocol} ${port}`;
  const tables = host.host;
  const place = {table: 'nat', chain: 'PREROUTING', actions: ['dnat', 'redirect'] as const};
  const met = tables && metIn(tables, place, packetOf(request));
  if (!tables || !met) {
    chain.doubt('dnat', `DNAT rules of the host for ${what} were not read`);
    return undefined;
  }
  const [rule] = met;
  const to = rule?.action.action === 'dnat' ? singleTarget(rule.action.to) : undefined;
  if (rule?.match === 'yes' && to) {
    const {address, port: inner = port} = to;
    chain.pass('dnat', `${what} of the host is DNATed to ${address}:${inner}`, [ruleLine(rule.rule)]);
    return {address, port: inner};
  }
  const foreign = foreignChains(tables);
  if (rule || foreign.length > 0) {
    chain.doubt(
      'dnat',
      `rules that are not understood, or that match the client's address, decide about ${what}`,
      rule ? met.map((one) => ruleLine(one.rule)) : foreign,
    );
    return undefined;
  }
  // Up to 29.7 nothing reads from the socket that the engine keeps for ingress; in host mode, and from 29.8, its proxy does.
  const socket = waitingSockets(tables.proc, protocol)?.find((other) => other.port === port);
  const proxied = mode === 'host' || proxiesIngress(host);
  if (proxied && socket) {
    chain.doubt(
      'dnat',
      `the host has no DNAT rule for ${what}; the listening socket gets it, and forwards it if it is docker-proxy`,
      [socket.text],
    );
    return undefined;
  }
  const unreached = rulesOf(rulesKnown(tables)).filter(
    (one) => one.chain.table === 'nat' && does(one, 'dnat') && isForPort(one, protocol, port),
  );
  chain.fail('dnat', 'ingress-dnat-missing', `no DNAT rule for ${what}`, {
    evidence: unreached.map(inTable),
    cause:
      unreached.length > 0
        ? 'the rule exists, but the jump from PREROUTING to its chain is gone'
        : "Docker's NAT rules were removed, or the engine never created them",
    next: tableListing(rulesKnown(tables), 'nat'),
  });
  return undefined;
}

/** Whether rules of the host send a request on; undefined where that was not read, or is not known. */
export function translates({host: tables}: HostModel, request: Request): boolean | undefined {
  const place = {table: 'nat', chain: 'PREROUTING', actions: ['dnat', 'redirect'] as const};
  const met = tables && metIn(tables, place, packetOf(request));
  if (!tables || !met) return undefined;
  const [rule] = met;
  if (rule) return rule.match === 'yes' ? true : undefined;
  return foreignChains(tables).length > 0 ? undefined : false;
}

/** Engines of which docker-proxy takes the ports of the routing mesh as well. */
function proxiesIngress({docker}: HostModel): boolean {
  const version = engineVersion(docker?.engine.version);
  return version !== undefined && atLeast(version, '29.8');
}

function forwardStep(
  chain: Chain,
  tables: Namespace['tables'] | HostModel['host'],
  where: string,
  next: string,
): void {
  const value = tables?.proc?.get('/proc/sys/net/ipv4/ip_forward')?.trim();
  if (value === undefined) chain.doubt('forwarding', `ip_forward of ${where} was not read`);
  else if (value === '1') chain.pass('forwarding', `ip_forward of ${where} is 1`);
  else {
    chain.fail('forwarding', 'ip-forward-off', `${where} does not route: ip_forward is ${value}`, {
      evidence: [`net.ipv4.ip_forward = ${value}`],
      cause: 'requests must be routed here; a nested host often starts its namespaces with 0',
      next,
    });
  }
}

/** On the host itself: the port is taken, the rules lead on, and the host forwards. */
export function hostSteps(
  chain: Chain,
  host: HostModel,
  request: Request,
  mode: 'ingress' | 'host',
): Translated | undefined {
  listenerStep(chain, host, request);
  const to = dnatStep(chain, host, request, mode);
  if (!chain.broken()) forwardStep(chain, host.host, host.name, 'sysctl net.ipv4.ip_forward');
  return to;
}

/** Whether ingress can work on this host at all: the sandbox is there, and the kernel has IPVS. */
export function ingressStep(chain: Chain, host: HostModel, network: Network): Balancer | undefined {
  const balancer = balancerOf(host, network);
  if (!balancer) {
    chain.doubt('load-balancer', `sandbox of ${network.name} (ingress_sbox) was not found on ${host.name}`);
    return undefined;
  }
  ipvsStep(chain, balancer.namespace, `the routing mesh (${network.name}) does not work`);
  return balancer;
}

/** In ingress_sbox: the address that the host's rule names, the mark, IPVS, the way back, and forwarding. */
export function sandboxSteps(
  chain: Chain,
  {namespace, ip}: Balancer,
  request: Request,
  to: Translated,
): Sharing | undefined {
  const {file, tables} = namespace;
  const link = tables?.links?.find(({addresses}) => addresses?.some(({address}) => address === to.address));
  if (link)
    chain.pass('dnat', `${to.address} is ${link.name} in ${file}`, [`inet ${to.address} dev ${link.name}`]);
  else if (tables?.links && !tables.partial?.has('addr')) {
    chain.fail('dnat', 'ingress-dnat-stale', `DNAT target ${to.address} is not an address in ${file}`, {
      evidence: tables.links.flatMap(({name, addresses}) =>
        (addresses ?? []).map(({address, prefixLength}) => `inet ${address}/${prefixLength} dev ${name}`),
      ),
      cause: 'the rule belongs to an earlier sandbox, or something else took the port',
      next: inNamespace(chain.host, file, 'ip addr'),
    });
  } else chain.doubt('dnat', `addresses of ${file} were not read`);
  if (chain.broken()) return undefined;
  const mark = markStep(chain, namespace, {
    chain: 'PREROUTING',
    packet: packetOf({...request, port: to.port, dst: to.address, ...(link ? {inInterface: link.name} : {})}),
    code: 'ingress-mark-missing',
    what: `requests to ${request.protocol} ${to.port}`,
  });
  const sharing = mark === undefined ? undefined : ipvsEntryStep(chain, namespace, mark);
  const first = sharing?.destinations.find(({weight}) => weight > 0);
  if (first) snatStep(chain, namespace, {ip, backend: first.address, direct: first.forward === 'Route'});
  if (!chain.broken())
    forwardStep(chain, tables, file, inNamespace(chain.host, file, 'sysctl net.ipv4.ip_forward'));
  return sharing;
}
