import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {explainAnswer} from '../../src/answers/explain.js';
import {formerStatuses} from '../../src/rows/status.js';

describe('explain', () => {
  it('takes the names that the states of rows had', () => {
    for (const [former, code] of Object.entries(formerStatuses))
      assert.deepEqual(
        explainAnswer(former).explanations.map((one) => one.code),
        [code],
      );
  });

  it('names what is near a code that is none', () => {
    assert.throws(() => explainAnswer('fdb-row-mising'), /unknown-code|fdb-row-mising/);
  });
});
