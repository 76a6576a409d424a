import {named, sh} from '../../base/command.js';
import {look, noFix} from '../../findings/advice.js';
import type {Finding} from '../../findings/finding.js';
import type {Network} from '../../model/docker-types.js';
import {managerCheck} from './manager-check.js';

/** Of a subnet without an address range, what is given and what is left are all of its addresses (API 1.52 and later). */
export const addressCounts = managerCheck('address-counts', ['address-count-odd'], ({networks}) =>
  networks.flatMap(oddCounts),
);

function oddCounts(network: Network): Finding[] {
  if (network.driver !== 'overlay' || network.scope !== 'swarm') return [];
  return (network.counts ?? []).flatMap(({subnet, used, free}): Finding[] => {
    const length = Number(/^[\d.]+\/(\d{1,2})$/.exec(subnet)?.[1] ?? Number.NaN);
    const range = network.subnets.find((one) => one.subnet === subnet)?.range;
    const all = 2 ** (32 - length);
    if (!Number.isFinite(all) || range !== undefined || used + free === all) return [];
    return [
      {
        code: 'address-count-odd',
        severity: 'info',
        host: null,
        network: network.name,
        subject: subnet,
        evidence: [
          `network ${network.name}: Status.IPAM of ${subnet}: IPsInUse ${used}, DynamicIPsAvailable ${free}, together ${used + free} of ${all}`,
        ],
        cause: `the managers count ${used} addresses of ${subnet} in use and ${free} free, which are not the ${all} that it has: what they say about free addresses of ${network.name} can't be relied on`,
        check: look(sh`docker network inspect ${named(network.name)} --format '{{json .Status}}'`),
        fix: noFix(
          'no command: the counts are those of the allocator. Report it to the makers of the engine, with the versions of the managers',
        ),
        basis: 'one-host',
        at: {networkId: network.id},
      },
    ];
  });
}
