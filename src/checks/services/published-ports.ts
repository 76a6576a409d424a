import {line, named, number, plain, ruleWords, sh} from '../../base/command.js';
import {ipVersion} from '../../base/ip-version.js';
import {type Fix, fixBy, fixByOthers, look, noFix} from '../../findings/advice.js';
import {ruleLine} from '../../kernel/printed-rule.js';
import {atLeast, engineVersion} from '../../model/engine-version.js';
import type {NetnsTables} from '../../model/netns-tables.js';
import {isPartlyKnown, rulesKnown} from '../../model/rules/known.js';
import {actionOf, matchesOf, rulesOf, singleTarget} from '../../model/rules/questions.js';
import type {Rule} from '../../model/rules/rule.js';
import {type WaitingSocket, waitingSockets} from '../../model/sockets.js';
import {hostPorts, type IngressPort, ingressPorts, runsProxy} from '../../services/ingress.js';
import {balancerOf} from '../../services/load-balancer.js';
import type {KnownHost} from '../../topology/known-host.js';
import {defineCheck, type HostDigest, type Report} from '../check.js';
import {hasEnding} from '../swarm/manager-check.js';
import {counted, listed} from '../words.js';

/** `tcp/8080`. */
type PortText = string;

interface Digest {
  /** Ports that rules of this host lead into ingress, each with its rule and how to take it away. */
  led: {port: PortText; text: string; fix: Fix}[];
  /** Of a manager: ports that services publish in ingress mode. */
  published?: PortText[];
  /** Ports of ingress on which the engine itself takes IPv6 connections, which it does not serve. */
  unserved: number[];
  services: boolean;
}

/** Published ports as they are on each host: without a service, taken by somebody else, or open for IPv6 and not served. */
export const publishedPorts = defineCheck<Digest>({
  name: 'published-ports',
  codes: ['ingress-port-leftover', 'ingress-port-taken', 'ingress-ipv6-unserved'],
  ignores: ['files'],
  perHost(host, report) {
    const ports = ingressPorts([host.model]);
    for (const port of ports) taken(host, report, port);
    return {
      led: ledIntoIngress(host),
      ...publishedBy(host),
      unserved: unservedPorts(host, ports),
      services: ports.length > 0,
    };
  },
  across(hosts, report) {
    leftover(hosts, report);
    unserved(hosts, report);
  },
});

/** Absent of a manager whose tasks of removed services still run: their ports go with them. */
function publishedBy({model: {docker}}: KnownHost): Pick<Digest, 'published'> {
  if (!docker?.read.services || !docker.read.tasks || docker.lent) return {};
  if (hasEnding(docker)) return {};
  return {
    published: docker.services.flatMap(({ports}) =>
      ports.flatMap(({mode, protocol, published}) =>
        mode === 'host' || published === undefined ? [] : [`${protocol ?? 'tcp'}/${published}`],
      ),
    ),
  };
}

/** DNAT rules of the host to the ingress sandbox. */
function ledIntoIngress(host: KnownHost): Digest['led'] {
  const ingress = host.model.docker?.networks.find((network) => network.ingress);
  const balancer = ingress && balancerOf(host.model, ingress);
  const addresses = new Set(
    (balancer?.namespace.tables?.links ?? []).flatMap(({addresses: all}) =>
      (all ?? []).map(({address}) => address),
    ),
  );
  return rulesOf(rulesKnown(host.model.host)).flatMap((rule) => {
    const action = actionOf(rule);
    const to = action?.action === 'dnat' ? singleTarget(action.to) : undefined;
    const port = portOf(rule);
    if (rule.chain.table !== 'nat' || !to || port === undefined || !addresses.has(to.address)) return [];
    return [{port, text: ruleLine(rule), fix: without(rule)}];
  });
}

function portOf(rule: Rule): PortText | undefined {
  const [match] = matchesOf(rule, 'port').filter(({side, negated}) => side === 'dst' && !negated);
  const [named] = matchesOf(rule, 'protocol').flatMap(({protocols, negated}) => (negated ? [] : protocols));
  const protocol = named ?? match?.protocol;
  const [range] = match?.ports ?? [];
  return protocol !== undefined && range && range[0] === range[1] ? `${protocol}/${range[0]}` : undefined;
}

function without({chain, statements}: Rule): Fix {
  if (chain.program === 'nft')
    return noFix('nft -a list ruleset shows the handle of the rule, by which it can be deleted');
  const words = ruleWords(statements.flatMap((one) => one.words.split(' ')));
  const typed = (verb: string) =>
    sh`${plain(chain.program)} -t ${plain(chain.table)} ${line(verb)} ${plain(chain.name)} ${words}`;
  return fixBy({
    commands: [typed('-D')],
    undo: [typed('-I')],
    affects: 'requests to this port of this node: they are no longer sent into ingress',
  });
}

function leftover(hosts: HostDigest<Digest>[], report: Report): void {
  const manager = hosts.find(({digest}) => digest.published !== undefined);
  if (!manager) {
    if (hosts.some(({digest}) => digest.led.length > 0))
      report.notChecked({
        host: null,
        network: null,
        reason: 'whether ports that hosts send into ingress belong to a service',
        add: 'Read a manager too: it lists the services',
      });
    return;
  }
  const known = new Set(manager.digest.published);
  for (const {name, digest} of hosts)
    for (const {port, text, fix} of digest.led) {
      if (known.has(port)) continue;
      report.found({
        code: 'ingress-port-leftover',
        severity: 'warning',
        host: name,
        network: null,
        subject: `port ${port}`,
        evidence: [`${name}: ${text}`, `${manager.name}: no service publishes ${port}`],
        cause: `${name} still sends requests to port ${port} into the routing mesh, and no service publishes it: they get no answer, and what else listens on that port gets none of them`,
        check: look(line('iptables -t nat -S')),
        fix,
        basis: 'several-hosts',
        at: {host: name, netns: '@host'},
      });
    }
}

/** A container, or from 29.8 any socket, that has a port which a service publishes in ingress mode. */
function taken(host: KnownHost, report: Report, port: IngressPort): void {
  const {published, protocol = 'tcp', service, network} = port;
  if (protocol !== 'tcp' && protocol !== 'udp') return;
  const [holder] = hostPorts(host.model, {port: published, protocol});
  const socket = holder ? undefined : socketInstead(host, port, protocol);
  const text = holder?.text ?? socket?.text;
  if (text === undefined) return;
  const who = holder?.container.name ?? 'a process of the host';
  report.found({
    code: 'ingress-port-taken',
    severity: 'warning',
    host: host.name,
    network: network.name,
    subject: `port ${protocol}/${published}`,
    evidence: [port.text, text],
    cause: `${service} publishes port ${published} on all nodes, and ${who} has it on ${host.name}: only one of the two gets the requests there${holder ? '' : `, and no port of ${service} answers on this node`}`,
    check: look(sh`ss -lnp sport = :${number(published)}`),
    fix: holder
      ? fixByOthers(
          `the owner of ${who}`,
          `publish another port of it, or another one of ${service}: docker service update --publish-rm and --publish-add`,
        )
      : fixByOthers(
          'administrator of this host',
          `let that process use another port (ss names it), then: docker service update --force ${service}`,
        ),
    basis: 'one-host',
    at: {host: host.name, networkId: network.id},
  });
}

/**
 * From 29.8 an engine that does not get the port of a service publishes none of them. With docker-proxy the socket may be its
 * own, which serves the port without a rule.
 */
function socketInstead(
  host: KnownHost,
  {published, service, network}: IngressPort,
  protocol: 'tcp' | 'udp',
): WaitingSocket | undefined {
  const version = engineVersion(host.model.docker?.engine.version);
  const {docker, host: tables} = host.model;
  const firewall = docker?.engine.firewall;
  if (
    !version ||
    !atLeast(version, '29.8') ||
    firewall?.startsWith('nftables') ||
    !tables ||
    mayHideDnat(tables) ||
    runsProxy(tables)
  )
    return undefined;
  const balancer = balancerOf(host.model, network);
  const led = new Set(ledIntoIngress(host).map(({port}) => port));
  const own = (network.services ?? [])
    .filter(({name}) => name === service)
    .flatMap(({ports}) => ports.flatMap((text) => /Publish: (\d+)/.exec(text)?.[1] ?? []));
  if (!balancer || own.some((port) => led.has(`tcp/${port}`) || led.has(`udp/${port}`))) return undefined;
  return waitingSockets(tables.proc, protocol)?.find(({port}) => port === published);
}

/** Whether a rule that nobody saw whole may be the one of a port. */
function mayHideDnat(tables: NetnsTables): boolean {
  const known = rulesKnown(tables);
  return (
    known === undefined ||
    rulesOf(known).some((rule) => {
      const action = actionOf(rule);
      if (rule.chain.table !== 'nat') return false;
      return action?.action === 'other' || (action?.action === 'dnat' && (!action.to || isPartlyKnown(rule)));
    })
  );
}

/** Up to 29.7 the engine keeps the port with a socket that takes IPv6 connections too, and reads from none of them. */
function unservedPorts(host: KnownHost, ports: readonly IngressPort[]): number[] {
  const {docker, host: tables} = host.model;
  const version = engineVersion(docker?.engine.version);
  const reachable = (tables?.links ?? []).some(({addresses}) =>
    addresses?.some(
      ({family, scope, address}) => family === 'inet6' && scope === 'global' && ipVersion(address) === 6,
    ),
  );
  if (!version || atLeast(version, '29.8') || !reachable) return [];
  const text = tables?.proc?.get('/proc/net/tcp6');
  const sockets = waitingSockets(text === undefined ? undefined : new Map([['/proc/net/tcp6', text]]), 'tcp');
  const open = new Set((sockets ?? []).filter(({address}) => /^0+$/.test(address)).map(({port}) => port));
  return ports
    .filter(({protocol, published}) => protocol !== 'udp' && open.has(published))
    .filter(({published}) => hostPorts(host.model, {port: published, protocol: 'tcp'}).length === 0)
    .map(({published}) => published);
}

function unserved(hosts: HostDigest<Digest>[], report: Report): void {
  const open = hosts.filter(({digest}) => digest.unserved.length > 0);
  const [first] = open;
  if (!first) return;
  const ports = [...new Set(open.flatMap(({digest}) => digest.unserved))];
  report.found({
    code: 'ingress-ipv6-unserved',
    severity: 'info',
    host: null,
    network: null,
    subject: 'published ports',
    evidence: open
      .slice(0, 5)
      .map(
        ({name, digest}) =>
          `${name}: /proc/net/tcp6: the engine listens on [::]:${digest.unserved.join(', ')}`,
      ),
    cause: `published ${ports.length === 1 ? 'port' : 'ports'} ${listed(ports.map(String))} ${ports.length === 1 ? 'takes' : 'take'} IPv6 connections on ${counted(open.length, 'host')} and never ${ports.length === 1 ? 'answers' : 'answer'} them: the routing mesh of this engine is IPv4 only, so clients that try IPv6 first (localhost, a name with an AAAA record) hang`,
    check: look(
      sh`curl -6 -m 3 http://[::1]:${named(String(ports[0]))}/`,
      'a timeout, where curl -4 gets an answer',
    ),
    fix: fixByOthers(
      'administrator of the engines',
      'update to 29.8 or later, or give clients IPv4 addresses only (127.0.0.1 for localhost, no AAAA record for nodes)',
    ),
    basis: open.length > 1 ? 'several-hosts' : 'one-host',
    at: {},
  });
}
