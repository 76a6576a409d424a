import assert from 'node:assert/strict';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, describe, it} from 'node:test';
import {type DecodedPart, newPartDecoder, type PartsJob} from '../../src/decode/part-decoder.js';
import {newTurns, newTurnsMemory} from '../../src/decode/part-turns.js';
import {pcapHeaderLength, readPcapHeader} from '../../src/pcap/pcap.js';
import {noPalette} from '../../src/render/packet/style.js';
import {ethernet, ipv4, tcp, tunnel, udp} from '../packet/build.js';
import {asPackets, fragments4} from '../packet/samples.js';
import {pcap, type TestPacket} from '../pcap/build.js';
import {viewsOf} from './pieces.js';

const folder = mkdtempSync(path.join(tmpdir(), 'ovdiag-parts-'));
after(() => rmSync(folder, {recursive: true, force: true}));

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
const flags = {all: true, verbose: false, hex: false, flows: false, stats: true};

interface Parts {
  decoded: (DecodedPart | undefined)[];
  text: string;
  packets: number;
}

/** Decodes a capture in parts of so many bytes, by two decoders in turn, as threads would. */
async function inParts(capture: Buffer, length: number): Promise<Parts> {
  const file = path.join(folder, 'x');
  writeFileSync(file, capture);
  const start = {position: pcapHeaderLength, packets: 0};
  const count = Math.floor((capture.length - start.position) / length);
  const job: PartsJob = {
    file,
    header: readPcapHeader(capture, 0),
    from: start.position,
    length,
    asked: {flags, json: true, palette: noPalette, lists: true},
    origin: {span: {base: seconds, first: 0, last: 0}, start: 0},
  };
  const turns = newTurns(newTurnsMemory(start), count);
  const decoders = [newPartDecoder(job, turns), newPartDecoder(job, turns)];
  const result: Parts = {decoded: [], text: '', packets: 0};
  for (let index = turns.claim(); index !== undefined; index = turns.claim()) {
    const decoded = await decoders[index % 2]?.decode(index);
    result.decoded.push(decoded);
    result.packets += decoded?.part.packets ?? 0;
    for (const bytes of decoded?.output ?? []) result.text += Buffer.from(bytes).toString('latin1');
    turns.taken(index + 1);
  }
  for (const decoder of decoders) decoder.close();
  return result;
}

async function wholeText(capture: Buffer): Promise<string> {
  const {json} = await viewsOf(capture, () => capture.length);
  return (json ?? '').toString().replaceAll('"file":"x"', `"file":${JSON.stringify(path.join(folder, 'x'))}`);
}

describe('a part of a capture', () => {
  it('begins where the one before it ends, whatever its packets hold and however long it is', async () => {
    const capture = pcap(packets);
    const whole = await wholeText(capture);
    for (const length of [100, 333, 1000, 4001]) {
      const {text, packets: count} = await inParts(capture, length);
      assert.ok(count > 40, `${count} packets in parts of ${length}`);
      const lines = whole.split('\n').slice(0, count);
      assert.equal(text, lines.map((line) => `${line}\n`).join(''), `parts of ${length}`);
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
