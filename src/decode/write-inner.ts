import {createWriteStream, openSync, statSync} from 'node:fs';
import type {Writable} from 'node:stream';
import {OvdiagError, usageError} from '../base/errors.js';
import {quoteText} from '../base/escape.js';
import {binaryOutput} from '../cli/output.js';
import type {Frame} from '../packet/frame.js';
import {innerOf, type PacketView} from '../packet/view.js';
import {newSink, type Sink} from './stdout.js';
import type {PacketSink} from './view.js';

export interface InnerWriter extends PacketSink {
  /** Frames written so far. */
  written(): number;
}

/** A classic capture of Ethernet frames with times in nanoseconds, which every tool reads. */
function fileHeader(): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b23c4d, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(262_144, 16);
  header.writeUInt32LE(1, 20);
  return header;
}

const recordHeader = 16;
const flushAt = 262_144;

/** Saves the frames that VXLAN carried, with their packets' times; gzipped where the name ends in `.gz`. */
export async function newInnerWriter(file: string, inputs: readonly string[]): Promise<InnerWriter> {
  const target = file === '-' ? binaryOutput() : openTarget(file, inputs);
  if (file === '-' && process.stdout.isTTY) {
    throw usageError('output-is-a-terminal', 'A capture is not for a terminal.', [
      '--write-inner FILE',
      '--write-inner - | tshark -r -',
    ]);
  }
  const stream = file.endsWith('.gz') ? await gzipInto(target) : target;
  const sink = newSink(stream);
  let bytes = Buffer.allocUnsafe(flushAt * 2);
  let at = fileHeader().copy(bytes);
  let written = 0;

  async function flush(): Promise<boolean> {
    const done = await sink.write(bytes.subarray(0, at));
    at = 0;
    return done;
  }

  return {
    written: () => written,
    packet(view) {
      const frame = innerOf(view);
      if (frame === undefined) return true;
      const captured = frame.end - frame.start;
      if (at + recordHeader + captured > bytes.length) {
        const grown = Buffer.allocUnsafe(at + recordHeader + captured);
        bytes.copy(grown, 0, 0, at);
        bytes = grown;
      }
      writeRecord(bytes, at, view, frame, captured);
      at += recordHeader + captured;
      written++;
      return at < flushAt;
    },
    flush,
    async end() {
      await flush();
      if (stream !== process.stdout) await endStream(stream, target, sink, file);
    },
  };
}

function writeRecord(bytes: Buffer, at: number, view: PacketView, frame: Frame, captured: number): void {
  bytes.writeUInt32LE(view.seconds >>> 0, at);
  bytes.writeUInt32LE(view.nanos, at + 4);
  bytes.writeUInt32LE(captured, at + 8);
  bytes.writeUInt32LE(frame.wireEnd - frame.start, at + 12);
  frame.data.copy(bytes, at + recordHeader, frame.start, frame.end);
}

function openTarget(file: string, inputs: readonly string[]): Writable {
  let fd: number;
  const same = inputs.find((input) => input !== '-' && isSameFile(input, file));
  if (same !== undefined) {
    throw usageError(
      'output-is-input',
      `--write-inner would overwrite ${quoteText(file)}, which is being read.`,
    );
  }
  try {
    fd = openSync(file, 'w');
  } catch (error) {
    throw new OvdiagError(
      {code: 'unwritable', message: `Can't write ${quoteText(file, 400)}: ${(error as Error).message}.`},
      {cause: error},
    );
  }
  return createWriteStream(file, {fd});
}

function isSameFile(a: string, b: string): boolean {
  const first = statSync(a, {throwIfNoEntry: false});
  const second = statSync(b, {throwIfNoEntry: false});
  return (
    first !== undefined &&
    second !== undefined &&
    first.isFile() &&
    first.ino === second.ino &&
    first.dev === second.dev
  );
}

async function gzipInto(target: Writable): Promise<Writable> {
  const {createGzip} = await import('node:zlib');
  const gzip = createGzip({level: 1});
  gzip.pipe(target);
  return gzip;
}

async function endStream(stream: Writable, target: Writable, sink: Sink, file: string): Promise<void> {
  const {finished} = await import('node:stream/promises');
  try {
    const done = finished(target);
    stream.end();
    await done;
  } catch (error) {
    if (sink.isClosed()) return;
    throw new OvdiagError({
      code: 'unwritable',
      message: `Writing ${quoteText(file, 400)} failed: ${(error as Error).message}.`,
    });
  }
}
