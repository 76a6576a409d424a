import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {lossOf, lossText} from '../../src/probe/loss.js';

describe('what so many packets tell of the rate of loss', () => {
  it('is the interval of Clopper and Pearson', () => {
    // From R: binom.test(lost, sent)$conf.int, in percent.
    for (const [sent, lost, low, high] of [
      [20, 1, 0.1, 24.9],
      [500, 5, 0.3, 2.3],
      [500, 25, 3.3, 7.3],
      [10, 5, 18.7, 81.3],
    ] as const) {
      const {lowPercent, highPercent} = lossOf(sent, lost);
      assert.deepEqual([lowPercent, highPercent], [low, high], `${lost} of ${sent}`);
    }
  });

  it('is one bound where none or all were lost', () => {
    assert.deepEqual(lossOf(20, 0), {lost: 0, percent: 0, lowPercent: 0, highPercent: 13.9});
    assert.deepEqual(lossOf(20, 20), {lost: 20, percent: 100, lowPercent: 86.1, highPercent: 100});
    assert.deepEqual(lossOf(1, 0), {lost: 0, percent: 0, lowPercent: 0, highPercent: 95});
  });

  it('holds the rate that was seen, and is the closer the more were sent', () => {
    for (const sent of [1, 2, 3, 20, 500, 2000]) {
      for (const lost of new Set([0, 1, Math.floor(sent / 3), sent - 1, sent])) {
        const {percent, lowPercent, highPercent} = lossOf(sent, lost);
        assert.ok(lowPercent <= percent && percent <= highPercent, `${lost} of ${sent}`);
        assert.ok(lowPercent >= 0 && highPercent <= 100, `${lost} of ${sent}`);
      }
    }
    const widths = [20, 200, 2000].map((sent) => {
      const {lowPercent, highPercent} = lossOf(sent, sent / 10);
      return highPercent - lowPercent;
    });
    assert.deepEqual(
      widths,
      [...widths].sort((a, b) => b - a),
    );
  });

  it('is told in words, bounds rounded to the side on which they hold', () => {
    const text = (sent: number, lost: number) => lossText(sent, lossOf(sent, lost));
    assert.equal(text(20, 0), '0 of 20 lost: below 14 %');
    assert.equal(text(500, 0), '0 of 500 lost: below 0.6 %');
    assert.equal(text(500, 5), '5 of 500 lost: 1 % (95 %: 0.3 to 2.3 %)');
    assert.equal(text(20, 20), '20 of 20 lost');
  });
});
