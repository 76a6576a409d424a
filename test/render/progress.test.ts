import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {progressText} from '../../src/render/progress.js';

describe('progressText', () => {
  it('tells what is done, what failed and who is waited for', () => {
    const cases: [Parameters<typeof progressText>[0], string][] = [
      [{done: 0, failed: 0, running: ['local'], waiting: 0}, 'reading this host'],
      [{done: 0, failed: 0, running: ['ssh://node1'], waiting: 0}, 'reading ssh://node1'],
      [{done: 0, failed: 0, running: ['a', 'b'], waiting: 0}, '0 of 2 hosts read; waiting for a, b'],
      [
        {done: 12, failed: 2, running: ['a', 'b', 'c', 'd', 'e'], waiting: 33},
        '12 of 50 hosts read, 2 failed; waiting for a, b, c and 2 more',
      ],
      [{done: 3, failed: 0, running: [], waiting: 0}, '3 of 3 hosts read'],
      [
        {done: 1, failed: 0, running: ['x'.repeat(60)], waiting: 0},
        `1 of 2 hosts read; waiting for ${'x'.repeat(23)}…`,
      ],
    ];
    for (const [counts, text] of cases) assert.equal(progressText(counts), text);
  });
});
