import {type DocumentVersion, documentVersion} from '../base/document-version.js';
import type {Problem} from '../model/problem.js';
import {type HostSummary, hostSummaries} from './host-problems.js';
import type {Readings} from './readings.js';

/** The part that the answers of all commands have which read hosts. */
export interface HostDocument {
  schemaVersion: DocumentVersion;
  hosts: HostSummary[];
  problems: Problem[];
}

/** How long a fault must stand before it is reported from a live host. */
export const secondLookMs = 3200;

/** @param extra what else could not be answered rightly */
export function hostDocument({hosts, problems}: Readings, extra: Problem[] = []): HostDocument {
  return {
    schemaVersion: documentVersion,
    hosts: hostSummaries(hosts),
    problems: [
      ...problems,
      ...hosts.flatMap(({name, problems: own}) => own.map((problem) => ({host: name, ...problem}))),
      ...extra,
    ],
  };
}
