/** What the engine must be asked for where nothing less fixes an endpoint. */
import {named, sh} from '../base/command.js';
import {type Fix, fixBy, noFix} from '../findings/advice.js';
import type {LocalEndpoint} from '../topology/local-endpoints.js';

/** Has the engine make one endpoint of a network anew; every other one is left alone. */
export function renewEndpoint(
  network: {name: string},
  {name, kind, container}: Pick<LocalEndpoint, 'name' | 'kind' | 'container'>,
): Fix {
  if (container?.service)
    return fixBy({
      commands: [sh`docker rm -f ${named(name)}`],
      affects: `this task of ${container.service.name} only: the swarm starts another one in its place`,
    });
  if (kind !== 'container')
    return noFix(
      `no command: the engine removes the load balancer of ${network.name} with the last endpoint of ${network.name} on this host, and recreates it with the next one`,
    );
  return fixBy({
    commands: [
      sh`docker network disconnect ${named(network.name)} ${named(name)}`,
      sh`docker network connect ${named(network.name)} ${named(name)}`,
    ],
    affects: `the interface of ${name} on ${network.name}: its connections there break, and it may get another address`,
  });
}
