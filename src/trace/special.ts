/** Sources and destinations that are no matter of a walk: what does not run, has no network, or stands for others. */

import {sandboxes} from '../join/sandboxes.js';
import type {HostModel} from '../model/host.js';
import type {Hop, Walk} from './hop.js';
import type {TraceEnd, TraceTarget} from './trace.js';

/** The answer for such an end, or undefined where there is a way to walk. */
export function specialWalk(hosts: HostModel[], source: TraceEnd, target: TraceTarget): Walk | undefined {
  for (const end of 'container' in target ? [source, target] : [source]) {
    const {host, container} = end;
    if (!container.running) {
      return failing('no-such-endpoint', {
        host: host.name,
        code: 'not-running',
        summary: `${container.name} is ${container.status ?? 'not running'}: it has no network namespace`,
        next: `docker start ${container.name}`,
      });
    }
    if (container.networkMode === 'none') {
      return failing('isolated', {
        host: host.name,
        code: 'no-network',
        summary: `${container.name} was started with --network none: it has loopback only`,
      });
    }
  }
  return 'ip' in target ? virtualAddress(hosts, source, target.ip) : undefined;
}

/**
 * The virtual address of a service: the load balancer of the source's own node has it as an alias and shares the
 * packets out by IPVS (moby libnetwork service_linux.go). A kernel without IPVS leaves it without an owner.
 */
function virtualAddress(hosts: HostModel[], {host, container}: TraceEnd, ip: string): Walk | undefined {
  const ids = new Set(container.endpoints.map(({networkId}) => networkId));
  for (const network of hosts.flatMap(({docker}) => docker?.networks ?? [])) {
    const service = network.services?.find(({vip, name}) => vip === ip && name !== '');
    if (!service || !ids.has(network.id)) continue;
    const tasks = service.tasks.map(({name, ip: address}) => `${name} ${address}`);
    const who = `${ip} is the virtual address of service ${service.name} on ${network.name}`;
    const balancer = sandboxes(host).find(
      ({kind, network: own}) => kind === 'load-balancer' && own?.id === network.id,
    )?.namespace.tables;
    const alias = balancer?.links?.some(({addresses}) => addresses?.some(({address}) => address === ip));
    const ipvs = balancer?.proc?.has('/proc/net/ip_vs');
    if (balancer?.links && balancer.proc && !alias && !ipvs) {
      return failing('unreachable', {
        host: host.name,
        code: 'ipvs-missing',
        summary: `${who}, which nobody has: its load balancer on this node has no such alias, and there is no IPVS in its namespace`,
        cause:
          'the kernel has no IPVS (module ip_vs), so no load balancer can be set up; names still resolve to the virtual address',
        evidence: tasks,
        next: `ovdiag trace ${container.name} ${service.tasks[0]?.ip ?? 'TASK'}`,
      });
    }
    return {
      disposition: 'undecided',
      hops: [
        hop({
          host: host.name,
          verdict: 'unknown',
          summary: `${who}: its load balancer (IPVS) is not walked; trace its tasks one by one`,
          evidence: tasks,
        }),
      ],
    };
  }
  return undefined;
}

function failing(disposition: Walk['disposition'], part: Partial<Hop> & Pick<Hop, 'summary'>): Walk {
  return {disposition, hops: [hop({verdict: 'fail', ...part})]};
}

function hop(part: Partial<Hop> & Pick<Hop, 'summary'>): Hop {
  return {host: null, layer: 'route', verdict: 'fail', evidence: [], ...part};
}
