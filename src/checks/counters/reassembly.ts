import {line} from '../../base/command.js';
import {fixByOthers, look} from '../../findings/advice.js';
import {protocolCounters} from '../../model/proc/counters.js';
import {defineCheck} from '../check.js';
import {pairs, rise, risen} from './rising.js';

interface Counts {
  netns: string;
  inode: number | null;
  /** A container's name; null for the host itself. */
  container: string | null;
  failures: number;
}

/** A packet that is given up counts once, half a minute after its first piece. */
const threshold = {least: 3, perSecond: 0.1};

/** Packets that came in pieces, and not in all of them. */
export const reassembly = defineCheck<undefined, Counts[]>({
  name: 'reassembly',
  codes: ['ip-reassembly-failed'],
  ignores: ['rules', 'files'],
  counters(host) {
    const {model} = host;
    const failuresOf = (proc: Map<string, string> | undefined) =>
      protocolCounters(proc)?.get('Ip')?.get('ReasmFails');
    const own = failuresOf(model.host?.proc);
    return [
      ...(own === undefined
        ? []
        : [{netns: '@host', inode: model.hostNetnsInode ?? null, container: null, failures: own}]),
      ...host.sandboxes.flatMap(({kind, namespace: {file, inode, tables}, containers}): Counts[] => {
        const failures = failuresOf(tables?.proc);
        if (kind !== 'container' || failures === undefined) return [];
        return [{netns: file, inode: inode ?? null, container: containers[0]?.name ?? file, failures}];
      }),
    ];
  },
  sample({host, before, after, seconds}, report) {
    for (const [earlier, later] of pairs(before, after, ({netns, inode}) => `${netns} ${inode}`)) {
      const failed = rise(earlier.failures, later.failures, seconds, threshold);
      if (failed === undefined) continue;
      const {netns, container} = later;
      report.found({
        code: 'ip-reassembly-failed',
        severity: 'warning',
        host: host.name,
        network: null,
        subject: container ?? 'the host',
        evidence: [`${netns}: Ip ReasmFails ${later.failures} (${risen(failed, seconds)})`],
        cause:
          container === null
            ? `${failed} packets arrived at this host with fragments missing: a link on the path has a smaller MTU than the tunnel packets, and a hop drops fragments`
            : `${failed} packets arrived at ${container} with fragments missing`,
        check: look(line('nstat -az IpReasmFails IpReasmReqds')),
        fix: fixByOthers(
          'administrator of the network between the hosts',
          'raise the MTU of the smallest link to that of the tunnel packets, or stop dropping fragments; ovdiag trace --probe --mtu between two containers shows where',
        ),
        basis: 'sample',
        at: {host: host.name, netns},
      });
    }
  },
});
