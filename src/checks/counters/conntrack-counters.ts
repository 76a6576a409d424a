import {line} from '../../base/command.js';
import {fixBy, fixByOthers, look} from '../../findings/advice.js';
import {conntrackCounters, conntrackTable} from '../../model/proc/counters.js';
import type {KnownHost} from '../../topology/known-host.js';
import {defineCheck} from '../check.js';
import {pairs, rise, risen} from './rising.js';

interface Counts {
  netns: string;
  inode: number | null;
  owner: string;
  drop: number;
  earlyDrop: number;
  insertFailed: number;
  /** Connections now, and at most; null where the kernel doesn't say. */
  count: number | null;
  max: number | null;
}

const dropped = {least: 3, perSecond: 0.2};
/** Two questions from one port at once, as resolvers send them, race for one entry now and then. */
const failed = {least: 10, perSecond: 1};

/** Packets that connection tracking lost: its table was full, or an entry could not be made. */
export const conntrackLosses = defineCheck<undefined, Counts[]>({
  name: 'conntrack-counters',
  codes: ['conntrack-drops', 'conntrack-insert-failed'],
  ignores: ['rules', 'files'],
  counters: countsOf,
  sample({host, before, after, seconds}, report) {
    for (const [earlier, later] of pairs(before, after, ({netns, inode}) => `${netns} ${inode}`)) {
      const common = {
        host: host.name,
        network: null,
        subject: later.owner,
        basis: 'sample' as const,
        at: {host: host.name, netns: later.netns},
      };
      const lost = refused(earlier, later) + later.earlyDrop - earlier.earlyDrop;
      if (rise(0, lost, seconds, dropped) !== undefined) {
        report.found({
          ...common,
          code: 'conntrack-drops',
          severity: 'error',
          evidence: [
            `${later.netns}: /proc/net/stat/nf_conntrack: drop ${later.drop} (${risen(later.drop - earlier.drop, seconds)}), early_drop ${later.earlyDrop} (${risen(later.earlyDrop - earlier.earlyDrop, seconds)})`,
            `${later.netns}: nf_conntrack_count ${later.count ?? 'unknown'} of nf_conntrack_max ${later.max ?? 'unknown'}`,
          ],
          cause: `the connection table of ${later.owner} is full: ${lost} packets of new connections were dropped, or entries of others evicted for them`,
          check: look(line('sysctl net.netfilter.nf_conntrack_max net.netfilter.nf_conntrack_count')),
          fix: fixBy({
            commands: [
              line(
                'sysctl -w net.netfilter.nf_conntrack_max=$(( $(sysctl -n net.netfilter.nf_conntrack_max) * 2 ))',
              ),
            ],
            undo: [
              line(
                'sysctl -w net.netfilter.nf_conntrack_max=$(( $(sysctl -n net.netfilter.nf_conntrack_max) / 2 ))',
              ),
            ],
            affects:
              'the limit of tracked connections of this kernel, until the next boot; each takes about 320 bytes',
          }),
        });
      }
      const unmade = rise(earlier.insertFailed, later.insertFailed, seconds, failed);
      if (unmade === undefined) continue;
      report.found({
        ...common,
        code: 'conntrack-insert-failed',
        severity: 'warning',
        evidence: [
          `${later.netns}: /proc/net/stat/nf_conntrack: insert_failed ${later.insertFailed} (${risen(unmade, seconds)})`,
        ],
        cause: `${unmade} packets were dropped because another packet had just created the same conntrack entry of ${later.owner}: two packets of one socket that were translated at the same time, as resolvers send them`,
        check: look(line('conntrack -S'), 'insert_failed'),
        fix: fixByOthers(
          `maintainer of the image of ${later.owner}`,
          'configure its resolver to query A and AAAA one after the other (options single-request-reopen in resolv.conf), or use another C library',
        ),
      });
    }
  },
});

/** New connections that found no room: `drop` also counts each packet of insert_failed (kernel nf_conntrack_core.c, nf_ct_resolve_clash). */
function refused(earlier: Counts, later: Counts): number {
  return Math.max(later.drop - earlier.drop - (later.insertFailed - earlier.insertFailed), 0);
}

function countsOf(host: KnownHost): Counts[] {
  const {model} = host;
  const places = [
    {file: '@host', inode: model.hostNetnsInode, tables: model.host, owner: 'the host'},
    ...host.sandboxes.map(({namespace: {file, inode, tables}, containers, kind}) => ({
      file,
      inode,
      tables,
      owner: containers[0]?.name ?? (kind === 'ingress' ? 'the ingress sandbox' : file),
    })),
  ];
  return places.flatMap(({file, inode, tables, owner}): Counts[] => {
    const counters = conntrackCounters(tables?.proc);
    if (!counters) return [];
    return [
      {
        netns: file,
        inode: inode ?? null,
        owner,
        drop: counters.get('drop') ?? 0,
        earlyDrop: counters.get('early_drop') ?? 0,
        insertFailed: counters.get('insert_failed') ?? 0,
        ...conntrackTable(tables?.proc),
      },
    ];
  });
}
