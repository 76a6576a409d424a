import {closeSync, openSync, readSync} from 'node:fs';
import {newRecord} from '../packet/record.js';
import {CorruptCapture} from '../pcap/framer.js';
import {type PcapHeader, pcapFramer} from '../pcap/pcap.js';
import type {Palette} from '../render/packet/style.js';
import {type RawFlags, readOptions} from './options.js';
import type {PartStart, Turns} from './part-turns.js';
import {type DecodeRun, newDecodeRun, type RunOrigin, type RunPart} from './run.js';
import type {Sink} from './stdout.js';
import {jsonView, lineView} from './stream-view.js';
import type {PacketSink} from './view.js';

/** A classic capture that is decoded in parts. */
export interface PartsJob {
  file: string;
  header: PcapHeader;
  /** Where the first part begins, and how many bytes of it the records of a part start in. */
  from: number;
  length: number;
  asked: PartAsked;
  /** Where the times of the run began. */
  origin: Omit<RunOrigin, 'packets'>;
}

/** How packets are shown, and which: the same for all parts of a file. */
export interface PartAsked {
  flags: RawFlags;
  json: boolean;
  palette: Palette;
  /** Whether they are listed. */
  lists: boolean;
}

/** What became of a part. */
export interface DecodedPart {
  part: RunPart;
  output: Uint8Array<ArrayBuffer>[];
  /** Where its last record ends. */
  end: number;
}

export interface PartDecoder {
  /** Undefined where a part can't be decoded by itself: no records, the end of the file, parts of datagrams. */
  decode(index: number): Promise<DecodedPart | undefined>;
  /** Gives back buffers that were written: without them memory would grow until somebody collects it. */
  giveBack(buffers: readonly ArrayBuffer[]): void;
  close(): void;
}

/** Decodes the parts that one thread has claimed, with one run for all: what V8 compiles for one closure serves no other. */
export function newPartDecoder(job: PartsJob, turns: Turns): PartDecoder {
  const {asked} = job;
  const printed = newPrinted();
  const sinks = asked.lists ? [listOf(asked, job.file, printed.sink)] : [];
  const options = readOptions(asked.flags, asked.json);
  const run = newDecodeRun({options, sinks, vni: -1, isStopped: () => false});
  const reader = newPartReader(job);
  return {
    async decode(index) {
      reader.read(index);
      const start = turns.begin(index);
      const end = start === undefined ? undefined : reader.frame(start);
      if (start === undefined || end === undefined) {
        turns.stop();
        return undefined;
      }
      turns.framed(end);
      run.restart({...job.origin, packets: start.packets});
      await reader.feed(run);
      const part = partOf(run, end.packets - start.packets);
      const output = printed.take();
      return part === undefined ? undefined : {part, output, end: end.position};
    },
    giveBack: (buffers) => void printed.spare.push(...buffers),
    close: () => reader.close(),
  };
}

/** What a run counted; undefined where a fragment is among the packets, whose datagram other parts may hold. */
function partOf(run: DecodeRun, packets: number): RunPart | undefined {
  const {scanner, totals, span, shown} = run.result;
  const hasFragments = Object.values(scanner.fragments).some((count) => count > 0);
  if (hasFragments || scanner.waitingFragments() > 0) return undefined;
  const {note: _note, join: _join, restart: _restart, ...counted} = totals;
  return {packets, shown, span, totals: counted};
}

/** What is read behind a part at first, for the record that starts last in it; the longest are read on. */
const usualRest = 65_536;
const longestRest = 262_144 + 24;

interface PartReader {
  read(index: number): void;
  /** Steps over the records from `start` to where the part ends. */
  frame(start: PartStart): PartStart | undefined;
  /** Gives a run the packets that were framed. */
  feed(run: DecodeRun): Promise<void>;
  close(): void;
}

function newPartReader({file, header, from, length}: PartsJob): PartReader {
  const bytes = Buffer.allocUnsafeSlow(length + longestRest);
  const handle = openSync(file, 'r');
  const framer = pcapFramer(header);
  const record = newRecord();
  /** Where the bytes begin in the file, how many are there, and which of them are records. */
  let base = 0;
  let used = 0;
  let first = 0;
  let end = 0;

  function readUpTo(need: number): void {
    for (let count = -1; count !== 0 && used < need; used += count)
      count = readSync(handle, bytes, used, need - used, base + used);
  }

  /** The length of the record; 0 where it is none, or ends behind the end of the file. */
  function step(at: number): number {
    try {
      const count = framer.step(bytes, at, used, record);
      if (count > 0) return count;
      readUpTo(at + framer.need);
      return framer.step(bytes, at, used, record);
    } catch (error) {
      if (error instanceof CorruptCapture) return 0;
      throw error;
    }
  }

  return {
    read(index) {
      base = from + index * length;
      used = 0;
      readUpTo(length + usualRest);
    },
    frame(start) {
      let {packets} = start;
      first = start.position - base;
      for (end = first; end < length; packets++) {
        const count = step(end);
        if (count === 0) return undefined;
        end += count;
      }
      return {position: base + end, packets};
    },
    async feed(run) {
      for (let at = first; at < end; ) {
        at += framer.step(bytes, at, end, record);
        if (!run.packet(record)) await run.pause();
      }
      await run.pause();
    },
    close: () => closeSync(handle),
  };
}

function listOf({json, flags, palette}: PartAsked, file: string, sink: Sink): PacketSink {
  if (json) return jsonView(sink, () => file, undefined);
  return lineView(sink, {palette, names: undefined}, flags);
}

/** What a view writes at once, and a bit more. */
const usualLength = 393_216;

/** What was printed and not yet taken. */
interface Printed {
  sink: Sink;
  spare: ArrayBuffer[];
  take(): Uint8Array<ArrayBuffer>[];
}

function newPrinted(): Printed {
  const spare: ArrayBuffer[] = [];
  let output: Uint8Array<ArrayBuffer>[] = [];
  return {
    spare,
    take() {
      const taken = output;
      output = [];
      return taken;
    },
    sink: {
      isClosed: () => false,
      write(text) {
        const {length} = text;
        if (length === 0) return written;
        const known = (spare[0]?.byteLength ?? 0) >= length ? spare.shift() : undefined;
        const copy = new Uint8Array(known ?? new ArrayBuffer(Math.max(length, usualLength)), 0, length);
        copy.set(text as Buffer);
        output.push(copy);
        return written;
      },
    },
  };
}

const written = Promise.resolve(true);
