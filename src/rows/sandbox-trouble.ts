import {isDown} from '../kernel/link-state.js';
import type {Link} from '../model/facts.js';
import type {HostModel} from '../model/host.js';
import type {Problem} from '../model/problem.js';
import {knownHost} from '../topology/known-host.js';

/**
 * Links of a network's sandboxes that carry nothing, whatever the tables say: down, or a port of no bridge. They
 * explain rows that are missing, and spoil rows that agree.
 */
export function sandboxTroubles(hosts: HostModel[], networkId: string): Problem[] {
  return hosts.flatMap((host) =>
    knownHost(host)
      .sandboxesOf(networkId)
      .flatMap(({namespace}) =>
        (namespace.tables?.links ?? []).flatMap((link) => {
          const problem = troubleOf(link);
          return problem ? [{host: host.name, subject: `${link.name} in ${namespace.file}`, ...problem}] : [];
        }),
      ),
  );
}

function troubleOf(link: Link): Pick<Problem, 'code' | 'message'> | undefined {
  const {kind, master} = link;
  if (kind !== 'bridge' && kind !== 'vxlan' && kind !== 'veth') return undefined;
  if (isDown(link)) {
    const effects = {
      bridge: 'no endpoint of this subnet can reach another',
      vxlan: 'no traffic to other hosts; its neighbour entries are gone too',
      veth: 'the endpoint at its peer is cut off',
    };
    return {code: 'link-down', message: `link down: ${effects[kind]}`};
  }
  if (kind !== 'bridge' && master === undefined) {
    const whose =
      kind === 'vxlan'
        ? 'local endpoints are cut off from other hosts'
        : 'the endpoint at its peer is cut off';
    return {code: 'link-unplugged', message: `not attached to a bridge: ${whose}`};
  }
  return undefined;
}
