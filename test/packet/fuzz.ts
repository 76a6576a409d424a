/** Repeatable damage to captures: what a broken disk, a bad writer or an attacker may hand over. */

export interface Random {
  /** From 0 to below `limit`. */
  below(limit: number): number;
  pick<T>(list: readonly T[]): T;
}

/** mulberry32 */
export function newRandom(seed: number): Random {
  let state = seed | 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return {below, pick: (list) => list[below(list.length)] as (typeof list)[number]};
}

type Mutation = (bytes: Buffer, random: Random, other: Buffer) => Buffer;

/** Values that lengths, counts and offsets break at. */
const edges = [
  0, 1, 3, 4, 7, 8, 12, 13, 20, 28, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fff_ffff, 0x8000_0000,
  0xffff_ffff,
];

const mutations: Mutation[] = [
  function flipBit(bytes, random) {
    const at = random.below(bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
    return bytes;
  },
  function setByte(bytes, random) {
    bytes[random.below(bytes.length)] = random.pick(edges) & 0xff;
    return bytes;
  },
  function setWord(bytes, random) {
    if (bytes.length < 4) return bytes;
    const at = random.below(bytes.length - 3);
    const value = random.pick(edges) >>> 0;
    if (random.below(2) === 0) bytes.writeUInt32LE(value, at);
    else bytes.writeUInt32BE(value, at);
    return bytes;
  },
  function setHalf(bytes, random) {
    if (bytes.length < 2) return bytes;
    const at = random.below(bytes.length - 1);
    bytes.writeUInt16BE(random.pick(edges) & 0xffff, at);
    return bytes;
  },
  function truncate(bytes, random) {
    return bytes.subarray(0, random.below(bytes.length + 1));
  },
  function splice(bytes, random, other) {
    const from = random.below(other.length);
    return Buffer.concat([bytes.subarray(0, random.below(bytes.length)), other.subarray(from)]);
  },
  function repeat(bytes, random) {
    const from = random.below(bytes.length);
    const part = bytes.subarray(from, from + random.below(200));
    return Buffer.concat([bytes.subarray(0, from), part, part, bytes.subarray(from)]);
  },
  function remove(bytes, random) {
    const from = random.below(bytes.length);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + 1 + random.below(64))]);
  },
  function noise(bytes, random) {
    const from = random.below(bytes.length);
    for (let at = from; at < Math.min(bytes.length, from + 32); at++) bytes[at] = random.below(256);
    return bytes;
  },
];

/** A copy of `bytes` with one to four kinds of damage. */
export function mutate(bytes: Buffer, random: Random, other: Buffer): Buffer {
  let result: Buffer = Buffer.from(bytes);
  for (let count = 1 + random.below(4); count > 0 && result.length > 0; count--) {
    result = random.pick(mutations)(result, random, other);
  }
  return result;
}
