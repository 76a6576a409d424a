/** What sees the frames of a link before or after the kernel's own tables: queueing disciplines and XDP programs. */
import type {Link} from '../model/facts.js';

/** Disciplines that are made to delay, limit or lose packets (linux net/sched); the others share a link fairly or by priority. */
const losing: ReadonlySet<string> = new Set([
  'netem',
  'tbf',
  'plug',
  'blackhole',
  'pfifo',
  'bfifo',
  'red',
  'gred',
  'choke',
]);
/** Of these a card may have the others for good reasons. */
const losingAnywhere: ReadonlySet<string> = new Set(['netem', 'plug', 'blackhole']);
/** A veth, a bridge and a vxlan device have no queue unless somebody gives them one (IFF_NO_QUEUE). */
const withoutQueue: ReadonlySet<string | undefined> = new Set(['veth', 'bridge', 'vxlan']);

export interface Queue {
  kind: string;
  /** Whether it is made to delay, limit or lose packets. */
  loses: boolean;
}

/** A discipline that somebody gave a link, where it is none that the link has by itself. */
export function givenQueue({kind, vxlan, qdisc}: Link): Queue | undefined {
  if (qdisc === undefined || qdisc === 'noqueue' || qdisc === 'noop') return undefined;
  if (withoutQueue.has(kind) || vxlan) return {kind: qdisc, loses: losing.has(qdisc)};
  return losingAnywhere.has(qdisc) ? {kind: qdisc, loses: true} : undefined;
}

/** What on a link hides what becomes of a frame, in words; undefined where nothing does. */
export function hidden(link: Link): string | undefined {
  const queue = givenQueue(link);
  const words = [
    ...(queue?.loses ? [`queueing discipline ${queue.kind}`] : []),
    ...(link.xdp ? ['an XDP program'] : []),
  ];
  return words.length === 0 ? undefined : words.join(' and ');
}
