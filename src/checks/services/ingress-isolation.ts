import {address, sh} from '../../base/command.js';
import {fixBy, look} from '../../findings/advice.js';
import {decide, packetFilter} from '../../kernel/packet-filter.js';
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
      ...(into.verdict === 'accept' ? [{protocol, text: `INPUT: ${protocol} to ${ip} passes`}] : []),
      ...(out.verdict === 'accept' ? [{protocol, text: `OUTPUT: ${protocol} from ${ip} passes`}] : []),
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
    check: look(within(host.model, file, sh`iptables -S`), `-d ${ip}/32 … -j DROP, -s ${ip}/32 … -j DROP`),
    fix: fixBy({
      commands: protocols.flatMap((protocol) =>
        closing(protocol, ip, '-A').map((one) => within(host.model, file, one)),
      ),
      undo: protocols.flatMap((protocol) =>
        closing(protocol, ip, '-D').map((one) => within(host.model, file, one)),
      ),
      affects: `packets of ${name} on the ingress network but those of its published ports`,
    }),
    basis: 'one-host',
    at: {host: host.name, netns: file, ...(network ? {networkId: network.id} : {})},
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
