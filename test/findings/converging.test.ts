import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {unlessOverdue} from '../../src/findings/converging.js';
import type {Finding} from '../../src/findings/finding.js';

const finding: Finding = {
  code: 'fdb-row-missing',
  severity: 'error',
  host: 'node1',
  network: 'uber-net',
  subject: 'web2',
  evidence: [],
  cause: 'node1 has no FDB entry for web2',
  check: [],
  fix: {by: 'unknown', reason: ''},
  basis: 'several-hosts',
  at: {},
};

describe('a finding about something young', () => {
  it('is converging within the time that a swarm may take, with what is left of it', () => {
    const young = unlessOverdue(finding, 'reassignment', 79.5);
    assert.deepEqual([young.severity, young.converging], ['info', {secondsLeft: 221, ceilingSeconds: 300}]);
    assert.equal(young.cause, `converging, 221 s of at most 300 s left: ${finding.cause}`);
  });

  it('is what it is beyond, or where its age is not known', () => {
    for (const age of [300.1, Number.POSITIVE_INFINITY, Number.NaN, undefined])
      assert.equal(unlessOverdue(finding, 'reassignment', age), finding);
  });

  it('has no more left than there is, where clocks differ', () => {
    assert.equal(unlessOverdue(finding, 'allocation', -5).converging?.secondsLeft, 30);
  });
});
