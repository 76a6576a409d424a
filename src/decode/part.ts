/**
 * A part of a large classic capture, decoded in a thread of its own: this is the thread's program. It answers each job
 * twice, first by where its last record ends, then, told how many packets come before, by what they are.
 */
import {open} from 'node:fs/promises';
import {parentPort} from 'node:worker_threads';
import {newRecord} from '../packet/record.js';
import {type PcapHeader, pcapFramer} from '../pcap/pcap.js';
import type {Palette} from '../render/packet/style.js';
import {type RawFlags, readOptions} from './options.js';
import {type DecodeRun, newDecodeRun, type RunOrigin, type RunPart} from './run.js';
import type {Sink} from './stdout.js';
import {jsonView, lineView} from './stream-view.js';
import type {PacketSink} from './view.js';

export interface PartJob {
  file: string;
  header: PcapHeader;
  /** Its records start in [from, to). */
  from: number;
  to: number;
}

/** How packets are shown, and which: the same for all parts of a file. */
export interface PartAsked {
  flags: RawFlags;
  json: boolean;
  palette: Palette;
  /** Whether they are listed. */
  lists: boolean;
}

/** Undefined where these bytes can't be decoded by themselves: no records, the end of the file. */
export interface PartFramed {
  framed: {packets: number; end: number} | undefined;
}

export interface PartDecode {
  asked: PartAsked;
  origin: RunOrigin;
  /** Buffers for what is printed, which were written and are free again. */
  spare: ArrayBuffer[];
}

/** Undefined where a fragment is among the packets, whose datagram other parts may hold. */
export interface PartDecoded {
  decoded: {part: RunPart; output: Uint8Array<ArrayBuffer>[]} | undefined;
}

/** Room for the record that starts last; no longer one is framed. */
const longestRecord = 262_144 + 24;

let bytes = Buffer.alloc(0);
let job: PartJob | undefined;
let used = 0;

async function frame(next: PartJob): Promise<PartFramed['framed']> {
  job = next;
  const {file, header, from, to} = next;
  const need = to - from + longestRecord;
  if (bytes.length < need) bytes = Buffer.allocUnsafeSlow(need);
  const handle = await open(file);
  try {
    used = 0;
    for (let count = -1; count !== 0 && used < need; used += count)
      count = (await handle.read(bytes, used, need - used, from + used)).bytesRead;
  } finally {
    await handle.close();
  }
  const framer = pcapFramer(header);
  const record = newRecord();
  let packets = 0;
  let at = 0;
  while (at < to - from) {
    const count = framer.step(bytes, at, used, record);
    if (count <= 0) return undefined;
    at += count;
    packets++;
  }
  used = at;
  return {packets, end: from + at};
}

/** The run of this thread, used again for each part: what V8 has compiled for one closure serves no other. */
let reader: {run: DecodeRun; printed: Printed} | undefined;

function newReader(asked: PartAsked, file: string): {run: DecodeRun; printed: Printed} {
  const printed = newPrinted();
  const options = readOptions(asked.flags, asked.json);
  const sinks = asked.lists ? [listOf(asked, file, printed.sink)] : [];
  return {run: newDecodeRun({options, sinks, vni: -1, isStopped: () => false}), printed};
}

async function decode({asked, origin, spare}: PartDecode): Promise<PartDecoded['decoded']> {
  if (job === undefined) return undefined;
  reader ??= newReader(asked, job.file);
  const {run, printed} = reader;
  run.restart(origin);
  printed.spare.push(...spare);
  const framer = pcapFramer(job.header);
  const record = newRecord();
  let packets = 0;
  for (let at = 0; at < used; packets++) {
    at += framer.step(bytes, at, used, record);
    if (!run.packet(record)) await run.pause();
  }
  await run.pause();
  const {scanner, totals, span, shown} = run.result;
  const hasFragments = Object.values(scanner.fragments).some((count) => count > 0);
  if (hasFragments || scanner.waitingFragments() > 0) return undefined;
  const {note: _note, join: _join, restart: _restart, ...counted} = totals;
  return {part: {packets, shown, span, totals: counted}, output: printed.take()};
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
  /** Buffers that were used before: without them memory would grow until somebody collects it. */
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
        const known = (spare[0]?.byteLength ?? 0) >= length ? spare.shift() : undefined;
        const copy = new Uint8Array(known ?? new ArrayBuffer(Math.max(length, usualLength)), 0, length);
        copy.set(text as Buffer);
        output.push(copy);
        return Promise.resolve(true);
      },
    },
  };
}

parentPort?.on('message', (message: PartJob | PartDecode) => {
  void ('asked' in message
    ? decode(message).then((decoded) =>
        parentPort?.postMessage(
          {decoded} satisfies PartDecoded,
          (decoded?.output ?? []).map(({buffer}) => buffer),
        ),
      )
    : frame(message).then((framed) => parentPort?.postMessage({framed} satisfies PartFramed)));
});
