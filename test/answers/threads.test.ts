import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {threadId} from 'node:worker_threads';
import {inThreads} from '../../src/answers/threads.js';

const never = new AbortController().signal;

/** A thread that doubles numbers, knows the error of an odd thing, dies of a dead one, and never answers a slow one. */
const doubling = new URL(
  `data:text/javascript,${encodeURIComponent(`
    import {parentPort, threadId} from 'node:worker_threads';
    parentPort.on('message', (job) => {
      if (job === 'odd') parentPort.postMessage({error: {code: 'odd', message: 'It is odd.', suggestions: ['x'], exit: 3}});
      else if (job === 'dead') throw new Error('it died');
      else if (job === 'gone') process.exit(0);
      else if (job !== 'slow') parentPort.postMessage({result: {doubled: job * 2, threadId}});
    });`)}`,
);

async function all(jobs: unknown[], threads: number): Promise<{doubled: number; threadId: number}[]> {
  const results: {doubled: number; threadId: number}[] = [];
  for await (const {index, result} of inThreads<unknown, {doubled: number; threadId: number}>(
    doubling,
    jobs,
    threads,
    never,
  ))
    results[index] = result;
  return results;
}

describe('work in threads', () => {
  it('comes back once each, with its place, from no more threads than were wanted', async () => {
    const results = await all(
      Array.from({length: 40}, (_, index) => index),
      3,
    );
    assert.deepEqual(
      results.map(({doubled}) => doubled),
      Array.from({length: 40}, (_, index) => index * 2),
    );
    const threads = new Set(results.map(({threadId: id}) => id));
    assert.ok(threads.size <= 3 && !threads.has(threadId), [...threads].join());
  });

  it('fails as the thread says, or because it died or left', async () => {
    await assert.rejects(all([1, 'odd', 2], 2), {
      code: 'odd',
      message: 'It is odd.',
      suggestions: ['x'],
      exit: 3,
    });
    await assert.rejects(all([1, 'dead', 2], 2), /it died/);
    await assert.rejects(all(['gone'], 1), /ended before its work was done/);
  });

  it('ends when it is told to, or when nobody wants more', async () => {
    const stop = new AbortController();
    const work = inThreads(doubling, ['slow', 'slow'], 2, stop.signal);
    const next = work.next();
    stop.abort(new Error('stopped'));
    await assert.rejects(next, /stopped/);
    // Without an end of its threads this process would go on for ever.
    for await (const _ of inThreads(doubling, [1, 'slow'], 2, never)) break;
  });
});
