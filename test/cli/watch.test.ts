import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {OvdiagError} from '../../src/base/errors.js';
import type {Answered} from '../../src/cli/answered.js';
import {Interruption} from '../../src/cli/interruption.js';
import {watch, watchSeconds, watchWords} from '../../src/cli/watch.js';

const failure = new OvdiagError({code: 'docker-unread', message: 'gone'});
const document = {schemaVersion: 2 as const, hosts: [], problems: []};
const shown = {data: () => '', view: () => ''};

/** Rounds that answer with these statuses, or fail. */
function rounds(...results: (0 | 1 | Error)[]): {
  asked: () => number;
  round: () => Promise<Answered<string>>;
} {
  let at = 0;
  return {
    asked: () => at,
    round: () => {
      const result = results[at++];
      if (result instanceof Error) return Promise.reject(result);
      return Promise.resolve({document, shown, status: result ?? 0});
    },
  };
}

const problem = ({message}: OvdiagError) => message;

describe('--watch', () => {
  it('may stand alone', () => {
    assert.deepEqual(watchWords(['fdb', '--watch', 'x', '--watch=9', '--', '--watch']), [
      'fdb',
      '--watch=5',
      'x',
      '--watch=9',
      '--',
      '--watch',
    ]);
    assert.equal(watchSeconds({}), undefined);
    assert.equal(watchSeconds({watch: '10s'}), 10);
    for (const odd of ['0', '-1', 'soon', '1e9', ''])
      assert.throws(() => watchSeconds({watch: odd}), /--watch takes/);
    assert.throws(() => watchSeconds({watch: '5', snapshot: ['x']}), /does not change/);
  });

  it('ends with the first answer that holds', async () => {
    const {asked, round} = rounds(1, 1, failure, 0, 1);
    const answer = await watch(0, new Interruption(), {round, text: undefined, problem});
    assert.equal(answer.status, 0);
    assert.equal(asked(), 4, 'what fails after the first round is waited for');
  });

  it('does not wait for what fails at once', async () => {
    const {round} = rounds(failure);
    await assert.rejects(watch(0, new Interruption(), {round, text: undefined, problem}), /gone/);
  });
});
