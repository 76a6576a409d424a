import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {kernelSuite} from '../lab/full/kernel-has.js';
import {extras, mostUnknown} from '../support/rulesets/extras.js';
import {judgeRulesets, undecidedOf} from '../support/rulesets/judge.js';

describe(
  'packet filters with flowtables and IPsec, with the kernel as judge',
  kernelSuite('flowtables', 'IPsec matches', 'ESP'),
  () => {
    it('do to real packets what the walk says of them', async () => {
      const wrong: string[] = [];
      const also = new Set(extras);
      const report = await judgeRulesets({
        count: 40,
        seed: 20261201,
        also,
        tell: ({name, said, seen, parts}) =>
          wrong.push(`${name}: ${said}, but ${seen}: ${JSON.stringify(parts)}`),
      });
      const {ways, bypassed, packets} = report;
      assert.deepEqual(wrong, []);
      assert.ok(packets > 1000, `${packets} packets`);
      const undecided = undecidedOf(report);
      assert.ok(undecided < packets * mostUnknown(also), `${undecided} of ${packets} unknown`);
      // Flowtables did take flows, and packets under IPsec came and went.
      assert.ok(bypassed > 0);
      for (const name of ['INPUT sealed ip4', 'INPUT sealed ip6', 'OUTPUT sealed ip4', 'OUTPUT sealed ip6']) {
        const {passed = 0, dropped = 0} = ways.get(name) ?? {};
        assert.ok(passed > 0 && dropped > 0, `${name}: ${passed}, ${dropped}`);
      }
    });
  },
);
