/** The way to a service: to its VIP, which the load balancer of the source's own node has, and on to each task. */

import type {HostModel} from '../model/host.js';
import {balancerOf, readVirtualAddress, type Sharing} from '../services/load-balancer.js';
import {chainOn} from '../services/step.js';
import type {ServiceOn} from '../topology/services.js';
import {walkBackends} from './backends.js';
import {type Disposition, type Walk, worse} from './disposition.js';
import {packetOf} from './filter.js';
import {balancerParty, type Known} from './parties.js';
import type {Party} from './party.js';
import type {Backend} from './targets.js';
import {trail} from './trail.js';
import {type WalkContext, walk} from './walk.js';

export interface ServiceWalk {
  vip: string | null;
  forward: Walk;
  reverse: Walk | null;
  backends: Backend[];
}

const lost: ReadonlySet<Disposition> = new Set(['dropped', 'unreachable']);
/** Without these nobody has the VIP, so that frames to it are not even sent. */
const addressless: ReadonlySet<string | undefined> = new Set(['ipvs-missing', 'vip-alias-missing']);

export function walkService(context: WalkContext, known: Known, src: Party, service: ServiceOn): ServiceWalk {
  const {host} = src;
  const {vip, tasks} = service;
  if (!host) {
    const steps = trail();
    steps.doubt(null, 'route', `${src.name} is not on any host that was read`);
    return {
      vip: vip ?? null,
      forward: {disposition: 'not-on-this-host', hops: steps.hops},
      reverse: null,
      backends: [],
    };
  }
  if (vip === undefined) {
    const backends = walkBackends(context, known, {from: src, tasks, host});
    return {vip: null, forward: withoutAddress(service, host, backends), reverse: null, backends};
  }
  const {forward, reverse, sharing} = toAddress(context, known, src, {vip, host});
  // Where nobody balances, only the tasks' own addresses are left (their name: tasks.SERVICE).
  const balancer = lost.has(forward.disposition) ? undefined : balancerParty(known, host);
  const backends = walkBackends(context, known, {from: balancer ?? src, tasks, sharing, host});
  return {vip: vip, forward, reverse, backends};
}

/** A service in endpoint mode dnsrr: its name gives the addresses of its tasks. */
function withoutAddress({name}: ServiceOn, host: HostModel, backends: Backend[]): Walk {
  const steps = trail();
  if (backends.length === 0) {
    return steps.fail(
      host,
      'load-balancer',
      'service-without-task',
      `service ${name} has no running task on this network`,
      {},
      'no-such-endpoint',
    );
  }
  steps.pass(
    host,
    'load-balancer',
    `service ${name} has no VIP (dnsrr): its name resolves to the addresses of its tasks`,
  );
  return {disposition: backends.map(({forward}) => forward.disposition).reduce(worse), hops: steps.hops};
}

interface Balanced {
  forward: Walk;
  reverse: Walk | null;
  sharing?: Sharing | undefined;
}

/** To the VIP: the frame's way to the load balancer that has it, and what becomes of it there. */
function toAddress(
  context: WalkContext,
  known: Known,
  src: Party,
  {vip, host}: {vip: string; host: HostModel},
): Balanced {
  const steps = trail();
  const balancer = balancerOf(host, known.network);
  const dst = balancerParty(known, host, vip);
  if (!balancer || !dst) {
    steps.doubt(
      host,
      'load-balancer',
      `${vip} is a VIP, and no load balancer of ${known.network.name} was found on ${host.name}`,
    );
    return {forward: steps.end('undecided'), reverse: null};
  }
  const chain = chainOn(host);
  const packet = {...packetOf(context.traffic, src.ip, vip, false), dstLocal: true};
  const sharing = readVirtualAddress(chain, balancer, packet);
  const broken = steps.take(chain.steps);
  if (broken && addressless.has(broken.hops.at(-1)?.code))
    return {forward: {...broken, disposition: 'unreachable'}, reverse: null, sharing};
  const way = walk(context, src, dst, false);
  return {
    forward: {
      disposition: worse(way.disposition, (broken ?? steps.end('delivered')).disposition),
      hops: [...way.hops, ...steps.hops],
    },
    reverse: walk(context, dst, src, true),
    sharing,
  };
}
