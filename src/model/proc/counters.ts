/**
 * Counters that the kernel keeps for a network namespace, as its files under /proc print them. Each function gives
 * undefined where the file was not read or is not there, which is normal: a kernel without IPsec has no xfrm_stat.
 */

import {setting} from './settings.js';

/** /proc/net/snmp and /proc/net/netstat: counters by protocol and name, `Udp` → `InCsumErrors` → number. */
export type ProtocolCounters = ReadonlyMap<string, ReadonlyMap<string, number>>;

/**
 * Two lines a protocol, the first with the names and the second with the numbers (kernel net/ipv4/proc.c).
 * Which names there are differs from kernel to kernel; some (MaxConn) may be negative.
 */
export function protocolCounters(
  proc: ReadonlyMap<string, string> | undefined,
  file: 'snmp' | 'netstat' = 'snmp',
): ProtocolCounters | undefined {
  const text = proc?.get(`/proc/net/${file}`);
  if (text === undefined) return undefined;
  const counters = new Map<string, Map<string, number>>();
  const lines = text.split('\n');
  for (let at = 0; at + 1 < lines.length; at += 2) {
    const [protocol, ...names] = (lines[at] ?? '').trim().split(/\s+/);
    const [again, ...numbers] = (lines[at + 1] ?? '').trim().split(/\s+/);
    if (!protocol?.endsWith(':') || again !== protocol || names.length !== numbers.length) continue;
    counters.set(protocol.slice(0, -1), new Map(names.map((name, index) => [name, Number(numbers[index])])));
  }
  return counters.size > 0 ? counters : undefined;
}

/** /proc/net/xfrm_stat: a name and a number a line (kernel Documentation/networking/xfrm_proc.rst). */
export function xfrmCounters(proc: ReadonlyMap<string, string> | undefined): Map<string, number> | undefined {
  const text = proc?.get('/proc/net/xfrm_stat');
  if (text === undefined) return undefined;
  return new Map(
    text.split('\n').flatMap((line) => {
      const [, name, number] = /^(Xfrm\w+)\s+(\d+)$/.exec(line.trim()) ?? [];
      return name === undefined ? [] : [[name, Number(number)] as const];
    }),
  );
}

/**
 * Packets that found a processor's backlog full: the second hexadecimal column of /proc/net/softnet_stat, summed over
 * the processors (kernel net/core/net-procfs.c). It counts for the whole machine, whichever namespace is asked.
 */
export function softnetDrops(proc: ReadonlyMap<string, string> | undefined): number | undefined {
  const rows = hexRows(proc?.get('/proc/net/softnet_stat'));
  return rows?.reduce((sum, [, dropped = 0]) => sum + dropped, 0);
}

/**
 * /proc/net/stat/nf_conntrack: a heading and a line of hexadecimal numbers a processor, summed here by name
 * (kernel net/netfilter/nf_conntrack_standalone.c). `entries` is the table's size, repeated on every line.
 */
export function conntrackCounters(
  proc: ReadonlyMap<string, string> | undefined,
): Map<string, number> | undefined {
  const lines = (proc?.get('/proc/net/stat/nf_conntrack') ?? '').split('\n');
  const [heading = ''] = lines;
  // Earlier collectors read the file of the host twice.
  const again = lines.indexOf(heading, 1);
  const names = heading.trim().split(/\s+/);
  const rows = hexRows(lines.slice(1, again < 0 ? undefined : again).join('\n'));
  if (!names.includes('drop') || !rows || rows.some((row) => row.length !== names.length)) return undefined;
  return new Map(
    names.map((name, column) => [name, rows.reduce((sum, row) => sum + (row[column] ?? 0), 0)] as const),
  );
}

/** How many connections a namespace remembers, and how many the kernel lets it; null where that was not read. */
export function conntrackTable(proc: ReadonlyMap<string, string> | undefined): {
  count: number | null;
  max: number | null;
} {
  const number = (name: string) => setting(proc, `netfilter/nf_conntrack_${name}`) ?? null;
  return {count: number('count'), max: number('max')};
}

function hexRows(text: string | undefined): number[][] | undefined {
  const lines = (text ?? '').split('\n').filter((line) => /^\s*[0-9a-f]/.test(line));
  if (lines.length === 0) return undefined;
  return lines.map((line) =>
    line
      .trim()
      .split(/\s+/)
      .map((word) => Number.parseInt(word, 16)),
  );
}
