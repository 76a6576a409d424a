import {named, sh} from '../../base/command.js';
import {inSubnet} from '../../base/subnet.js';
import {type Fix, look} from '../../findings/advice.js';
import type {Network, SwarmTask} from '../../model/docker-types.js';
import type {KnownHost} from '../../topology/known-host.js';
import {defineCheck, type Report} from '../check.js';
import {toFreeSubnet} from './subnets.js';

/** From this share of a pool on its end is near. */
const nearlyFull = 0.8;

/** How many addresses of each overlay are taken. Only a manager knows all who have one. */
export const addressPool = defineCheck<Low[]>({
  name: 'address-pool',
  codes: ['address-pool-low'],
  ignores: ['rules', 'files'],
  perHost(host, report) {
    const {docker} = host.model;
    if (!docker?.engine.swarm?.manager) return undefined;
    if (!docker.read.tasks || !docker.read.services) {
      report.notChecked({
        host: host.name,
        network: null,
        reason: 'the manager did not list tasks and services, so how many addresses are taken is not known',
        add: 'read the manager again',
      });
      return undefined;
    }
    return docker.networks
      .filter(({driver}) => driver === 'overlay')
      .flatMap((network) =>
        poolsOf(host, network)
          .filter(({taken, size}) => size > 0 && taken >= size * nearlyFull)
          .map((pool) => ({
            ...pool,
            id: network.id,
            network: network.name,
            fix: toFreeSubnet(host, network, pool.subnet, 2),
          })),
      );
  },
  across(hosts, report) {
    // All managers have the same lists, of whatever moment.
    const fullest = new Map<string, Low>();
    for (const low of hosts.flatMap(({digest}) => digest)) {
      const key = `${low.id} ${low.subnet}`;
      if ((fullest.get(key)?.taken ?? 0) < low.taken) fullest.set(key, low);
    }
    for (const low of fullest.values()) tell(low, report);
  },
});

function tell({id, network, subnet, size, taken, parts, fix}: Low, report: Report): void {
  const full = taken >= size;
  report.found({
    code: 'address-pool-low',
    severity: full ? 'error' : 'warning',
    host: null,
    network,
    subject: subnet,
    evidence: [`${network}: ${subnet} has ${size} addresses, ${taken} are taken: ${parts}`],
    cause: full
      ? `no address of ${subnet} is left: new tasks and containers on ${network} stay New or fail, and only the log of the leader says why`
      : `${taken} of ${size} addresses of ${subnet} are taken; when it is full new tasks on ${network} stay New, and only the log of the leader says why`,
    check: look(sh`docker network inspect --verbose ${named(network)}`),
    fix,
    basis: 'one-host',
    at: {networkId: id},
  });
}

interface Pool {
  subnet: string;
  size: number;
  taken: number;
  parts: string;
}

/** A pool whose end is near. */
interface Low extends Pool {
  id: string;
  network: string;
  fix: Fix;
}

function poolsOf(host: KnownHost, network: Network): Pool[] {
  const {docker} = host.model;
  const tasks = (docker?.tasks ?? []).filter((task) => !isDead(task));
  const ofTasks = addressesOf(tasks, network.id);
  const vips = (docker?.services ?? []).flatMap(({vips: all}) =>
    all.filter(({networkId}) => networkId === network.id).map(({address}) => address.replace(/\/\d+$/, '')),
  );
  // A load balancer for each node that has a task there, and for every node on the ingress network (since 18.06).
  const nodes = network.ingress
    ? (docker?.nodes.length ?? 0)
    : new Set(
        tasks
          .filter(({attachments}) => attachments.some(({networkId}) => networkId === network.id))
          .flatMap(({nodeId}) => nodeId ?? []),
      ).size;
  return network.subnets
    .filter(({subnet}) => subnet.includes('.'))
    .map(({subnet, gateway, range}, _index, all): Pool => {
      const pool = range ?? subnet;
      const inside = (addresses: string[]) =>
        new Set(addresses.filter((address) => inSubnet(address, pool))).size;
      // Of several subnets it is not known which one a load balancer's address is of.
      const balancers = all.length === 1 ? nodes : 0;
      const [tasksHere, vipsHere] = [inside(ofTasks), inside(vips)];
      const own = gateway !== undefined && inSubnet(gateway, pool) ? 1 : 0;
      const length = Number(pool.split('/')[1]);
      const edges = range === undefined || range === subnet ? 2 : 0;
      return {
        subnet: pool,
        size: 2 ** (32 - length) - edges,
        taken: tasksHere + vipsHere + balancers + own,
        parts: `${tasksHere} tasks and containers, ${vipsHere} VIPs, ${balancers} load balancers of nodes, ${own} gateway`,
      };
    });
}

/** Addresses are freed when both what is wanted and what is are past running (swarmkit allocator, taskDead). */
function isDead({desiredState, state}: SwarmTask): boolean {
  return isPast(desiredState) && isPast(state);
}

function isPast(state: string | undefined): boolean {
  return /^(complete|shutdown|failed|rejected|remove|orphaned)$/.test(state ?? '');
}

function addressesOf(tasks: SwarmTask[], networkId: string): string[] {
  return tasks.flatMap(({attachments}) =>
    attachments.filter((one) => one.networkId === networkId).flatMap(({addresses}) => addresses),
  );
}
