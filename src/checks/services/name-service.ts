import {type Command, line, named, number, plain, sh} from '../../base/command.js';
import {type Fix, fixBy, fixByOthers, look} from '../../findings/advice.js';
import {tableListing} from '../../kernel/printed-rule.js';
import type {Container} from '../../model/docker-types.js';
import type {Namespace} from '../../model/host.js';
import type {NetnsTables} from '../../model/netns-tables.js';
import {rulesKnown} from '../../model/rules/known.js';
import {jumpsTo, rulesOf, tableOf} from '../../model/rules/questions.js';
import {takes, waitingSockets} from '../../model/sockets.js';
import {isServed, nameServiceSteps} from '../../services/name-service.js';
import {chainOn, type Step} from '../../services/step.js';
import {within} from '../../topology/in-namespace.js';
import type {KnownHost} from '../../topology/known-host.js';
import {defineCheck, type Report} from '../check.js';

const broken = ['dns-rules-missing', 'dns-listener-missing'] as const;

/** In each container: the rules by which its questions for names reach the engine, and the engine's own socket there. */
export const nameService = defineCheck({
  name: 'name-service',
  codes: [...broken, 'dns-other-server'],
  ignores: ['files'],
  perHost(host, report) {
    const undecided: string[] = [];
    for (const {kind, containers, namespace} of host.sandboxes) {
      const [owner] = containers;
      if (kind !== 'container' || !owner || !namespace.tables || !isServed(host.model, owner)) continue;
      const chain = chainOn(host.model);
      nameServiceSteps(chain, host.model, namespace, owner.name);
      otherServer(host, report, owner, chain.steps);
      const last = chain.steps.at(-1);
      if (last?.verdict === 'unknown') undecided.push(owner.name);
      const code = broken.find((one) => one === last?.code);
      if (last?.verdict !== 'fail' || code === undefined) continue;
      report.found({
        code,
        severity: 'error',
        host: host.name,
        network: null,
        subject: owner.name,
        evidence: [...chain.steps.flatMap(({evidence}) => evidence), last.summary].slice(0, 8),
        cause: `${last.cause}: ${containers.map(({name}) => name).join(' and ')} can resolve no names, internal or external`,
        check: look(
          within(
            host.model,
            namespace.file,
            line(tableListing(rulesKnown(namespace.tables), 'nat', 'iptables-save -c -t nat')),
          ),
          '127.0.0.11',
        ),
        fix: fixOf(host, namespace, owner.name),
        basis: 'one-host',
        at: {host: host.name, netns: namespace.file},
      });
    }
    if (undecided.length > 0) {
      report.notChecked({
        host: host.name,
        network: null,
        reason: `whether DNS works in ${undecided.slice(0, 5).join(', ')}${undecided.length > 5 ? ` and ${undecided.length - 5} more` : ''}: the rules there were not read, or are not evaluated`,
        add: 'Read the host as root, with iptables and nft there',
      });
    }
    return undefined;
  },
});

/** Somebody may mean to: a container that has a resolver of its own. It then finds no service by its name. */
function otherServer(
  host: KnownHost,
  report: Report,
  {name, endpoints}: Container,
  steps: readonly Step[],
): void {
  const step = steps.find(({code}) => code === 'dns-other-server');
  const network = host.overlays.find(({network: {id}}) => endpoints.some(({networkId}) => networkId === id));
  if (!step || !network) return;
  report.found({
    code: 'dns-other-server',
    severity: 'info',
    host: host.name,
    network: null,
    subject: name,
    evidence: [...step.evidence, step.summary],
    cause: `${step.summary}: ${step.cause}`,
    check: look(sh`docker exec ${named(name)} cat /etc/resolv.conf`, `nameserver ${server}`),
    fix: fixByOthers(
      `the owner of ${name}`,
      `leave /etc/resolv.conf of the container to Docker, and give other servers by --dns: ${server} forwards to them`,
    ),
    basis: 'one-host',
    at: {host: host.name},
  });
}

const server = '127.0.0.11';

/**
 * The rules as the engine makes them, to the ports on which it listens in the container (moby libnetwork
 * resolver_unix.go, setupNAT); where it listens on none, only a start of the container opens them.
 */
function fixOf(host: KnownHost, {file, tables}: Namespace, who: string): Fix {
  const ports = {udp: portOf(tables, 'udp'), tcp: portOf(tables, 'tcp')};
  if (ports.udp === undefined)
    return fixBy({
      commands: [sh`docker restart ${named(who)}`],
      affects: `${who}, which stops and starts again: the engine opens its DNS sockets only when a container starts`,
    });
  const rules = (['udp', 'tcp'] as const).flatMap((protocol) => {
    const port = ports[protocol];
    if (port === undefined) return [];
    const [kind, to] = [plain(protocol), number(port)];
    return [
      sh`iptables -t nat -A DOCKER_OUTPUT -d 127.0.0.11 -p ${kind} --dport 53 -j DNAT --to-destination 127.0.0.11:${to}`,
      sh`iptables -t nat -A DOCKER_POSTROUTING -s 127.0.0.11 -p ${kind} --sport ${to} -j SNAT --to-source :53`,
    ];
  });
  const commands = [...emptyChains(tables), ...rules];
  return fixBy({
    commands: commands.map((command) => within(host.model, file, command)),
    affects: `the nat rules in the namespace of ${who}, made as the engine makes them`,
  });
}

function portOf(tables: NetnsTables | undefined, protocol: 'tcp' | 'udp'): number | undefined {
  return waitingSockets(tables?.proc, protocol)?.find((socket) => takes(socket, server))?.port;
}

/** Docker's two chains, empty and jumped to. */
function emptyChains(tables: NetnsTables | undefined): Command[] {
  const saved = (rulesKnown(tables) ?? []).flatMap((ruleset) => tableOf(ruleset, 'nat') ?? []);
  const rules = rulesOf(rulesKnown(tables));
  return (['OUTPUT', 'POSTROUTING'] as const).flatMap((hook) => {
    const [from, chain] = [plain(hook), plain(`DOCKER_${hook}`)];
    const exists = saved.some(({chains}) => chains.has(`DOCKER_${hook}`));
    const isMet = rules.some((rule) => rule.chain.name === hook && jumpsTo(rule, `DOCKER_${hook}`));
    return [
      exists ? sh`iptables -t nat -F ${chain}` : sh`iptables -t nat -N ${chain}`,
      ...(isMet ? [] : [sh`iptables -t nat -A ${from} -d 127.0.0.11 -j ${chain}`]),
    ];
  });
}
