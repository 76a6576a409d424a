import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {type ContractState, contractStates} from '../../src/answers/contract.js';
import {checks} from '../../src/checks/registry.js';
import {contract} from '../../src/findings/contract/contract.js';
import {hostFacts} from '../../src/hosts/host-facts.js';
import {hostModel} from '../../src/model/host.js';
import type {HostEvidence} from '../../src/snapshot/snapshot.js';
import {examine} from '../checks/support.js';
import {breaches, keeping} from '../support/row-fixtures.js';

/** The rows as `doctor --contract` gives them, by their ids. */
function statesOf(readings: HostEvidence[]): Map<string, ContractState> {
  const models = readings.map((reading) => hostModel(reading));
  const {findings, notChecked, samples} = examine(...models);
  const states = contractStates({
    findings,
    notChecked,
    checks,
    hosts: new Set(models.map(({key}) => key)).size,
    managers: models.filter((model) => hostFacts(model).lists).length,
    samples: samples.length,
  });
  return new Map(states.map((state) => [state.id, state]));
}

const judged = contract.flatMap(({rows}) =>
  rows.flatMap(({id, judged: {by}}) => (by === 'doctor' ? [id] : [])),
);
const rowsOf = ({rows}: {rows: string}) => (rows === '*' ? judged : rows.split(' '));

describe('a row of the contract that doctor judges', () => {
  for (const breach of breaches)
    it(`is broken in ${breach.name}: ${breach.rows}`, () => {
      const states = statesOf(breach.hosts());
      for (const id of rowsOf(breach)) assert.equal(states.get(id)?.state, 'broken', id);
    });

  for (const kept of keeping)
    it(`holds in ${kept.name}`, () => {
      const states = statesOf(kept.hosts());
      const odd = rowsOf(kept).flatMap((id) => {
        const {state, reason, evidence} = states.get(id) ?? {};
        return state === 'held' ? [] : [`${id} ${state}: ${reason ?? evidence?.join('; ')}`];
      });
      assert.deepEqual(odd, []);
    });

  it('has evidence that breaks it, once', () => {
    const broken = breaches.flatMap(rowsOf);
    assert.deepEqual([...new Set(broken)].sort(), [...judged].sort());
    assert.equal(broken.length, new Set(broken).size);
  });
});
