import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {newTurns, newTurnsMemory} from '../../src/decode/part-turns.js';
import {pcapHeaderLength} from '../../src/pcap/pcap.js';
import {ethernet, ipv4, tcp, tunnel, udp} from '../packet/build.js';
import {asPackets, fragments4} from '../packet/samples.js';
import {pcap, type TestPacket} from '../pcap/build.js';
import {compareParts, inParts} from './in-parts.js';
import {viewsOf} from './pieces.js';

const seconds = 1_700_000_000;

/** A packet whose data looks like a record. */
function packetAt(index: number): TestPacket {
  const likeRecord = pcap([{data: Buffer.alloc(60), seconds}]).subarray(pcapHeaderLength);
  const segment = tcp(Buffer.concat([likeRecord, Buffer.alloc((index * 37) % 300)]), {
    sport: 40_000 + (index % 5),
    dport: 80,
    seq: index,
  });
  const inner = ethernet(ipv4(segment, {proto: 6}));
  return {data: tunnel(inner, 4097 + (index % 2)), seconds: seconds + index, nanos: 0};
}

const packets = Array.from({length: 60}, (_, index) => packetAt(index));
describe('a part of a capture', () => {
  it('begins where the one before it ends, whatever its packets hold and however long it is', async () => {
    const capture = pcap(packets);
    const {json} = await viewsOf(capture, () => capture.length);
    for (const length of [100, 333, 1000, 4001]) {
      const count = await compareParts(capture, length, json);
      assert.ok(count > 40, `${count} packets in parts of ${length}`);
    }
  });

  it('is refused with damage, and all behind it', async () => {
    const capture = pcap(packets);
    const middle = capture.indexOf(packets[30]?.data ?? '') - 16;
    capture.writeUInt32LE(0xffff_ffff, middle + 8);
    const {decoded, packets: count} = await inParts(capture, 1000);
    assert.equal(decoded.at(-1), undefined);
    assert.ok(decoded.slice(0, -1).every((part) => part !== undefined));
    const end = decoded.at(-2)?.end ?? 0;
    assert.ok(end > middle - 1500 && end <= middle, `${end} of ${middle}`);
    assert.ok(count > 20 && count <= 30);
  });

  it('is refused with a fragment, as its datagram may be in several', async () => {
    const parts = fragments4(udp(Buffer.alloc(600), 45_000, 4789), 400, {
      proto: 17,
      src: '172.31.1.5',
      dst: '192.168.1.5',
      id: 7,
    });
    const some = [...packets];
    some.splice(30, 0, ...asPackets(parts.map((part) => ethernet(part))));
    const {decoded} = await inParts(pcap(some), 1000);
    assert.ok(decoded.includes(undefined));
    assert.ok(decoded[0] !== undefined);
  });
});

describe('turns', () => {
  it('give each part to one thread, and no more than a few before the first is taken', () => {
    const turns = newTurns(newTurnsMemory({position: 24, packets: 3}), 4);
    assert.deepEqual(
      [turns.claim(), turns.claim(), turns.claim(), turns.claim(), turns.claim()],
      [0, 1, 2, 3, undefined],
    );
  });

  it('say where a part begins when the one before it is framed', () => {
    const turns = newTurns(newTurnsMemory({position: 24, packets: 3}), 4);
    assert.deepEqual(turns.begin(0), {position: 24, packets: 3});
    turns.framed({position: 1000, packets: 9});
    assert.deepEqual(turns.begin(1), {position: 1000, packets: 9});
  });

  it('end for all where one stops', () => {
    const turns = newTurns(newTurnsMemory({position: 24, packets: 3}), 4);
    turns.stop();
    assert.deepEqual([turns.claim(), turns.begin(1)], [undefined, undefined]);
  });
});
