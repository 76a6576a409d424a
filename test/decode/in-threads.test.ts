import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {findRecord} from '../../src/decode/in-threads.js';
import {pcapHeaderLength, readPcapHeader} from '../../src/pcap/pcap.js';
import {pcap} from '../pcap/build.js';

const recordHeader = 16;

/** A packet whose last bytes look like the header of a record that ends where the packet does. */
function deceptive(seconds: number): Buffer {
  const data = Buffer.alloc(200, 0xff);
  const at = 160;
  data.writeUInt32LE(seconds, at);
  data.writeUInt32LE(0, at + 4);
  const rest = data.length - at - recordHeader;
  data.writeUInt32LE(rest, at + 8);
  data.writeUInt32LE(rest, at + 12);
  return data;
}

describe('the border of a part', () => {
  const seconds = 1_700_000_000;
  const packets = Array.from({length: 60}, (_, index) => ({
    data: deceptive(seconds + index),
    seconds: seconds + index,
  }));
  const capture = pcap(packets);
  const header = readPcapHeader(capture, 0);
  const starts = new Set(packets.map((_, index) => pcapHeaderLength + index * (recordHeader + 200)));

  it('is a record, wherever the search begins and whatever its packets hold', () => {
    for (let from = pcapHeaderLength; from < pcapHeaderLength + 500; from++) {
      const bytes = capture.subarray(from);
      const found = findRecord(bytes, bytes.length, header);
      assert.ok(starts.has(from + found), `searched from ${from}, found ${from + found}`);
    }
  });

  it('is nowhere among bytes without records', () => {
    assert.equal(findRecord(Buffer.alloc(100_000, 0xff), 100_000, header), -1);
  });
});
