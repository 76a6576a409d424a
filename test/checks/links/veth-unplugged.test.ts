import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {examineRecorded} from '../support.js';

describe('veth-unplugged', () => {
  it('names the container behind a port that is in no bridge', () => {
    const found = examineRecorded('veth-unplugged/node1').findings.filter(
      ({code}) => code === 'veth-not-in-bridge',
    );
    assert.deepEqual(
      found.map(({host, network, subject, severity, basis}) => ({host, network, subject, severity, basis})),
      [{host: 'node1', network: 'uber-net', subject: 'web1', severity: 'error', basis: 'one-host'}],
    );
    assert.match(found[0]?.evidence[0] ?? '', /veth1: <.*UP/);
  });
});
