/** Queues and tables that all namespaces of a machine share, as /proc shows them when they are full. */
import type {HostEvidence} from '../../src/snapshot/snapshot.js';
import {type Change, sectionOf, setProc} from './evidence.js';

const sys = '/proc/sys/net';

const conntrackHeading =
  'entries  clashres found new invalid ignore delete chainlength insert insert_failed drop early_drop icmp_error  expect_new expect_create expect_delete search_restart';
const neighbourHeading =
  'entries  allocs   destroys hash_grows lookups  hits     res_failed rcv_probes_mcast rcv_probes_ucast periodic_gc_runs forced_gc_runs unresolved_discards table_fulls';

/** A file of names and one row of hexadecimal numbers, 0 where none is given. */
const counters =
  (path: string, heading: string, numbers: Record<string, number>): Change =>
  (draft) => {
    const row = heading.split(/ +/).map((name) => (numbers[name] ?? 0).toString(16).padStart(8, '0'));
    setProc(draft, '@host', path, `${heading}\n${row.join(' ')}`);
  };

/** A processor whose queue was full 255 times (kernel net/core/net-procfs.c, softnet_seq_show: the second number). */
export const softnetDrops: Change = (draft) => {
  const section = sectionOf(draft, '@host', 'proc');
  section.output = section.output.replace(/(softnet_stat:[0-9a-f]{8}) 00000000/, '$1 000000ff');
};

/** One processor's counters of connection tracking (kernel net/netfilter/nf_conntrack_standalone.c, ct_cpu_seq_show). */
export const conntrackCounters = ({insert_failed = 0, drop = 0}): Change =>
  counters('/proc/net/stat/nf_conntrack', conntrackHeading, {entries: 28, insert_failed, drop});

/** Connections that are tracked in a namespace, and the limit. */
export const conntrackCount =
  (netns: string, count: string, most = '262144'): Change =>
  (draft) => {
    setProc(draft, netns, `${sys}/netfilter/nf_conntrack_count`, count);
    setProc(draft, netns, `${sys}/netfilter/nf_conntrack_max`, most);
  };

/** The limits of the table of neighbours, its rows and how often it was full (kernel net/core/neighbour.c, neigh_stat_seq_show). */
export const neighbourLimits =
  (limits: readonly [number, number, number], entries: number, table_fulls: number): Change =>
  (draft) => {
    for (const [index, limit] of limits.entries())
      setProc(draft, '@host', `${sys}/ipv4/neigh/default/gc_thresh${index + 1}`, String(limit));
    counters('/proc/net/stat/arp_cache', neighbourHeading, {entries, allocs: 9, table_fulls})(draft);
  };

/** So many neighbours of the host, in place of those it had. */
export function setNeighbours(draft: HostEvidence, number: number, state: string): void {
  const rows = Array.from({length: number}, (_, index) => ({
    dst: `10.${index >> 8}.${index & 255}.1`,
    dev: 'eth0',
    lladdr: '02:42:0a:00:00:01',
    state: [state],
  }));
  sectionOf(draft, '@host', 'neigh').output = JSON.stringify(rows);
}
