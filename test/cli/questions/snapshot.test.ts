import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {checkSnapshot, type SnapshotFlags} from '../../../src/cli/questions/snapshot.js';

const base: SnapshotFlags = {parallel: '16', 'host-timeout': '60s', 'max-skew': '60s', via: 'ssh'};
const service: SnapshotFlags = {
  ...base,
  via: 'service',
  swarm: true,
  image: 'registry.example:5000/ovdiag@sha256',
  yes: true,
};

describe('what snapshot is asked', () => {
  it('is taken as it is over ssh, and by a service where all is said that it needs', () => {
    checkSnapshot(base);
    checkSnapshot(service);
    checkSnapshot({...service, 'netns-dir': '/run/docker/netns'});
  });

  it('is refused where it cannot be meant', () => {
    const refused: [code: string, SnapshotFlags][] = [
      ['record-and-output', {...base, record: 'x.json'}],
      ['invalid-flag', {...service, swarm: false}],
      ['invalid-flag', {...service, image: undefined}],
      ['invalid-flag', {...service, image: '--privileged'}],
      ['invalid-flag', {...service, image: 'a b'}],
      ['invalid-flag', {...service, 'netns-dir': '/run,source=/'}],
    ];
    for (const [code, flags] of refused)
      assert.throws(() => checkSnapshot(flags), {code, exit: 2}, JSON.stringify(flags));
  });
});
