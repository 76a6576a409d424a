import {line} from '../../base/command.js';
import {fixByOthers, look} from '../../findings/advice.js';
import type {DockerModel, SwarmTask} from '../../model/docker-types.js';
import {defineCheck} from '../check.js';

/** What engines say where the kernel of a node lacks what an overlay is made of (moby overlay ov_utils.go, joinleave.go). */
const lacking = [
  {
    code: 'vxlan-unsupported',
    pattern: /creating vxlan interface: operation not supported/i,
    what: 'VXLAN (module vxlan)',
    anyOverlay: true,
    install:
      'boot a kernel with VXLAN; where it is a module: modprobe vxlan (Ubuntu on a Raspberry Pi: package linux-modules-extra-raspi)',
  },
  {
    code: 'encryption-unsupported',
    pattern: /required modules to install IPSEC rules are missing/i,
    what: 'IPsec, or its netlink interface (modules xfrm_user, xfrm_algo)',
    anyOverlay: false,
    install: 'boot a kernel with IPsec; where they are modules: modprobe -a xfrm_user xfrm_algo esp4',
  },
] as const;

/** Errors of one node by one manager's list; several managers have the same list. */
interface Refused {
  code: (typeof lacking)[number]['code'];
  node: string;
  tasks: string[];
}

/** Tasks that a node can not start because its kernel lacks something; told by managers. */
export const taskErrors = defineCheck<Refused[]>({
  name: 'task-errors',
  codes: lacking.map(({code}) => code),
  ignores: ['containers', 'balancers', 'rules', 'files'],
  perHost: ({model: {docker}}) => (docker?.read.tasks ? refusedTasks(docker) : undefined),
  across(hosts, report) {
    const told = new Set<string>();
    for (const {code, node, tasks} of hosts.flatMap(({digest}) => digest)) {
      const lack = lacking.find((one) => one.code === code);
      if (!lack || told.has(`${code} ${node}`)) continue;
      told.add(`${code} ${node}`);
      report.found({
        code,
        severity: 'error',
        host: null,
        network: null,
        subject: `node ${node}`,
        evidence: tasks,
        cause: `the kernel of ${node} lacks ${lack.what}: no task that needs it starts there`,
        check: look(line('ls /proc/net/ip_vs; modprobe -n vxlan')),
        fix: fixByOthers(`administrator of ${node}`, lack.install),
        basis: 'one-host',
        at: {host: node},
      });
    }
  },
});

function refusedTasks(docker: DockerModel): Refused[] {
  return lacking.flatMap(({code, pattern, anyOverlay}) => {
    const refused = docker.tasks.filter(
      (task) =>
        pattern.test(task.error ?? '') && isMember(docker, task) && !worksSince(docker, task, anyOverlay),
    );
    return [...new Set(refused.map(({nodeId}) => nodeId))].map((nodeId) => ({
      code,
      node: docker.nodes.find(({id}) => id === nodeId)?.hostname ?? nodeId ?? 'a node',
      tasks: refused
        .filter((task) => task.nodeId === nodeId)
        .slice(0, 3)
        .map(({id, error}) => `task ${id.slice(0, 12)}: ${error}`),
    }));
  });
}

/** History keeps tasks of nodes as well that have left the swarm. */
export function isMember({nodes, read}: DockerModel, {nodeId}: SwarmTask): boolean {
  return !read.nodes || nodes.some(({id}) => id === nodeId);
}

/**
 * History keeps errors of old: a task that runs on the same node and network shows that they are over, or on any overlay
 * at all where every one of them needs the same.
 */
function worksSince(
  {tasks, networks}: DockerModel,
  {nodeId, attachments}: SwarmTask,
  anyOverlay: boolean,
): boolean {
  const own = new Set(attachments.map(({networkId}) => networkId));
  const overlays = new Set(networks.flatMap(({driver, id}) => (driver === 'overlay' ? [id] : [])));
  return tasks.some(
    (task) =>
      task.state === 'running' &&
      task.nodeId === nodeId &&
      task.attachments.some(
        ({networkId}) => own.size === 0 || own.has(networkId) || (anyOverlay && overlays.has(networkId)),
      ),
  );
}
