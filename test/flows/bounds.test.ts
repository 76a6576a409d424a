import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {newFlowTable} from '../../src/flows/flow-table.js';
import {newKeyTable} from '../../src/flows/key-table.js';
import {newTimeline, noteInTimeline} from '../../src/flows/timeline.js';
import {newRecord} from '../../src/packet/record.js';
import {newScanner} from '../../src/packet/scan.js';
import {newPacketView} from '../../src/packet/view.js';
import {ethernet, ipv4, tunnel, udp} from '../packet/build.js';
import {fragments4} from '../packet/samples.js';

const record = newRecord();
const view = newPacketView();

function scanned(scanner: ReturnType<typeof newScanner>, data: Buffer, seconds = 0): typeof view {
  Object.assign(record, {
    data,
    start: 0,
    end: data.length,
    original: data.length,
    linkType: 1,
    hasTime: true,
    seconds,
  });
  scanner.scan(record, 1, view);
  return view;
}

const datagram = (sport: number): Buffer =>
  tunnel(ethernet(ipv4(udp(Buffer.alloc(4), sport, 9), {proto: 17})), 1);

describe('tables are bounded', () => {
  it('conversations beyond the limit are counted, those known go on', () => {
    const scanner = newScanner();
    const table = newFlowTable(3);
    for (const port of [1, 2, 3, 4, 5, 1, 2, 3]) table.note(scanned(scanner, datagram(port)), 0);
    assert.equal(table.flows().length, 3);
    assert.equal(table.overflow(), 2);
    assert.deepEqual(
      table.flows().map(({packetsA, packetsB}) => packetsA + packetsB),
      [2, 2, 2],
    );
  });

  it('keys keep their index while the table grows', () => {
    const table = newKeyTable(2, 50_000);
    const put = (a: number, b: number): number => {
      table.key[0] = a;
      table.key[1] = b;
      return table.find();
    };
    for (let index = 0; index < 50_000; index++) assert.equal(put(index, index % 3), index);
    for (let index = 0; index < 50_000; index += 7) assert.equal(put(index, index % 3), index);
    assert.equal(put(1, 2), -1);
    assert.deepEqual([...table.wordsOf(4)], [4, 1]);
    assert.equal(table.size(), 50_000);
  });

  it('time goes into 128 steps however long it is', () => {
    const timeline = newTimeline();
    for (let second = 0; second < 100_000; second++) noteInTimeline(timeline, second * 1e9);
    noteInTimeline(timeline, -5e9);
    const sum = timeline.counts.reduce((total, count) => total + count, 0);
    assert.equal(sum, 100_001);
    assert.equal(timeline.counts.length, 128);
    // The first packet's second, and the one that came late.
    assert.equal(timeline.step, 1e6 * 2 ** 20);
  });

  it('fragments that wait are given up by number and by age', () => {
    const scanner = newScanner();
    const first = (id: number): Buffer => {
      const [part = Buffer.alloc(0)] = fragments4(udp(Buffer.alloc(1200), 1, 2), 400, {
        proto: 17,
        src: '10.0.0.1',
        dst: '10.0.0.2',
        id,
      });
      return ethernet(part);
    };
    for (let id = 0; id < 5000; id++) scanned(scanner, first(id), 100);
    assert.ok(scanner.waitingFragments() <= 1024);
    assert.equal(scanner.fragments.abandoned + scanner.waitingFragments(), 5000);
    scanned(scanner, first(9999), 131);
    assert.equal(scanner.waitingFragments(), 1);
  });

  it('fragments that overlap differently end their datagram', () => {
    const scanner = newScanner();
    const part = (offset: number, length: number, more: boolean): Buffer =>
      ethernet(ipv4(Buffer.alloc(length), {proto: 17, id: 5, offset, more}));
    for (const data of [part(0, 400, true), part(200, 400, true), part(600, 80, false)])
      scanned(scanner, data);
    assert.equal(scanner.fragments.overlapping, 1);
    assert.equal(scanner.fragments.completed, 0);
  });
});
