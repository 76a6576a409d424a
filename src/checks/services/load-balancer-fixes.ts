/**
 * Commands that restore one link between a VIP or a published port and its tasks, as the engine makes it (moby libnetwork
 * service_linux.go: addLBBackend, invokeFWMarker, programIngress). It does so with the first task of a service that a node
 * learns of, and not again while IPVS has the service: other tasks only bring their backends.
 */
import {
  address,
  type Command,
  device,
  nested,
  number,
  plain,
  prefix,
  ruleWords,
  sh,
} from '../../base/command.js';
import {inSubnet} from '../../base/subnet.js';
import {type Fix, fixBy, renewService} from '../../findings/advice.js';
import type {FindingCode} from '../../findings/catalogue.js';
import type {GossipTask, Network} from '../../model/docker-types.js';
import {rulesKnown} from '../../model/rules/known.js';
import {does, isForPort, jumpsTo, rulesOf} from '../../model/rules/questions.js';
import type {PortAsked} from '../../services/ingress.js';
import {balancerOf} from '../../services/load-balancer.js';
import {within} from '../../topology/in-namespace.js';
import type {KnownHost} from '../../topology/known-host.js';

/** How a service is reached on one host. */
export interface Access {
  network: Network;
  service: string;
  /** The load balancer's sandbox. */
  file: string;
  vip?: string;
  /** Of a published port. */
  port?: PortAsked;
  tasks: readonly GossipTask[];
  /** Who is reached: a service with its VIP, or a published port. */
  what: string;
}

/** Replaces the tasks, which brings new backends. */
export function renewed(service: string): Fix {
  return renewService(service, 'replaced one by one: the engine recreates the entries with them');
}

/** What is missing on one host, made there; where something of it is not known, or is not Docker's, the tasks are replaced. */
export function linkFix(host: KnownHost, code: FindingCode, access: Access): Fix {
  return makers[code]?.(host, access) ?? renewed(access.service);
}

/** Takes a backend that is no task out of IPVS; replacing the tasks would leave it. */
export function withoutBackend(host: KnownHost, access: Access, ip: string): Fix {
  const mark = markOf(access);
  if (mark === undefined) return renewed(access.service);
  return fixBy({
    commands: [inside(host, access, sh`ipvsadm -d -f ${number(mark)} -r ${address(ip)}:0`)],
    affects: `${balancerWords(access)}. ipvsadm is a package of its own`,
  });
}

type Maker = (host: KnownHost, access: Access) => Fix | undefined;

const makers: Partial<Record<FindingCode, Maker>> = {
  'ipvs-conntrack-off': (host, access) =>
    fixBy({
      commands: [inside(host, access, sh`sysctl -w net.ipv4.vs.conntrack=1`)],
      undo: [inside(host, access, sh`sysctl -w net.ipv4.vs.conntrack=0`)],
      affects: balancerWords(access),
    }),
  'vip-alias-missing': aliasFix,
  'vip-mark-missing': (host, access) => {
    const mark = markOf(access);
    if (mark === undefined || access.vip === undefined) return undefined;
    return ruleFix(
      host,
      access,
      'mangle',
      sh`INPUT -d ${address(access.vip)} -j MARK --set-mark ${number(mark)}`,
    );
  },
  'ingress-mark-missing': (host, access) => {
    const mark = markOf(access);
    if (mark === undefined || !access.port) return undefined;
    const match = sh`PREROUTING -p ${plain(access.port.protocol)} --dport ${number(access.port.port)}`;
    return ruleFix(host, access, 'mangle', nested(match, sh`-j MARK --set-mark ${number(mark)}`));
  },
  'ipvs-snat-missing': snatFix,
  'ipvs-service-missing': serviceFix,
  'ingress-dnat-missing': dnatFix,
  'ingress-dnat-stale': dnatFix,
};

/** The mark of the service in this host's load balancer, as its engine knows it. */
function markOf({network, service}: Access): number | undefined {
  return network.services?.find(({name}) => name === service)?.localLbIndex || undefined;
}

const inside = (host: KnownHost, {file}: Access, command: Command) => within(host.model, file, command);

const balancerWords = ({network}: Access) => `the load balancer of ${network.name} on this host`;

/** A rule at the end of a chain of the load balancer, as the engine would add it. */
function ruleFix(host: KnownHost, access: Access, table: string, rule: Command): Fix {
  const typed = (option: string) =>
    inside(host, access, nested(sh`iptables -t ${plain(table)} -${plain(option)}`, rule));
  return fixBy({commands: [typed('A')], undo: [typed('D')], affects: balancerWords(access)});
}

/** The VIP goes to the interface that is on the network. */
function aliasFix(host: KnownHost, access: Access): Fix | undefined {
  const {file, vip, network} = access;
  const tables = host.sandboxes.find(({namespace}) => namespace.file === file)?.namespace.tables;
  const link = tables?.links?.find(({addresses}) =>
    addresses?.some((one) => network.subnets.some(({subnet}) => inSubnet(one.address, subnet))),
  );
  if (vip === undefined || !link) return undefined;
  return fixBy({
    commands: [inside(host, access, sh`ip addr add ${prefix(`${vip}/32`)} dev ${device(link.name)}`)],
    affects: balancerWords(access),
  });
}

function snatFix(host: KnownHost, access: Access): Fix | undefined {
  const ip = balancerOf(host.model, access.network)?.ip;
  const subnet = access.network.subnets.find((one) => ip !== undefined && inSubnet(ip, one.subnet))?.subnet;
  if (ip === undefined || subnet === undefined) return undefined;
  const rule = sh`POSTROUTING -d ${prefix(subnet)} -m ipvs --ipvs -j SNAT --to-source ${address(ip)}`;
  return ruleFix(host, access, 'nat', rule);
}

/** The service and all its backends; the engine itself can't, for it stops at the VIP that is there already. */
function serviceFix(host: KnownHost, access: Access): Fix | undefined {
  const mark = markOf(access);
  if (mark === undefined) return undefined;
  const fwmark = number(mark);
  const backends = access.tasks
    .filter(({ip}) => ip !== '')
    .map(({ip}) => sh`ipvsadm -a -f ${fwmark} -r ${address(ip)}:0 -m -w 1`);
  return fixBy({
    commands: [sh`ipvsadm -A -f ${fwmark} -s rr`, ...backends].map((one) => inside(host, access, one)),
    undo: [inside(host, access, sh`ipvsadm -D -f ${fwmark}`)],
    affects: `${balancerWords(access)}. ipvsadm is a package of its own`,
  });
}

/** The rule of a published port, or the jump to its chain where the rule is there; one that leads elsewhere goes. */
function dnatFix({model, sandboxes}: KnownHost, {port, file}: Access): Fix | undefined {
  if (!port) return undefined;
  const rules = rulesOf(rulesKnown(model.host)).filter(({chain}) => chain.table === 'nat');
  const own = rules.filter(({chain}) => chain.name === 'DOCKER-INGRESS');
  const bridge = model.docker?.networks.find(({name}) => name === 'docker_gwbridge');
  const target = sandboxes
    .filter(({namespace}) => namespace.file === file)
    .flatMap(({namespace}) => namespace.tables?.links ?? [])
    .flatMap(({addresses}) => addresses ?? [])
    .find((one) => bridge?.subnets.some(({subnet}) => inSubnet(one.address, subnet)))?.address;
  if (own.length === 0 || target === undefined) return undefined;
  const there = own.filter((rule) => does(rule, 'dnat') && isForPort(rule, port.protocol, port.port));
  const affects = `requests to port ${port.port} of this host`;
  const jump = sh`PREROUTING -m addrtype --dst-type LOCAL -j DOCKER-INGRESS`;
  if (
    there.length > 0 &&
    !rules.some((rule) => rule.chain.name === 'PREROUTING' && jumpsTo(rule, 'DOCKER-INGRESS'))
  )
    return fixBy({commands: [natRule('I', jump)], undo: [natRule('D', jump)], affects});
  const to = `${target}:${port.port}`;
  const rule = sh`DOCKER-INGRESS -p ${plain(port.protocol)} --dport ${number(port.port)} -j DNAT --to-destination ${plain(to)}`;
  // In nft's words a rule can't be typed for iptables; it is not met any more behind the new one.
  const stale = there
    .filter(({chain}) => chain.program !== 'nft')
    .map(
      ({statements}) =>
        sh`DOCKER-INGRESS ${ruleWords(statements.flatMap(({words}) => words.split(' ')).filter(Boolean))}`,
    );
  return fixBy({
    commands: [natRule('I', rule), ...stale.map((one) => natRule('D', one))],
    undo: [...stale.map((one) => natRule('I', one)), natRule('D', rule)],
    affects,
  });
}

const natRule = (option: string, rule: Command) => nested(sh`iptables -t nat -${plain(option)}`, rule);
