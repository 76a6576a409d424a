/** Ends that are no matter of a walk: what does not run, and what has no network. */

import type {Walk} from './disposition.js';
import type {TraceEnd, TraceTarget} from './targets.js';
import {trail} from './trail.js';

/** The answer for such an end, or undefined where there is a way to walk. */
export function specialWalk(source: TraceEnd, target: TraceTarget): Walk | undefined {
  for (const {host, container} of 'container' in target ? [source, target] : [source]) {
    if (!container.running) {
      return trail().fail(
        host,
        'route',
        'not-running',
        `${container.name} is ${container.status ?? 'not running'}: it has no network namespace`,
        {next: `docker start ${container.name}`},
        'no-such-endpoint',
      );
    }
    if (container.networkMode === 'none') {
      return trail().fail(
        host,
        'route',
        'no-network',
        `${container.name} was started with --network none: it has loopback only`,
        {
          cause: 'nothing outside its own namespace can be reached from there, nor reach it',
          next: `docker network disconnect none ${container.name}; docker network connect NETWORK ${container.name}`,
        },
        'isolated',
      );
    }
  }
  return undefined;
}
