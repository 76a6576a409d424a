import {line, number, sh} from '../../base/command.js';
import {fixBy, look} from '../../findings/advice.js';
import {conntrackTable} from '../../model/proc/counters.js';
import type {KnownHost} from '../../topology/known-host.js';
import {defineCheck} from '../check.js';

/** The parts of the table from which on it is nearly full, and full: the kernel counts an entry before it refuses it. */
const near = 0.9;
const brim = 0.999;

/** A table of connections with no room for another: packets of new connections are dropped. */
export const conntrack = defineCheck({
  name: 'conntrack',
  codes: ['conntrack-full'],
  ignores: ['rules', 'files'],
  perHost(host, report) {
    for (const {netns, whose, count, most} of tables(host)) {
      // 0 stands for no limit.
      if (most <= 0 || count < most * near) continue;
      const full = count >= most * brim;
      report.found({
        code: 'conntrack-full',
        severity: full ? 'error' : 'warning',
        host: host.name,
        network: null,
        subject: whose,
        evidence: [
          `net.netfilter.nf_conntrack_count = ${count} in ${netns === '@host' ? "the host's namespace" : netns}`,
          `net.netfilter.nf_conntrack_max = ${most}`,
        ],
        cause: full
          ? `the conntrack table of ${whose} is full: packets of new connections are dropped, unless an unanswered entry can be evicted`
          : `the conntrack table of ${whose} is nearly full; once it is full, packets of new connections are dropped`,
        check: look(line('conntrack -S; conntrack -L -o extended | head'), 'who has so many connections'),
        fix: fixBy({
          commands: [sh`sysctl -w net.netfilter.nf_conntrack_max=${number(most * 2)}`],
          undo: [sh`sysctl -w net.netfilter.nf_conntrack_max=${number(most)}`],
          affects:
            'the limit of every namespace of the machine, until the next boot, and up to about 320 bytes of memory per connection',
        }),
        basis: 'one-host',
        at: {host: host.name, netns},
      });
    }
    return undefined;
  },
});

interface Table {
  netns: string;
  whose: string;
  count: number;
  most: number;
}

function tables({model, sandboxes}: KnownHost): Table[] {
  const spaces = [
    {netns: '@host', whose: 'the host', proc: model.host?.proc},
    ...sandboxes.map(({namespace, containers}) => ({
      netns: namespace.file,
      whose: containers[0]?.name ?? namespace.file,
      proc: namespace.tables?.proc,
    })),
  ];
  return spaces.flatMap(({netns, whose, proc}) => {
    const {count, max: most} = conntrackTable(proc);
    return count === null || most === null ? [] : [{netns, whose, count, most}];
  });
}
