export type Random = () => number;

/** A small generator of numbers from a seed (mulberry32): the same seed gives the same rulesets everywhere. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

export const pick = <T>(random: Random, from: readonly T[]): T =>
  from[Math.floor(random() * from.length)] as T;
export const chance = (random: Random, share: number) => random() < share;
export const upTo = (random: Random, most: number) => Math.floor(random() * (most + 1));
export const many = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({length: count}, (_, at) => make(at));
