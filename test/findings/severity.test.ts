import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {atLeast, severities} from '../../src/findings/severity.js';

describe('severities', () => {
  it('are in their order, each at least itself', () => {
    assert.deepEqual(
      severities.map((severity) => severities.filter((least) => atLeast(severity, least))),
      [['error', 'warning', 'info'], ['warning', 'info'], ['info']],
    );
  });
});
