import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import fc from 'fast-check';
import {asciiJson, escapeText, quoteText} from '../../src/base/escape.js';

describe('escapeText', () => {
  it('shows control characters as their codes', () => {
    assert.equal(escapeText('a\u001b[31m\r\n\tb\u007f\u009b'), 'a\\x1b[31m\\x0d\\x0a\\x09b\\x7f\\x9b');
  });

  it('shows what would turn or hide text as its codes', () => {
    assert.equal(escapeText('a\u202eb\u2066c\u200bd\ufeff\u2028'), 'a\\u202eb\\u2066c\\u200bd\\ufeff\\u2028');
  });

  it('leaves letters of every script alone', () => {
    for (const text of ['web-1_é', '北京', 'ελ', '🙂', '\u00a0', '']) assert.equal(escapeText(text), text);
  });

  it('leaves nothing that a terminal would obey, whatever it is given', () => {
    fc.assert(
      fc.property(fc.string({unit: 'binary'}), (text) => {
        assert.doesNotMatch(escapeText(text), /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u);
      }),
    );
  });
});

describe('quoteText', () => {
  it('cuts what is longer than its limit, and says so', () => {
    assert.equal(quoteText('abc', 3), 'abc');
    assert.equal(quoteText('abcd', 3), 'abc…');
    assert.equal(quoteText('a'.repeat(500)).length, 121);
  });

  it('counts what is shown, not what was there', () => {
    assert.equal(quoteText('\u0000\u0000\u0000', 3), '\\x00\\x00\\x00');
    assert.equal(quoteText('\u0000\u0000\u0000\u0000', 8), '\\x00\\x00\\x00\\x00');
    assert.equal(quoteText('\u0000'.repeat(9), 8), '\\x00\\x00…');
  });
});

describe('asciiJson', () => {
  it('is printable ASCII, and comes back whole', () => {
    // U+011B ends in the byte of ESC.
    assert.equal(asciiJson('\u011b\u202e\u007f'), '"\\u011b\\u202e\\u007f"');
    fc.assert(
      fc.property(fc.string({unit: 'binary'}), (name) => {
        const text = asciiJson({name});
        assert.match(text, /^[\u0020-\u007e]*$/);
        assert.deepEqual(JSON.parse(text), {name});
      }),
    );
  });
});
