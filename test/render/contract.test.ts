import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import type {ContractState} from '../../src/answers/contract.js';
import {contractTable} from '../../src/render/contract.js';
import {plainPaint} from '../../src/render/paint.js';

const terminal = {width: 80, colour: false, unicode: true, isTty: true};
const row = (more: Partial<ContractState>): ContractState => ({
  id: '4.1',
  section: '4 Container to container',
  tier: 'B',
  text: 'Unicast passes within and between nodes',
  state: 'held',
  codes: ['fdb-stale'],
  evidence: [],
  reason: null,
  partly: null,
  ...more,
});
const rows = [
  row({state: 'broken', evidence: ['fdb-stale: node1 uber-net: \u001b[31m02:42:0a:00:01:09']}),
  row({id: '4.4', state: 'held'}),
  row({id: '1.4', section: '1 Cluster', state: 'not-visible', reason: 'compare counters: --for 10s'}),
];

describe('the contract as text', () => {
  it('begins with the counts and shows what is broken, with proof, and what would show the rest', () => {
    const text = contractTable(rows, false, terminal, plainPaint);
    assert.match(text, /^CONTRACT of Swarm networking: 3 rows: 1 broken, 1 held, 1 not visible\n/);
    assert.match(text, /4\.1 +B +broken +Unicast passes/);
    assert.match(text, /fdb-stale: node1 uber-net/);
    assert.ok(!text.includes('\u001b'));
    assert.doesNotMatch(text, /4\.4/);
    assert.match(text, /Not visible:\n {2}compare counters: --for 10s: 1\.4/);
    assert.match(text, /All rows: --verbose/);
  });

  it('shows all with --verbose, no line wider than the terminal', () => {
    const text = contractTable(rows, true, terminal, plainPaint);
    for (const line of text.split('\n')) assert.ok(line.length <= 80, line);
    assert.match(text, /4\.4 +B +held/);
    assert.match(text, /1\.4 +B +not visible/);
  });
});
