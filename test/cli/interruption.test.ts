import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {Interruption} from '../../src/cli/interruption.js';

/** Handlers of a signal that were not there before. */
function watching(signal: 'SIGINT' | 'SIGTERM') {
  const before = process.listeners(signal);
  return () => process.listeners(signal).filter((listener) => !before.includes(listener));
}

describe('an interruption', () => {
  it('is taken while work is under way, and at no other time', async () => {
    const own = watching('SIGINT');
    const interruption = new Interruption();
    let during = 0;
    const work = interruption.during(Promise.resolve().then(() => (during = own().length)));
    assert.equal(own().length, 1);
    await work;
    assert.deepEqual([during, own().length], [1, 0]);
    await assert.rejects(interruption.during(Promise.reject(new Error('failed'))), {message: 'failed'});
    assert.equal(own().length, 0);
    assert.equal(interruption.signal.aborted, false);
  });

  it('aborts what waits, and leaves the next Ctrl-C to end the process', async () => {
    const [own, term] = [watching('SIGINT'), watching('SIGTERM')];
    const interruption = new Interruption();
    const pause = interruption.pause(2 ** 31 - 1);
    // The pause begins when its timers are loaded.
    while (own().length === 0) await new Promise((resolve) => setImmediate(resolve));
    const [stop] = term();
    assert.ok(stop);
    stop('SIGTERM');
    await assert.rejects(pause, {name: 'AbortError'});
    assert.equal(interruption.signal.aborted, true);
    assert.equal(term().length, 0);
    const [last, ...more] = own();
    assert.ok(last);
    assert.deepEqual(more, []);
    process.off('SIGINT', last);
  });
});
