import type {Problem} from '../model/problem.js';
import type {HostSummary} from './host-problems.js';

export interface HostDocument {
  schemaVersion: 1;
  hosts: HostSummary[];
  problems: Problem[];
}

/** How long a fault must stand before it is reported from a live host. */
export const secondLookMs = 3200;
