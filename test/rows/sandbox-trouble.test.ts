import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {sandboxTroubles} from '../../src/rows/sandbox-trouble.js';
import {findNetwork} from '../../src/topology/names.js';
import {recordedModel} from '../support/evidence.js';

function troubles(name: string): string[] {
  const host = recordedModel(name);
  const {network} = findNetwork([host], 'uber-net');
  return sandboxTroubles([host], network.id).map(({code, subject}) => `${code} ${subject.split(' ')[0]}`);
}

describe('links of a sandbox that carry nothing', () => {
  it('are none on the healthy swarm, not even the vxlan device, whose state is unknown', () => {
    assert.deepEqual(troubles('node1'), []);
    assert.deepEqual(troubles('node2'), []);
  });

  it('are the device that was set down, and the veth that was taken out of its bridge', () => {
    assert.deepEqual(troubles('vxlan-down/node1'), ['link-down vxlan0']);
    assert.match(troubles('veth-unplugged/node1').join(), /^link-unplugged veth\d+$/);
  });
});
