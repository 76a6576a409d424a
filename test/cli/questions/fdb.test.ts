import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {fdbQuestion} from '../../../src/cli/questions/fdb.js';

describe('what fdb is asked', () => {
  it('is of a network, and of endpoints by MAC, address, VTEP and status', () => {
    const flags = {
      mac: '02:42:0A:00:01:05',
      address: '10.0.1.0/24',
      vtep: '192.168.1.5',
      status: ['ok'],
      raw: true,
      matrix: undefined,
    };
    assert.deepEqual(fdbQuestion('uber-net', flags), {network: 'uber-net', ...flags});
    assert.equal(fdbQuestion('uber-net', {address: 'fd00::5'}).address, 'fd00::5');
    assert.equal(fdbQuestion('uber-net', {address: '10.0.1.5'}).address, '10.0.1.5');
  });

  it('takes the states that had other names', () => {
    assert.deepEqual(fdbQuestion('uber-net', {status: ['missing-fdb', 'stale', 'ok']}).status, [
      'fdb-row-missing',
      'fdb-stale',
      'ok',
    ]);
  });

  it('is refused where it cannot be meant', () => {
    for (const flags of [
      {mac: '02:42'},
      {mac: '02:42:0a:00:01:0g'},
      {vtep: 'node2'},
      {address: 'web2'},
      {address: '10.0.1.0/33'},
    ])
      assert.throws(
        () => fdbQuestion('uber-net', flags),
        {code: 'invalid-flag', exit: 2},
        JSON.stringify(flags),
      );
  });
});
