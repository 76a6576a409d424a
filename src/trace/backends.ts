/** The tasks over which a load balancer shares out, each walked on its own. */

import type {GossipTask} from '../model/docker-types.js';
import type {HostModel} from '../model/host.js';
import type {Sharing} from '../services/load-balancer.js';
import {type Walk, worse} from './disposition.js';
import {addressParty, type Known} from './parties.js';
import type {Party} from './party.js';
import type {Backend} from './targets.js';
import {type Trail, trail} from './trail.js';
import {type WalkContext, walk} from './walk.js';

export interface Shared {
  /** Who sends to the tasks: the load balancer, or the source itself. */
  from: Party;
  /** The tasks that gossip or the manager knows; undefined where neither was read. */
  tasks: GossipTask[] | undefined;
  /** What IPVS has; absent where it is not known, or there is none. */
  sharing?: Sharing | undefined;
  /** The host of that IPVS. */
  host: HostModel;
  /** Port on which the tasks themselves answer, where it is another than the one that is asked. */
  answersFrom?: number;
}

/** Every task, and every backend of IPVS that is no task. */
export function walkBackends(
  context: WalkContext,
  known: Known,
  {from, tasks, sharing, host, answersFrom}: Shared,
): Backend[] {
  const found = (tasks ?? []).map(({name, ip}) => ({name, ip, task: true}));
  const others = (sharing?.destinations ?? [])
    .filter(({address}) => !found.some(({ip}) => ip === address))
    .map(({address}) => ({name: address, ip: address, task: false}));
  return [...found, ...others]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({name, ip, task}) => {
      const steps = trail();
      const dst = {...addressParty(known, ip), name};
      const end = {name, address: ip, node: nodeOf(context, dst), from: from.name};
      const stopped = sharing && balanced(steps, {sharing, host, name, ip, task, known: tasks !== undefined});
      if (stopped) return {...end, disposition: stopped.disposition, forward: stopped, reverse: null};
      const way = walk(context, from, dst, false);
      const forward: Walk = {...way, hops: [...steps.hops, ...way.hops]};
      const answering =
        answersFrom === undefined ? context : {...context, traffic: {...context.traffic, dport: answersFrom}};
      const reverse = dst.container ? walk(answering, dst, from, true) : null;
      return {
        ...end,
        disposition: reverse ? worse(forward.disposition, reverse.disposition) : forward.disposition,
        forward,
        reverse,
      };
    });
}

interface Balanced {
  sharing: Sharing;
  host: HostModel;
  name: string;
  ip: string;
  /** Whether it is a task, and whether it is known which addresses are. */
  task: boolean;
  known: boolean;
}

/** Whether IPVS sends to a task, and to nobody else. Ends the walk where it does not, or should not. */
function balanced(steps: Trail, {sharing, host, name, ip, task, known}: Balanced): Walk | undefined {
  const row = sharing.destinations.find(({address}) => address === ip);
  const evidence = [sharing.text, ...sharing.destinations.map(({text}) => text)];
  if (!row) {
    return steps.fail(
      host,
      'load-balancer',
      'ipvs-backend-missing',
      `IPVS has no backend for task ${name} (${ip})`,
      {
        evidence,
        cause:
          'the task is running and gets no connections from this node: the engine did not add it, or removed it too early',
      },
      'unreachable',
    );
  }
  if (!task && known) {
    return steps.fail(
      host,
      'load-balancer',
      'ipvs-backend-stale',
      `IPVS backend ${ip} is not a task of the service`,
      {
        evidence: [sharing.text, row.text],
        cause: 'the backend of a task that is gone was left behind: every n-th request is lost',
      },
    );
  }
  if (!task) steps.doubt(host, 'load-balancer', `unknown whether ${ip} is a task: gossip was not read`);
  else if (row.weight === 0)
    steps.note(host, 'load-balancer', 'weight 0: gets no new connections', [row.text]);
  else steps.pass(host, 'load-balancer', `IPVS backend ${ip} present`, [row.text]);
  return undefined;
}

function nodeOf({nodes}: WalkContext, {host, vtep}: Party): string | null {
  return host?.name ?? (vtep === undefined ? undefined : nodes.get(vtep)) ?? vtep ?? null;
}
