/** Believes what two tables say against each other only where two readings show it. */
import type {FindingCode} from '../findings/catalogue.js';
import {stoodIn} from '../findings/second-look.js';
import type {Step} from '../services/step.js';
import {type Walk, worse} from './disposition.js';
import {type Backend, type Entry, type Trace, worstOf} from './targets.js';

/** Findings that hold two sources against each other: tables of one sandbox, of two hosts, gossip, Docker's lists. */
const twoSources: ReadonlySet<FindingCode | undefined> = new Set<FindingCode>([
  'container-address-missing',
  'container-mac-changed',
  'container-neighbour-wrong',
  'dns-answer-differs',
  'dns-name-unknown',
  'fdb-points-home',
  'fdb-row-missing',
  'fdb-stale',
  'fdb-wrong-vtep',
  'ipvs-backend-missing',
  'ipvs-backend-stale',
  'ipvs-no-backend',
  'ipvs-service-missing',
  'local-mac-on-vxlan',
  'mac-behind-other-port',
  'neighbour-missing',
  'neighbour-wrong-mac',
  'receiver-source-stale',
  'service-without-task',
]);

const waysOf = ({
  forward,
  reverse = null,
  backends = [],
}: Pick<Trace, 'forward' | 'backends'> & Partial<Trace>) => [
  forward,
  ...(reverse ? [reverse] : []),
  ...backends.flatMap((backend) => [backend.forward, ...(backend.reverse ? [backend.reverse] : [])]),
];

/** Whether a second reading could show that it is otherwise. */
export function mayPass(answer: Trace & {entries?: Entry[]}): boolean {
  return [answer, ...(answer.entries ?? [])]
    .flatMap(waysOf)
    .some(({hops}) => hops.some(({verdict, code}) => verdict === 'fail' && twoSources.has(code)));
}

/** Whether a second reading fails where the first one did not, so that only a third can show which of them is right. */
export function differs<T extends Trace & {entries?: Entry[]}>(latest: T, before: T): boolean {
  const failing = (answer: T) =>
    [answer, ...(answer.entries ?? [])]
      .flatMap(waysOf)
      .flatMap(({hops}) => hops.filter(({verdict, code}) => verdict === 'fail' && twoSources.has(code)));
  return !failing(latest).every(stoodIn(failing(before), hopKey));
}

const hopKey = ({code, host, layer}: Step) => JSON.stringify([code, host, layer]);

/**
 * The newest answer, in which what its own reading alone shows is open.
 *
 * @param before the answer of a reading some seconds earlier
 */
export function settle(latest: Trace, before: Trace): Trace {
  const forward = settleWalk(latest.forward, before.forward);
  const reverse = latest.reverse && settleWalk(latest.reverse, before.reverse);
  const backends = latest.backends && settleBackends(latest.backends, before.backends);
  const ways = {...latest, forward, reverse, ...(backends ? {backends} : {})};
  return {...ways, disposition: worstOf(ways)};
}

/** The same of a published port, entry by entry. */
export function settleEntries<T extends Trace & {entries: Entry[]}>(latest: T, before: T): T {
  const entries = latest.entries.map((entry) => {
    const other = before.entries.find(({host}) => host === entry.host);
    const forward = settleWalk(entry.forward, other?.forward);
    const backends = settleBackends(entry.backends, other?.backends);
    return {...entry, forward, backends, disposition: worstOf({forward, reverse: null, backends})};
  });
  const [first, ...others] = entries;
  if (!first) return latest;
  const worst = others.reduce(
    (a, b) => (worse(a.disposition, b.disposition) === a.disposition ? a : b),
    first,
  );
  return {...latest, entries, forward: worst.forward, disposition: worst.disposition};
}

function settleBackends(latest: Backend[], before: Backend[] = []): Backend[] {
  return latest.map((backend) => {
    const other = before.find(({address: ip}) => ip === backend.address);
    const forward = settleWalk(backend.forward, other?.forward);
    const reverse = backend.reverse && settleWalk(backend.reverse, other?.reverse);
    return {...backend, forward, reverse, disposition: worstOf({forward, reverse})};
  });
}

function settleWalk(walk: Walk, before: Walk | null | undefined): Walk {
  const stands = stoodIn(before?.hops ?? [], hopKey);
  let changed = false;
  const hops = walk.hops.map((hop): Step => {
    if (hop.verdict !== 'fail' || !twoSources.has(hop.code) || stands(hop)) return hop;
    changed = true;
    return {...hop, verdict: 'unknown', summary: `${hop.summary} (in the last reading only)`};
  });
  if (!changed) return walk;
  const standing = hops.filter(({verdict}) => verdict === 'fail');
  if (standing.some(({layer}) => layer !== 'name')) return {...walk, hops};
  // The walk has ended at the hop that does not stand, so what would have come after it is not known.
  return {disposition: standing.length > 0 ? 'unresolved' : 'undecided', hops};
}
