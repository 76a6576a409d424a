import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {Stop} from '../../src/packet/frame.js';
import {ethernet, icmpEcho, ipv4, tunnel} from './build.js';
import {scanned} from './support.js';

describe('nesting', () => {
  it('of VXLAN in VXLAN is followed to a depth, and said to go on', () => {
    let frame = ethernet(ipv4(icmpEcho('request', 1, 1), {proto: 1}));
    for (let depth = 0; depth < 200; depth++) frame = tunnel(frame, depth);
    const view = scanned(frame);
    assert.equal(view.depth, 8);
    assert.equal(view.frames[7]?.stop, Stop.deep);
  });
});
