import {line} from '../../base/command.js';
import {fixBy, fixByOthers, look} from '../../findings/advice.js';
import type {HostModel} from '../../model/host.js';
import {defineCheck, type HostDigest, type Report} from '../check.js';

/** A host's clock, and when it was read by the clock of whoever read it; milliseconds since the epoch. */
interface Digest {
  clock: number;
  /** It was read not before. */
  from: number;
  /** And not after. */
  to: number;
}

/** Differences below this trouble nothing, and slow connections hide smaller ones. */
const leastMs = 60_000;

/** Clocks that differ from the others'. Each is known only to lie between two times of the machine that read it. */
export const clock = defineCheck<Digest>({
  name: 'clock',
  codes: ['clock-skew'],
  perHost: ({model}) => digestOf(model),
  across(hosts, report) {
    // Whoever read the hosts has a clock too, which may be the wrong one.
    const usual = median([0, ...hosts.map(({digest}) => middle(digest))]);
    for (const host of hosts) {
      const {clock: now, from, to} = host.digest;
      // What the machine that read it would have shown, had it been right.
      const [earliest, latest] = [from + usual, to + usual];
      const behind = earliest - now - 1000;
      const ahead = now - latest;
      if (Math.max(behind, ahead) >= leastMs)
        tell(host, Math.max(behind, ahead), ahead > behind, hosts, report);
    }
    if (Math.abs(usual) >= leastMs && hosts.length > 1) tellReader(usual, hosts, report);
  },
});

function digestOf({clock: read, startedAt}: HostModel): Digest | undefined {
  if (!read) return undefined;
  const [from, to] = [Date.parse(startedAt), Date.parse(read.arrivedAt)];
  return Number.isFinite(from) && Number.isFinite(to) && from <= to
    ? {clock: read.seconds * 1000, from, to}
    : undefined;
}

/** Of two in the middle the one that is less far off. */
function median(offsets: number[]): number {
  const sorted = [...offsets].sort((a, b) => a - b);
  const [low = 0, high = 0] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return Math.abs(low) < Math.abs(high) ? low : high;
}

/** How far a clock is ahead of the reader's, as well as can be told. */
function middle({clock: now, from, to}: Digest): number {
  return now - (from + to) / 2;
}

function tell(
  host: HostDigest<Digest>,
  by: number,
  ahead: boolean,
  hosts: HostDigest<Digest>[],
  report: Report,
): void {
  const {clock: now, from, to} = host.digest;
  const others = hosts.length - 1;
  report.found({
    code: 'clock-skew',
    severity: 'warning',
    host: host.name,
    network: null,
    subject: 'clock',
    evidence: [
      `date on ${host.name}: ${iso(now)}`,
      `machine that read it, at the same time: between ${iso(from)} and ${iso(to)}`,
      ...(others > 0 ? [`other hosts that were read by it: ${others}`] : []),
    ],
    cause: `the clock of ${host.name} is ${duration(by)} ${ahead ? 'ahead of' : 'behind'} ${
      others > 0 ? 'that of most others' : 'that of the machine that read it: one of the two is wrong'
    }; nodes refuse certificates that are not yet or no longer valid by their clock`,
    check: look(line('timedatectl; chronyc tracking')),
    // A time service steps the clock when it starts, not once it runs.
    fix: fixBy({
      commands: [line('timedatectl set-ntp false'), line('timedatectl set-ntp true')],
      affects:
        'the clock of that host: its time service (chrony or systemd-timesyncd) is restarted and sets it',
    }),
    basis: others > 0 ? 'several-hosts' : 'one-host',
    at: {host: host.name},
  });
}

function tellReader(by: number, hosts: HostDigest<Digest>[], report: Report): void {
  report.found({
    code: 'clock-skew',
    severity: 'info',
    host: null,
    network: null,
    subject: 'the machine that read the hosts',
    evidence: hosts
      .slice(0, 3)
      .map(
        ({name, digest}) =>
          `date on ${name}: ${iso(digest.clock)}, read between ${iso(digest.from)} and ${iso(digest.to)}`,
      ),
    cause: `the hosts agree on the time, and the machine that read them is ${duration(Math.abs(by))} ${by > 0 ? 'behind' : 'ahead'}: only the times that it shows are wrong`,
    check: look(line('timedatectl')),
    fix: fixByOthers(
      'administrator of the machine that ran ovdiag',
      'set its clock: timedatectl set-ntp true',
    ),
    basis: 'several-hosts',
    at: {},
  });
}

function iso(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}

function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}
