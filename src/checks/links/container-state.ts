import {named, sh} from '../../base/command.js';
import {fixBy, look} from '../../findings/advice.js';
import type {Container, Network} from '../../model/docker-types.js';
import type {KnownHost} from '../../topology/known-host.js';
import {isPaused} from '../../topology/local-endpoints.js';
import {defineCheck, type Report} from '../check.js';
import {listed} from '../words.js';

/** Containers of overlays whose programs do not run: paused ones, and stopped ones that gossip still announces. */
export const containerState = defineCheck({
  name: 'container-state',
  codes: ['container-paused', 'not-running'],
  perHost(host, report) {
    const {docker} = host.model;
    if (!docker?.read.containers || docker.lent) return undefined;
    for (const container of docker.containers) {
      const networks = host.overlays.flatMap(({network}) =>
        container.endpoints.some(({networkId}) => networkId === network.id) ? [network] : [],
      );
      if (isPaused(container) && networks.length > 0) paused(host, report, container, networks);
      if (!container.running)
        for (const {network} of host.overlays) announced(host, report, container, network);
    }
    return undefined;
  },
});

const about = (host: KnownHost, {name}: Container, [network, ...more]: Network[]) => ({
  host: host.name,
  network: network && more.length === 0 ? network.name : null,
  subject: name,
  basis: 'one-host' as const,
  at: {host: host.name, ...(network && more.length === 0 ? {networkId: network.id} : {})},
});

function paused(host: KnownHost, report: Report, container: Container, networks: Network[]): void {
  const {name, service} = container;
  report.found({
    ...about(host, container, networks),
    code: 'container-paused',
    severity: 'warning',
    evidence: [`${name}: status paused`],
    cause: `${name} on ${listed(networks.map((network) => network.name))} is paused: the kernel answers pings and accepts connections for it, and no program in it reads or sends anything${service ? `; ${service.name} still sends it a part of its requests` : ''}`,
    check: look(sh`docker ps --filter status=paused`),
    fix: fixBy({
      commands: [sh`docker unpause ${named(name)}`],
      undo: [sh`docker pause ${named(name)}`],
      affects: `${name}, whose programs go on where they were`,
    }),
  });
}

/** Only where something still counts on it: a container that was stopped is no fault by itself. */
function announced(host: KnownHost, report: Report, container: Container, network: Network): void {
  const {name, task, status, service} = container;
  const own = host.vtep?.address;
  const heard = (network.services ?? []).flatMap(({tasks}) => tasks);
  const entry = heard.find((one) => one.name === (task?.name ?? name) && one.hostIp === own);
  const isTaken = host.model.docker?.containers.some(
    ({running, endpoints}) =>
      running && endpoints.some(({networkId, ip}) => networkId === network.id && ip === entry?.ip),
  );
  if (!entry || own === undefined || isTaken) return;
  report.found({
    ...about(host, container, [network]),
    code: 'not-running',
    severity: 'warning',
    evidence: [
      `${name}: status ${status ?? 'not running'}`,
      `gossip of ${network.name} on ${host.name}: ${entry.name} ${entry.ip} on ${own}`,
    ],
    cause: `${name} is ${status ?? 'not running'}, and gossip of ${network.name} still announces it at ${entry.ip}: names resolve to it${service ? `, and ${service.name} sends it a part of its requests` : ''}`,
    check: look(sh`docker ps -a --filter name=${named(name)}`, 'not Up'),
    fix: fixBy({
      commands: [service ? sh`docker rm ${named(name)}` : sh`docker start ${named(name)}`],
      affects: service
        ? `what is left of that task: the swarm starts another one in its place`
        : `${name}, which starts again, possibly with another address`,
    }),
  });
}
