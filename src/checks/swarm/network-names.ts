import {named, sh} from '../../base/command.js';
import {fixBy, look, noFix} from '../../findings/advice.js';
import type {DockerModel, Network} from '../../model/docker-types.js';
import type {KnownHost} from '../../topology/known-host.js';
import {defineCheck} from '../check.js';
import {notFound} from './task-texts.js';

interface Local {
  name: string;
  id: string;
  driver: string;
  /** Running containers that it has; undefined where it was not inspected. */
  used?: number;
}

interface Digest {
  swarm: {name: string; id: string}[];
  local: Local[];
  /** Of a manager: networks that a node did not find for a task, as `NODE NETWORK`. */
  refused: string[];
}

/** Networks that every engine has. */
const ownNetworks = new Set(['bridge', 'host', 'none']);

/**
 * A local network with the name of a swarm's: the node takes the local one, and rejects the tasks of the other (moby
 * daemon/cluster/executor/container, could not find network).
 */
export const networkNames = defineCheck<Digest>({
  name: 'network-names',
  codes: ['network-name-twice'],
  ignores: ['containers', 'balancers', 'rules', 'files'],
  perHost({model: {docker}}: KnownHost): Digest | undefined {
    if (!docker?.read.networks || docker.lent) return undefined;
    const of = (scope: string) => docker.networks.filter((network) => network.scope === scope);
    return {
      swarm: of('swarm').map(({name, id}) => ({name, id})),
      local: of('local')
        .filter(({name, configOnly}) => !ownNetworks.has(name) && !configOnly)
        .map(localOf),
      refused: refusedOf(docker),
    };
  },
  across(hosts, report) {
    const swarm = new Map(
      hosts.flatMap(({digest}) => digest.swarm).map((network) => [network.name, network]),
    );
    const refused = new Set(hosts.flatMap(({digest}) => digest.refused));
    for (const {name: host, digest} of hosts) {
      for (const {name, id, driver, used} of digest.local) {
        const other = swarm.get(name);
        if (!other) continue;
        report.found({
          code: 'network-name-twice',
          // It is the cause of what stands in the list of tasks as an error.
          severity: refused.has(`${host} ${other.id}`) ? 'error' : 'warning',
          host,
          network: name,
          subject: name,
          evidence: [
            `${host}: network ${name} (${id.slice(0, 12)}), scope local, driver ${driver}`,
            `swarm: network ${name} (${other.id.slice(0, 12)}), scope swarm`,
          ],
          cause: `${host} has a local network of the name ${name}, which is also a network of the swarm: tasks of ${name} are rejected there, and containers that ask for ${name} get the local one`,
          check: look(sh`docker network ls --filter name=${named(name)}`),
          fix:
            used === 0
              ? fixBy({
                  commands: [sh`docker network rm ${named(id)}`],
                  affects: 'the local network, which no container uses',
                })
              : noFix(
                  'the local network is in use: connect its containers to one of another name, then remove it',
                ),
          basis: 'several-hosts',
          at: {host, networkId: other.id},
        });
      }
    }
  },
});

function refusedOf({tasks, nodes}: DockerModel): string[] {
  const names = new Map(nodes.map(({id, hostname}) => [id, hostname]));
  return tasks
    .filter(({state, error}) => state === 'rejected' && notFound.test(error ?? ''))
    .flatMap(({nodeId, attachments}) =>
      attachments.map(({networkId}) => `${names.get(nodeId ?? '')} ${networkId}`),
    );
}

function localOf({name, id, driver, endpoints}: Network): Local {
  return {name, id, driver, ...(endpoints === undefined ? {} : {used: endpoints.length})};
}
