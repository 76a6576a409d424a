import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {newVniTimeline, timelineSteps} from '../../src/flows/vni-timeline.js';

const sum = (counts: Float64Array) => counts.reduce((total, count) => total + count, 0);

describe('a timeline by VNI', () => {
  it('counts packets and bytes of each VNI in steps of one length', () => {
    const timeline = newVniTimeline();
    timeline.note(4097, 100, 5e6);
    timeline.note(4097, 50, 5.5e6);
    timeline.note(4098, 1000, 8e6);
    const [first, second] = timeline.rows();
    assert.deepEqual([first?.vni, second?.vni], [4098, 4097]);
    assert.deepEqual([second?.packets[0], second?.bytes[0]], [2, 150]);
    assert.deepEqual([first?.packets[3], first?.bytes[3]], [1, 1000]);
    assert.equal(timeline.step(), 1e6);
    assert.equal(timeline.used(), 4);
  });

  it('doubles its steps, and loses nothing by it', () => {
    const timeline = newVniTimeline();
    for (let at = 0; at < 1000; at++) timeline.note(at % 3, 10, at * 1e6);
    const rows = timeline.rows();
    assert.equal(
      rows.reduce((total, {packets}) => total + sum(packets), 0),
      1000,
    );
    assert.equal(
      rows.reduce((total, {bytes}) => total + sum(bytes), 0),
      10_000,
    );
    assert.equal(timeline.step(), 8e6);
    assert.equal(timeline.used(), 125);
    assert.ok(rows.every(({packets}) => packets.length === timelineSteps));
  });

  it('has few rows, however many VNIs there are', () => {
    const timeline = newVniTimeline(4);
    for (let vni = 0; vni < 5000; vni++) timeline.note(vni, 10, vni);
    const rows = timeline.rows();
    assert.deepEqual(rows.map(({vni}) => vni).slice(-1), ['other']);
    assert.equal(rows.length, 5);
    assert.equal(sum(rows.at(-1)?.packets ?? new Float64Array()), 4996);
  });

  it('counts what comes before the first packet as its time', () => {
    const timeline = newVniTimeline();
    timeline.note(1, 10, 5e9);
    timeline.note(1, 10, 4e9);
    assert.equal(timeline.rows()[0]?.packets[0], 2);
    assert.equal(newVniTimeline().used(), 0);
  });
});
