import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {setTimeout as sleep} from 'node:timers/promises';
import {fanOut} from '../../src/hosts/fan-out.js';

const never = new AbortController().signal;

/** Work that counts how much of it runs at once and how much of it has not been taken yet. */
function counted(ms: (item: number) => number) {
  const counts = {running: 0, mostRunning: 0, begun: 0, aborted: 0};
  const work = async (item: number, signal: AbortSignal) => {
    counts.begun++;
    counts.running++;
    counts.mostRunning = Math.max(counts.mostRunning, counts.running);
    try {
      await sleep(ms(item), undefined, {signal});
      return item * 10;
    } catch (error) {
      counts.aborted++;
      throw error;
    } finally {
      counts.running--;
    }
  };
  return {counts, work};
}

const items = Array.from({length: 20}, (_, index) => index);

describe('fanOut', () => {
  it('gives every result once, in the order in which they come, with its place', async () => {
    const {counts, work} = counted((item) => (item % 5) * 8);
    const ended: {index: number; result: number}[] = [];
    for await (const one of fanOut(items, 5, work, never)) ended.push(one);
    assert.deepEqual(
      ended.map(({index}) => index).sort((a, b) => a - b),
      items,
    );
    for (const {index, result} of ended) assert.equal(result, index * 10);
    assert.notDeepEqual(
      ended.map(({index}) => index),
      items,
      'a slow one does not hold up the others',
    );
    assert.equal(counts.mostRunning, 5);
  });

  it('begins nothing new while nobody takes results', async () => {
    const {counts, work} = counted(() => 1);
    const results = fanOut(items, 4, work, never);
    await results.next();
    await sleep(60);
    assert.equal(counts.running, 0);
    assert.equal(counts.begun, 5);
    await results.return();
  });

  it('tells what runs and what waits', async () => {
    const seen: {running: number[]; waiting: number}[] = [];
    const {work} = counted(() => 1);
    for await (const _ of fanOut([1, 2, 3], 2, work, never, (state) => seen.push(state)));
    assert.deepEqual(seen[0], {running: [0, 1], waiting: 1});
    assert.deepEqual(seen.at(-1), {running: [], waiting: 0});
  });

  it('ends what still runs where the taker has enough', async () => {
    const {counts, work} = counted((item) => (item === 0 ? 1 : 60_000));
    for await (const {index} of fanOut(items, 3, work, never)) {
      assert.equal(index, 0);
      break;
    }
    assert.deepEqual([counts.running, counts.aborted], [0, 3]);
  });

  it('rejects with what one piece of work rejects with, when the others have ended', async () => {
    const {counts, work} = counted(() => 60_000);
    const results = fanOut(
      items,
      3,
      (item, signal) => (item === 2 ? Promise.reject(new Error('two')) : work(item, signal)),
      never,
    );
    await assert.rejects(results.next(), /two/);
    assert.equal(counts.running, 0);
  });

  it('passes an abort on, whenever it comes', async () => {
    for (const ms of [0, 20]) {
      const controller = new AbortController();
      const {counts, work} = counted(() => 60_000);
      setTimeout(() => controller.abort(new Error('stop')), ms);
      await assert.rejects(fanOut(items, 3, work, controller.signal).next(), {name: 'AbortError'});
      assert.equal(counts.running, 0);
    }
    const {counts, work} = counted(() => 60_000);
    await assert.rejects(fanOut(items, 3, work, AbortSignal.abort()).next());
    assert.equal(counts.running, 0);
  });

  it('has nothing to do for no items', async () => {
    const {work} = counted(() => 1);
    assert.deepEqual(await fanOut([], 3, work, never).next(), {done: true, value: undefined});
  });
});
