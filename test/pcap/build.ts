/** Writes capture files for tests: every magic, byte order and block that a reader may meet. */

export interface TestPacket {
  data: Buffer;
  /** Seconds since the epoch, and nanoseconds. */
  seconds?: number;
  nanos?: number;
  /** Length on the wire where it isn't that of `data`. */
  original?: number;
  /** pcapng: interface id within the section. */
  interface?: number;
}

export interface PcapOptions {
  linkType?: number;
  bigEndian?: boolean;
  magic?: number;
  version?: [number, number];
  snapLength?: number;
}

export const magics = {micro: 0xa1b2c3d4, nano: 0xa1b23c4d, kuznetzov: 0xa1b2cd34} as const;

const number16 = (value: number, big: boolean): Buffer => {
  const bytes = Buffer.alloc(2);
  if (big) bytes.writeUInt16BE(value);
  else bytes.writeUInt16LE(value);
  return bytes;
};

const number32 = (value: number, big: boolean): Buffer => {
  const bytes = Buffer.alloc(4);
  if (big) bytes.writeUInt32BE(value >>> 0);
  else bytes.writeUInt32LE(value >>> 0);
  return bytes;
};

/** The 24 bytes that start a classic file. */
export function pcapHeader(options: PcapOptions = {}): Buffer {
  const {
    linkType = 1,
    bigEndian = false,
    magic = magics.micro,
    version = [2, 4],
    snapLength = 262144,
  } = options;
  return Buffer.concat([
    number32(magic, bigEndian),
    number16(version[0], bigEndian),
    number16(version[1], bigEndian),
    number32(0, bigEndian),
    number32(0, bigEndian),
    number32(snapLength, bigEndian),
    number32(linkType, bigEndian),
  ]);
}

export function pcapRecord(packet: TestPacket, options: PcapOptions = {}): Buffer {
  const {bigEndian = false, magic = magics.micro, version = [2, 4]} = options;
  const nanos = packet.nanos ?? 0;
  const captured = number32(packet.data.length, bigEndian);
  const original = number32(packet.original ?? packet.data.length, bigEndian);
  return Buffer.concat([
    number32(packet.seconds ?? 1_700_000_000, bigEndian),
    number32(magic === magics.nano ? nanos : Math.floor(nanos / 1000), bigEndian),
    // Before 2.3 the two lengths stood the other way round (libpcap sf-pcap.c, lengths_swapped).
    ...(version[1] < 3 ? [original, captured] : [captured, original]),
    // Kuznetzov's patched records: interface index, protocol, packet type, padding.
    magic === magics.kuznetzov
      ? Buffer.concat([number32(2, bigEndian), Buffer.from([8, 0, 0, 0])])
      : Buffer.alloc(0),
    packet.data,
  ]);
}

export function pcap(packets: TestPacket[], options: PcapOptions = {}): Buffer {
  return Buffer.concat([pcapHeader(options), ...packets.map((packet) => pcapRecord(packet, options))]);
}

export interface InterfaceOptions {
  linkType?: number;
  snapLength?: number;
  /** if_tsresol byte: a power of ten, or of two with the top bit set. */
  resolution?: number;
  /** if_tsoffset in seconds. */
  offset?: number;
}

const padded = (data: Buffer): Buffer => Buffer.concat([data, Buffer.alloc((4 - (data.length % 4)) % 4)]);

/** One pcapng block: type, length, body padded to 32 bits, length again. */
export function block(type: number, body: Buffer, big = false): Buffer {
  const whole = padded(body);
  const length = number32(whole.length + 12, big);
  return Buffer.concat([number32(type, big), length, whole, length]);
}

export function option(code: number, value: Buffer, big = false): Buffer {
  return Buffer.concat([number16(code, big), number16(value.length, big), padded(value)]);
}

export const sectionHeader = (big = false, length = -1n): Buffer => {
  const bytes = Buffer.alloc(8);
  if (big) bytes.writeBigInt64BE(length);
  else bytes.writeBigInt64LE(length);
  return block(
    0x0a0d0d0a,
    Buffer.concat([number32(0x1a2b3c4d, big), number16(1, big), number16(0, big), bytes]),
    big,
  );
};

export function interfaceBlock(options: InterfaceOptions = {}, big = false): Buffer {
  const list: Buffer[] = [];
  if (options.resolution !== undefined) list.push(option(9, Buffer.from([options.resolution]), big));
  if (options.offset !== undefined) {
    const bytes = Buffer.alloc(8);
    if (big) bytes.writeBigInt64BE(BigInt(options.offset));
    else bytes.writeBigInt64LE(BigInt(options.offset));
    list.push(option(14, bytes, big));
  }
  if (list.length > 0) list.push(option(0, Buffer.alloc(0), big));
  return block(
    1,
    Buffer.concat([
      number16(options.linkType ?? 1, big),
      number16(0, big),
      number32(options.snapLength ?? 0, big),
      ...list,
    ]),
    big,
  );
}

/** The 64-bit time stamp of a packet in an interface's units. */
function stamp(packet: TestPacket, options: InterfaceOptions): bigint {
  const resolution = options.resolution ?? 6;
  const units = resolution & 0x80 ? 1n << BigInt(resolution & 0x7f) : 10n ** BigInt(resolution);
  const seconds = BigInt((packet.seconds ?? 1_700_000_000) - (options.offset ?? 0));
  return seconds * units + (BigInt(packet.nanos ?? 0) * units) / 1_000_000_000n;
}

export function enhancedPacket(packet: TestPacket, options: InterfaceOptions = {}, big = false): Buffer {
  const time = stamp(packet, options);
  return block(
    6,
    Buffer.concat([
      number32(packet.interface ?? 0, big),
      number32(Number(time >> 32n), big),
      number32(Number(time & 0xffffffffn), big),
      number32(packet.data.length, big),
      number32(packet.original ?? packet.data.length, big),
      packet.data,
    ]),
    big,
  );
}

/** The obsolete Packet Block, type 2. */
export function oldPacket(packet: TestPacket, options: InterfaceOptions = {}, big = false): Buffer {
  const time = stamp(packet, options);
  return block(
    2,
    Buffer.concat([
      number16(packet.interface ?? 0, big),
      number16(0xffff, big),
      number32(Number(time >> 32n), big),
      number32(Number(time & 0xffffffffn), big),
      number32(packet.data.length, big),
      number32(packet.original ?? packet.data.length, big),
      packet.data,
    ]),
    big,
  );
}

export const simplePacket = (packet: TestPacket, big = false): Buffer =>
  block(3, Buffer.concat([number32(packet.original ?? packet.data.length, big), packet.data]), big);

export function pcapng(packets: TestPacket[], options: InterfaceOptions = {}, big = false): Buffer {
  return Buffer.concat([
    sectionHeader(big),
    interfaceBlock(options, big),
    ...packets.map((packet) => enhancedPacket(packet, options, big)),
  ]);
}
