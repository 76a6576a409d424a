import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {recordedEvidence} from '../support/evidence.js';
import {answersAlike, holdsNoOriginal, occurs, wordsOf} from './agreement.js';
import {formsOf, secretsOf} from './secrets.js';

describe('a redacted snapshot', () => {
  for (const folder of ['.', 'stale', 'doctor/gwbridge-leg-missing'])
    it(`of ${folder} gives the same answers, in other words`, () => answersAlike(folder));

  it('holds no name, address, MAC or id of the original, in no form', () => holdsNoOriginal('.'));

  it('would not pass that test if it were the original', () => {
    const evidence = recordedEvidence('node1');
    const text = wordsOf(evidence);
    const forms = [...formsOf(secretsOf(evidence)).keys()];
    const seen = forms.filter((form) => occurs(form, text));
    assert.ok(seen.length > forms.length / 4, `${seen.length} of ${forms.length}`);
  });
});
