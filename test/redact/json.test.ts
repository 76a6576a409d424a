import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {mapJson} from '../../src/redact/json.js';
import {eachFact, parsedJson, Refusal} from '../../src/redact/lines.js';

describe('a copy of JSON', () => {
  it('has every string replaced, wherever it stands, and nothing else unless asked', () => {
    assert.deepEqual(mapJson({a: 'x', b: ['y', {c: 'z'}], d: 1, e: null, f: true}, {text: () => '*'}), {
      a: '*',
      b: ['*', {c: '*'}],
      d: 1,
      e: null,
      f: true,
    });
    assert.deepEqual(mapJson([1, {k: 2}], {text: (value) => value, number: (value) => -value}), [
      -1,
      {k: -2},
    ]);
  });

  it('tells where a value stands, without its places in lists', () => {
    const seen: unknown[] = [];
    mapJson(
      {a: [{b: 'x', c: 1}]},
      {
        text: (value, {key, path, siblings}) => {
          seen.push([value, key, path, Object.keys(siblings)]);
          return value;
        },
      },
    );
    assert.deepEqual(seen, [['x', 'b', ['a', 'b'], ['b', 'c']]]);
  });

  it('can have other keys, and keeps one that would be a prototype as a plain key', () => {
    assert.deepEqual(mapJson({n1: 1}, {text: String, key: (key) => `${key}!`}), {'n1!': 1});
    const copy = mapJson(JSON.parse('{"__proto__": "x"}'), {text: () => '*'});
    assert.deepEqual(Object.keys(copy ?? {}), ['__proto__']);
  });
});

describe('lines of a section', () => {
  it('are facts by their first equals sign, else something else', () => {
    const text = eachFact(
      'a=1=2\n=3\nfree\n',
      (key, value) => `${key}:${value}`,
      (line) => `<${line}>`,
    );
    assert.equal(text, 'a=a:1=2\n<=3>\n<free>\n<>');
  });

  it('are refused where they are not the JSON that they should be', () => {
    assert.deepEqual(parsedJson('[1]'), [1]);
    assert.throws(() => parsedJson('[1'), Refusal);
  });
});
