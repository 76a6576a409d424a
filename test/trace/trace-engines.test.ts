/** The same swarm walked on other engines, whose firewall chains have other names and whose rules other forms. */
import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import {findContainer} from '../../src/topology/names.js';
import {trace} from '../../src/trace/trace.js';
import {recordedModel} from '../support/evidence.js';

for (const engine of ['26.1.5', '28.5.2']) {
  describe(`trace on engine ${engine}`, () => {
    const hosts = ['node1', 'node2'].map((node) => recordedModel(`engine-${engine}/${node}`));
    const walk = (from: string, to: string) =>
      trace(hosts, findContainer(hosts, from), /^[\d.]+$/.test(to) ? {ip: to} : findContainer(hosts, to));

    test('frames did pass, within a subnet and across', () => {
      assert.equal(walk('web1', 'web2').disposition, 'delivered');
      assert.equal(walk('ts1a', 'ts2b').disposition, 'delivered');
      assert.equal(walk('quiet1', 'quiet2').disposition, 'delivered');
    });

    test('an encrypted network without states: dropped by the policy, and no other hop is to blame', () => {
      const {disposition, forward} = walk('secret1', 'secret2');
      assert.equal(disposition, 'dropped');
      assert.deepEqual(
        forward.hops.filter(({verdict}) => verdict === 'fail').map(({layer}) => layer),
        ['encryption'],
      );
    });

    test('bridges: one network, two networks, the outside', () => {
      assert.equal(walk('open1', 'open2').disposition, 'deliverable');
      assert.equal(walk('open1', 'closed1').disposition, 'isolated');
      assert.equal(walk('open1', '192.168.1.5').disposition, 'sent-outside');
      assert.equal(walk('closed1', '192.168.1.5').disposition, 'isolated');
    });
  });
}

describe("trace over an operator's rules of nftables beside those of iptables-nft", () => {
  const hosts = ['node1', 'node2'].map((node) => recordedModel(`engine-28.5.2/native/${node}`));

  test('each packet filter on the path decides, and passes it', () => {
    for (const [from, to] of [
      ['web1', 'web2'],
      ['web2', 'web1'],
      ['ts1a', 'ts2b'],
    ] as const) {
      const {disposition, forward} = trace(hosts, findContainer(hosts, from), findContainer(hosts, to));
      assert.match(disposition, /^deliver/);
      const filters = forward.hops.filter(({layer}) => layer === 'filter-out' || layer === 'filter-in');
      assert.deepEqual(
        filters.map(({verdict}) => verdict),
        ['pass', 'pass'],
      );
    }
  });
});
