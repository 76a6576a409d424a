/**
 * Finds the index of a key of some 32-bit words in one array of numbers: a packet's conversation is looked up a
 * million times and must not make a string each time. Open addressing, never more than half full.
 *
 * Keys come from captures, which may be made to collide. The hash is seeded for each table, and a search that takes
 * longer than chance allows changes to a keyed hash for which no collisions can be prepared.
 */
export interface KeyTable {
  /** Where the caller puts the key's words before `find`. */
  readonly key: Uint32Array;
  /** The key's index, given out in order from 0; -1 where the table is full and the key is new. */
  find(): number;
  /** The words of a key that was found before. */
  wordsOf(index: number): Uint32Array;
  size(): number;
  /** Forgets all keys. */
  clear(): void;
  /** Whether a flood of collisions has made it change to the keyed hash. */
  isHardened(): boolean;
}

/** Half full and hashed by chance, a search of this length is one in 10^21. */
const longestSearch = 256;

const randomWord = (): number => (Math.random() * 0x1_0000_0000) | 0;

export function newKeyTable(words: number, capacity: number): KeyTable {
  const key = new Uint32Array(words);
  const [seed, seed2] = [randomWord(), randomWord()];
  let slotCount = 64;
  let slots = new Int32Array(slotCount);
  let keys = new Uint32Array((slotCount / 2) * words);
  let size = 0;
  let isHardened = false;

  const hash = (source: Uint32Array, from: number): number =>
    isHardened ? halfSipHash(source, from, words, seed, seed2) >>> 0 : fastHash(source, from, words, seed);

  function holds(index: number): boolean {
    const from = index * words;
    for (let word = 0; word < words; word++) if (keys[from + word] !== key[word]) return false;
    return true;
  }

  function fillSlots(): void {
    slots = new Int32Array(slotCount);
    for (let index = 0; index < size; index++) {
      let slot = hash(keys, index * words) & (slotCount - 1);
      while (slots[slot] !== 0) slot = (slot + 1) & (slotCount - 1);
      slots[slot] = index + 1;
    }
  }

  function grow(): void {
    slotCount *= 2;
    const larger = new Uint32Array((slotCount / 2) * words);
    larger.set(keys);
    keys = larger;
    fillSlots();
  }

  /** The slot of the key, or the empty one where it would go. */
  function search(): number {
    let slot = hash(key, 0) & (slotCount - 1);
    for (let steps = 0; ; steps++) {
      const entry = slots[slot] ?? 0;
      if (entry === 0 || holds(entry - 1)) return slot;
      if (steps === longestSearch && !isHardened) {
        isHardened = true;
        fillSlots();
        return search();
      }
      slot = (slot + 1) & (slotCount - 1);
    }
  }

  return {
    key,
    size: () => size,
    clear() {
      size = 0;
      slots.fill(0);
    },
    isHardened: () => isHardened,
    wordsOf: (index) => keys.subarray(index * words, (index + 1) * words),
    find() {
      const slot = search();
      const entry = slots[slot] ?? 0;
      if (entry !== 0) return entry - 1;
      if (size === capacity) return -1;
      slots[slot] = size + 1;
      keys.set(key, size * words);
      size++;
      if (size * 2 > slotCount - 2) grow();
      return size - 1;
    },
  };
}

function fastHash(source: Uint32Array, from: number, words: number, seed: number): number {
  let mixed = seed;
  for (let word = 0; word < words; word++) {
    mixed = Math.imul(mixed ^ (source[from + word] ?? 0), 0x85ebca6b);
    mixed ^= mixed >>> 15;
  }
  return Math.imul(mixed, 0xc2b2ae35) >>> 8;
}

/** HalfSipHash-1-3 (https://github.com/veorq/SipHash) over whole words; linux/lib/siphash.c uses it for its tables. */
function halfSipHash(source: Uint32Array, from: number, words: number, key0: number, key1: number): number {
  let v0 = key0;
  let v1 = key1;
  let v2 = key0 ^ 0x6c796765;
  let v3 = key1 ^ 0x74656462;
  // One round for each word and for the length, three to end with.
  for (let round = 0; round < words + 4; round++) {
    const word = round < words ? (source[from + round] ?? 0) : round === words ? words << 26 : 0;
    v3 ^= word;
    if (round === words + 1) v2 ^= 0xff;
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
    v0 ^= word;
  }
  return v1 ^ v3;
}
