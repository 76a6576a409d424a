import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {parseNic} from '../../src/model/nic.js';

// The driver's name is changed: the card that printed this is another one.
const vmxnet3 = `driver: vmxnet3
version: 1.0.0
firmware-version: 
expansion-rom-version: 
bus-info: 0000:00:03.0
supports-statistics: yes
Features for eth0:
rx-checksumming: on [fixed]
tx-checksumming: on
	tx-checksum-ipv4: off [fixed]
	tx-checksum-ip-generic: on
	tx-checksum-ipv6: off [fixed]
`;

describe('a network card', () => {
  it('is told by its driver, and its features where they were asked for', () => {
    const card = parseNic('ethtool -i eth0', vmxnet3);
    assert.deepEqual([card?.name, card?.driver], ['eth0', 'vmxnet3']);
    assert.equal(card?.features?.get('tx-checksum-ip-generic'), 'on');
    assert.equal(card?.features?.get('tx-checksum-ipv4'), 'off [fixed]');
    assert.equal(card?.features?.get('bus-info'), undefined);
    assert.deepEqual(parseNic('ethtool -i bond0.7', 'driver: 802.1Q VLAN Support\n'), {
      name: 'bond0.7',
      driver: '802.1Q VLAN Support',
    });
  });

  it('that does not answer is left out', () => {
    assert.equal(
      parseNic('ethtool -i wg0', 'Cannot get driver information: Operation not supported\n'),
      undefined,
    );
    assert.equal(parseNic('ip link', vmxnet3), undefined);
  });
});
