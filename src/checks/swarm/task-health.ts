import {named, sh} from '../../base/command.js';
import {fixByOthers, look} from '../../findings/advice.js';
import type {Container} from '../../model/docker-types.js';
import type {KnownHost} from '../../topology/known-host.js';
import {defineCheck, type Report} from '../check.js';

/** A health check that has not succeeded for this long after the start is worth a word. */
const patience = 60_000;

/**
 * Tasks with a health check that are not healthy: they are in no answer of DNS and get no traffic of a VIP (moby
 * swarm-networking.md, 5 and 6.2; daemon/cluster/executor/container: the task starts when it is healthy).
 */
export const taskHealth = defineCheck({
  name: 'task-health',
  codes: ['task-not-healthy'],
  perHost(host, report) {
    for (const container of host.model.docker?.containers ?? []) examine(host, report, container);
    return undefined;
  },
});

function examine(host: KnownHost, report: Report, container: Container): void {
  const {name, running, health, startedAt, service, endpoints} = container;
  const overlays = (host.model.docker?.networks ?? []).filter(
    ({id, driver}) => driver === 'overlay' && endpoints.some(({networkId}) => networkId === id),
  );
  if (!running || !service || overlays.length === 0) return;
  const {clock} = host.model;
  const now = clock ? clock.seconds * 1000 : Date.parse(host.model.startedAt);
  const age = startedAt === undefined ? 0 : now - Date.parse(startedAt);
  const isIll = health === 'unhealthy';
  if (!isIll && !(health === 'starting' && age > patience)) return;
  const [first] = overlays;
  report.found({
    code: 'task-not-healthy',
    severity: isIll ? 'warning' : 'info',
    host: host.name,
    network: overlays.length === 1 ? (first?.name ?? null) : null,
    subject: name,
    evidence: [`${name}: Health ${health}, started ${startedAt}`],
    cause: isIll
      ? `the health check of ${name} fails: ${service.name} and tasks.${service.name} do not resolve to it, and its VIP and published ports send it nothing, until the swarm replaces it`
      : `the health check of ${name} has not succeeded since it started ${Math.round(age / 1000)} s ago: until then ${service.name} does not resolve to it, and its VIP and published ports send it nothing`,
    check: look(
      sh`docker inspect ${named(name)} --format '{{json .State.Health}}'`,
      'the output of the last checks',
    ),
    fix: fixByOthers(
      `the owner of ${service.name}`,
      'fix what the health check tests, or the check: docker service update --health-cmd, --health-start-period',
    ),
    basis: 'one-host',
    at: {host: host.name, ...(overlays.length === 1 && first ? {networkId: first.id} : {})},
  });
}
