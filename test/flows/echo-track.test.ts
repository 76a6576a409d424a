import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import type {EchoTrack} from '../../src/flows/echo-track.js';
import {ethernet, icmpEcho, ipv4} from '../packet/build.js';
import {flowOf, type Timed} from './support.js';

const request = (sequence: number): Buffer => ethernet(ipv4(icmpEcho('request', 7, sequence), {proto: 1}));
const reply = (sequence: number): Buffer =>
  ethernet(ipv4(icmpEcho('reply', 7, sequence), {proto: 1, src: '10.0.1.3', dst: '10.0.1.2'}));

function counted(...packets: Timed[]): Partial<EchoTrack> {
  const {echo} = flowOf(...packets);
  if (echo === undefined) throw new Error('no ping');
  const {requests, replies, matched, least, most, sum, duplicates} = echo;
  return {requests, replies, matched, least, most, sum, duplicates};
}

const none = {requests: 0, replies: 0, matched: 0, least: 0, most: 0, sum: 0, duplicates: 0};

describe('a ping', () => {
  it('has the least, the most and the sum of its round trips, in nanoseconds', () => {
    assert.deepEqual(
      counted(
        [0, request(1)],
        [4, reply(1)],
        [1000, request(2)],
        [1001, reply(2)],
        [2000, request(3)],
        [2010, reply(3)],
      ),
      {...none, requests: 3, replies: 3, matched: 3, least: 1e6, most: 10e6, sum: 15e6},
    );
  });

  it('that is not answered has no round trip', () => {
    assert.deepEqual(counted([0, request(1)], [1000, request(2)]), {...none, requests: 2});
  });

  it('knows a reply whose request was not seen', () => {
    assert.deepEqual(counted([0, reply(9)], [1, request(10)]), {...none, requests: 1, replies: 1});
  });

  it('counts a packet that was captured twice once', () => {
    assert.deepEqual(counted([0, request(1)], [2, request(1)], [4, reply(1)], [5, reply(1)]), {
      ...none,
      requests: 1,
      replies: 1,
      matched: 1,
      least: 4e6,
      most: 4e6,
      sum: 4e6,
      duplicates: 2,
    });
  });

  it('counts a request that was sent again after 5 ms, and its reply from then', () => {
    assert.deepEqual(counted([0, request(1)], [6, request(1)], [7, reply(1)]), {
      ...none,
      requests: 2,
      replies: 1,
      matched: 1,
      least: 1e6,
      most: 1e6,
      sum: 1e6,
    });
  });

  it('takes a reply for the newest request of its number', () => {
    assert.deepEqual(counted([0, request(1)], [1, reply(1)], [100, request(1)], [103, reply(1)]), {
      ...none,
      requests: 2,
      replies: 2,
      matched: 2,
      least: 1e6,
      most: 3e6,
      sum: 4e6,
    });
  });

  it('remembers the 32 newest requests', () => {
    const flood = (count: number): Timed[] =>
      Array.from({length: count}, (_, index): Timed => [index * 10, request(index + 1)]);
    assert.equal(counted(...flood(32), [400, reply(1)]).matched, 1);
    const late = counted(...flood(33), [400, reply(1)], [401, reply(2)]);
    assert.deepEqual([late.replies, late.matched], [2, 1]);
  });
});
