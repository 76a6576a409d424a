import {named, sh} from '../../base/command.js';
import {fixBy, look} from '../../findings/advice.js';
import type {Container} from '../../model/docker-types.js';
import {defineCheck} from '../check.js';

interface Digest {
  /** Plain containers of this host on overlays: beginning of the endpoint's id → the names that its engine gives it, its own first. */
  own: Record<string, string[]>;
  /** What gossip of this host calls such endpoints, by network. */
  heard: {network: string; networkId: string; names: Record<string, string>}[];
}

/** Longer ids would fill the digest of a host with a thousand containers. */
const idLength = 16;

/**
 * Names of plain containers: their own engine's, and those that gossip of every node has. A container that is renamed is
 * announced anew by its new name (moby daemon/rename.go, libnetwork agent.go addServiceInfoToCluster).
 */
export const gossipNames = defineCheck<Digest>({
  name: 'gossip-names',
  codes: ['gossip-name-differs'],
  perHost({model: {docker}, overlays}) {
    if (!docker || docker.lent) return undefined;
    const own = docker.containers.filter(({running, service}) => running && !service).flatMap(namesOf);
    const heard = overlays.flatMap(({network: {id: networkId, name: network, services}}) => {
      const plain = services?.find(({name}) => name === '')?.tasks ?? [];
      const names = plain.flatMap(({endpointId, name}) =>
        endpointId === undefined || name === '' ? [] : [[endpointId.slice(0, idLength), name]],
      );
      return names.length === 0 ? [] : [{network, networkId, names: Object.fromEntries(names)}];
    });
    return {own: Object.fromEntries(own), heard};
  },
  across(hosts, report) {
    const owners = new Map(
      hosts.flatMap(({name, digest}) =>
        Object.entries(digest.own).map(([endpoint, names]) => [endpoint, {owner: name, names}] as const),
      ),
    );
    for (const {name: host, digest} of hosts)
      for (const {network, networkId, names} of digest.heard)
        for (const [endpoint, old] of Object.entries(names)) {
          const known = owners.get(endpoint);
          const [name] = known?.names ?? [];
          if (!known || name === undefined || known.names.includes(old)) continue;
          const between = named(`${name}-renamed`);
          report.found({
            code: 'gossip-name-differs',
            severity: 'warning',
            host,
            network,
            subject: name,
            evidence: [
              `${known.owner}: endpoint ${endpoint} is ${known.names.join(', ')}`,
              `gossip of ${network} on ${host}: endpoint ${endpoint} is ${old}`,
            ],
            cause: `${name} of ${known.owner} was renamed, and gossip of ${network} on ${host} still calls it ${old}: containers of ${host} do not find ${name}, and find it by its old name`,
            check: look(sh`docker network inspect --verbose ${named(network)}`, `the name of ${endpoint}`),
            fix: fixBy({
              host: known.owner,
              commands: [
                sh`docker rename ${named(name)} ${between}`,
                sh`docker rename ${between} ${named(name)}`,
              ],
              affects: `the names of ${name}, which is announced again`,
            }),
            basis: 'several-hosts',
            at: {host, networkId},
          });
        }
  },
});

function namesOf({id, name, hostname, endpoints}: Container): [string, string[]][] {
  return endpoints.flatMap(({endpointId, names = []}): [string, string[]][] =>
    endpointId === undefined
      ? []
      : [
          [
            endpointId.slice(0, idLength),
            [...new Set([name, id.slice(0, 12), ...(hostname ? [hostname] : []), ...names])],
          ],
        ],
  );
}
