import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {stoodIn} from '../../src/findings/second-look.js';

describe('the second look', () => {
  it('lets stand what both readings show, by its key alone', () => {
    const stands = stoodIn(
      [
        {ip: '10.0.1.3', status: 'stale', age: 1},
        {ip: '10.0.1.4', status: 'fdb-wrong-vtep', age: 2},
      ],
      ({ip, status}) => `${ip} ${status}`,
    );
    assert.equal(stands({ip: '10.0.1.3', status: 'stale', age: 9}), true);
    assert.equal(stands({ip: '10.0.1.3', status: 'fdb-wrong-vtep', age: 1}), false);
    assert.equal(stands({ip: '10.0.1.5', status: 'stale', age: 1}), false);
  });
});
