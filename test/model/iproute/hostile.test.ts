import assert from 'node:assert/strict';
import {isIP} from 'node:net';
import {describe, test} from 'node:test';
import fc from 'fast-check';
import {parseFdbJson} from '../../../src/model/iproute/fdb.js';
import {BOTH, TEXT_ONLY} from './lab.js';
import {ALL_PARSERS, fixture, parsersFor} from './support.js';

const RECORDED = [...BOTH, ...TEXT_ONLY].flatMap(({name, command}) => {
  const texts = [{command, kind: 'text' as const, text: fixture(`iproute/${name}.txt`)}];
  return BOTH.some((both) => both.name === name)
    ? [...texts, {command, kind: 'json' as const, text: fixture(`iproute/${name}.json`)}]
    : texts;
});

/** Names, addresses and everything else of a row must be fit to print. */
function assertClean(value: unknown, key = ''): void {
  if (key === 'other') {
    // Words of a rule or a flag, of no certain kind.
    assert.ok(!/[\p{C}\p{Zl}\p{Zp}]/u.test(JSON.stringify(value)));
    return;
  }
  if (typeof value === 'string') {
    assert.ok(!/[\p{C}\p{Zl}\p{Zp}]/u.test(value), JSON.stringify(value));
    if (key === 'mac') assert.match(value, /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
    if (['dev', 'name', 'master', 'linkName', 'via'].includes(key)) assert.match(value, /^[^\s/]{1,15}$/);
    if (['ip', 'gateway', 'address', 'prefSrc', 'local', 'group'].includes(key))
      assert.notEqual(isIP(value), 0, value);
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, inner] of Object.entries(value)) {
      assert.ok(!/\p{C}/u.test(name), JSON.stringify(name));
      assertClean(inner, name);
    }
  } else if (typeof value === 'number') {
    assert.ok(Number.isFinite(value));
  }
}

const insertion = fc.oneof(
  fc.constantFrom(
    '\u001b[2J',
    '\u0000',
    '\u202e',
    '\u0085',
    '\n',
    '\r',
    '\t',
    ' ',
    '"',
    '{',
    ']',
    '@',
    '/',
    ':',
    '%',
  ),
  fc.constantFrom(
    'master ',
    ' dev ',
    ' via ',
    ' nexthop ',
    'inet 1.2.3.4/24 ',
    '9'.repeat(400),
    ',null',
    '[]',
    '\\u001b',
  ),
  fc.string({unit: 'binary', maxLength: 12}),
);
/** Cuts, drops and inserts at some places of a text. */
const mutations = fc.array(fc.record({at: fc.nat({max: 9999}), drop: fc.nat({max: 12}), insert: insertion}), {
  minLength: 1,
  maxLength: 6,
});

describe('hostile input', () => {
  test('mutated real output gives clean rows and bounded problems', () => {
    fc.assert(
      fc.property(fc.constantFrom(...RECORDED), mutations, ({command, kind, text}, changes) => {
        let mutated = text;
        for (const {at, drop, insert} of changes) {
          const place = Math.floor((at / 10_000) * mutated.length);
          mutated = mutated.slice(0, place) + insert + mutated.slice(place + drop);
        }
        const {rows, problems} = parsersFor(command)[kind](mutated);
        assertClean(rows);
        assert.ok(problems.length <= 21);
        for (const problem of problems) {
          assert.ok(problem.length < 1800);
          assert.ok(!/[\p{C}\p{Zl}\p{Zp}]/u.test(problem), JSON.stringify(problem));
        }
      }),
      {numRuns: 400},
    );
  });

  test('a name with something unprintable in it is in no row', () => {
    for (const {command, kind, text} of RECORDED) {
      if (!text.includes('br0')) continue;
      for (const char of ['\u001b', '\u0000', '\u0085', '\u200b', '\u202e', '\ud800', '\u2028']) {
        const mutated = text.replaceAll(
          'br0',
          kind === 'json' ? JSON.stringify(`b${char}0`).slice(1, -1) : `b${char}0`,
        );
        const {rows, problems} = parsersFor(command)[kind](mutated);
        assertClean(rows);
        assert.ok(problems.length > 0, command);
      }
    }
  });

  test('any text and any JSON, to any parser', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ALL_PARSERS),
        fc.oneof(
          fc.string({unit: 'binary'}),
          fc.json(),
          fc.array(fc.jsonValue()).map((value) => JSON.stringify(value)),
        ),
        ([, parse], text) => {
          assertClean(parse(text).rows);
        },
      ),
      {numRuns: 400},
    );
  });

  test('odd values under the real keys', () => {
    const withOddValues = (entry: Record<string, unknown>): fc.Arbitrary<Record<string, unknown>> =>
      fc
        .record({key: fc.constantFrom(...Object.keys(entry)), value: fc.jsonValue()})
        .map(({key, value}) => ({...entry, [key]: value}));
    for (const {command, kind, text} of RECORDED) {
      if (kind !== 'json') continue;
      const entries = JSON.parse(text) as Record<string, unknown>[];
      fc.assert(
        fc.property(fc.constantFrom(...entries).chain(withOddValues), (entry) => {
          const {rows} = parsersFor(command).json(JSON.stringify([...entries.slice(0, 2), entry]));
          assertClean(rows);
        }),
        {numRuns: 60},
      );
    }
  });

  test('time grows with the length and not faster', () => {
    const pieces = [
      ' ',
      'a',
      '9',
      '/',
      '@',
      'x ',
      '1: a: <',
      'via inet6 ',
      'encap ip ',
      '1.1.1.1\n',
      '\n\t',
      ' nexthop\n',
      '[',
      '{"a":',
    ];
    for (const [name, parse] of ALL_PARSERS) {
      for (const piece of pieces) {
        const start = performance.now();
        parse(piece.repeat(300_000 / piece.length));
        const taken = performance.now() - start;
        assert.ok(taken < 20_000, `${name} took ${taken} ms for ${JSON.stringify(piece)}`);
      }
    }
  });

  test('a million words of one route', () => {
    const [, parse] = ALL_PARSERS.find(([name]) => name === 'routes, text') ?? [];
    assert.doesNotThrow(() =>
      parse?.(`default dev a\n${' cache a a a a a a a a a a a a a a a\n'.repeat(60_000)}`),
    );
  });

  test('10,000 rows of FDB are read in no time', () => {
    const row = JSON.parse(fixture('iproute/fdb.json'))[10] as Record<string, unknown>;
    const text = JSON.stringify(
      Array.from({length: 10_000}, (_, index) => ({
        ...row,
        mac: `02:42:0a:00:${(index >> 8).toString(16).padStart(2, '0')}:${(index & 255).toString(16).padStart(2, '0')}`,
      })),
    );
    const times = Array.from({length: 5}, () => {
      const start = performance.now();
      assert.equal(parseFdbJson(text).rows.length, 10_000);
      return performance.now() - start;
    });
    // 100 ms are wanted; the limit leaves room for a busy machine.
    assert.ok(Math.min(...times) < 200, `took ${times.map(Math.round).join(', ')} ms`);
  });
});
