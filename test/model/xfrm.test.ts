import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {hostModel} from '../../src/model/host.js';
import {parseXfrmPolicies, parseXfrmStates} from '../../src/model/xfrm.js';
import {recordedEvidence} from '../support/evidence.js';

describe('IPsec', () => {
  it('policies are read as an engine made them', () => {
    const {xfrm} = hostModel(recordedEvidence('node1'));
    assert.deepEqual(parseXfrmPolicies(xfrm?.policies ?? ''), [
      {
        src: '172.31.1.5/32',
        dst: '192.168.1.5/32',
        protocol: 'udp',
        dport: 4789,
        direction: 'out',
        mark: 0xd0c4e3,
        action: 'allow',
        priority: 0,
        narrow: false,
        optional: false,
        templates: [
          {src: '172.31.1.5', dst: '192.168.1.5', protocol: 'esp', spi: 0x2195c734, reqid: 13_681_891},
        ],
        text: 'src 172.31.1.5/32 dst 192.168.1.5/32 proto udp dport 4789 uid 0',
      },
    ]);
  });

  // The recording kernel has no ESP: this is in the form of iproute2's xfrm_state_info_print.
  const state = (spi: string) => `src 172.31.1.5 dst 192.168.1.5
	proto esp spi ${spi} reqid 13681891(0x00d0c4e3) mode transport
	replay-window 0 seq 0x00000000 flag  (0x00000000)
	aead rfc4106(gcm(aes)) [key removed] 64
	anti-replay context: seq 0x0, oseq 0x0, bitmap 0x00000000
	lifetime config:
	  limit: soft (INF)(bytes), hard (INF)(bytes)
`;

  it('states are read with and without statistics', () => {
    const read = parseXfrmStates(`${state('0x90ebe9b7(2431379895)')}${state('0x00000001')}`);
    assert.deepEqual(
      read.map(({spi}) => spi),
      [0x90ebe9b7, 1],
    );
    assert.deepEqual(read[0], {
      src: '172.31.1.5',
      dst: '192.168.1.5',
      protocol: 'esp',
      spi: 0x90ebe9b7,
      reqid: 13_681_891,
      mode: 'transport',
      aead: {name: 'rfc4106(gcm(aes))', icvBits: 64},
    });
  });

  it('what is not understood is left out', () => {
    assert.deepEqual(parseXfrmStates('src 10.0.0.1 dst 10.0.0.2\n\tproto esp\nnonsense\n'), []);
    assert.deepEqual(parseXfrmPolicies('src 10.0.0.1/32 dst 10.0.0.2/32\n'), []);
    const others = parseXfrmPolicies('src 0.0.0.0/0 dst 0.0.0.0/0 \n\tsocket in priority 0 \n');
    assert.deepEqual(others, []);
  });
});
