import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {namespacesUnavailable} from '../support/namespaces.js';
import {rareIn} from '../support/rulesets/counted.js';
import {judgeRulesets, undecidedOf} from '../support/rulesets/judge.js';

const skip = namespacesUnavailable();

describe('packet filters, with the kernel as judge', {skip}, () => {
  it('do to real packets what the walk says of them', async () => {
    const wrong: string[] = [];
    const report = await judgeRulesets({
      count: 300,
      seed: 20261129,
      tell: ({name, said, seen, parts}) =>
        wrong.push(`${name}: ${said}, but ${seen}: ${JSON.stringify(parts)}`),
    });
    const {packets, drops, ways} = report;
    assert.deepEqual(wrong, []);
    assert.ok(packets > 6000 && drops > 1000 && drops < packets - 1000, `${drops} of ${packets} dropped`);
    const undecided = undecidedOf(report);
    assert.deepEqual(rareIn(report), []);
    // Each kind of packet on each way, ESP of both families too.
    for (const [name, {passed, dropped}] of ways)
      assert.ok(Math.min(passed, dropped) >= 10, `${name}: ${passed}, ${dropped}`);
    const sealed = [...ways.keys()].filter((name) => name.includes(' esp '));
    assert.deepEqual(sealed.length, 6, sealed.join(', '));
    assert.ok(undecided < packets * 0.03, `${undecided} of ${packets} unknown`);
  });
});
