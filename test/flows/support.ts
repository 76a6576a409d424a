import {type FlowRow, reportFlow} from '../../src/flows/flow-report.js';
import {type Flow, type FlowTable, newFlowTable} from '../../src/flows/flow-table.js';
import {newTotals, type Totals} from '../../src/flows/totals.js';
import {newRecord} from '../../src/packet/record.js';
import {newScanner} from '../../src/packet/scan.js';
import {newPacketView, type PacketView} from '../../src/packet/view.js';
import {ethernet, ipv4, tcp} from '../packet/build.js';

/** A frame and when it was captured, in milliseconds. */
export type Timed = readonly [ms: number, data: Buffer];

interface Capture {
  /** 1 (Ethernet) by default. */
  linkType?: number;
  /** Bytes that were captured of each frame; all by default. */
  snap?: number;
}

/** Shows frames to `note` as a capture would: its time is in nanoseconds. */
export function play(
  packets: readonly Timed[],
  note: (view: PacketView, now: number) => void,
  {linkType = 1, snap = Number.POSITIVE_INFINITY}: Capture = {},
): void {
  const scanner = newScanner();
  const view = newPacketView();
  const record = newRecord();
  for (const [index, [ms, data]] of packets.entries()) {
    const end = Math.min(data.length, snap);
    const seconds = Math.floor(ms / 1000);
    Object.assign(record, {data, start: 0, end, original: data.length, linkType, hasTime: true, seconds});
    scanner.scan(record, index + 1, view);
    note(view, ms * 1e6);
  }
}

export function tableOf(...packets: Timed[]): FlowTable {
  const table = newFlowTable();
  play(packets, table.note);
  return table;
}

/** The one conversation of these frames. */
export function flowOf(...packets: Timed[]): Flow {
  const flows = tableOf(...packets).flows();
  const [flow] = flows;
  if (flow === undefined || flows.length > 1) throw new Error(`${flows.length} conversations`);
  return flow;
}

export const rowOf = (...packets: Timed[]): FlowRow => reportFlow(flowOf(...packets));

export function totalsOf(packets: readonly Timed[], capture: Capture = {}): Totals {
  const totals = newTotals();
  play(packets, totals.note, capture);
  return totals;
}

interface Segment {
  seq?: number;
  /** Bytes of data. */
  length?: number;
  /** IPv4 identification: every packet that is sent has another. */
  id?: number;
  options?: Buffer;
}

let newId = 1000;

/** TCP from port 40000 of 10.0.1.2 (`a`) to port 80 of 10.0.1.3 (`b`), or back. Flags as in `SA`. */
export function segment(from: 'a' | 'b', flags: string, one: Segment = {}): Buffer {
  const {seq = 1, length = 0, id = newId++, options} = one;
  const [src, dst] = from === 'a' ? ['10.0.1.2', '10.0.1.3'] : ['10.0.1.3', '10.0.1.2'];
  const [sport, dport] = from === 'a' ? [40_000, 80] : [80, 40_000];
  const bytes = tcp(Buffer.alloc(length), {sport, dport, seq, flags, ...(options ? {options} : {})});
  return ethernet(ipv4(bytes, {proto: 6, src, dst, id}));
}

/** SYN at 0 ms, SYN and ACK at 1 ms, ACK at 3 ms. Data of `a` begins at 101, of `b` at 501. */
export const handshake = (): Timed[] => [
  [0, segment('a', 'S', {seq: 100})],
  [1, segment('b', 'SA', {seq: 500})],
  [3, segment('a', 'A', {seq: 101})],
];
