import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {derived, recordedEvidence, sectionOf} from '../support/evidence.js';
import {mixedFile, refuseTables} from '../support/refused.js';
import {diffEvidence, rootsOf} from './support.js';

describe('rules in tables that iptables-nft-save refuses', () => {
  const node1 = recordedEvidence('engine-26.1.5/node1');
  /** The same rules, before nft wrote in their tables. */
  const before = derived(node1, (draft) => {
    sectionOf(draft, '@host', 'iptables-nft').output = mixedFile('before.save');
    sectionOf(draft, '@host', 'nft').output = '{"nftables": []}';
  });
  const after = (json?: (text: string) => string) =>
    derived(node1, (draft) => refuseTables(draft, json ? {json} : {}));
  const compared = (...[one, other]: [typeof before, typeof before]) => {
    const diff = diffEvidence([one], [other]);
    const gaps = diff.notCompared.filter(({place}) => place === 'host');
    return {roots: rootsOf(diff), gaps};
  };

  it('are not taken for others, nor their policies, where one snapshot has them in the words of iptables', () => {
    for (const [pair, missingIn] of [
      [[before, after()], 'second'],
      [[after(), before], 'first'],
    ] as const) {
      const {roots, gaps} = compared(pair[0], pair[1]);
      assert.deepEqual(roots, []);
      const [reworded, hidden, ...others] = gaps;
      assert.deepEqual(others, []);
      assert.deepEqual([reworded?.missingIn, hidden?.missingIn], [missingIn, missingIn]);
      assert.deepEqual(reworded?.kinds, ['netfilter-rule', 'netfilter-order']);
      assert.match(
        reworded.reason,
        /^table ip mangle, table ip filter, table ip nat are in the words of another program$/,
      );
    }
  });

  it('are compared where both snapshots have them in the words of nft, but for what nft leaves out', () => {
    const same = compared(after(), after());
    assert.deepEqual(same.roots, []);
    assert.deepEqual(
      same.gaps.map(({missingIn, reason}) => [missingIn, reason.replace(/ of \d+ rules, such as.*/, '')]),
      [['both', 'nft does not print all']],
    );
    assert.match(same.gaps[0]?.reason ?? '', /such as ip mangle OUTPUT: .*xt match u32/);
    const {roots} = compared(
      after(),
      after((text) => text.replace('"jump": {"target": "DOCKER-USER"}', '"jump": {"target": "OPERATOR"}')),
    );
    assert.deepEqual(roots, [
      'node1 host: rule in nft ip filter/FORWARD vanished (jump DOCKER-USER)',
      'node1 host: rule in nft ip filter/FORWARD appeared (jump OPERATOR)',
    ]);
  });
});
