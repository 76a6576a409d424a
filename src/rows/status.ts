/** How an endpoint's rows can come out, in the order in which they are told. */
export const fdbStatuses = [
  'ok',
  'local',
  'missing-fdb',
  'missing-neighbour',
  'wrong-mac',
  'learned-only',
  'wrong-vtep',
  'stale',
  'unknown',
  /** A fault in one of two readings only: something was changing. */
  'transient',
] as const;

export type FdbStatus = (typeof fdbStatuses)[number];

const faults: ReadonlySet<FdbStatus> = new Set([
  'missing-fdb',
  'missing-neighbour',
  'wrong-mac',
  'learned-only',
  'wrong-vtep',
  'stale',
]);

/** Whether a status is a fault, which needs a second look before it is believed. */
export function isFault(status: FdbStatus): boolean {
  return faults.has(status);
}

/** Whether a row is lacking that should be there. */
export function isMissing(status: FdbStatus): boolean {
  return status === 'missing-fdb' || status === 'missing-neighbour';
}
