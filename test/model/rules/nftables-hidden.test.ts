import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {filterPacket} from '../../../src/kernel/rule-walk.js';
import {parseNftRuleset} from '../../../src/model/rules/nftables.js';

const port = {match: {op: '==', left: {payload: {protocol: 'th', field: 'dport'}}, right: 4789}};
const vni = {match: {op: '!=', left: {payload: {base: 'th', offset: 96, len: 24}}, right: 77}};
const udp = {match: {op: '==', left: {meta: {key: 'l4proto'}}, right: {set: ['tcp', 'udp']}}};
const both = {concat: [{meta: {key: 'l4proto'}}, {payload: {protocol: 'th', field: 'dport'}}]};
const pair = {match: {op: '==', left: both, right: {set: [{concat: ['udp', 4789]}]}}};

/** What becomes of a VXLAN packet at a rule that drops what it meets. */
function verdict(version: string, ...matches: object[]): string {
  const place = {family: 'inet', table: 't'};
  const ruleset = parseNftRuleset(
    JSON.stringify({
      nftables: [
        {metainfo: {version, json_schema_version: 1}},
        {chain: {...place, name: 'c', type: 'filter', hook: 'input', prio: 0, policy: 'accept'}},
        {rule: {...place, chain: 'c', expr: [...matches, {drop: null}]}},
      ],
    }),
  );
  return filterPacket([ruleset], 'INPUT', {
    ...{
      protocol: 'udp',
      src: '192.0.2.2',
      dst: '192.0.2.1',
      dport: 4789,
      vni: 4097,
      ctState: 'NEW',
      ipsec: false,
    },
    ...{inInterface: 'eth0', dstLocal: true},
  }).verdict;
}

describe('the protocol that older versions of nft do not print', () => {
  it('may be another one where a rule asks for ports of any', () => {
    for (const version of ['0.9.8', '1.0.6', '1.1.1'])
      assert.equal(verdict(version, port), 'unknown', version);
  });

  it('is none where nft prints it, or would', () => {
    assert.equal(verdict('1.0.6', udp, port), 'drop');
    assert.equal(verdict('1.0.6', pair), 'drop');
    assert.equal(verdict('1.0.6', vni), 'drop');
    for (const version of ['1.1.2', '1.1.6', '1.2.0', '2.0']) assert.equal(verdict(version, port), 'drop');
  });
});
