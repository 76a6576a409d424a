import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {
  array,
  boolean,
  lenient,
  nullish,
  number,
  object,
  odd,
  oneOf,
  optional,
  type Report,
  record,
  type Shape,
  string,
  text,
} from '../../src/base/shape.js';

const person = object({
  name: string,
  age: optional(number),
  tags: optional(array(string), ['none']),
  home: optional(object({city: text((value) => value !== ''), floor: optional(number)})),
});

function read<T>(shape: Shape<T>, value: unknown, lax = false): {read: T | typeof odd; found: string[]} {
  const report: Report = {lax, found: []};
  const result = shape(value, report);
  return {
    read: result,
    found: report.found.map(({path, value: own}) => `${path.join('.')}=${JSON.stringify(own)}`),
  };
}

describe('shape', () => {
  it('keeps the known keys alone, and gives defaults', () => {
    assert.deepEqual(read(person, {name: 'a', other: 1, home: {city: 'b', street: 'c'}}), {
      read: {name: 'a', tags: ['none'], home: {city: 'b'}},
      found: [],
    });
  });

  it('stops at the first odd value and names its place', () => {
    assert.deepEqual(read(person, {name: 'a', tags: ['x', 1], home: 5}), {read: odd, found: ['tags.1=1']});
    assert.deepEqual(read(person, {name: 'a', home: {city: ''}}), {read: odd, found: ['home.city=""']});
    assert.deepEqual(read(person, {}), {read: odd, found: ['name=undefined']});
    assert.deepEqual(read(array(person), [{name: 'a'}, {name: null}]), {read: odd, found: ['1.name=null']});
    assert.deepEqual(read(person, null), {read: odd, found: []});
    assert.deepEqual(read(person, 'text'), {read: odd, found: []});
  });

  it('when lax, names an odd value in a list by its own place, whatever comes after it', () => {
    assert.deepEqual(read(array(object({a: optional(number)})), [{a: 1}, {a: 'x'}, {a: 2}, {a: 'y'}], true), {
      read: [{a: 1}, {}, {a: 2}, {}],
      found: ['1.a="x"', '3.a="y"'],
    });
  });

  it('when lax, names every odd value and does without those that it can spare', () => {
    assert.deepEqual(read(person, {name: 'a', age: 'old', tags: [1], home: {city: 'b', floor: 'c'}}, true), {
      read: {name: 'a', tags: ['none'], home: {city: 'b'}},
      found: ['age="old"', 'tags.0=1', 'home.floor="c"'],
    });
    // The home can't do without its city, and the person can do without the home.
    assert.deepEqual(read(person, {name: 'a', home: {city: 1, floor: 2}}, true), {
      read: {name: 'a', tags: ['none']},
      found: ['home.city=1'],
    });
    assert.deepEqual(read(person, {age: true}, true), {read: odd, found: ['name=undefined', 'age=true']});
  });

  it('when lenient, takes an odd value for an absent one and says nothing', () => {
    const shape = object({name: string, home: lenient(nullish(object({city: string})))});
    assert.deepEqual(read(shape, {name: 'a', home: {city: 1}}), {read: {name: 'a'}, found: []});
    assert.deepEqual(read(shape, {name: 'a', home: null}), {read: {name: 'a', home: null}, found: []});
    // What was found before stays.
    assert.deepEqual(read(object({a: number, b: lenient(array(number))}), {a: 'x', b: ['y']}, true), {
      read: odd,
      found: ['a="x"'],
    });
  });

  it('keeps a foreign key from being more than a key', () => {
    const foreign: unknown = JSON.parse('{"__proto__": true, "constructor": true, "a": true}');
    const {read: result} = read(record(boolean), foreign);
    assert.deepEqual(Object.keys(result as object), ['a']);
    assert.equal(Object.getPrototypeOf(result), Object.prototype);
  });

  it('takes one of the values that are named, and none where none is', () => {
    assert.equal(read(oneOf('a', null), null).read, null);
    assert.equal(read(oneOf('a'), 'b').read, odd);
    assert.equal(read(optional(oneOf()), 'b').read, odd);
    assert.equal(read(optional(oneOf()), undefined).read, undefined);
  });
});
