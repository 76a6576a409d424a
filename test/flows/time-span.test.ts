import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {absolute, newTimeSpan, noteTime} from '../../src/flows/time-span.js';
import {newPacketView} from '../../src/packet/view.js';

const seen = (seconds: number, nanos: number, hasTime = true) =>
  Object.assign(newPacketView(), {hasTime, seconds, nanos});

describe('the time of what was counted', () => {
  it('is nanoseconds since the second of the first packet', () => {
    const span = newTimeSpan();
    assert.deepEqual(
      [seen(1_700_000_000, 999_999_999), seen(1_700_000_001, 1), seen(1_699_999_999, 5)].map((view) =>
        noteTime(span, view),
      ),
      [999_999_999, 1_000_000_001, -999_999_995],
    );
    assert.deepEqual(span, {base: 1_700_000_000, first: -999_999_995, last: 1_000_000_001});
  });

  it('comes back as it was, to the nanosecond, before and after the base', () => {
    const span = newTimeSpan();
    for (const view of [seen(1_700_000_000, 999_999_999), seen(1_700_000_001, 1), seen(1_699_999_999, 5)]) {
      assert.deepEqual(absolute(span, noteTime(span, view)), {seconds: view.seconds, nanos: view.nanos});
    }
  });

  it('of a packet without one is the latest', () => {
    const span = newTimeSpan();
    assert.equal(noteTime(span, seen(0, 0, false)), 0);
    assert.equal(span.base, -1);
    noteTime(span, seen(1_700_000_000, 5));
    noteTime(span, seen(1_700_000_002, 7));
    assert.equal(noteTime(span, seen(0, 0, false)), 2_000_000_007);
  });
});
