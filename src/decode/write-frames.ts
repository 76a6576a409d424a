import {createWriteStream, openSync, statSync} from 'node:fs';
import type {Writable} from 'node:stream';
import {OvdiagError, usageError} from '../base/errors.js';
import {quoteText} from '../base/escape.js';
import {binaryOutput} from '../cli/output.js';
import {LinkType} from '../packet/link.js';
import {innerOf, type PacketView} from '../packet/view.js';
import {isTunnel} from './select.js';
import {newSink, type Sink} from './stdout.js';
import type {PacketSink} from './view.js';

export interface FrameWriter extends PacketSink {
  /** Frames written so far, and those of another link type than the file has. */
  written(): number;
  otherLinkTypes(): number;
}

/** The frame of a packet that is written, filled again for each. */
interface Picked {
  data: Buffer;
  start: number;
  end: number;
  /** Bytes that it had on the wire. */
  wireLength: number;
  linkType: number;
}

/** What of a packet is written; false where nothing is. */
type Pick = (view: PacketView, into: Picked) => boolean;

/** What VXLAN carries. */
const pickInner: Pick = (view, into) => {
  const frame = innerOf(view);
  if (frame === undefined) return false;
  into.data = frame.data;
  into.start = frame.start;
  into.end = frame.end;
  into.wireLength = frame.wireEnd - frame.start;
  into.linkType = LinkType.ethernet;
  return true;
};

/** The packet as it was captured, where it is shown. */
const pickOuter =
  (all: boolean): Pick =>
  (view, into) => {
    if (!(all || isTunnel(view))) return false;
    into.data = view.data;
    into.start = view.start;
    into.end = view.end;
    into.wireLength = view.length;
    into.linkType = view.linkType;
    return true;
  };

export interface WriteRequest {
  file: string;
  /** Captures that are read, which must not be written over. */
  inputs: readonly string[];
}

/** Saves the frames that VXLAN carried, with their packets' times; gzipped where the name ends in `.gz`. */
export const newInnerWriter = (request: WriteRequest): Promise<FrameWriter> =>
  newFrameWriter('--write-inner', request, pickInner);

/** The same for the packets that are shown, whole; `all` are those outside tunnels too. */
export const newPacketWriter = (request: WriteRequest, all: boolean): Promise<FrameWriter> =>
  newFrameWriter('--write', request, pickOuter(all));

/** A classic capture with times in nanoseconds, which every tool reads. */
function fileHeader(linkType: number): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b23c4d, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(262_144, 16);
  header.writeUInt32LE(linkType, 20);
  return header;
}

const recordHeader = 16;
const flushAt = 262_144;

async function newFrameWriter(flag: string, {file, inputs}: WriteRequest, pick: Pick): Promise<FrameWriter> {
  const target = file === '-' ? binaryOutput() : openTarget(flag, file, inputs);
  if (file === '-' && process.stdout.isTTY) {
    throw usageError('output-is-a-terminal', 'A capture is not for a terminal.', [
      `${flag} FILE`,
      `${flag} - | tshark -r -`,
    ]);
  }
  const stream = file.endsWith('.gz') ? await gzipInto(target) : target;
  const sink = newSink(stream);
  const picked: Picked = {data: Buffer.alloc(0), start: 0, end: 0, wireLength: 0, linkType: 0};
  let bytes = Buffer.allocUnsafe(flushAt * 2);
  let at = 0;
  let linkType = -1;
  let written = 0;
  let others = 0;

  /** The first frame says what the file holds: a classic capture has one link type. */
  function begin(type: number): void {
    linkType = type;
    at = fileHeader(type).copy(bytes);
  }

  async function flush(): Promise<boolean> {
    const done = await sink.write(bytes.subarray(0, at));
    at = 0;
    return done;
  }

  return {
    written: () => written,
    otherLinkTypes: () => others,
    packet(view) {
      if (!pick(view, picked)) return true;
      if (linkType < 0) begin(picked.linkType);
      if (picked.linkType !== linkType) {
        others++;
        return true;
      }
      const need = at + recordHeader + picked.end - picked.start;
      if (need > bytes.length) {
        const grown = Buffer.allocUnsafe(need);
        bytes.copy(grown, 0, 0, at);
        bytes = grown;
      }
      writeRecord(bytes, at, view, picked);
      at = need;
      written++;
      return at < flushAt;
    },
    flush,
    async end() {
      if (linkType < 0) begin(LinkType.ethernet);
      await flush();
      if (stream !== process.stdout) await endStream(stream, target, sink, file);
    },
  };
}

function writeRecord(bytes: Buffer, at: number, view: PacketView, picked: Picked): void {
  const {data, start, end, wireLength} = picked;
  bytes.writeUInt32LE(view.seconds >>> 0, at);
  bytes.writeUInt32LE(view.nanos, at + 4);
  bytes.writeUInt32LE(end - start, at + 8);
  bytes.writeUInt32LE(wireLength, at + 12);
  data.copy(bytes, at + recordHeader, start, end);
}

function openTarget(flag: string, file: string, inputs: readonly string[]): Writable {
  let fd: number;
  const same = inputs.find((input) => input !== '-' && isSameFile(input, file));
  if (same !== undefined) {
    throw usageError('output-is-input', `${flag} would overwrite ${quoteText(file)}, which is being read.`);
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
