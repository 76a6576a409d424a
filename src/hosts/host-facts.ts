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
  };
}

function listsSwarm({docker}: HostModel): boolean {
  if (docker?.engine.swarm?.manager !== true || docker.lent) return false;
  const {networks, services, tasks} = docker.read;
  return networks && services && tasks;
}
