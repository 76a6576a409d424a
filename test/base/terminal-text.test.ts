import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {asciiJson, escapedCopy, terminalText} from '../../src/base/escape.js';

const plain = {colour: false, unicode: true};

describe('the last filter before a terminal', () => {
  it('lets printable text, ends of lines and our own colours through', () => {
    assert.equal(terminalText('node1 ⇄ é…\n', plain), 'node1 ⇄ é…\n');
    assert.equal(
      terminalText('\u001b[31mbad\u001b[39m\n', {...plain, colour: true}),
      '\u001b[31mbad\u001b[39m\n',
    );
    assert.equal(terminalText('\u001b[31mbad\u001b[39m\n', plain), 'bad\n');
  });

  it('escapes every other control and direction character, with colour and without', () => {
    for (const capable of [plain, {...plain, colour: true}]) {
      assert.equal(
        terminalText('a\u001b]0;x\u0007\u001b[2J\r\t\u009b5m\u202e\u007f', capable),
        'a\\x1b]0;x\\x07\\x1b[2J\\x0d\\x09\\x9b5m\\u202e\\x7f',
      );
      assert.equal(terminalText('\u001b[5m\u001b[38;5;1m', capable), '\\x1b[5m\\x1b[38;5;1m');
    }
  });

  it('writes ASCII alone where there is nothing else', () => {
    const ascii = {colour: false, unicode: false};
    assert.equal(
      terminalText('a…b ⇄ c → d’s é 漢 😀\n', ascii),
      "a...b <-> c -> d's \\xe9 \\u6f22 \\u{1f600}\n",
    );
  });
});

describe('what a view is given', () => {
  it('is a copy whose texts and keys are escaped, however deep', () => {
    const data = {
      a: ['x\n', {k: '\u001b'}],
      m: new Map([['\r', new Set(['\u202e'])]]),
      n: 1,
      u: undefined,
      z: null,
    };
    assert.deepEqual(escapedCopy(data), {
      a: ['x\\x0a', {k: '\\x1b'}],
      m: new Map([['\\x0d', new Set(['\\u202e'])]]),
      n: 1,
      u: undefined,
      z: null,
    });
    assert.equal(data.a[0], 'x\n', 'JSON is exact');
  });

  it('keeps one object one', () => {
    const one = {name: 'a'};
    const [first, second] = escapedCopy([one, one]);
    assert.equal(first, second);
  });
});

describe('JSON', () => {
  it('is ASCII, and exact for a parser', () => {
    const value = {name: 'é\u009b\u202e\u001b'};
    assert.match(asciiJson(value, 2), /^[\n -~]*$/);
    assert.deepEqual(JSON.parse(asciiJson(value, 2)), value);
  });
});
