import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import type {HostEvidence} from '../../../src/snapshot/snapshot.js';
import {derived, sectionOf} from '../../support/evidence.js';
import {foundOn, inShort, node1, stopped} from '../links/settings.js';
import {fixOf} from '../support.js';

/** node1 with one more policy, and perhaps a state for it. */
const withPolicy = (head: string, body: string, states = ''): HostEvidence =>
  derived(node1, (draft) => {
    sectionOf(draft, '@host', 'xfrm-policy').output += `src ${head}\n${body}`;
    sectionOf(draft, '@host', 'xfrm-state').output += states;
  });

const block = (direction: string, more = '') =>
  `\tdir ${direction} action block index 9 priority 1 ptype main share any flag  (0x00000000)\n${more}`;
const tunnel = (priority: number, level = 'required') =>
  `\tdir out action allow index 9 priority ${priority} ptype main share any flag  (0x00000000)
\ttmpl src 172.31.1.5 dst 192.168.1.5
\t\tproto esp reqid 7(0x00000007) mode tunnel
\t\tlevel ${level} share any
`;
const state = `src 172.31.1.5 dst 192.168.1.5
\tproto esp spi 0x00000007 reqid 7(0x00000007) mode tunnel
`;
const lost = ['error ipsec-policy-foreign UDP 4789 to 192.168.1.5'];

describe('foreign-ipsec', () => {
  it("finds 'ipsec-policy-foreign' where a policy blocks the packets of overlays, as trace does", () => {
    const blocked = withPolicy('0.0.0.0/0 dst 192.168.1.5/32 proto udp uid 0', block('out'));
    assert.deepEqual(inShort(foundOn(blocked)), lost);
    assert.deepEqual(fixOf(foundOn(blocked)[0]), [
      'ip xfrm policy delete src 0.0.0.0/0 dst 192.168.1.5/32 proto udp dir out',
    ]);
    assert.equal(stopped(blocked), 'node1 ipsec-policy-foreign');
    const inward = withPolicy('192.168.1.0/24 dst 0.0.0.0/0 uid 0', block('in'));
    assert.deepEqual(inShort(foundOn(inward)), ['error ipsec-policy-foreign UDP 4789 from 192.168.1.5']);
    assert.equal(stopped(inward), undefined);
  });

  it('finds one that asks for a state that is not there, and one whose state is there well', () => {
    const ends = '172.31.1.5/32 dst 192.168.1.5/32 uid 0';
    assert.deepEqual(inShort(foundOn(withPolicy(ends, tunnel(1)))), lost);
    assert.deepEqual(inShort(foundOn(withPolicy(ends, tunnel(1), state))), []);
    assert.deepEqual(inShort(foundOn(withPolicy(ends, tunnel(1, 'use')))), []);
  });

  it('is quiet about policies that do not meet the packets', () => {
    for (const [head, body] of [
      ['0.0.0.0/0 dst 192.168.9.0/24 uid 0', block('out')],
      ['0.0.0.0/0 dst 192.168.1.5/32 proto tcp uid 0', block('out')],
      ['0.0.0.0/0 dst 192.168.1.5/32 proto udp dport 500 uid 0', block('out')],
      ['0.0.0.0/0 dst 192.168.1.5/32 proto udp sport 500 uid 0', block('out')],
      ['0.0.0.0/0 dst 192.168.1.5/32 uid 0', block('fwd')],
      ['0.0.0.0/0 dst 192.168.1.5/32 uid 0', block('out', '\tmark 0x7/0xffffffff \n')],
      ['0.0.0.0/0 dst 192.168.1.5/32 uid 0', block('out', '\tif_id 0x2a\n')],
    ] as const)
      assert.deepEqual(inShort(foundOn(withPolicy(head, body))), [], head);
  });

  it('goes by the policy with the lowest number', () => {
    const ends = '172.31.1.5/32 dst 192.168.1.5/32 uid 0';
    const both = (priority: number) =>
      withPolicy(
        `${ends}\n${tunnel(priority)}src 0.0.0.0/0 dst 192.168.1.5/32 uid 0`,
        block('out').replace('priority 1', 'priority 5'),
        state,
      );
    assert.deepEqual(inShort(foundOn(both(1))), []);
    assert.deepEqual(inShort(foundOn(both(9))), lost);
  });
});
