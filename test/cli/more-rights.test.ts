import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import type {HostFlags} from '../../src/cli/host-flags.js';
import {moreRights} from '../../src/cli/more-rights.js';

const base: HostFlags = {parallel: '16', 'host-timeout': '60s', 'max-skew': '60s'};
const line = (flags: Partial<HostFlags>, ...words: string[]) =>
  moreRights({...base, ...flags}, ['ovdiag', 'fdb', ...words]);

describe('how to see all', () => {
  it('is this very call with sudo, each word as a shell takes it for itself', () => {
    assert.equal(
      line({}, 'uber-net', '--address', '10.0.1.0/24'),
      'sudo ovdiag fdb uber-net --address 10.0.1.0/24',
    );
    assert.equal(line({host: ['local']}, "it's", '$(id)', ''), `sudo ovdiag fdb 'it'\\''s' '$(id)' ''`);
  });

  it('is where the rights are missing: in a snapshot, or on another host', () => {
    assert.match(line({snapshot: ['x.json']}), /^record it there with more rights/);
    for (const flags of [{host: ['ssh://node1', 'ssh://node2']}, {swarm: true}, {'hosts-file': 'hosts'}])
      assert.match(line(flags), /^log in there as root/);
    // One of several is this machine.
    assert.match(line({host: ['ssh://node1', 'local']}), /^sudo /);
  });
});
