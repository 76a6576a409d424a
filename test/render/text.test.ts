import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import fc from 'fast-check';
import {escapeText} from '../../src/base/escape.js';
import {plainPaint} from '../../src/render/paint.js';
import {bytes, columnsOf, duration, plural, wrapText} from '../../src/render/text.js';
import {displayWidth} from '../../src/render/width.js';
import {hostileText, linesOf, pipe, terminal, widest, widths} from './support.js';

describe('plural', () => {
  it('counts', () => {
    assert.equal(plural(0, 'row'), '0 rows');
    assert.equal(plural(1, 'row'), '1 row');
    assert.equal(plural(10_000, 'row'), '10000 rows');
    assert.equal(plural(2, 'entry', 'entries'), '2 entries');
  });
});

describe('duration', () => {
  const cases: [seconds: number, text: string][] = [
    [0, '0 s'],
    [0.25, '250 ms'],
    [0.9996, '1 s'],
    [3, '3 s'],
    [59.6, '1 min'],
    [125, '2 min 5 s'],
    [3600, '1 h'],
    [10_800, '3 h'],
    [3 * 3600 + 59, '3 h'],
    [90_000, '1 d 1 h'],
    [400 * 86_400, '400 d'],
    [-5, '-5 s'],
    [Number.NaN, 'unknown'],
  ];
  for (const [seconds, text] of cases) it(`${seconds}: ${text}`, () => assert.equal(duration(seconds), text));
});

describe('bytes', () => {
  const cases: [count: number, text: string][] = [
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [1536, '1.5 KiB'],
    [1024 * 1024 - 1, '1.0 MiB'],
    [5 * 1024 ** 3, '5.0 GiB'],
    [1024 ** 6, '1024.0 PiB'],
  ];
  for (const [count, text] of cases) it(`${count}: ${text}`, () => assert.equal(bytes(count), text));
});

describe('wrapText', () => {
  it('breaks between words and indents what follows', () => {
    assert.deepEqual(wrapText('the quick brown fox jumps', 12, 2), ['the quick', '  brown fox', '  jumps']);
    assert.deepEqual(wrapText('short', 12), ['short']);
    assert.deepEqual(wrapText('', 12), ['']);
  });

  it('keeps the spaces that a text begins with', () => {
    assert.deepEqual(wrapText('  the quick brown fox', 12, 4), ['  the quick', '    brown', '    fox']);
    assert.deepEqual(wrapText('      abcdefghij klm', 12), ['abcdefghij', 'klm']);
  });

  it('breaks a word that is longer than a line', () => {
    assert.deepEqual(wrapText('abcdefghij', 6, 2), ['abcd', '  efgh', '  ij']);
    assert.deepEqual(wrapText('a bcdefghij', 4), ['a', 'bcde', 'fghi', 'j']);
  });

  it('fits, and loses only spaces', () => {
    fc.assert(
      fc.property(hostileText, hostileText, fc.integer({min: 10, max: 90}), (one, two, width) => {
        const text = escapeText(`${one} ${two}`);
        const lines = wrapText(text, width, 4);
        for (const line of lines) assert.ok(displayWidth(line) <= width, line);
        const bare = (value: string) => value.replace(/\s/g, '');
        assert.equal(bare(lines.join('')), bare(text));
      }),
      {numRuns: 200},
    );
  });
});

describe('columnsOf', () => {
  it('aligns values, wrapped under each other', () => {
    const pairs: [string, string][] = [
      ['Name', 'shop'],
      ['Subnets', '10.0.1.0/24 10.0.2.0/24 10.0.3.0/24'],
      ['A key that is much longer than others', 'value'],
    ];
    assert.deepEqual(linesOf(columnsOf(pairs, terminal({width: 40}), plainPaint)), [
      'Name:    shop',
      'Subnets: 10.0.1.0/24 10.0.2.0/24',
      '         10.0.3.0/24',
      'A key that is much longer than others:',
      '         value',
    ]);
    assert.equal(columnsOf([], terminal(), plainPaint), '');
  });

  it('paints values only', () => {
    const text = columnsOf(
      [['State', {text: 'stale', tone: 'bad'}]],
      terminal(),
      (tone, value) => `<${tone} ${value}>`,
    );
    assert.equal(text, 'State: <bad stale>\n');
  });

  it('fits any pairs, and loses nothing in a pipe', () => {
    const pairs = fc.array(fc.tuple(hostileText, hostileText), {maxLength: 6});
    fc.assert(
      fc.property(pairs, fc.constantFrom(...widths), (some, width) => {
        assert.ok(widest(columnsOf(some, terminal({width}), plainPaint)) <= width);
        const whole = columnsOf(some, pipe, plainPaint);
        for (const part of some.flat()) assert.ok(whole.includes(escapeText(part).trimEnd()));
      }),
      {numRuns: 100},
    );
  });
});
