import {maxCaptured, type PacketRecord} from '../packet/record.js';
import {CorruptCapture, type Framer, read16, read32} from './framer.js';

/** Magic numbers of classic files, as libpcap's sf-pcap.c reads them in either byte order. */
const microseconds = 0xa1b2c3d4;
const nanoseconds = 0xa1b23c4d;
/** Alexey Kuznetzov's patched format, with 8 more bytes a record. */
const patched = 0xa1b2cd34;

export const pcapHeaderLength = 24;

export interface PcapHeader {
  bigEndian: boolean;
  nanoseconds: boolean;
  recordHeader: 16 | 24;
  /** Whether the two lengths of a record stand the old way round: always, never, or told by their values. */
  lengthsSwapped: 'no' | 'yes' | 'maybe';
  linkType: number;
}

/** Whether these first four bytes start a classic capture. */
export function isPcap(data: Buffer, at: number): boolean {
  return byteOrder(data, at) !== undefined;
}

function byteOrder(data: Buffer, at: number): boolean | undefined {
  for (const bigEndian of [false, true]) {
    const magic = read32(data, at, bigEndian);
    if (magic === microseconds || magic === nanoseconds || magic === patched) return bigEndian;
  }
  return undefined;
}

/** Reads the 24 bytes before the first record. */
export function readPcapHeader(data: Buffer, at: number): PcapHeader {
  const bigEndian = byteOrder(data, at) ?? false;
  const magic = read32(data, at, bigEndian);
  const major = read16(data, at + 4, bigEndian);
  const minor = read16(data, at + 6, bigEndian);
  // libpcap reads 2.0 to 2.4, and 543.0, which DG/UX wrote.
  if (!((major === 2 && minor <= 4) || (major === 543 && minor === 0))) {
    throw new CorruptCapture(`it says version ${major}.${minor} of the format; 2.4 is the one in use`);
  }
  return {
    bigEndian,
    nanoseconds: magic === nanoseconds,
    recordHeader: magic === patched ? 24 : 16,
    lengthsSwapped: major === 543 || minor < 3 ? 'yes' : minor === 3 ? 'maybe' : 'no',
    // The upper bits tell of frame check sequences (pcap-savefile(5)).
    linkType: read32(data, at + 20, bigEndian) & 0x03ff_ffff,
  };
}

/** Frames the records after the header. */
export function pcapFramer(header: PcapHeader): Framer {
  const {bigEndian, recordHeader, lengthsSwapped, linkType} = header;
  const unit = header.nanoseconds ? 1 : 1000;
  const littleEndian = !bigEndian;
  // Whole words are read faster so than byte by byte.
  let bytes: Buffer | undefined;
  let words: DataView = new DataView(new ArrayBuffer(0));
  const framer: Framer = {
    need: recordHeader,
    step(data: Buffer, from: number, to: number, record: PacketRecord): number {
      if (to - from < recordHeader) {
        framer.need = recordHeader;
        return 0;
      }
      if (data !== bytes) {
        bytes = data;
        words = new DataView(data.buffer, data.byteOffset, data.length);
      }
      let captured = words.getUint32(from + 8, littleEndian);
      let original = words.getUint32(from + 12, littleEndian);
      if (lengthsSwapped === 'yes' || (lengthsSwapped === 'maybe' && captured > original)) {
        const other = captured;
        captured = original;
        original = other;
      }
      if (captured > maxCaptured) {
        throw new CorruptCapture(`a record claims ${captured} captured bytes; the most is ${maxCaptured}`);
      }
      const length = recordHeader + captured;
      if (to - from < length) {
        framer.need = length;
        return 0;
      }
      record.data = data;
      record.start = from + recordHeader;
      record.end = from + length;
      record.original = original;
      record.linkType = linkType;
      record.hasTime = true;
      record.seconds = words.getUint32(from, littleEndian);
      record.nanos = words.getUint32(from + 4, littleEndian) * unit;
      if (record.nanos >= 1e9) {
        // No writer means this, but a fraction of a second must be one for everything that comes after.
        record.seconds += Math.floor(record.nanos / 1e9);
        record.nanos %= 1e9;
      }
      return length;
    },
  };
  return framer;
}
