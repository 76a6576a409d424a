import {named, sh} from '../../base/command.js';
import {fixByOthers, look, noFix} from '../../findings/advice.js';
import {unlessOverdue} from '../../findings/converging.js';
import type {Finding} from '../../findings/finding.js';
import type {DockerModel, SwarmTask} from '../../model/docker-types.js';
import {isMember} from '../engine/task-errors.js';
import {counted, distinct} from '../words.js';
import {type Age, ageText, managerCheck} from './manager-check.js';
import {type TaskText, taskTexts} from './task-texts.js';

/** Tasks that do not start because of their network: not allocated, without a node for a port, rejected by a node. */
export const swarmTasks = managerCheck('swarm-tasks', ['task-stuck', 'task-rejected'], (docker, age) =>
  docker.read.tasks ? [...stuck(docker, age), ...rejected(docker)] : [],
);

const highestPort = 65_535;

/** By service; a plain container's attachment stands for itself. */
function byOwner(tasks: readonly SwarmTask[]): SwarmTask[][] {
  const groups = new Map<string, SwarmTask[]>();
  for (const task of tasks) {
    const owner = task.serviceId ?? task.id;
    groups.set(owner, [...(groups.get(owner) ?? []), task]);
  }
  return [...groups.values()];
}

/**
 * Tasks that wait for more than an allocation may take. `new` is before the managers have given addresses, VIPs and ports
 * (swarmkit api TaskState). A `pending` one waits for a node, which is a matter of networks for host ports only.
 */
function stuck(docker: DockerModel, age: Age): Finding[] {
  const waiting = docker.tasks.filter(
    ({state, desiredState, since, error}) =>
      desiredState === 'running' &&
      age(since) !== undefined &&
      (state === 'new' || (state === 'pending' && /host-mode port/.test(error ?? ''))),
  );
  return byOwner(waiting).flatMap((tasks): Finding[] => {
    const [first] = tasks;
    if (!first) return [];
    const longest = Math.max(...tasks.map(({since}) => age(since) ?? 0));
    const {reason, network, networkId} = reasonOf(docker, first);
    const owner = ownerOf(docker, first);
    return [
      unlessOverdue(
        {
          code: 'task-stuck',
          severity: 'error',
          host: null,
          network,
          subject: owner,
          evidence: tasks.slice(0, 3).map(taskLine),
          cause: `${counted(tasks.length, 'task')} of ${owner} ${tasks.length === 1 ? 'waits' : 'wait'} in state ${first.state} for ${ageText(longest)}: ${reason}`,
          check:
            first.serviceId === undefined
              ? []
              : look(sh`docker service ps --no-trunc ${named(serviceName(docker, first))}`),
          fix: fixFor(first, reason),
          basis: 'one-host',
          at: networkId === undefined ? {} : {networkId},
        },
        'allocation',
        longest / 1000,
      ),
    ];
  });
}

function fixFor({state}: SwarmTask, reason: string): Finding['fix'] {
  if (state === 'pending')
    return fixByOthers(
      'the owner of the service',
      'choose another host port, publish the port in ingress mode, or add a node on which the port is free',
    );
  return noFix(`${reason}. The log of the leader names more: journalctl -u docker | grep -i allocat`);
}

interface Reason {
  reason: string;
  network: string | null;
  networkId?: string;
}

/** Why a task waits, as far as the lists tell. */
function reasonOf({networks, services}: DockerModel, task: SwarmTask): Reason {
  if (task.error) return {reason: task.error, network: null};
  const attached = networks.filter(({id}) => task.attachments.some(({networkId}) => networkId === id));
  const empty = attached.find(({driver}) => driver === '');
  if (empty)
    return {reason: `its network ${empty.name} is not allocated`, network: empty.name, networkId: empty.id};
  const service = services.find(({id}) => id === task.serviceId);
  const high = service?.ports.find(({published}) => published !== undefined && published > highestPort);
  if (high)
    return {reason: `port ${high.published} does not exist: the highest is ${highestPort}`, network: null};
  const addressless = attached.find(({id}) =>
    task.attachments.some(({networkId, addresses}) => networkId === id && addresses.length === 0),
  );
  if (addressless)
    return {
      reason: `it has no address on ${addressless.name}: its pool is full, or the address that was asked for is taken or outside the subnet`,
      network: addressless.name,
      networkId: addressless.id,
    };
  return {reason: 'the managers have not allocated its networks, addresses or ports', network: null};
}

/** What nodes refused and what has not run since in the same place. */
function rejected(docker: DockerModel): Finding[] {
  const refused = docker.tasks.flatMap((task) => {
    const text = taskTexts.find(({pattern}) => pattern.test(task.error ?? ''));
    const ended = task.state === 'rejected' || task.state === 'failed';
    return text && ended && isMember(docker, task) && !runsAgain(docker, task) ? [{task, text}] : [];
  });
  const groups = new Map<string, {tasks: SwarmTask[]; text: TaskText}>();
  for (const {task, text} of refused) {
    const key = `${task.serviceId} ${task.nodeId} ${text.pattern}`;
    const group = groups.get(key);
    if (group) group.tasks.push(task);
    else groups.set(key, {tasks: [task], text});
  }
  return [...groups.values()].flatMap(({tasks, text}): Finding[] => {
    const [first] = tasks;
    if (!first) return [];
    const node = docker.nodes.find(({id}) => id === first.nodeId)?.hostname ?? first.nodeId ?? 'a node';
    const owner = ownerOf(docker, first);
    const attached = docker.networks.filter(({id}) =>
      first.attachments.some(({networkId}) => networkId === id),
    );
    return [
      {
        code: 'task-rejected',
        severity: 'error',
        host: null,
        network: attached.length === 1 ? (attached[0]?.name ?? null) : null,
        subject: `${owner} on ${node}`,
        evidence: tasks.slice(0, 3).map(taskLine),
        cause: `tasks of ${owner} do not start on ${node}: ${text.cause}`,
        check:
          first.serviceId === undefined
            ? []
            : look(sh`docker service ps --no-trunc ${named(serviceName(docker, first))}`),
        fix: fixByOthers(text.who, text.what),
        basis: 'one-host',
        at: {host: node},
      },
    ];
  });
}

/** The same slot of the service (of a global one: the same node) runs: what the history keeps is over. */
function runsAgain({tasks}: DockerModel, {serviceId, slot, nodeId}: SwarmTask): boolean {
  return tasks.some(
    (task) =>
      task.state === 'running' &&
      task.serviceId === serviceId &&
      (slot ? task.slot === slot : task.nodeId === nodeId),
  );
}

function serviceName({services}: DockerModel, {serviceId}: SwarmTask): string {
  return services.find(({id}) => id === serviceId)?.name ?? serviceId ?? '';
}

function ownerOf(docker: DockerModel, task: SwarmTask): string {
  if (task.serviceId !== undefined) return `service ${serviceName(docker, task)}`;
  return `container ${(task.containerId ?? task.id).slice(0, 12)}`;
}

function taskLine({id, state, since, error, attachments}: SwarmTask): string {
  const addresses = distinct(attachments.flatMap((one) => one.addresses));
  return [
    `task ${id.slice(0, 12)}: ${state}`,
    ...(since === undefined ? [] : [`since ${since}`]),
    ...(addresses.length > 0 ? [`addresses ${addresses.join(' ')}`] : []),
    ...(error === undefined ? [] : [error]),
  ].join(', ');
}
