import {sh} from '../../base/command.js';
import {fixBy, look} from '../../findings/advice.js';
import type {NetnsTables} from '../../model/netns-tables.js';
import {setting} from '../../model/proc/settings.js';
import {within} from '../../topology/in-namespace.js';
import type {KnownHost} from '../../topology/known-host.js';
import type {Sandbox} from '../../topology/sandboxes.js';
import {defineCheck, type Report} from '../check.js';
import {linkLine} from '../words.js';

/** A namespace that must send on what is not for itself, and doesn't. */
export const forwarding = defineCheck({
  name: 'forwarding',
  codes: ['ip-forward-off'],
  ignores: ['rules', 'files'],
  perHost(host, report) {
    for (const off of [...subnets(host), ...balancers(host), ...gatewayBridge(host)]) tell(host, report, off);
    return undefined;
  },
});

/** Sandboxes of networks of several subnets: the bridges route between them. */
function subnets({overlays}: KnownHost): Off[] {
  return overlays.flatMap(({network, sandboxes}) =>
    sandboxes.flatMap(({namespace: {file, tables}}): Off[] => {
      const bridges = (tables?.links ?? []).filter(
        ({kind, addresses}) => kind === 'bridge' && addresses?.some(({family}) => family === 'inet'),
      );
      if (bridges.length < 2 || !isOff(tables)) return [];
      const lost = `${network.name} has a bridge for each of its ${bridges.length} subnets, which must be routed between: endpoints of different subnets don't reach each other through this host`;
      return [
        {netns: file, network, evidence: bridges.map((bridge) => `${file}: ${linkLine(bridge)}`), lost},
      ];
    }),
  );
}

function balancers({sandboxes}: KnownHost): Off[] {
  return sandboxes.flatMap((sandbox): Off[] => {
    const {namespace, network, kind} = sandbox;
    const backends = isOff(namespace.tables) ? masqueraded(sandbox) : [];
    if (backends.length === 0) return [];
    const lost = `the load balancer uses its own address towards the tasks and must forward the replies: no service answers on its ${kind === 'ingress' ? 'published port' : 'VIP'} from this host`;
    return [{netns: namespace.file, ...(network ? {network} : {}), evidence: backends.slice(0, 3), lost}];
  });
}

function gatewayBridge({model: {host}}: KnownHost): Off[] {
  const legs = (host?.links ?? []).filter(({master}) => master === 'docker_gwbridge');
  if (legs.length === 0 || !isOff(host)) return [];
  const evidence = [`ports of docker_gwbridge: ${legs.map(({name}) => name).join(', ')}`];
  const lost =
    "outbound traffic of containers through docker_gwbridge is dropped here, and published ports don't answer";
  return [{netns: '@host', evidence, lost}];
}

function isOff(tables: NetnsTables | undefined): boolean {
  return setting(tables?.proc, 'ipv4/ip_forward') === 0;
}

/** Backends whose answers come back through the load balancer; with `Route` (option dsr) they don't. */
function masqueraded({kind, namespace}: Sandbox): string[] {
  if (kind !== 'load-balancer' && kind !== 'ingress') return [];
  return (namespace.tables?.ipvs?.services ?? []).flatMap((service) =>
    service.destinations
      .filter(({forward}) => forward === 'Masq')
      .map(({text}) => `${namespace.file}: ${service.text} ${text}`),
  );
}

interface Off {
  netns: string;
  network?: {id: string; name: string};
  evidence: string[];
  lost: string;
}

function tell(host: KnownHost, report: Report, {netns, network, evidence, lost}: Off): void {
  report.found({
    code: 'ip-forward-off',
    severity: 'error',
    host: host.name,
    network: network?.name ?? null,
    subject: netns === '@host' ? 'the host' : netns,
    evidence: [
      `net.ipv4.ip_forward = 0 in ${netns === '@host' ? "the host's namespace" : netns}`,
      ...evidence,
    ],
    cause: `this namespace does not forward: ${lost}`,
    check: look(within(host.model, netns, sh`sysctl net.ipv4.ip_forward`), '0'),
    fix: fixBy({
      commands: [within(host.model, netns, sh`sysctl -w net.ipv4.ip_forward=1`)],
      undo: [within(host.model, netns, sh`sysctl -w net.ipv4.ip_forward=0`)],
      affects:
        netns === '@host'
          ? 'forwarding of the whole host, until the next boot: a file in /etc/sysctl.d may turn it off again'
          : 'forwarding in this sandbox',
    }),
    basis: 'one-host',
    at: {host: host.name, ...(network ? {networkId: network.id} : {}), netns},
  });
}
