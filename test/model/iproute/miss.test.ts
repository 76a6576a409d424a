import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {parseMisses} from '../../../src/model/iproute/miss.js';

describe('what ip monitor printed', () => {
  // As iproute2 6.1 printed it on a node of the lab.
  const text = `Deleted 192.168.1.5 dev vxlan0 lladdr 02:42:0a:00:01:0a PERMANENT
miss dev vxlan0 lladdr 02:42:0a:00:01:0a STALE
miss dev vxlan0 lladdr 02:42:0a:00:01:0a STALE
miss 10.0.1.77 dev vxlan0 STALE
192.168.1.5 dev vxlan0 lladdr 02:42:0a:00:01:0a NOARP PERMANENT
10.0.1.10 dev vxlan0 lladdr 02:42:0a:00:01:0a REACHABLE
netlink receive error No buffer space available (105)
`;

  it('holds announcements of MACs and of addresses, each counted', () => {
    assert.deepEqual(parseMisses(text), [
      {layer: 'l2', device: 'vxlan0', sought: '02:42:0a:00:01:0a', times: 2},
      {layer: 'l3', device: 'vxlan0', sought: '10.0.1.77', times: 1},
    ]);
    assert.deepEqual(parseMisses(''), []);
  });

  it('is bounded, whatever is announced', () => {
    const many = Array.from({length: 1000}, (_, at) => `miss 10.0.${at >> 8}.${at & 255} dev vxlan0 STALE`);
    assert.equal(parseMisses(many.join('\n')).length, 200);
    assert.deepEqual(parseMisses('miss\nmiss dev\nmiss dev vxlan0\nmiss x dev vxlan0'), []);
  });
});
