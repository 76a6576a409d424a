import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {setImmediate as later} from 'node:timers/promises';
import {atMost, turns} from '../../src/hosts/turns.js';

describe('jobs that run a few at a time', () => {
  it('begin in order, never more at once, also after one has failed', async () => {
    const few = atMost(2);
    const begun: number[] = [];
    const ends: (() => void)[] = [];
    const jobs = [0, 1, 2, 3].map((index) =>
      few(async () => {
        begun.push(index);
        await new Promise<void>((resolve) => {
          ends[index] = resolve;
        });
        if (index === 0) throw new Error('failed');
        return index;
      }),
    );
    const settled = Promise.allSettled(jobs);
    await later();
    assert.deepEqual(begun, [0, 1]);
    ends[0]?.();
    await later();
    assert.deepEqual(begun, [0, 1, 2]);
    ends[1]?.();
    await later();
    assert.deepEqual(begun, [0, 1, 2, 3]);
    ends[2]?.();
    ends[3]?.();
    assert.deepEqual(
      (await settled).map(({status}) => status),
      ['rejected', 'fulfilled', 'fulfilled', 'fulfilled'],
    );
  });
});

describe('turns', () => {
  it('end with the signal, and let the first one pass at once', async () => {
    const inTurn = turns(60_000);
    const stop = new AbortController();
    await inTurn(stop.signal);
    const second = inTurn(stop.signal);
    stop.abort();
    await assert.rejects(second, {name: 'AbortError'});
  });
});
