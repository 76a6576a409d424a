import type {Container} from '../model/docker-types.js';
import type {HostModel} from '../model/host.js';
import {type Disposition, type Walk, worse} from './disposition.js';

export interface TraceEnd {
  host: HostModel;
  container: Container;
}

/** A destination: a container that was read, an address, or a service with all its tasks. */
export type TraceTarget = TraceEnd | {ip: string} | {service: string};

/** One task behind a service or a published port. */
export interface Backend {
  name: string;
  address: string;
  /** Name of its node, where that is known. */
  node: string | null;
  /** Who sends to it in this walk: the load balancer, or the source itself where nobody balances. */
  from: string;
  disposition: Disposition;
  forward: Walk;
  reverse: Walk | null;
}

export interface Trace {
  disposition: Disposition;
  source: string;
  destination: string;
  network: string | null;
  /** Why this network, where several would do. */
  chosenBy: string | null;
  /** Of a service to its VIP. */
  forward: Walk;
  /** Null where there is no reply to walk: an address outside, an endpoint of a host that was not read. */
  reverse: Walk | null;
  /** The name that the source would ask for; absent where the destination was not typed as one that Docker serves. */
  name?: {asked: string /** Null where that is not known. */; resolves: boolean | null};
  /** Of a service its address on this network, null where it has none; absent for other destinations. */
  vip?: string | null;
  /** Of a service each task; absent for other destinations. */
  backends?: Backend[];
}

export type Ways = Pick<Trace, 'forward' | 'reverse' | 'vip' | 'backends'>;

/** The worst of both directions, and of all tasks. */
export function worstOf({forward, reverse, backends = []}: Ways): Disposition {
  return [forward, ...(reverse ? [reverse] : []), ...backends]
    .map(({disposition}) => disposition)
    .reduce(worse);
}

/** A published port on one host: what becomes of a request that comes in there. */
export interface Entry {
  host: string;
  /** Through the routing mesh of the swarm, or to a container of this host alone. */
  mode: 'ingress' | 'host';
  disposition: Disposition;
  forward: Walk;
  backends: Backend[];
}

export interface PublishedTrace extends Trace {
  /** One for each host by which requests come in. `forward` of the whole is that of the worst. */
  entries: Entry[];
}
