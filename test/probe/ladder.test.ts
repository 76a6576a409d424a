import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {ladder, mostSteps, pathMtu, type StepResult} from '../../src/probe/ladder.js';

/** Climbs over a way that passes packets up to `whole` in one piece, and up to `pieces` in several. */
function climb(mtu: number, whole: number, {pieces = whole, tells = false} = {}) {
  const steps = ladder(84, mtu);
  for (let size = steps.next(); size !== undefined; size = steps.next()) {
    const result: StepResult =
      size <= whole ? 'whole' : size <= pieces ? 'pieces' : tells ? 'too-big' : 'lost';
    steps.add({size, result, ...(result === 'too-big' ? {mtu: whole} : {})});
  }
  return pathMtu(84, mtu, steps.steps);
}

describe('the ladder of sizes', () => {
  it('needs one packet where the largest passes', () => {
    const found = climb(1450, 1450);
    assert.deepEqual(found.sizes, [{size: 1450, result: 'whole'}]);
    assert.equal(found.largestWhole, 1450);
    assert.equal(found.smallestNot, null);
    assert.ok(found.exact);
  });

  it('finds every limit of an overlay exactly, with at most 12 packets', () => {
    for (let whole = 84; whole <= 1450; whole++) {
      const found = climb(1450, whole);
      assert.equal(found.largestWhole, whole);
      assert.equal(found.largestPassing, whole);
      assert.ok(found.exact, `${whole}: exact`);
      assert.ok(found.sizes.length <= mostSteps, `${whole}: ${found.sizes.length} packets`);
    }
  });

  it('takes the word of who tells an MTU, and tries it', () => {
    const found = climb(1450, 1350, {tells: true});
    assert.deepEqual(found.sizes.map(({size}) => size).slice(0, 2), [1450, 1350]);
    assert.equal(found.largestWhole, 1350);
  });

  it('asks the own kernel once where its route cache refuses', () => {
    const steps = ladder(84, 1450);
    assert.equal(steps.next(), 1450);
    steps.add({size: 1450, result: 'too-big', mtu: 1350, cached: true});
    assert.equal(steps.next(), 1350);
    steps.add({size: 1350, result: 'whole'});
    assert.equal(steps.next(), undefined);
    const found = pathMtu(84, 1450, steps.steps);
    assert.deepEqual([found.largestWhole, found.smallestNot, found.exact], [1350, 1351, true]);
  });

  it('is not led astray by an MTU that can not be', () => {
    const steps = ladder(84, 1450);
    steps.add({size: 1450, result: 'too-big', mtu: 9000});
    const next = steps.next() ?? 0;
    assert.ok(next > 84 && next < 1450);
    steps.add({size: next, result: 'too-big', mtu: 20});
    assert.ok((steps.next() ?? 0) < next);
  });

  it('tells pieces from whole ones', () => {
    const found = climb(1450, 1350, {pieces: 1450});
    assert.equal(found.largestWhole, 1350);
    assert.equal(found.largestPassing, 1450);
    assert.equal(found.smallestNot, 1351);
  });

  it('says between which sizes the limit is where 12 packets are too few', () => {
    const found = climb(65_000, 40_001);
    assert.equal(found.sizes.length, mostSteps);
    assert.ok(found.largestWhole <= 40_001 && (found.smallestNot ?? 0) > 40_001);
    assert.equal(found.exact, false);
  });
});
