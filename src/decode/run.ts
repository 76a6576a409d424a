import {newTimeSpan, noteTime, type TimeSpan} from '../flows/time-span.js';
import {type Counted, newTotals, type Totals} from '../flows/totals.js';
import type {PacketRecord} from '../packet/record.js';
import {newScanner, type Scanner} from '../packet/scan.js';
import {newPacketView} from '../packet/view.js';
import type {DecodeOptions} from './options.js';
import {isTunnel, newSelection} from './select.js';
import type {PacketSink} from './view.js';

/** What is known after the last packet. */
export interface DecodeResult {
  totals: Totals;
  span: TimeSpan;
  scanner: Scanner;
  /** Packets that passed the filters and were given to the views. */
  shown: number;
  /** Packets of all sources, whether they passed the filters or not. */
  seen: number;
  /** Sources that were read, and sources that weren't, or not to their end. */
  read: number;
  failed: number;
}

/** Takes packets from wherever they come and feeds the views. */
export interface DecodeRun {
  /** Takes one packet; false asks for `pause` before the next one. */
  packet(record: PacketRecord): boolean;
  /** Lets the views write; false where no more packets are wanted. */
  pause(): Promise<boolean>;
  /** Begins the next source: packets are numbered from 1 again. */
  start(): void;
  /** Counts from nothing again, where another run is when it comes to the packets that follow. */
  restart(origin: RunOrigin): void;
  /** Takes in what was decoded elsewhere of the packets that come next; false, with nothing done, where it doesn't fit. */
  join(part: RunPart): boolean;
  /** Of the current source. */
  packets(): number;
  result: DecodeResult;
}

/** What became of some packets of a run, as plain data. */
export interface RunPart {
  packets: number;
  shown: number;
  span: TimeSpan;
  totals: Counted;
}

/** Where a run goes on that another began: its times count from the same base. */
export interface RunOrigin {
  /** Packets of the source before these. */
  packets: number;
  span: TimeSpan;
  /** Start of the timeline. */
  start: number;
}

export interface DecodeRunOptions {
  options: DecodeOptions;
  sinks: readonly PacketSink[];
  /** The VNI that all packets belong to where they were captured inside an overlay; else -1. */
  vni: number;
  isStopped(): boolean;
}

export function newDecodeRun({options, sinks, vni, isStopped}: DecodeRunOptions): DecodeRun {
  const scanner = newScanner(options.vxlanPorts, options.checksums);
  const selection = newSelection(options);
  const {vxlanPorts: readPorts, checksums, views} = options;
  const totals = newTotals({readPorts, checksums, brief: !views.stats});
  const span = newTimeSpan();
  const view = newPacketView();
  view.vni = vni;
  const result: DecodeResult = {totals, span, scanner, shown: 0, seen: 0, read: 0, failed: 0};
  const showsAll = options.all || options.views.stats;
  const only = sinks.length === 1 ? sinks[0] : undefined;
  let number = 0;

  return {
    result,
    packets: () => number,
    start() {
      number = 0;
    },
    restart(origin) {
      number = origin.packets;
      result.seen = 0;
      result.shown = 0;
      Object.assign(span, origin.span);
      totals.restart();
      totals.timeline.start = origin.start;
    },
    join(part) {
      if (!totals.join(part.totals)) return false;
      number += part.packets;
      result.seen += part.packets;
      result.shown += part.shown;
      span.first = Math.min(span.first, part.span.first);
      span.last = Math.max(span.last, part.span.last);
      return true;
    },
    packet(record) {
      number++;
      result.seen++;
      scanner.scan(record, number, view);
      if (selection !== undefined && !selection(view)) return true;
      const now = noteTime(span, view);
      totals.note(view, now);
      if (!(showsAll || isTunnel(view))) return true;
      result.shown++;
      let goOn = result.shown < options.count;
      if (only !== undefined) return only.packet(view, now) && goOn;
      for (const sink of sinks) if (!sink.packet(view, now)) goOn = false;
      return goOn;
    },
    async pause() {
      for (const sink of sinks) if (!(await sink.flush())) return false;
      return result.shown < options.count && !isStopped();
    },
  };
}
