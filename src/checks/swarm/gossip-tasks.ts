import {named, sh} from '../../base/command.js';
import {look, renewService} from '../../findings/advice.js';
import {unlessOverdue} from '../../findings/converging.js';
import type {Finding} from '../../findings/finding.js';
import type {DockerModel, GossipService, Network, SwarmService, SwarmTask} from '../../model/docker-types.js';
import type {KnownHost} from '../../topology/known-host.js';
import {defineCheck} from '../check.js';
import {counted, listed} from '../words.js';
import {hasEnded, hasEnding} from './manager-check.js';

/**
 * What a manager lists, and what its own gossip has, on the networks on which both are told. Gossip of other nodes is compared
 * with that of this one by other checks.
 */
export const gossipTasks = defineCheck({
  name: 'gossip-tasks',
  codes: ['gossip-task-differs'],
  perHost(host, report) {
    const {docker} = host.model;
    if (!docker?.read.tasks || !docker.read.services || docker.lent) return undefined;
    for (const {network} of host.overlays) {
      const services = network.services;
      if (!services) continue;
      for (const finding of [
        ...unheard(host, docker, network, services),
        ...unknown(host, docker, network, services),
        ...idle(host, docker, network, services),
      ])
        report.found(finding);
    }
    return undefined;
  },
});

/** Tasks that have run for longer than gossip may take, by the service. */
function unheard(
  host: KnownHost,
  docker: DockerModel,
  network: Network,
  gossip: readonly GossipService[],
): Finding[] {
  const heard = new Set(gossip.flatMap(({tasks}) => tasks.map(({ip}) => ip)));
  const services = new Map(docker.services.map((service) => [service.id, service]));
  const lacking = new Map<SwarmService, {task: SwarmTask; ip: string}[]>();
  for (const task of docker.tasks) {
    const service = services.get(task.serviceId ?? '');
    if (!service || task.since === undefined || !isWanted(docker, task)) continue;
    const addresses = task.attachments.find(({networkId}) => networkId === network.id)?.addresses ?? [];
    const ip = addresses.find((address) => !heard.has(address));
    if (ip !== undefined) lacking.set(service, [...(lacking.get(service) ?? []), {task, ip}]);
  }
  return [...lacking].map(([{name}, tasks]) => {
    const ages = tasks.map(({task}) => Date.parse(host.model.startedAt) - Date.parse(task.since ?? ''));
    const finding = missingFinding(host, network, {name, vtep: nodeOf(docker, tasks)}, tasks);
    return unlessOverdue(finding, 'reassignment', Math.max(...ages) / 1000);
  });
}

function isWanted(docker: DockerModel, task: SwarmTask): boolean {
  return task.state === 'running' && task.desiredState === 'running' && !onLostNode(docker, task);
}

/** What a node that managers have lost runs is not known. */
function onLostNode({nodes}: DockerModel, {nodeId}: SwarmTask): boolean {
  return nodes.find(({id}) => id === nodeId)?.state !== 'ready';
}

function about(host: KnownHost, network: Network, service: string) {
  return {
    code: 'gossip-task-differs',
    severity: 'warning',
    host: host.name,
    network: network.name,
    subject: `service ${service}`,
    basis: 'one-host',
    at: {host: host.name, networkId: network.id},
  } as const;
}

/** The address of the node that runs all of them: what cuts it off explains them. */
function nodeOf({nodes}: DockerModel, tasks: {task: SwarmTask}[]): string | undefined {
  const [id, ...others] = new Set(tasks.map(({task: {nodeId}}) => nodeId));
  return others.length === 0 ? nodes.find((node) => node.id === id)?.address : undefined;
}

function missingFinding(
  host: KnownHost,
  network: Network,
  {name: service, vtep}: {name: string; vtep: string | undefined},
  tasks: {task: SwarmTask; ip: string}[],
): Finding {
  const {at, ...common} = about(host, network, service);
  return {
    ...common,
    at: {...at, ...(vtep === undefined ? {} : {vtep})},
    evidence: tasks
      .slice(0, 5)
      .map(
        ({task: {id, since}, ip}) =>
          `manager: task ${id.slice(0, 12)} of ${service}, ${ip}, running since ${since}; not in the gossip of ${network.name}`,
      ),
    cause: `gossip of ${network.name} on ${host.name} lacks ${counted(tasks.length, 'task')} of ${service} that ${tasks.length === 1 ? 'runs' : 'run'} by the list of the managers: ${host.name} gives no name and no traffic to ${tasks.length === 1 ? 'it' : 'them'}`,
    check: look(sh`docker network inspect --verbose ${named(network.name)} --format '{{json .Services}}'`),
    fix: renewService(service, 'which are replaced and announced again'),
  };
}

/** Services that gossip has and the managers have no more, none of whose tasks are on their way out. */
function unknown(
  host: KnownHost,
  docker: DockerModel,
  network: Network,
  gossip: readonly GossipService[],
): Finding[] {
  const listedNames = new Set(docker.services.map(({name}) => name));
  const kept = new Set(
    docker.tasks.flatMap(({attachments}) =>
      attachments.flatMap(({networkId, addresses}) => (networkId === network.id ? addresses : [])),
    ),
  );
  const left = (hasEnding(docker) ? [] : gossip).filter(
    ({name, tasks}) =>
      name !== '' && !listedNames.has(name) && tasks.length > 0 && tasks.every(({ip}) => !kept.has(ip)),
  );
  return left.map(
    ({name, vip, tasks}): Finding => ({
      ...about(host, network, name),
      evidence: [
        `gossip of ${network.name} on ${host.name}: ${name}${vip === undefined ? '' : `, VIP ${vip}`}, ${listed(tasks.map(({ip}) => ip))}`,
        `manager: no service ${name}, and no task with these addresses`,
      ],
      cause: `gossip of ${network.name} on ${host.name} still has the service ${name}, which was removed: its name resolves to addresses that no task has`,
      check: look(sh`docker service inspect ${named(name)}`, 'no such service'),
      fix: {
        by: 'others',
        who: `administrator of the node that announces ${name}`,
        what: 'restart the engine of the node at the "Host IP" that docker network inspect --verbose shows for it',
      },
    }),
  );
}

/** Services that managers list without a task, and gossip with one: the name and the VIP went with the last task. */
function idle(
  host: KnownHost,
  docker: DockerModel,
  network: Network,
  gossip: readonly GossipService[],
): Finding[] {
  return docker.services.flatMap(({id, name, vips}) => {
    const heard = gossip.find((one) => one.name === name)?.tasks ?? [];
    const own = docker.tasks.filter(({serviceId}) => serviceId === id);
    const isHere = vips.some(({networkId}) => networkId === network.id);
    if (!isHere || heard.length === 0 || own.some((task) => !hasEnded(task))) return [];
    const age = Math.min(...own.map(({since}) => Date.parse(host.model.startedAt) - Date.parse(since ?? '')));
    const finding: Finding = {
      ...about(host, network, name),
      evidence: [
        `gossip of ${network.name} on ${host.name}: ${name}, ${listed(heard.map(({ip}) => ip))}`,
        `manager: no task of ${name} is running or about to`,
      ],
      cause: `gossip of ${network.name} on ${host.name} still has tasks of ${name}, and the managers list none: its name resolves to a VIP without a task behind it`,
      check: look(sh`docker service ps ${named(name)}`, 'no task that runs'),
      fix: renewService(name, 'if it has any: with the first one the engines create its entries again'),
    };
    return [unlessOverdue(finding, 'reassignment', Number.isNaN(age) ? Infinity : age / 1000)];
  });
}
