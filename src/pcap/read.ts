import {OvdiagError} from '../base/errors.js';
import {newRecord, type PacketRecord} from '../packet/record.js';
import {CorruptCapture, CutCapture, type Framer} from './framer.js';
import {describeOther, type Format, identify, sniffLength} from './identify.js';
import {notACapture, shownName} from './open.js';
import {type PcapHeader, pcapFramer, pcapHeaderLength, readPcapHeader} from './pcap.js';
import {pcapngFramer} from './pcapng.js';
import type {ByteSource} from './source.js';
import type {Packing} from './unpack.js';
import {advance, closeWindow, fill, newWindow, readMore, skip, type Window} from './window.js';

export interface CaptureHandler {
  /** Takes one packet. False asks for `pause` before the next one. */
  packet(record: PacketRecord): boolean;
  /** Called when no more bytes are at hand, and when `packet` asks; false ends the reading. */
  pause(progress: Progress): Promise<boolean>;
}

export interface Progress {
  /** Bytes read from the source so far, compressed ones where it is compressed. */
  read: number;
  size: number | undefined;
  /** Where the next record starts, in the unpacked file. */
  position: number;
}

/** Where a classic capture is gone on with; the source starts there. */
export interface Resume {
  header: PcapHeader;
  position: number;
  /** Packets before it. */
  packets: number;
}

export interface Ending {
  /**
   * `whole`: after a whole record. `stopped`: the handler said so. `cut`: within a record (a writer that was
   * killed, a full disk, a partial copy). `headless`: before the end of what a capture starts with, so that nothing is
   * there to look at. `corrupt`: at bytes that contradict the format.
   */
  kind: 'whole' | 'stopped' | 'cut' | 'headless' | 'corrupt';
  packets: number;
  /** Where and how, for `cut`, `headless` and `corrupt`. */
  text?: string;
}

/** Reads a capture to its end, handing over every whole packet. Memory stays the same whatever its length. */
export async function readCapture(
  name: string,
  raw: ByteSource,
  handler: CaptureHandler,
  resume?: Resume,
): Promise<Ending> {
  const position = resume?.position ?? 0;
  const progress: Progress = {read: position, size: raw.size, position};
  const window = newWindow(countReads(name, raw, progress));
  const state = {packets: resume?.packets ?? 0};
  window.position = position;
  try {
    const framer = resume === undefined ? await start(name, window) : pcapFramer(resume.header);
    const kind = await readRecords(framer, window, handler, progress, state);
    return {kind, packets: state.packets};
  } catch (error) {
    const whole = state.packets === 1 ? 'one whole packet' : `${state.packets} whole packets`;
    if (error instanceof CutCapture) {
      return {
        kind: window.position === 0 ? 'headless' : 'cut',
        packets: state.packets,
        text: `${shownName(name)} is cut, after ${whole}: ${error.message}.`,
      };
    }
    if (error instanceof CorruptCapture) {
      const text = `${shownName(name)} is damaged at byte ${window.position}, after ${whole}: ${error.message}.`;
      return {kind: 'corrupt', packets: state.packets, text};
    }
    throw error;
  } finally {
    await closeWindow(window);
  }
}

async function readRecords(
  framer: Framer,
  window: Window,
  handler: CaptureHandler,
  progress: Progress,
  state: {packets: number},
): Promise<'whole' | 'stopped'> {
  const record = newRecord();
  for (;;) {
    const count = framer.step(window.data, window.from, window.to, record);
    progress.position = window.position + Math.max(count, 0);
    if (count > 0) {
      advance(window, count);
      state.packets++;
      if (!handler.packet(record) && !(await handler.pause(progress))) return 'stopped';
    } else if (count < 0) await skipBlock(window, -count);
    else if (!(await handler.pause(progress))) return 'stopped';
    else if (!(await readMore(window, framer.need))) {
      refuseRest(window, framer.need);
      return 'whole';
    }
  }
}

async function skipBlock(window: Window, count: number): Promise<void> {
  const start = window.position;
  if (await skip(window, count)) return;
  throw new CutCapture(`a block of ${count} bytes starts at byte ${start}, the end is at ${window.position}`);
}

/** The end of the source is no place for half a record. */
function refuseRest(window: Window, need: number): void {
  const there = window.to - window.from;
  if (there === 0) return;
  throw new CutCapture(
    `its last record starts at byte ${window.position} and needs ${need} bytes or more, ${there} are there`,
  );
}

/** Finds the format by the first bytes, unpacking them where they are packed. */
async function start(name: string, window: Window): Promise<Framer> {
  const raw = window.source;
  let format = await sniff(window);
  let packing: Packing | undefined;
  if (format === 'gzip' || format === 'zstd') {
    // Loads zlib, which most captures don't need.
    const {canUnpack, unpackSource} = await import('./unpack.js');
    if (canUnpack(format)) {
      packing = format;
      window.source = unpackSource(raw, Buffer.from(window.data.subarray(window.from, window.to)), packing);
      window.to = window.from;
      format = await sniff(window);
    }
  }
  if (format === 'pcapng') return pcapngFramer();
  if (format !== 'pcap') return await refuse(name, window, format, packing);
  if (!(await fill(window, pcapHeaderLength))) {
    throw new CutCapture(
      `a capture's header has ${pcapHeaderLength} bytes, ${window.to - window.from} are there`,
    );
  }
  const framer = pcapFramer(readPcapHeader(window.data, window.from));
  advance(window, pcapHeaderLength);
  return framer;
}

const packedWith = {gzip: 'gzipped', zstd: 'packed with zstd'} as const;

/** Says what it is instead. */
async function refuse(
  name: string,
  window: Window,
  format: Format,
  packing: Packing | undefined,
): Promise<never> {
  await fill(window, sniffLength);
  if (packing !== undefined && format !== 'other') throw notACapture(name, `${packedWith[packing]} twice`);
  const {is, hint} = describeOther(window.data, window.from, window.to);
  const packed = packing === undefined ? '' : `, ${packedWith[packing]}`;
  throw notACapture(name, `${is}${packed}`, hint === undefined ? [] : [hint]);
}

async function sniff(window: Window): Promise<Format> {
  await fill(window, 4);
  return identify(window.data, window.from, window.to);
}

function countReads(name: string, raw: ByteSource, progress: Progress): ByteSource {
  return {
    size: raw.size,
    async read(into, at) {
      try {
        const count = await raw.read(into, at);
        progress.read += count;
        return count;
      } catch (error) {
        throw readFailure(name, error);
      }
    },
    cancel: () => raw.cancel(),
    close: () => raw.close(),
    ...(raw.again === undefined ? {} : {again: raw.again}),
  };
}

function readFailure(name: string, error: unknown): OvdiagError {
  const message = `Reading ${shownName(name)} failed: ${(error as Error).message}`;
  return new OvdiagError({code: 'unreadable', message}, {cause: error});
}
