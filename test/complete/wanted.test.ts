import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import type {Grammar} from '../../src/complete/grammar.js';
import {grammarOf} from '../../src/complete/grammar.js';
import {wantedAt} from '../../src/complete/wanted.js';

const grammar: Grammar = grammarOf(
  {
    commands: {
      fdb: {
        summary: 'Endpoints',
        args: {network: {}},
        flags: {
          host: {name: 'host', char: 'H', type: 'option', multiple: true, description: 'Read [OVDIAG_HOST]'},
          status: {name: 'status', type: 'option', options: ['ok', 'local']},
          record: {name: 'record', type: 'option', helpValue: 'FILE'},
          watch: {name: 'watch', type: 'option', helpValue: 'SECONDS'},
          matrix: {name: 'matrix', type: 'boolean', allowNo: true},
          old: {name: 'old', type: 'boolean', hidden: true},
        },
      },
      decode: {args: {file: {}}, strict: false, flags: {}},
      gone: {hidden: true},
    },
  },
  ['b', 'a'],
);

const kindAt = (...words: string[]) => {
  const wanted = wantedAt(grammar, words);
  return wanted.what === 'value' ? `${wanted.kind}:${wanted.typed}` : wanted.what;
};

describe('the grammar', () => {
  it('leaves out what is hidden, and sorts', () => {
    assert.deepEqual(Object.keys(grammar.commands), ['decode', 'fdb']);
    assert.deepEqual(grammar.codes, ['a', 'b']);
    const names = grammar.commands['fdb']?.flags.map(({name}) => name);
    assert.deepEqual(names, ['host', 'matrix', 'no-matrix', 'record', 'status', 'watch']);
  });

  it('describes a flag without the variable that sets it', () => {
    assert.equal(grammar.commands['fdb']?.flags[0]?.summary, 'Read');
  });
});

describe('what is wanted at the cursor', () => {
  it('is a command first, and then what its arguments are', () => {
    assert.equal(kindAt(''), 'command');
    assert.equal(kindAt('fd'), 'command');
    assert.equal(kindAt('fdb', 'u'), 'network:u');
    assert.equal(kindAt('fdb', 'u', ''), 'nothing');
    assert.equal(kindAt('decode', 'a', 'b', ''), 'file:');
    assert.equal(kindAt('nothing', ''), 'nothing');
    assert.equal(kindAt('constructor', ''), 'nothing');
  });

  it('is the value of a flag behind it, in each form', () => {
    assert.equal(kindAt('fdb', '--status', 'o'), 'options:o');
    assert.equal(kindAt('fdb', '--status=o'), 'options:o');
    assert.equal(kindAt('fdb', '-H', ''), 'host:');
    assert.equal(kindAt('fdb', '--record', ''), 'file:');
    assert.equal(kindAt('fdb', '--matrix=', ''), 'network:');
    assert.equal(kindAt('fdb', '--matrix='), 'nothing');
    assert.equal(kindAt('fdb', '--unknown=x'), 'nothing');
  });

  it('counts arguments without flags, their values, and what follows --', () => {
    assert.equal(kindAt('fdb', '-H', 'local', ''), 'network:');
    assert.equal(kindAt('fdb', '-Hlocal', ''), 'network:');
    assert.equal(kindAt('fdb', '--matrix', ''), 'network:');
    assert.equal(kindAt('fdb', '--watch', ''), 'network:');
    assert.equal(kindAt('fdb', '--', '-'), 'network:-');
    assert.equal(kindAt('fdb', '--', 'x', ''), 'nothing');
    assert.equal(kindAt('decode', '-', ''), 'file:');
  });

  it('is a flag behind a dash, but none that was given and can be given once', () => {
    const wanted = wantedAt(grammar, ['fdb', '--status', 'ok', '-H', 'local', '--']);
    assert.ok(wanted.what === 'flag');
    assert.deepEqual(
      wanted.flags.map(({name}) => name),
      ['host', 'matrix', 'no-matrix', 'record', 'watch'],
    );
  });

  it('knows the values given before', () => {
    const wanted = wantedAt(grammar, ['fdb', '-H', 'a', '--host=b', '']);
    assert.ok(wanted.what === 'value');
    assert.deepEqual(wanted.given.get('host'), ['a', 'b']);
  });
});
