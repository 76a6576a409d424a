import {line, sh} from '../../base/command.js';
import {fixBy, fixByOthers, look} from '../../findings/advice.js';
import type {Network} from '../../model/docker-types.js';
import {setting} from '../../model/proc/settings.js';
import {
  hostSteps,
  type IngressPort,
  ingressPorts,
  ingressStep,
  type PortAsked,
  proxyAnswersLoopback,
  type Request,
  sandboxSteps,
} from '../../services/ingress.js';
import {balancerOf, hasIpvs, readVirtualAddress, type Sharing} from '../../services/load-balancer.js';
import {type Chain, chainOn, type Step} from '../../services/step.js';
import {within} from '../../topology/in-namespace.js';
import type {KnownHost} from '../../topology/known-host.js';
import {type ServiceOn, serviceNames, serviceOn} from '../../topology/services.js';
import {defineCheck, type HostDigest, type Report} from '../check.js';
import {balancersWithoutIpvs} from './ipvs.js';
import {type Access, linkFix, renewed, withoutBackend} from './load-balancer-fixes.js';

/** What the links of a chain report; whether a namespace forwards is told by another check. */
const links = [
  'ingress-dnat-missing',
  'ingress-dnat-stale',
  'ingress-mark-missing',
  'ipvs-conntrack-off',
  'ipvs-no-backend',
  'ipvs-service-missing',
  'ipvs-snat-missing',
  'vip-alias-missing',
  'vip-mark-missing',
] as const;

/** Seconds after which IPVS forgets an idle TCP connection, unless it was told another number (ip_vs_proto_tcp.c). */
const ipvsForgets = 900;

/** How services are reached from this host: VIPs and published ports, link by link, and the tasks behind. */
export const loadBalancers = defineCheck<Patient>({
  name: 'load-balancers',
  codes: [
    ...links,
    'ipvs-backend-missing',
    'ipvs-backend-stale',
    'ipvs-idle-timeout',
    'ingress-localnet-off',
  ],
  ignores: ['files'],
  perHost(host, report) {
    // Told by the check of that name; no further link can be there.
    if (balancersWithoutIpvs(host).length > 0) return undefined;
    const undecided = new Set<string>();
    for (const name of serviceNames([host.model])) {
      for (const service of serviceOn([host.model], name))
        virtualAddress(host, report, name, service, undecided);
    }
    const published = ingressPorts([host.model]).map((port) => ingress(host, report, port, undecided));
    if (published.includes(true) && !proxyAnswersLoopback(host.model.host)) localnet(host, report);
    if (undecided.size > 0) {
      report.notChecked({
        host: host.name,
        network: null,
        reason: `whether ${[...undecided].slice(0, 5).join(', ')} ${undecided.size === 1 ? 'is' : 'are'} reachable: not fully read, or with rules that are not evaluated`,
        add: 'Read the host as root, with iptables and nft there; ovdiag trace SOURCE SERVICE names the link',
      });
    }
    return patientContainers(host);
  },
  across: idleTimeout,
});

/** Containers of a host that keep idle connections to VIPs for longer than IPVS remembers them. */
interface Patient {
  count: number;
  /** Some of them, with what makes them so. */
  examples: string[];
}

/** A service by its VIP: the load balancer of this host, link by link, and the tasks behind it. */
function virtualAddress(
  host: KnownHost,
  report: Report,
  name: string,
  {network, vip, tasks}: ServiceOn,
  undecided: Set<string>,
): void {
  if (vip === undefined || network.ingress || tasks.length === 0) return;
  const balancer = balancerOf(host.model, network);
  if (!balancer?.namespace.tables) return;
  const chain = chainOn(host.model);
  const packet = {protocol: 'tcp' as const, src: '', dst: vip, ipsec: false, dstLocal: true};
  const sharing = readVirtualAddress(chain, balancer, packet);
  const access: Access = {
    network,
    service: name,
    file: balancer.namespace.file,
    vip,
    tasks,
    what: `${name} (${vip})`,
  };
  judge(host, report, chain, access, undecided);
  if (sharing && !chain.broken()) compareBackends(host, report, sharing, access);
}

/** The first link that is not there is the verdict. */
function judge(host: KnownHost, report: Report, chain: Chain, place: Access, undecided: Set<string>): void {
  const last = chain.steps.at(-1);
  const code = links.find((one) => one === last?.code);
  // What fails behind a link that was not read may fail because of that one.
  if (chain.steps.some(({verdict}) => verdict === 'unknown')) undecided.add(place.what);
  else if (last?.verdict === 'fail' && code !== undefined)
    reportLink(host, report, chain, {...last, code}, place);
}

function reportLink(
  host: KnownHost,
  report: Report,
  chain: Chain,
  last: Step & {code: (typeof links)[number]},
  place: Access,
): void {
  report.found({
    code: last.code,
    severity: 'error',
    host: host.name,
    network: place.network.name,
    subject: place.what,
    evidence: [
      ...chain.steps.slice(0, -1).flatMap(({evidence}) => evidence),
      `not so: ${last.summary}`,
      ...last.evidence,
    ].slice(-8),
    cause: `${last.summary}${last.cause === undefined ? '' : `: ${last.cause}`}`,
    check: look(
      within(host.model, place.file, sh`cat /proc/net/ip_vs`),
      'addresses and marks in hexadecimal',
    ),
    fix: linkFix(host, last.code, place),
    basis: 'one-host',
    at: {host: host.name, networkId: place.network.id, netns: place.file},
  });
}

/** One published port on this host; true where the host's rules lead it into ingress. */
function ingress(host: KnownHost, report: Report, port: IngressPort, undecided: Set<string>): boolean {
  const {network, service, published, protocol} = port;
  // Only managers tell the protocol; elsewhere it is the one whose chain goes further.
  const protocols =
    protocol === 'udp'
      ? ['udp' as const]
      : protocol === undefined
        ? ['tcp' as const, 'udp' as const]
        : ['tcp' as const];
  if (protocol !== undefined && protocol !== 'tcp' && protocol !== 'udp') return false;
  const walks = protocols.map((one) => walkIngress(host, network, {port: published, protocol: one}));
  const [walk = undefined] = [...walks].sort((a, b) => b.chain.steps.length - a.chain.steps.length);
  if (!walk) return false;
  const {chain, sharing, translated} = walk;
  const tasks = serviceOn([host.model], service).find((on) => on.network.id === network.id)?.tasks;
  const place: Access = {
    ...{network, service, file: 'ingress_sbox', what: `${service}, port ${published}`},
    port: {port: published, protocol: walk.protocol},
    tasks: tasks ?? [],
  };
  judge(host, report, chain, place, undecided);
  if (sharing && tasks && !chain.broken()) compareBackends(host, report, sharing, place);
  return translated;
}

interface IngressWalk {
  protocol: PortAsked['protocol'];
  chain: Chain;
  sharing?: Sharing | undefined;
  translated: boolean;
}

function walkIngress(
  host: KnownHost,
  network: Network,
  {port, protocol}: Pick<Request, 'port' | 'protocol'>,
): IngressWalk {
  const chain = chainOn(host.model);
  const own = host.vtep?.address;
  const uplink = host.model.host?.links?.find(({addresses}) =>
    addresses?.some(({address}) => address === own),
  );
  const request = {port, protocol, src: '', dst: own ?? '', ...(uplink ? {inInterface: uplink.name} : {})};
  const balancer = ingressStep(chain, host.model, network);
  if (!balancer || chain.broken()) return {protocol, chain, translated: false};
  const to = hostSteps(chain, host.model, request, 'ingress');
  if (!to || chain.broken()) return {protocol, chain, translated: to !== undefined};
  return {protocol, chain, sharing: sandboxSteps(chain, balancer, request, to), translated: true};
}

function compareBackends(host: KnownHost, report: Report, sharing: Sharing, access: Access): void {
  const {network, service, file, what, tasks} = access;
  const rows = [sharing.text, ...sharing.destinations.map(({text}) => text)];
  const common = {
    host: host.name,
    network: network.name,
    check: look(within(host.model, file, sh`cat /proc/net/ip_vs`), 'addresses and marks in hexadecimal'),
    basis: 'one-host' as const,
  };
  const balanced = new Set(sharing.destinations.map(({address}) => address));
  const missing = tasks.filter(({ip}) => ip !== '' && !balanced.has(ip));
  const running = new Set(tasks.map(({ip}) => ip));
  // What has weight 0 is on its way out, and gets nothing new.
  const stale = sharing.destinations.filter(({address, weight}) => weight > 0 && !running.has(address));
  for (const {name, ip} of missing) {
    report.found({
      ...common,
      code: 'ipvs-backend-missing',
      severity: 'warning',
      subject: `${name} (${ip})`,
      evidence: [`gossip of ${network.name}: ${name} ${ip}`, ...rows].slice(0, 8),
      cause: `${name} runs and gets no traffic from this host: IPVS has no backend for it in ${what}, so the other tasks get all requests`,
      fix: renewed(service),
      at: {host: host.name, networkId: network.id, netns: file, address: ip},
    });
  }
  for (const {address, text} of stale) {
    report.found({
      ...common,
      code: 'ipvs-backend-stale',
      severity: 'error',
      subject: `${what}: ${address}`,
      evidence: [
        sharing.text,
        text,
        `tasks by gossip: ${tasks.map(({name, ip}) => `${name} ${ip}`).join(', ')}`,
      ],
      cause: `IPVS sends a part of the requests to ${what} to ${address}, which is no task of ${service}: the backend of a removed task was left behind, and one of ${sharing.destinations.length} requests is lost`,
      fix: withoutBackend(host, access, address),
      at: {host: host.name, networkId: network.id, netns: file, address: address},
    });
  }
}

/** Requests to 127.0.0.1 are translated too, and come back over the bridge with that address. */
function localnet(host: KnownHost, report: Report): void {
  const path = 'ipv4/conf/docker_gwbridge/route_localnet';
  if (setting(host.model.host?.proc, path) !== 0) return;
  report.found({
    code: 'ingress-localnet-off',
    severity: 'warning',
    host: host.name,
    network: null,
    subject: 'docker_gwbridge',
    evidence: ['net.ipv4.conf.docker_gwbridge.route_localnet = 0'],
    cause:
      'published ports do not answer to this host itself on 127.0.0.1: the kernel drops packets of that address on docker_gwbridge. Other addresses and other hosts are not affected',
    check: look(line('sysctl net.ipv4.conf.docker_gwbridge.route_localnet')),
    fix: fixBy({
      commands: [line('sysctl -w net.ipv4.conf.docker_gwbridge.route_localnet=1')],
      undo: [line('sysctl -w net.ipv4.conf.docker_gwbridge.route_localnet=0')],
      affects: 'docker_gwbridge; the engine sets it when it publishes a port',
    }),
    basis: 'one-host',
    at: {host: host.name, netns: '@host', device: 'docker_gwbridge'},
  });
}

function patientContainers(host: KnownHost): Patient | undefined {
  const virtual = new Set(
    (host.model.docker?.networks ?? [])
      .filter(({services}) => services?.some(({name, vip}) => name !== '' && vip !== undefined))
      .map(({id}) => id),
  );
  const balanced = host.sandboxes.some(
    ({kind, namespace}) => kind === 'load-balancer' && namespace.tables && hasIpvs(namespace.tables),
  );
  if (!balanced) return undefined;
  const patient = host.sandboxes.flatMap(({containers: [owner], namespace}) => {
    const seconds = setting(namespace.tables?.proc, 'ipv4/tcp_keepalive_time');
    const on = owner?.endpoints.some(({networkId}) => virtual.has(networkId));
    return owner && on && seconds !== undefined && seconds > ipvsForgets
      ? [`${owner.name} on ${host.name}: net.ipv4.tcp_keepalive_time = ${seconds}`]
      : [];
  });
  return patient.length === 0 ? undefined : {count: patient.length, examples: patient.slice(0, 5)};
}

/** Told once for all hosts: the kernel's own setting makes it true of nearly every swarm. */
function idleTimeout(hosts: HostDigest<Patient>[], report: Report): void {
  const count = hosts.reduce((sum, {digest}) => sum + digest.count, 0);
  report.found({
    code: 'ipvs-idle-timeout',
    severity: 'info',
    host: null,
    network: null,
    subject: 'idle connections',
    evidence: hosts.flatMap(({digest}) => digest.examples).slice(0, 5),
    cause: `IPVS drops TCP connections that were idle for ${ipvsForgets} s from its table; ${count} containers that may hold connections to VIPs send their first keepalive later, so their idle connections hang when used again`,
    check: look(
      line('sysctl net.ipv4.tcp_keepalive_time'),
      'inside the container: seconds until the first keepalive',
    ),
    fix: fixByOthers(
      'administrator of these services',
      'set --sysctl net.ipv4.tcp_keepalive_time=600 where the programs use keepalives, or --endpoint-mode dnsrr',
    ),
    basis: hosts.length > 1 ? 'several-hosts' : 'one-host',
    at: {},
  });
}
