import {type Command, device, number, prefix, sh} from '../../base/command.js';
import {type Fix, fixBy, look} from '../../findings/advice.js';
import {ruleLine} from '../../kernel/printed-rule.js';
import {rulesKnown} from '../../model/rules/known.js';
import {actionOf, matchesOf, rulesOf} from '../../model/rules/questions.js';
import type {Rule} from '../../model/rules/rule.js';
import {type NamespaceDirectory, namespaceDirectory, within} from '../../topology/in-namespace.js';
import type {KnownHost} from '../../topology/known-host.js';
import type {Sandbox} from '../../topology/sandboxes.js';
import {defineCheck} from '../check.js';
import {hasEnded, hasEnding} from '../swarm/manager-check.js';

/** An address of a load balancer that no service in the gossip of its host has. */
interface Left {
  networkId: string;
  network: string;
  file: string;
  address: string;
  device: string;
  mark?: number;
  lines: string[];
  /** Whether IPVS still has the service behind the mark. */
  balanced: boolean;
}

interface Digest {
  left: Left[];
  directory: NamespaceDirectory;
  /** Of a manager: VIPs of all services, as `NETWORK ADDRESS`; absent while tasks of removed services run. */
  vips?: string[];
}

/**
 * VIPs that stayed in a load balancer after the service was removed, left the network or went over to dnsrr: the engine takes
 * them away with the last backend (moby libnetwork service_linux.go rmLBBackend).
 */
export const vipsLeft = defineCheck<Digest>({
  name: 'vips-left',
  codes: ['vip-left'],
  perHost(host) {
    const {docker} = host.model;
    if (!docker || docker.lent) return undefined;
    const listed = docker.read.services && docker.read.tasks && docker.engine.swarm?.manager === true;
    const left = host.sandboxes.flatMap((sandbox) => leftIn(sandbox));
    if (left.length === 0 && !listed) return undefined;
    return {
      left,
      directory: namespaceDirectory(host.model),
      ...(listed && !hasEnding(docker) ? {vips: allVips(host)} : {}),
    };
  },
  across(hosts, report) {
    const manager = hosts.find(({digest}) => digest.vips !== undefined);
    if (!manager) return;
    const known = new Set(manager.digest.vips);
    for (const {name: host, digest} of hosts)
      for (const one of digest.left) {
        const {networkId, network, address, file, lines} = one;
        if (known.has(`${networkId} ${address}`)) continue;
        report.found({
          code: 'vip-left',
          severity: 'warning',
          host,
          network,
          subject: address,
          evidence: [...lines, `${manager.name}: no service with a task has ${address} on ${network}`],
          cause: `${host} still has the VIP ${address} on ${network}, which no service with a task has: who uses it is sent to tasks that are gone or are another service's, and a new owner of the address is not reached from ${host}`,
          check: look(within(digest.directory, file, sh`ip addr show to ${prefix(`${address}/32`)}`)),
          fix: removal(digest.directory, one),
          basis: 'several-hosts',
          at: {host, networkId, netns: file, address},
        });
      }
  },
});

/** Those of services that have a task: without any the load balancers have no VIP of a service. */
function allVips({model: {docker}}: KnownHost): string[] {
  const busy = new Set(
    (docker?.tasks ?? []).filter((task) => !hasEnded(task)).map(({serviceId}) => serviceId),
  );
  return (docker?.services ?? []).flatMap(({id, vips}) =>
    busy.has(id) ? vips.map(({networkId, address}) => `${networkId} ${address}`) : [],
  );
}

/** Virtual addresses are /32; the endpoint's own has the length of its subnet. */
function leftIn({kind, network, namespace: {file, tables}}: Sandbox): Left[] {
  if (kind !== 'load-balancer' || !network?.services || !tables?.links || tables.partial?.has('addr'))
    return [];
  const heard = new Set(network.services.map(({vip}) => vip));
  const marks = rulesOf(rulesKnown(tables)).filter(
    ({chain}) => chain.table === 'mangle' && chain.name === 'INPUT',
  );
  return tables.links
    .filter(({name}) => name !== 'lo')
    .flatMap(({name, addresses}) =>
      (addresses ?? [])
        .filter(
          ({family, prefixLength, address}) =>
            family === 'inet' && prefixLength === 32 && !heard.has(address),
        )
        .map(({address}): Left => {
          const rule = marks.find((one) => isFor(one, address));
          const action = rule && actionOf(rule);
          const mark = action?.action === 'mark' ? action.value : undefined;
          const service = tables.ipvs?.services.find((one) => one.mark !== undefined && one.mark === mark);
          return {
            ...{networkId: network.id, network: network.name, file, address, device: name},
            ...(mark === undefined ? {} : {mark}),
            lines: [
              `${file}: inet ${address}/32 dev ${name}`,
              ...(rule ? [ruleLine(rule)] : []),
              ...(service ? [service.text] : []),
            ],
            balanced: service !== undefined,
          };
        }),
    );
}

function isFor(rule: Rule, address: string): boolean {
  return matchesOf(rule, 'address').some(
    ({side, negated, prefixes}) =>
      side === 'dst' && !negated && prefixes.some((one) => one.replace(/\/32$/, '') === address),
  );
}

function removal(directory: NamespaceDirectory, {file, address, device: name, mark, balanced}: Left): Fix {
  const inside = (command: Command) => within(directory, file, command);
  const set = number(mark ?? 0);
  const own = sh`${prefix(`${address}/32`)}`;
  return fixBy({
    commands: [
      inside(sh`ip addr del ${own} dev ${device(name)}`),
      ...(mark === undefined
        ? []
        : [inside(sh`iptables -t mangle -D INPUT -d ${own} -j MARK --set-mark ${set}`)]),
      ...(balanced ? [inside(sh`ipvsadm -D -f ${set}`)] : []),
    ],
    undo: [
      inside(sh`ip addr add ${own} dev ${device(name)}`),
      ...(mark === undefined
        ? []
        : [inside(sh`iptables -t mangle -A INPUT -d ${own} -j MARK --set-mark ${set}`)]),
    ],
    affects: `connections from this node to ${address}${balanced ? '. ipvsadm is a package of its own' : ''}`,
  });
}
