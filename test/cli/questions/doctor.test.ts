import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {type DoctorFlags, doctorQuestion} from '../../../src/cli/questions/doctor.js';

const asked = (flags: Partial<DoctorFlags> = {}, network?: string) =>
  doctorQuestion(network, {'max-skew': '60s', ...flags});

describe('what doctor is asked', () => {
  it('is of a network, of some codes, over some time', async () => {
    assert.deepEqual(
      await asked({for: '10s', only: ['clock-skew'], skip: ['node-down'], 'max-skew': '2m'}, 'uber-net'),
      {
        network: 'uber-net',
        only: ['clock-skew'],
        skip: ['node-down'],
        listenSeconds: 10,
        maxSkew: 120,
        contract: undefined,
        spare: true,
        accepted: {held: [], ended: []},
      },
    );
    const plain = await asked();
    assert.deepEqual([plain.network, plain.listenSeconds, plain.maxSkew], [undefined, undefined, 60]);
    // What is recorded is asked other questions later.
    assert.equal((await asked({record: 'incident'})).spare, false);
    assert.equal((await asked({contract: true})).spare, false);
    assert.equal((await asked({for: '3s'})).listenSeconds, 3);
    assert.equal((await asked({for: '50'})).listenSeconds, 50);
  });

  it('is refused where it cannot be meant', async () => {
    const refused: [code: string, Partial<DoctorFlags>][] = [
      ['invalid-flag', {'max-skew': 'soon'}],
      ['invalid-flag', {for: '2s'}],
      ['invalid-flag', {for: '51s'}],
      ['for-and-snapshot', {for: '10s', snapshot: ['x.json']}],
      ['unknown-code', {only: ['clock-skw']}],
      ['unknown-code', {skip: ['clock-skw']}],
    ];
    for (const [code, flags] of refused) await assert.rejects(asked(flags), {code, exit: 2});
    await assert.rejects(asked({only: ['clock-skw']}), {
      suggestions: ['Did you mean: clock-skew', 'All codes: ovdiag explain'],
    });
  });
});
