import type {HostModel} from '../model/host.js';
import type {Problem} from '../model/problem.js';
import {type HostSummary, hostSummaries} from './host-problems.js';

/** What is kept of a host for an answer about many, when the model itself is gone. Plain data. */
export interface HostFacts {
  key: string;
  summary: HostSummary;
  redacted: boolean;
  problems: Problem[];
  networks: {id: string; name: string}[];
  /** Whether its engine is a manager's that listed its networks, services and tasks. */
  lists: boolean;
  /** Addresses of its own interfaces. */
  addresses: string[];
  /** The interface with the node's address in the swarm; null where none has it, or it was not read. */
  uplink: Uplink | null;
  /** How far its clock is ahead of the one of whoever read it, as far as that is known. */
  clock: ClockRange | null;
}

export interface Uplink {
  device: string;
  address: string;
  mtu: number | null;
}

/** Seconds between which the difference of two clocks lies: the host's was read at some time during its reading. */
export interface ClockRange {
  leastSeconds: number;
  mostSeconds: number;
}

export function hostFacts(model: HostModel): HostFacts {
  const [summary] = hostSummaries([model]);
  return {
    key: model.key,
    summary: summary as HostSummary,
    redacted: model.redacted === true,
    problems: model.problems,
    lists: listsSwarm(model),
    networks: (model.docker?.networks ?? []).map(({id, name}) => ({id, name})),
    addresses: ownAddresses(model).map(({address}) => address),
    uplink: uplinkOf(model),
    clock: clockOf(model),
  };
}

function listsSwarm({docker}: HostModel): boolean {
  if (docker?.engine.swarm?.manager !== true || docker.lent) return false;
  const {networks, services, tasks} = docker.read;
  return networks && services && tasks;
}

interface OwnAddress extends Uplink {
  family: string;
}

function ownAddresses({host}: HostModel): OwnAddress[] {
  return (host?.links ?? []).flatMap(({name: device, mtu, addresses, linkType}) =>
    linkType === 'loopback'
      ? []
      : (addresses ?? []).map(({address, family}) => ({device, address, mtu: mtu ?? null, family})),
  );
}

function uplinkOf(model: HostModel): Uplink | null {
  const {docker, swarmState} = model;
  const told = [swarmState?.dataPathAddress, swarmState?.advertiseAddress, docker?.engine.swarm?.nodeAddress];
  const own = ownAddresses(model);
  for (const wanted of told) {
    const found = wanted === undefined ? undefined : own.find(({address}) => address === wanted);
    if (found) return {device: found.device, address: found.address, mtu: found.mtu};
  }
  return null;
}

function clockOf({clock, startedAt}: HostModel): ClockRange | null {
  if (!clock) return null;
  const [from, to] = [Date.parse(startedAt) / 1000, Date.parse(clock.arrivedAt) / 1000];
  if (!Number.isFinite(from) || !Number.isFinite(to) || from > to) return null;
  // The host tells whole seconds.
  return {leastSeconds: clock.seconds - to, mostSeconds: clock.seconds + 1 - from};
}
