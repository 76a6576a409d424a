import {line, number, sh} from '../../base/command.js';
import {fixBy, look} from '../../findings/advice.js';
import type {HostModel} from '../../model/host.js';
import {neighbourTable, setting} from '../../model/proc/settings.js';
import {defineCheck} from '../check.js';

const thresholds = 'ipv4/neigh/default/gc_thresh';
/** What dockerd raises them to at its start, where they are lower (moby libnetwork overlay/ostweaks_linux.go). */
const dockers = [8192, 49_152, 65_536] as const;
/** The part of the limit from which on the table is nearly full. */
const near = 0.9;

/** The kernel's table of IPv4 neighbours, shared by all namespaces of a machine, without room for another. */
export const neighbourTableRoom = defineCheck({
  name: 'neighbour-table',
  codes: ['neighbour-table-full'],
  ignores: ['rules', 'files'],
  perHost(host, report) {
    const proc = host.model.host?.proc;
    const limit = setting(proc, `${thresholds}3`);
    const table = neighbourTable(proc);
    if (limit === undefined) return undefined;
    const lowered = limit < dockers[2];
    const counted = collectable(host.model);
    const used = countsPermanent(host.model.kernel) ? (table?.entries ?? counted) : counted;
    const full = used >= limit * near;
    const wasFull = lowered && (table?.fulls ?? 0) > 0;
    if (!full && !wasFull) return undefined;
    report.found({
      code: 'neighbour-table-full',
      // What is merely stale is thrown out for a new one, so even a full table need not lose anything.
      severity: 'warning',
      host: host.name,
      network: null,
      subject: 'the host',
      evidence: [
        ...[1, 2, 3].map(
          (step) =>
            `net.ipv4.neigh.default.gc_thresh${step} = ${setting(proc, `${thresholds}${step}`) ?? '?'}`,
        ),
        `neighbour entries that are not permanent, in all namespaces that were read: ${counted}`,
        ...(table ? [`/proc/net/stat/arp_cache: entries ${table.entries}, table_fulls ${table.fulls}`] : []),
      ],
      cause: full
        ? `${used} of at most ${limit} neighbour entries are in use, over all namespaces of this machine; when none can be evicted, new ones are refused and packets to them are dropped`
        : `the neighbour table has been full since boot, and its limits are lower than those that the engine set at its start (${dockers.join(', ')}): something has reset them`,
      check: look(line('sysctl net.ipv4.neigh.default.gc_thresh3; ip -s neigh show | wc -l')),
      fix: fixBy({
        commands: dockers.map(
          (value, index) =>
            sh`sysctl -w net.ipv4.neigh.default.gc_thresh${number(index + 1)}=${number(value)}`,
        ),
        affects: 'the limits of the whole machine, until the next boot',
      }),
      basis: 'one-host',
      at: {host: host.name, netns: '@host'},
    });
    return undefined;
  },
});

/** Before 5.0 the kernel counted permanent rows against the limits (net/core/neighbour.c, gc_entries). */
function countsPermanent(kernel: string | undefined): boolean {
  const major = Number(/^(\d+)\./.exec(kernel ?? '')?.[1] ?? Number.NaN);
  return major < 5;
}

/** Rows that count against the limits, of every namespace that was read: never more than there are. */
function collectable({host, namespaces}: HostModel): number {
  return [host, ...namespaces.map(({tables}) => tables)]
    .flatMap((tables) => tables?.neighbours ?? [])
    .filter(({address: ip, state, proxy}) => !proxy && !ip.includes(':') && !state.includes('PERMANENT'))
    .length;
}
