import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {newKeyTable} from '../../src/flows/key-table.js';

/**
 * Keys that the fast hash can't tell apart, whatever its seed: a difference in the top bit of a word goes through the
 * multiplication unchanged, and one in bits 31 and 16 of the next word takes it back.
 */
function* colliding(words: number): Generator<Uint32Array> {
  for (let choice = 0; choice < 2 ** (words - 1); choice++) {
    const key = new Uint32Array(words);
    for (let word = 0; word < words - 1; word++) {
      if (((choice >> word) & 1) === 0) continue;
      key[word] = ((key[word] ?? 0) ^ 0x8000_0000) >>> 0;
      key[word + 1] = ((key[word + 1] ?? 0) ^ 0x8001_0000) >>> 0;
    }
    yield key;
  }
}

describe('a table of keys that were made to collide', () => {
  it('changes its hash, and keeps every index', () => {
    const words = 11;
    const table = newKeyTable(words, 32_768);
    const keys = [...colliding(words)];
    assert.equal(keys.length, 1024);
    for (const [index, key] of keys.entries()) {
      table.key.set(key);
      assert.equal(table.find(), index);
    }
    assert.equal(table.isHardened(), true);
    for (const [index, key] of keys.entries()) {
      table.key.set(key);
      assert.equal(table.find(), index);
      assert.deepEqual(table.wordsOf(index), key);
    }
  });

  it("keys as they come don't", () => {
    const table = newKeyTable(2, 32_768);
    for (let index = 0; index < 32_768; index++) {
      table.key[0] = 0x0a000000 + index;
      table.key[1] = index * 65_536;
      assert.equal(table.find(), index);
    }
    assert.equal(table.isHardened(), false);
  });
});
