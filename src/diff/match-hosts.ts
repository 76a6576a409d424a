import type {HostModel} from '../model/host.js';
import type {HostMatch} from './types.js';

/** The two readings of one host. */
export interface HostPair {
  before: HostModel;
  after: HostModel;
  match: HostMatch;
  /** What it is called here: as in the second reading, or as in the first where the second had no name of it. */
  label: string;
}

export interface MatchedHosts {
  pairs: HostPair[];
  onlyBefore: HostModel[];
  onlyAfter: HostModel[];
}

/** What tells a host, surest first. A host that was rebooted keeps its node id, a reinstalled one its name. */
const marks: [HostMatch, (host: HostModel) => string | undefined][] = [
  ['identity', ({key, source}) => (key === source ? undefined : key)],
  ['node-id', ({docker}) => docker?.engine.swarm?.nodeId],
  ['engine-id', ({docker}) => docker?.engine.id],
  [
    'boot-id',
    ({bootId, hostNetnsInode}) =>
      bootId === undefined || hostNetnsInode === undefined ? undefined : `${bootId}/${hostNetnsInode}`,
  ],
  ['name', (host) => (hasName(host) ? ownName(host) : undefined)],
  ['source', ({source}) => (source === 'local' ? undefined : source)],
];

/** Finds the hosts that were read both times: by the surest mark that exactly one host of each side has. */
export function matchHosts(before: HostModel[], after: HostModel[]): MatchedHosts {
  const pairs: HostPair[] = [];
  let [left, right] = [before, after];
  for (const [match, markOf] of marks) {
    const candidates = byMark(right, markOf);
    for (const [mark, [one, ...more]] of byMark(left, markOf)) {
      const [other, ...others] = candidates.get(mark) ?? [];
      if (!one || !other || more.length > 0 || others.length > 0 || !proves(match, one, other)) continue;
      pairs.push({before: one, after: other, match, label: hasName(other) ? other.name : one.name});
    }
    const found = new Set(pairs.flatMap((pair) => [pair.before, pair.after]));
    left = left.filter((host) => !found.has(host));
    right = right.filter((host) => !found.has(host));
  }
  const order = new Map(after.map((host, index) => [host, index]));
  pairs.sort((a, b) => (order.get(a.after) ?? 0) - (order.get(b.after) ?? 0));
  return {pairs, onlyBefore: left, onlyAfter: right};
}

/** Whether nothing else that is known of two hosts with the same mark tells that they are two. */
function proves(match: HostMatch, one: HostModel, other: HostModel): boolean {
  switch (match) {
    case 'name':
      // Two machines may have one name.
      return !contradict(one, other);
    case 'boot-id':
      // Where both engines answered and are two, a namespace of the same number is a later one.
      return !(one.docker && other.docker);
    case 'source':
      // Where it was read counts only for a host that could not be read.
      return !(isRead(one) && isRead(other));
    default:
      return true;
  }
}

function byMark(
  hosts: HostModel[],
  markOf: (host: HostModel) => string | undefined,
): Map<string, HostModel[]> {
  const found = new Map<string, HostModel[]>();
  for (const host of hosts) {
    const mark = markOf(host);
    if (mark !== undefined) found.set(mark, [...(found.get(mark) ?? []), host]);
  }
  return found;
}

/** As it calls itself. The number that tells it from others of that name says nothing of another snapshot. */
export function ownName({name, sharedName = name}: HostModel): string {
  return sharedName;
}

/** A host that could not be read goes by where it was sought. */
export function hasName({name, source}: HostModel): boolean {
  return name !== source;
}

function isRead({key, source}: HostModel): boolean {
  return key !== source;
}

/** The same boot with two network namespaces: two nodes on one machine. */
function contradict(one: HostModel, other: HostModel): boolean {
  return (
    one.bootId !== undefined &&
    one.bootId === other.bootId &&
    one.hostNetnsInode !== undefined &&
    other.hostNetnsInode !== undefined &&
    one.hostNetnsInode !== other.hostNetnsInode
  );
}
