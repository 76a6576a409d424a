import {address, line, named, sh} from '../../base/command.js';
import {type Fix, fixBy, look} from '../../findings/advice.js';
import {decide, packetFilter} from '../../kernel/packet-filter.js';
import {chainListing} from '../../kernel/printed-rule.js';
import {rulesKnown} from '../../model/rules/known.js';
import {does, matchesOf, rulesOf} from '../../model/rules/questions.js';
import {within} from '../../topology/in-namespace.js';
import type {KnownHost} from '../../topology/known-host.js';
import type {Sandbox} from '../../topology/sandboxes.js';
import {defineCheck, type Report} from '../check.js';
import {listed} from '../words.js';

const protocols = ['tcp', 'udp'] as const;
/** A port that no service publishes: discard. */
const unpublished = 9;

/**
 * The ingress network is for load balancers only: the sandbox of a task drops everything to and from its address there but its
 * published ports (moby libnetwork service_linux.go addRedirectRules).
 */
export const ingressIsolation = defineCheck({
  name: 'ingress-isolation',
  codes: ['ingress-isolation-off'],
  perHost(host, report) {
    const ingress = host.model.docker?.networks.find((network) => network.ingress);
    for (const sandbox of ingress ? host.sandboxes : []) {
      const [container] = sandbox.containers;
      const ip = container?.endpoints.find(({networkId}) => networkId === ingress?.id)?.ip;
      if (sandbox.kind === 'container' && ip !== undefined) examine(host, report, sandbox, ip);
    }
    return undefined;
  },
});

function examine(host: KnownHost, report: Report, sandbox: Sandbox, ip: string): void {
  const {file, tables} = sandbox.namespace;
  const filter = tables && packetFilter(tables);
  const name = sandbox.containers[0]?.name ?? file;
  const open = protocols.flatMap((protocol) => {
    if (!filter) return [];
    const common = {protocol, dport: unpublished, sport: unpublished, ctState: 'NEW' as const, ipsec: false};
    const into = decide(filter, 'INPUT', {...common, src: '', dst: ip, dstLocal: true, srcLocal: false});
    const out = decide(filter, 'OUTPUT', {...common, src: ip, dst: '', dstLocal: false, srcLocal: true});
    return [
      ...(into.verdict === 'accept'
        ? [{protocol, hook: 'INPUT', text: `INPUT: ${protocol} to ${ip} passes`}]
        : []),
      ...(out.verdict === 'accept'
        ? [{protocol, hook: 'OUTPUT', text: `OUTPUT: ${protocol} from ${ip} passes`}]
        : []),
    ];
  });
  if (open.length === 0) return;
  const network = host.model.docker?.networks.find((one) => one.ingress);
  report.found({
    code: 'ingress-isolation-off',
    severity: 'warning',
    host: host.name,
    network: network?.name ?? null,
    subject: name,
    evidence: open.map(({text}) => `${file}: ${text}`),
    cause: `the rules in ${name} that close its ingress address ${ip} for ${listed([...new Set(open.map(({protocol}) => protocol.toUpperCase()))])} are missing: tasks of other services can reach ports of ${name} that are not published`,
    check: look(
      within(host.model, file, line(chainListing(filter?.rulesets, 'filter'))),
      `-d ${ip}/32 … -j DROP, -s ${ip}/32 … -j DROP`,
    ),
    fix: fixFor(host, sandbox, ip, open),
    basis: 'one-host',
    at: {host: host.name, netns: file, ...(network ? {networkId: network.id} : {})},
  });
}

/** Where the rules are there and another one accepts before them, a new task gets its rules as they should be. */
function fixFor(
  {model}: KnownHost,
  {namespace: {file, tables}, containers}: Sandbox,
  ip: string,
  open: readonly {protocol: string; hook: string}[],
): Fix {
  const name = containers[0]?.name ?? '';
  const isBypassed = rulesOf(rulesKnown(tables)).some(
    (rule) =>
      does(rule, 'drop') &&
      matchesOf(rule, 'address').some(({prefixes}) => prefixes.includes(`${ip}/32`)) &&
      open.some(
        ({protocol, hook}) =>
          rule.chain.name === hook &&
          matchesOf(rule, 'protocol').some(({protocols: of}) => of.some((one) => one === protocol)),
      ),
  );
  if (isBypassed)
    return fixBy({
      commands: [sh`docker rm -f ${named(name)}`],
      affects: 'this task only: the swarm starts another one in its place, with the rules of the engine',
    });
  const typed = (verb: '-A' | '-D') =>
    protocols.flatMap((protocol) => closing(protocol, ip, verb).map((one) => within(model, file, one)));
  return fixBy({
    commands: typed('-A'),
    undo: typed('-D'),
    affects: `packets of ${name} on the ingress network but those of its published ports`,
  });
}

function closing(protocol: 'tcp' | 'udp', ip: string, verb: '-A' | '-D') {
  const proto = {text: protocol};
  const how = {text: verb};
  return [
    sh`iptables ${how} INPUT -d ${address(ip)} -p ${proto} -j DROP`,
    sh`iptables ${how} OUTPUT -s ${address(ip)} -p ${proto} -j DROP`,
  ];
}
