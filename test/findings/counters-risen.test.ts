import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {withRisenCounters} from '../../src/findings/counters-risen.js';
import type {Finding} from '../../src/findings/finding.js';

const finding = (...evidence: string[]) =>
  ({
    code: 'data-path-filtered-in',
    host: 'node1',
    network: null,
    subject: 'UDP 4789',
    evidence,
  }) as unknown as Finding;
const rule = (packets: number, rest = '-A INPUT -j DROP') =>
  `iptables-nft: [${packets}:${packets * 60}] filter: ${rest}`;
const evidenceOf = (now: Finding, ...before: Finding[]) => withRisenCounters([now], before)[0]?.evidence;

describe('withRisenCounters', () => {
  it('says how many packets a rule has met between the readings', () => {
    assert.deepEqual(evidenceOf(finding(rule(19), 'and more'), finding(rule(7))), [
      `${rule(19)} (12 more packets than at the reading before)`,
      'and more',
    ]);
    assert.match(evidenceOf(finding(rule(8)), finding(rule(7)))?.[0] ?? '', /\(1 more packet than/);
  });

  it('says nothing of one that stood still, was set back, or is another', () => {
    for (const before of [
      finding(rule(19)),
      finding(rule(20)),
      finding(rule(7, '-A INPUT -j REJECT')),
      finding('[x]'),
    ])
      assert.deepEqual(evidenceOf(finding(rule(19)), before), [rule(19)]);
    assert.deepEqual(evidenceOf(finding(rule(19)), {...finding(rule(7)), host: 'node2'}), [rule(19)]);
  });
});
