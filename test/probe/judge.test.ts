import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {judge, type Observed} from '../../src/probe/judge.js';
import type {Sighting} from '../../src/probe/types.js';
import {points, seen, seenUpTo} from './support.js';

const tries = ['1.1', '1.2', '1.3'];

function observe(sightings: Sighting[], changes: Partial<Observed> = {}): Observed {
  return {
    points,
    states: points.map(() => ({})),
    sightings,
    tries,
    answered: new Set(),
    transmitted: tries.length,
    said: [],
    ...changes,
  };
}

const all = tries.flatMap((id) => [...seenUpTo('forward', 7, id), ...seenUpTo('reverse', 0, id)]);

describe('what captured packets prove', () => {
  it('arrived: all are answered', () => {
    const {verdict, received, points: report, lastSeen} = judge(observe(all, {answered: new Set(tries)}));
    assert.equal(verdict.code, 'arrived');
    assert.equal(received, 3);
    assert.deepEqual(verdict.notes, []);
    assert.deepEqual(
      report.map(({forward, reverse}) => [forward.packets, reverse.packets]),
      points.map(() => [3, 3]),
    );
    assert.equal(lastSeen.forward?.point, 'container');
    assert.equal(lastSeen.forward?.host, 'node2');
    assert.equal(lastSeen.reverse?.host, 'node1');
  });

  it('lost after each point of the way there', () => {
    for (let last = 0; last < points.length - 1; last++) {
      const {verdict, lastSeen} = judge(observe(tries.flatMap((id) => seenUpTo('forward', last, id))));
      assert.equal(verdict.code, 'lost-after');
      assert.equal(verdict.direction, 'forward');
      assert.deepEqual(
        [verdict.after?.host, verdict.after?.point],
        [points[last]?.host, points[last]?.point],
      );
      assert.deepEqual(
        [verdict.before?.host, verdict.before?.point],
        [points[last + 1]?.host, points[last + 1]?.point],
      );
      assert.equal(lastSeen.reverse, null);
      assert.equal(verdict.text.includes('dropped between the hosts'), last === 3);
    }
  });

  it('lost after each point of the way back', () => {
    const there = tries.flatMap((id) => seenUpTo('forward', 7, id));
    for (let last = 7; last > 0; last--) {
      const {verdict} = judge(observe([...there, ...tries.flatMap((id) => seenUpTo('reverse', last, id))]));
      assert.equal(verdict.code, 'lost-after');
      assert.equal(verdict.direction, 'reverse');
      assert.deepEqual(
        [verdict.after?.host, verdict.after?.point, verdict.before?.host, verdict.before?.point],
        [points[last]?.host, points[last]?.point, points[last - 1]?.host, points[last - 1]?.point],
      );
      assert.equal(verdict.text.includes('dropped between the hosts'), last === 4);
    }
  });

  it('no answer: the destination has them and sends nothing', () => {
    const {verdict} = judge(observe(tries.flatMap((id) => seenUpTo('forward', 7, id))));
    assert.equal(verdict.code, 'no-answer');
    assert.equal(verdict.after?.host, 'node2');
  });

  it('not sent: nothing at the source either, or the program says so', () => {
    assert.equal(
      judge(observe([], {said: ['From 10.0.1.9 Destination Host Unreachable']})).verdict.code,
      'not-sent',
    );
    assert.deepEqual(judge(observe([], {said: ['why']})).verdict.notes, ['why']);
    const blind = points.map(() => ({failure: 'tcpdump is missing'}));
    assert.equal(judge(observe([], {states: blind})).verdict.code, 'unanswered');
    assert.equal(judge(observe([], {states: blind, transmitted: 0})).verdict.code, 'not-sent');
  });

  it('unanswered: nobody looks beyond the last point', () => {
    const near = points.slice(0, 4);
    const {verdict} = judge(
      observe(
        tries.flatMap((id) => seenUpTo('forward', 3, id)),
        {points: near, states: near.map(() => ({}))},
      ),
    );
    assert.equal(verdict.code, 'unanswered');
    assert.equal(verdict.after?.point, 'uplink');
    assert.equal(verdict.before, null);
  });

  it('passes over points at which nothing could be captured', () => {
    const states = points.map((_, index) => (index === 4 || index === 5 ? {failure: 'no tcpdump'} : {}));
    const {verdict, points: report} = judge(
      observe(
        tries.flatMap((id) => seenUpTo('forward', 3, id)),
        {states},
      ),
    );
    assert.equal(verdict.code, 'lost-after');
    assert.deepEqual([verdict.after?.point, verdict.before?.point], ['uplink', 'bridge-port']);
    assert.equal(report[4]?.failure, 'no tcpdump');
  });

  it('lossy: some are answered; where the others were last seen is told', () => {
    const {verdict, received} = judge(
      observe(
        [
          ...['1.1', '1.2'].flatMap((id) => [...seenUpTo('forward', 7, id), ...seenUpTo('reverse', 0, id)]),
          ...seenUpTo('forward', 4, '1.3'),
        ],
        {answered: new Set(['1.1', '1.2'])},
      ),
    );
    assert.equal(verdict.code, 'lossy');
    assert.equal(received, 2);
    assert.deepEqual([verdict.after?.host, verdict.after?.point], ['node2', 'uplink']);
    assert.match(verdict.text, /2 of 3 probes were answered; the others were last seen at node2's uplink/);
  });

  it('says where answered packets were not seen: they took another way', () => {
    const {verdict} = judge(
      observe(
        all.filter(({point}) => point !== 3),
        {answered: new Set(tries)},
      ),
    );
    assert.equal(verdict.code, 'arrived');
    assert.equal(verdict.notes.length, 1);
    assert.match(verdict.notes[0] ?? '', /node1's uplink eth0 saw none/);
  });

  it('knows nothing of encrypted packets but that there are none', () => {
    const sealed = points.map((point, index) =>
      index === 3 || index === 4 ? {...point, carries: 'esp' as const, peer: '192.0.2.1'} : point,
    );
    const there = tries.flatMap((id) => seenUpTo('forward', 2, id));
    const verdictWith = (out: number, arrived: number) =>
      judge(
        observe(there, {
          points: sealed,
          states: sealed.map((_, index) =>
            index === 3
              ? {sealed: {forward: out, reverse: 0}}
              : index === 4
                ? {sealed: {forward: arrived, reverse: 0}}
                : {},
          ),
        }),
      ).verdict;
    assert.equal(verdictWith(0, 0).before?.host, 'node1');
    assert.equal(verdictWith(0, 0).before?.point, 'uplink');
    assert.equal(verdictWith(3, 0).before?.host, 'node2');
    assert.equal(verdictWith(3, 0).before?.point, 'uplink');
    assert.equal(verdictWith(3, 3).before?.point, 'vxlan');
  });
});

describe('what captured connections prove', () => {
  const ids = [':61000', ':61001'];
  const there = ids.flatMap((id) => seenUpTo('forward', 7, id));
  const back = (answer: 'accepted' | 'refused') =>
    ids.flatMap((id) => seenUpTo('reverse', 0, id).map((one) => ({...one, answer})));

  it('accepted by the capture alone, whatever the program says', () => {
    const {verdict, received} = judge(
      observe([...there, ...back('accepted')], {tries: ids, transmitted: null}),
    );
    assert.equal(verdict.code, 'arrived');
    assert.equal(received, 2);
    // The reset that ends a connection is no refusal.
    const reset = seen('reverse', 0, ':61000', {answer: 'refused'});
    assert.equal(
      judge(observe([...there, ...back('accepted'), reset], {tries: ids, transmitted: null})).verdict.code,
      'arrived',
    );
  });

  it('refused by the destination, or by something before it', () => {
    assert.equal(
      judge(observe([...there, ...back('refused')], {tries: ids, transmitted: null})).verdict.code,
      'refused',
    );
    const {verdict} = judge(
      observe(
        [
          ...ids.flatMap((id) => seenUpTo('forward', 3, id)),
          ...back('refused').filter(({point}) => point < 4),
        ],
        {
          tries: ids,
          transmitted: null,
        },
      ),
    );
    assert.equal(verdict.code, 'lost-after');
    assert.match(verdict.text, /refused on the path/);
  });

  it('counts the first packet and the first answer, not the rest', () => {
    const rest = ids.map((id) => seen('forward', 0, id, {part: 'rest'}));
    const {points: report} = judge(observe([...there, ...rest], {tries: ids, transmitted: null}));
    assert.equal(report[0]?.forward.packets, 2);
  });
});
