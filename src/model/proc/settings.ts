/**
 * Settings of a network namespace as its files under /proc/sys/net print them. An absent one is undefined, and never a
 * fault: kernels differ in which they have, and some show them in the first namespace only.
 */

type Proc = ReadonlyMap<string, string> | undefined;

/** A number under /proc/sys/net, by its path there: `ipv4/ip_forward`. */
export function setting(proc: Proc, path: string): number | undefined {
  const text = proc?.get(`/proc/sys/net/${path}`)?.trim();
  return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : undefined;
}

/** How strictly an interface checks sources: 0 not at all, 1 the way back must be the way in, 2 there must be a way back. */
export type ReversePath = 0 | 1 | 2;

/** The kernel takes the larger of the interface's own setting and that for all (net/ipv4/ip-sysctl, conf/rp_filter). */
export function reversePath(proc: Proc, device: string): ReversePath | undefined {
  const [all, own] = [
    setting(proc, 'ipv4/conf/all/rp_filter'),
    setting(proc, `ipv4/conf/${device}/rp_filter`),
  ];
  if (all === undefined || own === undefined) return undefined;
  const larger = Math.max(all, own);
  return larger === 0 || larger === 1 || larger === 2 ? larger : undefined;
}

/** The table of IPv4 neighbours, one for all namespaces of a machine; told in its first namespace only. */
export interface NeighbourTable {
  /** Rows of all namespaces, permanent ones included. */
  entries: number;
  /** How often a row was refused because there was no room, since boot. */
  fulls: number;
}

/**
 * /proc/net/stat/arp_cache: a heading, and a row of hexadecimal numbers a processor (net/core/neighbour.c
 * neigh_stat_seq_show). `entries` is the table's size on every row; the counters are each processor's own.
 */
export function neighbourTable(proc: Proc): NeighbourTable | undefined {
  const [heading = '', ...lines] = (proc?.get('/proc/net/stat/arp_cache') ?? '').split('\n');
  const names = heading.trim().split(/\s+/);
  const rows = lines.flatMap((line) => {
    const numbers = line
      .trim()
      .split(/\s+/)
      .map((word) => Number.parseInt(word, 16));
    return numbers.length === names.length && numbers.every(Number.isInteger) ? [numbers] : [];
  });
  const [entries, fulls] = [names.indexOf('entries'), names.indexOf('table_fulls')];
  const [first] = rows;
  if (!first || entries < 0 || fulls < 0) return undefined;
  return {entries: first[entries] ?? 0, fulls: rows.reduce((sum, row) => sum + (row[fulls] ?? 0), 0)};
}
