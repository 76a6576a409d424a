import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {adviceFor} from '../../src/cli/advice.js';

const lines = [
  'List: ovdiag networks',
  'Is it up? docker version',
  'On a manager, read all nodes: --swarm',
  'Add a snapshot of that node: --snapshot FILE',
];

describe('advice', () => {
  it('of snapshots is about snapshots: nothing of this machine', () => {
    assert.deepEqual(adviceFor({snapshot: ['a b.json']}, lines), [
      "List: ovdiag networks --snapshot 'a b.json'",
      'Add a snapshot of that node: --snapshot FILE',
    ]);
  });

  it('of live hosts is about those hosts', () => {
    assert.deepEqual(adviceFor({}, lines), lines.slice(0, 3));
    assert.equal(
      adviceFor({host: ['ssh://root@n1']}, lines)[0],
      'List: ovdiag networks --host ssh://root@n1',
    );
  });

  it('leaves usage lines alone', () => {
    const usage = 'Usage: ovdiag fdb NETWORK [FLAGS]';
    assert.deepEqual(adviceFor({snapshot: ['x']}, [usage]), [usage]);
  });
});
