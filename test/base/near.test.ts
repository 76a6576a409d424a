import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import fc from 'fast-check';
import {nearNames} from '../../src/base/near.js';

describe('nearNames', () => {
  it('offers a missing, an added, another and two swapped letters', () => {
    for (const typed of ['uber-et', 'uber-nett', 'uber-nat', 'uber-nte', 'UBER-NET'])
      assert.deepEqual(nearNames(typed, ['uber-net', 'ingress']), ['uber-net'], typed);
  });

  it('offers what begins like it, however long that is', () => {
    assert.deepEqual(nearNames('web', ['web-frontend-of-the-shop']), ['web-frontend-of-the-shop']);
    assert.deepEqual(nearNames('we', ['web-frontend-of-the-shop']), []);
  });

  it('offers nothing that is far away', () => {
    assert.deepEqual(nearNames('database', ['web1', 'ingress', 'a']), []);
    assert.deepEqual(nearNames('x'.repeat(65), ['x'.repeat(64)]), []);
  });

  it('offers the nearest first, those as near by name, each once and few of them', () => {
    assert.deepEqual(nearNames('web1', ['wex2', 'web3', 'web2', 'web1', 'web2']), ['web1', 'web2', 'web3']);
    assert.deepEqual(nearNames('web1', ['web2', 'web3'], 1), ['web2']);
  });

  it('takes two swapped letters for one edit, not for two', () => {
    // One letter more would be too far: three letters allow two edits.
    assert.deepEqual(nearNames('abcd', ['bacdxx']), []);
    assert.deepEqual(nearNames('abc', ['bacx']), ['bacx']);
  });

  it('is as near from one side as from the other, where neither begins the other', () => {
    const letters = fc.string({unit: fc.constantFrom('a', 'b', 'c'), minLength: 3, maxLength: 6});
    fc.assert(
      fc.property(letters, letters, (one, other) => {
        if (one.length !== other.length) return;
        assert.equal(nearNames(one, [other]).length, nearNames(other, [one]).length);
      }),
    );
  });
});
