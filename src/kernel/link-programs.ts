/** What sees the frames of a link before or after the kernel's own tables: queueing disciplines and XDP programs. */
import type {Link} from '../model/facts.js';
import type {TcFilter} from '../model/tc.js';

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

/** A frame as filters of tc see it: an IPv4 packet, with the UDP port that it is for where that is known. */
export interface SeenByTc {
  udpPort?: number;
}

export interface TcDecision {
  verdict: 'passes' | 'lost' | 'perhaps';
  /** The filters that decide, or that may. */
  by: TcFilter[];
}

/** What filters of tc at one side of a link do with a frame: the first that matches and does not go on decides (net/sched/cls_api.c). */
export function throughTc(
  filters: readonly TcFilter[] | undefined,
  {device, direction}: Pick<TcFilter, 'device' | 'direction'>,
  seen: SeenByTc = {},
): TcDecision {
  const asked = (filters ?? []).filter(
    (one) => one.device === device && one.direction === direction && one.fate !== 'on',
  );
  const doubtful: TcFilter[] = [];
  for (const filter of asked) {
    const met = matches(filter, seen);
    if (met === 'no') continue;
    if (met === 'perhaps' || filter.fate === 'unknown') doubtful.push(filter);
    else if (filter.fate === 'pass') break;
    else return {verdict: doubtful.length > 0 ? 'perhaps' : 'lost', by: [...doubtful, filter]};
  }
  return ended(doubtful);
}

function matches({protocol, match}: TcFilter, {udpPort}: SeenByTc): 'yes' | 'no' | 'perhaps' {
  if (protocol !== 'all' && protocol !== 'ip') return 'no';
  if (match === 'all') return 'yes';
  if (match === 'unknown' || udpPort === undefined) return 'perhaps';
  return match.udpPort === udpPort ? 'yes' : 'no';
}

/** Where only filters that let pass are doubtful, it passes all the same. */
function ended(doubtful: TcFilter[]): TcDecision {
  const by = doubtful.filter(({fate}) => fate !== 'pass');
  return {verdict: by.length > 0 ? 'perhaps' : 'passes', by};
}
