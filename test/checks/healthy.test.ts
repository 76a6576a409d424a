import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {examineRecorded, told, unexpected} from './support.js';

describe('a healthy swarm', () => {
  for (const [about, names] of [
    ['with engine 20.10', ['node1', 'node2']],
    ['with engine 26.1', ['engine-26.1.5/node1', 'engine-26.1.5/node2']],
    ['with engine 28.5', ['engine-28.5.2/node1', 'engine-28.5.2/node2']],
  ] as const) {
    it(`${about} has no finding, on one host or on both`, () => {
      for (const hosts of [...names.map((name) => [name]), [...names]]) {
        assert.deepEqual(told(unexpected(examineRecorded(...hosts).findings)), [], hosts.join(' and '));
      }
    });
  }
});
