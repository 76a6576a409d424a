/** How an endpoint's rows can come out, in the order in which they are shown. A fault has the code of its finding. */
export const fdbStatuses = [
  'ok',
  'local',
  'fdb-row-missing',
  'neighbour-missing',
  'neighbour-wrong-mac',
  'fdb-learned-only',
  'fdb-wrong-vtep',
  'fdb-points-home',
  'fdb-local-as-remote',
  'fdb-stale',
  'unknown',
  /** A fault in one of two readings only: something was changing. */
  'transient',
] as const;

export type FdbStatus = (typeof fdbStatuses)[number];

/** The states of rows as they were called before they had the names of their findings; still understood where one is typed. */
export const formerStatuses: Readonly<Record<string, FdbStatus>> = {
  'missing-fdb': 'fdb-row-missing',
  'missing-neighbour': 'neighbour-missing',
  'wrong-mac': 'neighbour-wrong-mac',
  'learned-only': 'fdb-learned-only',
  'wrong-vtep': 'fdb-wrong-vtep',
  stale: 'fdb-stale',
};

const noFaults: ReadonlySet<FdbStatus> = new Set(['ok', 'local', 'unknown', 'transient']);

/** Whether a status is a fault, which needs a second look before it is believed. */
export function isFault(
  status: FdbStatus,
): status is Exclude<FdbStatus, 'ok' | 'local' | 'unknown' | 'transient'> {
  return !noFaults.has(status);
}

/** Whether a row is lacking that should be there. */
export function isMissing(status: FdbStatus): boolean {
  return status === 'fdb-row-missing' || status === 'neighbour-missing';
}

/** Whether the row is of none of the network's remote endpoints. */
export function isExtra(status: FdbStatus): boolean {
  return status === 'fdb-stale' || status === 'fdb-local-as-remote';
}
