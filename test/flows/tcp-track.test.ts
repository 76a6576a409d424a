import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {type TcpTrack, tcpState} from '../../src/flows/tcp-track.js';
import {ethernet, ipv6, tcp} from '../packet/build.js';
import {flowOf, handshake, segment, type Timed} from './support.js';

function trackOf(...packets: Timed[]): TcpTrack {
  const {tcp: track} = flowOf(...packets);
  if (track === undefined) throw new Error('not TCP');
  return track;
}

/** What is counted; all that is 0 is left out. */
function counted(...packets: Timed[]): Partial<TcpTrack> {
  const {retransmissions, outOfOrder, duplicates, gaps, keepAlives} = trackOf(...packets);
  return Object.fromEntries(
    Object.entries({retransmissions, outOfOrder, duplicates, gaps, keepAlives}).filter(([, n]) => n !== 0),
  );
}

/** Ten bytes of `a` behind the handshake, beginning at 101. */
const data = (from: number, length = 10): Buffer => segment('a', 'PA', {seq: from, length});

describe('the state of a TCP conversation', () => {
  const cases: [string, Timed[]][] = [
    ['no-answer', [[0, segment('a', 'S')]]],
    [
      'refused',
      [
        [0, segment('a', 'S')],
        [1, segment('b', 'RA')],
      ],
    ],
    ['half-open', handshake().slice(0, 2)],
    ['established', handshake()],
    ['reset', [...handshake(), [4, segment('b', 'R', {seq: 501})]]],
    ['closing', [...handshake(), [4, segment('a', 'FA', {seq: 101})]]],
    ['closed', [...handshake(), [4, segment('a', 'FA', {seq: 101})], [5, segment('b', 'FA', {seq: 501})]]],
    [
      'ongoing',
      [
        [0, data(101)],
        [1, segment('b', 'A', {seq: 501})],
      ],
    ],
    // A RST in the middle refuses nobody: no SYN was seen.
    [
      'reset',
      [
        [0, data(101)],
        [1, segment('b', 'R', {seq: 501})],
      ],
    ],
    // A SYN and data of the other end, whose SYN was not captured.
    [
      'ongoing',
      [
        [0, segment('a', 'S')],
        [1, segment('b', 'PA', {seq: 501, length: 5})],
      ],
    ],
  ];
  for (const [state, packets] of cases) {
    it(`is ${state} after ${packets.length} packets`, () => {
      assert.equal(tcpState(trackOf(...packets)), state);
    });
  }

  it('has the time from the SYN to the ACK that ends the handshake', () => {
    assert.equal(trackOf(...handshake()).handshake, 3e6);
    assert.equal(trackOf(...handshake().slice(0, 2)).handshake, -1);
  });

  it('counts the time of the handshake from the first of two SYNs', () => {
    const [, answer = [0, data(0)], last = [0, data(0)]] = handshake();
    const again = segment('a', 'S', {seq: 100});
    const track = trackOf(
      [0, segment('a', 'S', {seq: 100})],
      [1000, again],
      [1001, answer[1]],
      [1003, last[1]],
    );
    assert.equal(track.handshake, 1003e6);
    assert.equal(track.retransmissions, 1);
  });

  it('is not taken for established by a RST', () => {
    const track = trackOf(...handshake().slice(0, 2), [2, segment('a', 'R', {seq: 101})]);
    assert.equal(track.handshake, -1);
  });
});

describe('sequence numbers', () => {
  it('that follow each other are nothing odd', () => {
    assert.deepEqual(
      counted(...handshake(), [4, data(101)], [5, data(111)], [6, segment('a', 'FA', {seq: 121})]),
      {},
    );
  });

  it('sent again are a retransmission, whatever their length', () => {
    assert.deepEqual(counted(...handshake(), [4, data(101)], [204, data(101)]), {retransmissions: 1});
    assert.deepEqual(counted(...handshake(), [4, data(101)], [5, data(111)], [204, data(101, 20)]), {
      retransmissions: 1,
    });
  });

  it('sent again with new data go on behind it', () => {
    assert.deepEqual(counted(...handshake(), [4, data(101)], [204, data(106, 20)], [205, data(126)]), {
      retransmissions: 1,
    });
  });

  it('of a FIN that is sent again are a retransmission', () => {
    const fin = () => segment('a', 'FA', {seq: 101});
    assert.deepEqual(counted(...handshake(), [4, fin()], [204, fin()]), {retransmissions: 1});
  });

  it('that are left out are a gap; filled within 3 ms it was a reordering', () => {
    assert.deepEqual(counted(...handshake(), [4, data(111)]), {gaps: 1});
    assert.deepEqual(counted(...handshake(), [4, data(111)], [7, data(101)]), {gaps: 1, outOfOrder: 1});
    assert.deepEqual(counted(...handshake(), [4, data(111)], [8, data(101)]), {gaps: 1, retransmissions: 1});
  });

  it('fill a gap piece by piece, each piece once', () => {
    const pieces: Timed[] = [...handshake(), [4, data(121)], [5, data(101)], [6, data(111)]];
    assert.deepEqual(counted(...pieces), {gaps: 1, outOfOrder: 2});
    assert.deepEqual(counted(...pieces, [6.5, data(101)]), {gaps: 1, outOfOrder: 2, retransmissions: 1});
  });

  it('of one byte before the next are a keep-alive', () => {
    assert.deepEqual(counted(...handshake(), [4, data(101)], [9000, data(110, 1)]), {keepAlives: 1});
    assert.deepEqual(counted(...handshake(), [4, data(101)], [9000, data(109, 1)]), {retransmissions: 1});
  });

  it('go on behind 2^32', () => {
    const start = 0xffff_fff6;
    const [, answer = [0, data(0)]] = handshake();
    assert.deepEqual(
      counted(
        [0, segment('a', 'S', {seq: start})],
        answer,
        [4, data(start + 1, 20)],
        [5, data(11, 5)],
        [6, data(16)],
      ),
      {},
    );
    assert.deepEqual(
      counted(
        [0, segment('a', 'S', {seq: start})],
        answer,
        [4, data(start + 1, 20)],
        [205, data(start + 1, 20)],
      ),
      {retransmissions: 1},
    );
  });

  it('of each end are their own', () => {
    const answer = segment('b', 'PA', {seq: 501, length: 10});
    assert.deepEqual(counted(...handshake(), [4, data(101)], [5, answer], [6, data(111)]), {});
  });
});

describe('a packet that was captured twice', () => {
  it('is told by its identification, and counts once', () => {
    const once = data(101);
    assert.deepEqual(counted(...handshake(), [4, once], [5, once], [6, data(111)]), {duplicates: 1});
  });

  it('comes within 5 ms: later it was sent again', () => {
    const once = data(101);
    assert.deepEqual(counted(...handshake(), [4, once], [9, once]), {duplicates: 1});
    assert.deepEqual(counted(...handshake(), [4, once], [10, once]), {retransmissions: 1});
  });

  it('is not told where the identification is 0', () => {
    const once = segment('a', 'PA', {seq: 101, length: 10, id: 0});
    assert.deepEqual(counted(...handshake(), [4, once], [5, once]), {retransmissions: 1});
  });

  it('is told by its checksum in IPv6', () => {
    const once = (checksum: number): Buffer => {
      const bytes = tcp(Buffer.alloc(10), {sport: 40_000, dport: 80, seq: 101, flags: 'PA'});
      bytes.writeUInt16BE(checksum, 16);
      return ethernet(ipv6(bytes, {proto: 6}));
    };
    assert.deepEqual(counted([0, once(1)], [1, once(1)]), {duplicates: 1});
    assert.deepEqual(counted([0, once(1)], [1, once(2)]), {retransmissions: 1});
  });
});
