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
}

export function hostFacts(model: HostModel): HostFacts {
  const [summary] = hostSummaries([model]);
  return {
    key: model.key,
    summary: summary as HostSummary,
    redacted: model.redacted === true,
    problems: model.problems,
    networks: (model.docker?.networks ?? []).map(({id, name}) => ({id, name})),
  };
}
