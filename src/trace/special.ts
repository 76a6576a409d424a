/** Ends that can't be walked: what is not running, and what has no network. */

import {isPaused} from '../topology/local-endpoints.js';
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
        `container ${container.name} is ${container.status ?? 'not running'}`,
        {next: `docker start ${container.name}`},
        'no-such-endpoint',
      );
    }
    if (isPaused(container)) {
      return trail().fail(
        host,
        'route',
        'container-paused',
        `container ${container.name} is paused`,
        {
          evidence: [`${container.name}: status paused`],
          cause: 'its programs neither send nor read; the kernel still answers pings for it',
          next: `docker unpause ${container.name}`,
        },
        'no-such-endpoint',
      );
    }
    if (container.networkMode === 'none') {
      return trail().fail(
        host,
        'route',
        'no-network',
        `${container.name} runs with --network none (loopback only)`,
        {
          cause: 'it can neither reach anything outside its own namespace nor be reached',
          next: `docker network disconnect none ${container.name}; docker network connect NETWORK ${container.name}`,
        },
        'isolated',
      );
    }
  }
  return undefined;
}
