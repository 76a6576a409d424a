import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import type {HostFlags} from '../../../src/cli/host-flags.js';
import {checkCapture} from '../../../src/cli/questions/capture.js';
import {captureFiles, namesPackets} from '../../../src/cli/questions/decode.js';

const base: HostFlags = {parallel: '16', 'host-timeout': '60s', 'max-skew': '60s'};

describe('what capture is asked', () => {
  it('is one live host, and one place on it', () => {
    const check = (name: string | undefined, more: Partial<HostFlags & {uplink: boolean}> = {}) =>
      checkCapture(name, {...base, uplink: false, ...more});
    check(undefined);
    check('web1');
    check(undefined, {uplink: true, host: ['ssh://node2']});
    assert.throws(() => check('web1', {uplink: true}), {code: 'conflicting-flags', exit: 2});
    assert.throws(() => check('web1', {snapshot: ['x.json']}), {code: 'not-live', exit: 2});
    assert.throws(() => check('web1', {host: ['local', 'ssh://node2']}), {code: 'one-host', exit: 2});
    assert.throws(() => check('web1', {swarm: true}), {code: 'one-host', exit: 2});
  });
});

describe('what decode is asked', () => {
  it('is at least one capture', () => {
    assert.deepEqual(captureFiles(['a.pcap', '-']), ['a.pcap', '-']);
    assert.throws(() => captureFiles([]), {code: 'missing-argument', exit: 2});
  });

  it('has names where they or a place to read them from were asked for', () => {
    const names = (more: Partial<HostFlags & {names: boolean}>) =>
      namesPackets({...base, names: false, ...more});
    assert.deepEqual(
      [names({}), names({names: true}), names({snapshot: ['x.json']}), names({swarm: true})],
      [false, true, true, true],
    );
    assert.equal(names({names: true, record: 'x.json'}), true);
    assert.throws(() => names({record: 'x.json'}), {code: 'nothing-to-record', exit: 2});
  });
});
