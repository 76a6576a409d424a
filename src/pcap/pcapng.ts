import {maxBlock, maxCaptured, type PacketRecord} from '../packet/record.js';
import {CorruptCapture, type Framer, read16, read32} from './framer.js';
import {type Interface, readInterface} from './pcapng-interface.js';
import {setTime} from './pcapng-time.js';

/** Block types that matter here (draft-ietf-opsawg-pcapng); all others are skipped by their length. */
const sectionHeaderBlock = 0x0a0d0d0a;
const interfaceBlock = 1;
const obsoletePacketBlock = 2;
const simplePacketBlock = 3;
const enhancedPacketBlock = 6;

const byteOrderMagic = 0x1a2b3c4d;
/** A section with more interfaces than this is an attack, not a machine. */
const maxInterfaces = 65_536;

/** Whether these first four bytes start a pcapng capture (they read the same in both byte orders). */
export const isPcapng = (data: Buffer, at: number): boolean => read32(data, at, true) === sectionHeaderBlock;

/** What a section says about the packets after it. */
interface Section {
  bigEndian: boolean;
  interfaces: Interface[];
}

/** Frames blocks from the section header on; every section may have its own byte order and interfaces. */
export function pcapngFramer(): Framer {
  const section: Section = {bigEndian: false, interfaces: []};
  const framer: Framer = {
    need: 12,
    step(data: Buffer, from: number, to: number, record: PacketRecord): number {
      if (to - from < 12) {
        framer.need = 12;
        return 0;
      }
      // The section header's type is a palindrome: it reads the same before its byte order is known.
      if (isPcapng(data, from)) {
        section.bigEndian = sectionByteOrder(data, from);
        section.interfaces = [];
      }
      const type = read32(data, from, section.bigEndian);
      const length = read32(data, from + 4, section.bigEndian);
      const isPacket = isRead(type);
      checkLength(length, isPacket);
      if (!isPacket) return -length;
      if (to - from < length) {
        framer.need = length;
        return 0;
      }
      if (read32(data, from + length - 4, section.bigEndian) !== length) {
        throw new CorruptCapture(`the lengths at the two ends of a block differ (${length} at its start)`);
      }
      return readBlock(section, type, record, data, from, length);
    },
  };
  return framer;
}

function checkLength(length: number, isLookedInto: boolean): void {
  if (length < 12 || length % 4 !== 0) {
    throw new CorruptCapture(`a block claims a length of ${length} bytes; the least is 12, in steps of 4`);
  }
  if (isLookedInto && length > maxBlock) {
    throw new CorruptCapture(`a block claims ${length} bytes; the most for a packet is ${maxBlock}`);
  }
}

/** Takes in one whole block at data[from, from + length); gives what Framer.step gives for it. */
function readBlock(
  section: Section,
  type: number,
  record: PacketRecord,
  data: Buffer,
  from: number,
  length: number,
): number {
  const body = from + 8;
  const bodyEnd = from + length - 4;
  switch (type) {
    case sectionHeaderBlock:
      checkVersion(data, body, bodyEnd, section.bigEndian);
      return -length;
    case interfaceBlock:
      addInterface(section, data, body, bodyEnd);
      return -length;
    case simplePacketBlock:
      setSimplePacket(section, record, data, body, bodyEnd);
      return length;
    default:
      setPacket(section, record, data, body, bodyEnd, type);
      return length;
  }
}

function addInterface({interfaces, bigEndian}: Section, data: Buffer, body: number, bodyEnd: number): void {
  expect(bodyEnd - body, 8);
  if (interfaces.length >= maxInterfaces) {
    throw new CorruptCapture(`a section describes more than ${maxInterfaces} interfaces`);
  }
  interfaces.push(readInterface(data, body, bodyEnd, bigEndian));
}

function interfaceOf({interfaces}: Section, id: number): Interface {
  const description = interfaces[id];
  if (description === undefined) {
    throw new CorruptCapture(`a packet names interface ${id}; the section describes ${interfaces.length}`);
  }
  return description;
}

function setPacket(
  section: Section,
  record: PacketRecord,
  data: Buffer,
  body: number,
  bodyEnd: number,
  type: number,
): void {
  expect(bodyEnd - body, 20);
  const {bigEndian} = section;
  // The obsolete block has a 16-bit interface id, then a 16-bit count of drops.
  const id = type === obsoletePacketBlock ? read16(data, body, bigEndian) : read32(data, body, bigEndian);
  const description = interfaceOf(section, id);
  const captured = read32(data, body + 12, bigEndian);
  setBytes(record, data, body + 20, bodyEnd, captured);
  record.original = read32(data, body + 16, bigEndian);
  record.linkType = description.linkType;
  setTime(record, read32(data, body + 4, bigEndian), read32(data, body + 8, bigEndian), description);
}

function setSimplePacket(
  section: Section,
  record: PacketRecord,
  data: Buffer,
  body: number,
  bodyEnd: number,
): void {
  expect(bodyEnd - body, 4);
  const {linkType, snapLength} = interfaceOf(section, 0);
  record.original = read32(data, body, section.bigEndian);
  // Nothing but the snap length tells the padding from the packet.
  const captured = snapLength > 0 ? Math.min(record.original, snapLength) : record.original;
  setBytes(record, data, body + 4, bodyEnd, captured);
  record.linkType = linkType;
  record.hasTime = false;
  record.seconds = 0;
  record.nanos = 0;
}

function isRead(type: number): boolean {
  return (
    type === enhancedPacketBlock ||
    type === sectionHeaderBlock ||
    (type >= interfaceBlock && type <= simplePacketBlock)
  );
}

function sectionByteOrder(data: Buffer, from: number): boolean {
  if (read32(data, from + 8, false) === byteOrderMagic) return false;
  if (read32(data, from + 8, true) === byteOrderMagic) return true;
  throw new CorruptCapture('a section header has no byte-order mark');
}

function checkVersion(data: Buffer, body: number, bodyEnd: number, bigEndian: boolean): void {
  expect(bodyEnd - body, 16);
  const major = read16(data, body + 4, bigEndian);
  if (major !== 1) throw new CorruptCapture(`it says major version ${major} of pcapng; 1 is the only one`);
}

function setBytes(record: PacketRecord, data: Buffer, start: number, limit: number, captured: number): void {
  if (captured > limit - start || captured > maxCaptured) {
    throw new CorruptCapture(
      `a packet claims ${captured} captured bytes; its block has room for ${limit - start}`,
    );
  }
  record.data = data;
  record.start = start;
  record.end = start + captured;
}

function expect(have: number, least: number): void {
  if (have < least) throw new CorruptCapture(`a block of ${have + 12} bytes is too short for its type`);
}
