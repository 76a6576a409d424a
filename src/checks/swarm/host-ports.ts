import {named, sh} from '../../base/command.js';
import {fixBy, look} from '../../findings/advice.js';
import type {KnownHost} from '../../topology/known-host.js';
import {defineCheck} from '../check.js';

interface Digest {
  nodeId?: string;
  /** By the beginning of the container's id: `80/tcp → 8080`, as the engine of its node maps it. */
  mapped: Record<string, string[]>;
  /** Of a manager: what the nodes said to have mapped. */
  told: {containerId: string; nodeId: string; service: string; ports: string[]}[];
}

/** Longer ids would fill the digest of a host with a thousand containers. */
const idLength = 16;

/** Ports in host mode: what managers were told by a node, and what its engine has mapped. */
export const hostModePorts = defineCheck<Digest>({
  name: 'host-mode-ports',
  codes: ['host-port-differs'],
  perHost: digestOf,
  across(hosts, report) {
    const byNode = new Map(
      hosts.flatMap((host) =>
        host.digest.nodeId === undefined ? [] : [[host.digest.nodeId, host] as const],
      ),
    );
    const seen = new Set<string>();
    for (const {containerId, nodeId, service, ports} of hosts.flatMap(({digest}) => digest.told)) {
      const host = byNode.get(nodeId);
      const mapped = host?.digest.mapped[containerId];
      // A container that the node does not list has ended since, or was started after it was read.
      if (!host || !mapped || seen.has(containerId)) continue;
      seen.add(containerId);
      const odd = ports.filter((port) => !mapped.includes(port));
      if (odd.length === 0) continue;
      report.found({
        code: 'host-port-differs',
        severity: 'warning',
        host: host.name,
        network: null,
        subject: `${service} ${containerId.slice(0, 12)}`,
        evidence: [
          `manager: ${service} has ${ports.join(', ')} on ${host.name}`,
          `${host.name}: ${mapped.length === 0 ? 'no port of it is mapped' : `mapped: ${mapped.join(', ')}`}`,
        ],
        cause: `the managers list ${odd.join(', ')} for a task of ${service} on ${host.name}, and its engine maps ${mapped.length === 0 ? 'no port' : mapped.join(', ')}: clients that are sent to the listed port do not reach it`,
        check: look(sh`docker port ${named(containerId.slice(0, 12))}`),
        fix: fixBy({
          commands: [sh`docker rm -f ${named(containerId.slice(0, 12))}`],
          affects: `this task of ${service} only: the swarm starts another one in its place`,
        }),
        basis: 'several-hosts',
        at: {host: host.name},
      });
    }
  },
});

function digestOf({model: {docker}}: KnownHost): Digest | undefined {
  if (!docker || docker.lent) return undefined;
  const nodeId = docker.engine.swarm?.nodeId;
  const services = new Map(docker.services.map(({id, name}) => [id, name]));
  const mapped = docker.containers
    .filter(({running, task}) => running && task)
    .map(
      ({id, publishedPorts}) =>
        [id.slice(0, idLength), Object.entries(publishedPorts).flatMap(portTexts)] as const,
    );
  const told = docker.tasks.flatMap((task) => {
    const ports = task.hostPorts.flatMap(({mode, target, published, protocol}) =>
      mode === 'host' && target && published ? [`${target}/${protocol ?? 'tcp'} → ${published}`] : [],
    );
    if (task.state !== 'running' || ports.length === 0 || !task.containerId || !task.nodeId) return [];
    const service = services.get(task.serviceId ?? '') ?? task.serviceId ?? 'a service';
    return [{containerId: task.containerId.slice(0, idLength), nodeId: task.nodeId, service, ports}];
  });
  return {
    ...(nodeId === undefined || !docker.read.containers ? {} : {nodeId}),
    mapped: Object.fromEntries(told.length > 0 || !docker.read.tasks ? mapped : []),
    told,
  };
}

function portTexts([inner, bindings]: [string, string[]]): string[] {
  return [...new Set(bindings.map((text) => `${inner} → ${/:(\d+)$/.exec(text)?.[1] ?? text}`))];
}
