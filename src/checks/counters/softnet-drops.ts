import {line} from '../../base/command.js';
import {fixBy, look} from '../../findings/advice.js';
import {softnetDrops} from '../../model/proc/counters.js';
import {defineCheck} from '../check.js';
import {rise, risen} from './rising.js';

/** A burst may overrun a processor once. */
const threshold = {least: 10, perSecond: 1};

/** Packets that found no room in the queue before a processor. */
export const softnetOverruns = defineCheck<undefined, number>({
  name: 'softnet-drops',
  codes: ['softnet-drops'],
  ignores: ['containers', 'balancers', 'rules', 'files'],
  counters: (host) => softnetDrops(host.model.host?.proc),
  sample({host, before, after, seconds}, report) {
    const dropped = rise(before, after, seconds, threshold);
    if (dropped === undefined) return;
    report.found({
      code: 'softnet-drops',
      severity: 'warning',
      host: host.name,
      network: null,
      subject: 'processors',
      evidence: [`/proc/net/softnet_stat, second column of all CPUs: ${after} (${risen(dropped, seconds)})`],
      cause: `${dropped} packets were dropped because the CPU backlog queue was full; all traffic between two VTEPs may be handled by one CPU`,
      check: look(line('mpstat -P ALL 1 5'), 'one processor with all of %soft'),
      fix: fixBy({
        commands: [line('sysctl -w net.core.netdev_max_backlog=5000')],
        affects: 'the backlog queue of each CPU of this host, until the next boot',
      }),
      basis: 'sample',
      at: {host: host.name, netns: '@host'},
    });
  },
});
