/** Bridge networks as engines from 27 and 28 on can have them, recorded from engine 28. */
import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import {inspectContainer} from '../../src/answers/inspect.js';
import {findContainer, findNetwork} from '../../src/topology/names.js';
import {recordedModel} from '../support/evidence.js';

describe('bridge networks of engine 28', () => {
  const host = recordedModel('engine-28.5.2/node1-bridges');
  const inspect = (name: string) => inspectContainer(host, findContainer([host], name).container, [host]);

  test('routed: not masqueraded, and nothing is amiss with that', () => {
    assert.equal(findNetwork([host], 'routed-bridge').network.masquerade, false);
    assert.equal(
      inspect('routed1').reach.at(-1),
      'Everything else: through eth0 via 172.30.3.1 (routed-bridge), not masqueraded (network option).',
    );
  });

  test('isolated: the bridge has no address, the rules are those of any internal network', () => {
    const {dropRules, defaultGateway} = inspect('isolated1');
    assert.equal(dropRules.length, 2);
    assert.equal(defaultGateway, null);
  });

  test('without IPv4: the way out is the IPv6 one', () => {
    const {defaultGateway, reach} = inspect('six1');
    assert.deepEqual(defaultGateway, {address: 'fd00:6::1', device: 'eth0', network: 'six-bridge'});
    assert.equal(reach.at(-1), 'Everything else: through eth0 via fd00:6::1 (six-bridge), IPv6 only.');
  });

  test("interfaces with a user's names, and the default route where GwPriority says", () => {
    const {interfaces, defaultGateway, gatewayLeg} = inspect('named1');
    assert.deepEqual(
      interfaces.map(({name, attachment: network, peer}) => [name, network?.network, peer?.vni]),
      [
        ['out7', 'open-bridge', null],
        ['over0', 'uber-net', 4097],
      ],
    );
    assert.equal(defaultGateway?.network, 'open-bridge');
    assert.equal(gatewayLeg, null);
  });

  test('several containers have index 2, which each has in its own namespace; their ends are told apart', () => {
    const seen = ['routed1', 'isolated1', 'six1', 'published1', 'open1', 'closed1'].map((name) => {
      const [link] = inspect(name).interfaces;
      assert.equal(link?.ifindex, 2, name);
      assert.equal(link.peer?.netns, '@host', name);
      return link.peer?.name;
    });
    assert.equal(new Set(seen).size, seen.length);
  });

  test('a MAC that is not made of the address', () => {
    const [link] = inspect('open1').interfaces;
    assert.equal(link?.matchedBy, 'mac');
    assert.ok(!link.mac?.startsWith('02:42:'));
  });

  test('a published port on both families', () => {
    assert.deepEqual(inspect('published1').ports.mapped, {'80/tcp': ['0.0.0.0:8088', '[::]:8088']});
  });
});
