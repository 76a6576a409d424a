/** How counters of two readings are judged. */

/** A counter that rose by less than this tells nothing: single lost packets are part of every network. */
export interface Threshold {
  least: number;
  perSecond: number;
}

/** How much a counter rose, where it is enough to speak of; undefined too where it was set back meanwhile. */
export function rise(
  before: number | undefined,
  after: number | undefined,
  seconds: number,
  {least, perSecond}: Threshold,
): number | undefined {
  if (before === undefined || after === undefined) return undefined;
  const risen = after - before;
  return risen >= least && risen / seconds >= perSecond ? risen : undefined;
}

/** `+12 in 10 s`, the form of all evidence that rests on two readings. */
export function risen(count: number, seconds: number): string {
  return `+${count} in ${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
}

/** Counters of two readings that stand for the same thing, by a key that holds what would make them another. */
export function pairs<T>(before: readonly T[], after: readonly T[], keyOf: (one: T) => string): [T, T][] {
  const earlier = new Map(before.map((one) => [keyOf(one), one]));
  return after.flatMap((one): [T, T][] => {
    const other = earlier.get(keyOf(one));
    return other === undefined ? [] : [[other, one]];
  });
}
