import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {contractStates, type Grounds} from '../../src/answers/contract.js';
import {checks} from '../../src/checks/registry.js';
import {contract} from '../../src/findings/contract/contract.js';
import type {Finding} from '../../src/findings/finding.js';

const grounds: Grounds = {findings: [], notChecked: [], checks, hosts: 2, managers: 1, samples: 2};
const row = (id: string, more: Partial<Grounds> = {}) => {
  const found = contractStates({...grounds, ...more}).find((one) => one.id === id);
  assert.ok(found, id);
  return found;
};
const finding = (code: Finding['code'], subject: string): Finding => ({
  code,
  severity: 'error',
  host: 'node1',
  network: 'uber-net',
  subject,
  evidence: [],
  cause: '',
  check: [],
  fix: {by: 'unknown', reason: ''},
  basis: 'one-host',
  at: {},
});

describe('the rows of the contract', () => {
  const rows = contract.flatMap((section) => section.rows);

  it('are all of the specification, each once', () => {
    assert.equal(rows.length, 228);
    assert.equal(new Set(rows.map(({id}) => id)).size, 228);
  });

  it('are judged by codes that a check reports', () => {
    const reported = new Set<string>(checks.flatMap(({codes}) => codes));
    for (const {id, judged} of rows)
      if (judged.by === 'doctor')
        for (const code of judged.codes) assert.ok(reported.has(code), `${id} ${code}`);
  });

  it('that are judged do not become fewer', () => {
    const judged = rows.filter((one) => one.judged.by === 'doctor');
    assert.ok(judged.length >= 190, `${judged.length}`);
  });
});

describe('the state of a row', () => {
  it('is held where all its checks ran and found nothing', () => {
    assert.deepEqual([row('1.1').state, row('1.1').evidence], ['held', []]);
  });

  it('is broken by any finding of its codes, with what was found', () => {
    const {state, evidence} = row('1.1', {findings: [finding('fdb-wrong-vtep', '02:42:0a:00:01:09')]});
    assert.deepEqual([state, evidence], ['broken', ['fdb-wrong-vtep: node1 uber-net: 02:42:0a:00:01:09']]);
    assert.equal(row('1.3', {findings: [finding('fdb-wrong-vtep', 'x')]}).state, 'held');
  });

  it('is not visible where a check lacks hosts, a manager, a sample or evidence, and says which', () => {
    const hidden = (id: string, more: Partial<Grounds>) => [row(id, more).state, row(id, more).reason];
    assert.deepEqual(hidden('2.2.1', {managers: 0}), ['not-visible', 'read a manager too']);
    assert.deepEqual(hidden('2.2.5', {hosts: 1}), [
      'not-visible',
      'read more hosts: -H ssh://root@NODE, or --swarm',
    ]);
    assert.deepEqual(hidden('1.4', {samples: 0}), ['not-visible', 'compare counters: --for 10s']);
    const gap = {checkName: 'namespaces', host: null, network: null, reason: 'not read', add: 'as root'};
    assert.deepEqual(hidden('11.1.5', {notChecked: [gap]}), ['not-visible', 'not read; as root']);
  });

  it('asks for packets where tables of hosts do not show it, and says what nobody judges', () => {
    assert.deepEqual(
      ['4.2', '11.6.2', '10.3.1'].map((id) => row(id).state),
      ['needs-probe', 'not-judged', 'not-judged'],
    );
    assert.equal(row('10.3.1').reason, 'keys are never read');
  });
});
