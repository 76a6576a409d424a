/**
 * Finds the index of a key of some 32-bit words in one array of numbers: a packet's conversation is looked up a
 * million times and must not make a string each time. Open addressing, never more than half full.
 */
export interface KeyTable {
  /** Where the caller puts the key's words before `find`. */
  readonly key: Uint32Array;
  /** The key's index, given out in order from 0; -1 where the table is full and the key is new. */
  find(): number;
  /** The words of a key that was found before. */
  wordsOf(index: number): Uint32Array;
  size(): number;
}

export function newKeyTable(words: number, capacity: number): KeyTable {
  const key = new Uint32Array(words);
  let slotCount = 1024;
  let slots = new Int32Array(slotCount);
  let keys = new Uint32Array((slotCount / 2) * words);
  let size = 0;

  function hash(source: Uint32Array, from: number): number {
    let mixed = 0x9e3779b9 | 0;
    for (let word = 0; word < words; word++) {
      mixed = Math.imul(mixed ^ (source[from + word] ?? 0), 0x85ebca6b);
      mixed ^= mixed >>> 15;
    }
    return Math.imul(mixed, 0xc2b2ae35) >>> 8;
  }

  function holds(index: number): boolean {
    const from = index * words;
    for (let word = 0; word < words; word++) if (keys[from + word] !== key[word]) return false;
    return true;
  }

  function grow(): void {
    slotCount *= 2;
    slots = new Int32Array(slotCount);
    const larger = new Uint32Array((slotCount / 2) * words);
    larger.set(keys);
    keys = larger;
    for (let index = 0; index < size; index++) {
      let slot = hash(keys, index * words) & (slotCount - 1);
      while (slots[slot] !== 0) slot = (slot + 1) & (slotCount - 1);
      slots[slot] = index + 1;
    }
  }

  return {
    key,
    size: () => size,
    wordsOf: (index) => keys.subarray(index * words, (index + 1) * words),
    find() {
      let slot = hash(key, 0) & (slotCount - 1);
      for (;;) {
        const entry = slots[slot] ?? 0;
        if (entry === 0) break;
        if (holds(entry - 1)) return entry - 1;
        slot = (slot + 1) & (slotCount - 1);
      }
      if (size === capacity) return -1;
      slots[slot] = size + 1;
      keys.set(key, size * words);
      size++;
      if (size * 2 > slotCount - 2) grow();
      return size - 1;
    },
  };
}
