import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {namespacesUnavailable} from '../support/namespaces.js';
import {judgeRulesets} from '../support/rulesets/judge.js';

const skip = namespacesUnavailable();

describe('rules of nftables, with the kernel as judge', {skip}, () => {
  it('do to real packets what the walk says of them', async () => {
    const wrong: string[] = [];
    const {packets, drops, unknown} = await judgeRulesets({
      count: 60,
      seed: 20261129,
      tell: (line) => wrong.push(line),
    });
    assert.deepEqual(wrong, []);
    assert.ok(packets > 60 && drops > 10 && drops < packets - 10, `${drops} of ${packets} dropped`);
    assert.ok(unknown < packets * 0.2, `${unknown} of ${packets} unknown`);
  });
});
