import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {Readable} from 'node:stream';
import {after, describe, it} from 'node:test';
import {gzipSync} from 'node:zlib';
import pcapParser from 'pcap-parser';
import {ethernet, icmpEcho, ipv4, tunnel} from '../packet/build.js';
import {needsTshark} from '../packet/tshark.js';
import {
  block,
  enhancedPacket,
  type InterfaceOptions,
  interfaceBlock,
  magics,
  oldPacket,
  type PcapOptions,
  pcap,
  pcapng,
  sectionHeader,
  simplePacket,
  type TestPacket,
} from './build.js';
import {readAll} from './support.js';

const folder = mkdtempSync(path.join(tmpdir(), 'ovdiag-formats-'));
after(() => rmSync(folder, {recursive: true, force: true}));

const ping = ethernet(ipv4(icmpEcho('request', 7, 1), {proto: 1}));
const packets: TestPacket[] = [
  {data: tunnel(ping, 4097), seconds: 1_700_000_000, nanos: 123_456_000},
  {data: tunnel(ping, 4098).subarray(0, 61), original: 148, seconds: 1_700_000_001, nanos: 999_999_000},
  {data: tunnel(ethernet(Buffer.alloc(101), {type: 0x88b5}), 4099), seconds: 4_294_967_295, nanos: 0},
  {data: Buffer.alloc(0), original: 60, seconds: 0, nanos: 1000},
];

/** Time, lengths: what tshark says about each packet of a file. */
function tsharkFrames(bytes: Buffer): string[] {
  const file = path.join(folder, 'file');
  writeFileSync(file, bytes);
  const fields = ['frame.time_epoch', 'frame.cap_len', 'frame.len'].flatMap((field) => ['-e', field]);
  const text = execFileSync('tshark', ['-n', '-r', file, '-T', 'fields', ...fields], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return text.toString().trimEnd().split('\n');
}

async function ownFrames(bytes: Buffer, piece?: number): Promise<string[]> {
  const {packets: read, ending} = await readAll(bytes, piece);
  assert.equal(ending.kind, 'whole');
  return read.map(({time = '', data, original}) => `${time}\t${data.length / 2}\t${original}`);
}

const classic: Record<string, PcapOptions> = {
  'microseconds, little endian': {},
  'microseconds, big endian': {bigEndian: true},
  'nanoseconds, little endian': {magic: magics.nano},
  'nanoseconds, big endian': {magic: magics.nano, bigEndian: true},
  'patched by Kuznetzov': {magic: magics.kuznetzov},
  'patched by Kuznetzov, big endian': {magic: magics.kuznetzov, bigEndian: true},
  'version 2.2, lengths swapped': {version: [2, 2]},
  'version 2.3': {version: [2, 3]},
};

describe('classic captures', () => {
  for (const [name, options] of Object.entries(classic)) {
    it(`${name}: as written`, async () => {
      const {packets: read, ending} = await readAll(pcap(packets, options));
      assert.equal(ending.kind, 'whole');
      assert.deepEqual(
        read,
        packets.map(({data, original = data.length, seconds = 0, nanos = 0}) => ({
          data: data.toString('hex'),
          original,
          linkType: 1,
          time: `${seconds}.${String(nanos).padStart(9, '0')}`,
        })),
      );
    });
  }

  it('are read the same in pieces of any size', async () => {
    const bytes = pcap(packets);
    const whole = await ownFrames(bytes);
    for (const piece of [1, 2, 3, 7, 23, 24, 25, 40, 100])
      assert.deepEqual(await ownFrames(bytes, piece), whole);
  });

  it('agree with pcap-parser', async () => {
    const bytes = pcap(packets);
    const reference: string[] = [];
    const parser = pcapParser.parse(Readable.from([bytes]));
    parser.on('packet', ({header, data}) => {
      const nanos = String(header.timestampMicroseconds * 1000).padStart(9, '0');
      reference.push(`${header.timestampSeconds}.${nanos}\t${data.length}\t${header.originalLength}`);
    });
    await new Promise<void>((resolve) => parser.on('end', resolve));
    assert.deepEqual(await ownFrames(bytes), reference);
  });

  it('keep the frame check bits out of the link type', async () => {
    const {packets: read} = await readAll(pcap(packets, {linkType: 1 | 0x2400_0000}));
    assert.equal(read[0]?.linkType, 1);
  });

  it('say that a version is unknown', async () => {
    const {ending} = await readAll(pcap(packets, {version: [3, 0]}));
    assert.equal(ending.kind, 'corrupt');
    assert.match(ending.text ?? '', /version 3\.0/);
  });
});

describe('classic captures and tshark', needsTshark(), () => {
  for (const [name, options] of Object.entries(classic)) {
    // tshark reads 2.2 as AIX's format; libpcap, whose rule this is, is asked below.
    if (options.version !== undefined) continue;
    it(`${name}: as tshark reads it`, async () => {
      const bytes = pcap(packets, options);
      assert.deepEqual(await ownFrames(bytes), tsharkFrames(bytes));
    });
  }

  for (const [name, options] of Object.entries(classic)) {
    it(`${name}: as tcpdump reads it`, () => {
      const file = path.join(folder, 'libpcap');
      writeFileSync(file, pcap(packets.slice(0, 1), options));
      const text = execFileSync('tcpdump', ['-tt', '-nn', '-r', file], {
        stdio: ['ignore', 'pipe', 'ignore'],
      }).toString();
      assert.match(
        text,
        /^1700000000\.123456 IP 172\.31\.1\.5\.45000 > 192\.168\.1\.5\.4789: VXLAN.*vni 4097/,
      );
    });
  }
});

const resolutions: Record<string, InterfaceOptions> = {
  microseconds: {},
  nanoseconds: {resolution: 9},
  milliseconds: {resolution: 3},
  'an offset': {offset: 3600},
  'a negative offset': {offset: -7, resolution: 9},
  'powers of two': {resolution: 0x80 | 20},
  'nanosecond powers of two': {resolution: 0x80 | 30},
};

describe('pcapng captures', needsTshark(), () => {
  const sent = packets.slice(0, 2);
  // One file of a section for each, because a start of tshark takes longer than all of them.
  const sections = Object.entries(resolutions).flatMap(([name, options]) =>
    [false, true].map((big) => ({
      name: `${name}, ${big ? 'big' : 'little'} endian`,
      bytes: pcapng(sent, options, big),
    })),
  );
  const all = () => tsharkFrames(Buffer.concat(sections.map(({bytes}) => bytes)));
  let expected: string[] | undefined;
  for (const [index, {name, bytes}] of sections.entries()) {
    it(`${name}: as tshark reads it`, async () => {
      expected ??= all();
      assert.equal(expected.length, sections.length * sent.length);
      const own = expected.slice(index * sent.length, (index + 1) * sent.length);
      assert.deepEqual(await ownFrames(bytes), own);
      assert.deepEqual(await ownFrames(bytes, 5), own);
    });
  }

  it('several sections, byte orders, interfaces, block types and unknown blocks', async () => {
    const fast: InterfaceOptions = {resolution: 9};
    const [first = {data: ping}, second = {data: ping}] = sent;
    const bytes = Buffer.concat([
      sectionHeader(),
      block(0x1234, Buffer.from('unknown')),
      interfaceBlock(),
      interfaceBlock(fast),
      enhancedPacket({...first, interface: 1}, fast),
      block(5, Buffer.alloc(12)),
      enhancedPacket(second),
      oldPacket({...first, interface: 1}, fast),
      simplePacket({data: ping}),
      sectionHeader(true),
      interfaceBlock({linkType: 101}, true),
      enhancedPacket({...first, data: first.data.subarray(14)}, {}, true),
      block(0x8000_0bad, Buffer.alloc(100), true),
    ]);
    const frames = await ownFrames(bytes);
    assert.equal(frames.length, 5);
    assert.deepEqual(frames, tsharkFrames(bytes));
    const {packets: read} = await readAll(bytes);
    assert.deepEqual(
      read.map(({linkType}) => linkType),
      [1, 1, 1, 1, 101],
    );
  });

  it('custom blocks are no packets, though tshark counts them', async () => {
    const bytes = Buffer.concat([
      sectionHeader(),
      interfaceBlock(),
      block(0xbad, Buffer.alloc(8)),
      enhancedPacket({data: ping}),
    ]);
    assert.equal((await ownFrames(bytes)).length, 1);
  });

  it('picoseconds, whose product overflows 64 bits in tshark 4.0: as written', async () => {
    const packet = {data: ping, seconds: 1000, nanos: 123_456_789};
    assert.deepEqual(await ownFrames(pcapng([packet], {resolution: 12})), ['1000.123456789\t98\t98']);
  });

  it('an unknown block longer than any buffer is stepped over', async () => {
    const bytes = Buffer.concat([
      sectionHeader(),
      interfaceBlock(),
      block(0x1234, Buffer.alloc(3_000_000)),
      enhancedPacket({data: ping}),
    ]);
    for (const piece of [bytes.length, 65_536]) assert.equal((await ownFrames(bytes, piece)).length, 1);
  });
});

describe('captures that end or break in the middle', () => {
  for (const [name, bytes, header] of [
    ['classic', pcap(packets), 24],
    ['pcapng', pcapng(packets), sectionHeader().length],
  ] as const) {
    it(`${name}: every whole packet, then where it is cut`, async () => {
      const whole = await readAll(bytes);
      let before = 0;
      for (let length = 24; length < bytes.length; length++) {
        const {packets: read, ending} = await readAll(bytes.subarray(0, length), 50);
        assert.deepEqual(read, whole.packets.slice(0, read.length));
        assert.ok(read.length >= before && read.length <= before + 1, 'no packet is lost as the file grows');
        before = read.length;
        if (ending.kind === 'whole') continue;
        assert.equal(ending.kind, length < header ? 'headless' : 'cut', `${length} bytes`);
        assert.match(ending.text ?? '', /cut, after \d+ whole|one whole/);
      }
      assert.equal(before, packets.length - 1);
    });
  }

  it('gzip: what was packed before the cut comes out', async () => {
    const many = Array.from({length: 2000}, (_, index) => ({
      ...packets[0],
      data: tunnel(ping, index),
      seconds: index,
    }));
    const packed = gzipSync(pcap(many));
    const all = await readAll(packed);
    assert.equal(all.packets.length, 2000);
    const {packets: read, ending} = await readAll(packed.subarray(0, Math.floor(packed.length / 2)), 1000);
    assert.equal(ending.kind, 'cut');
    assert.ok(read.length > 500, `${read.length} packets`);
    assert.deepEqual(read, all.packets.slice(0, read.length));
  });

  it('gzip: damage is told after what came before it', async () => {
    const many = Array.from({length: 2000}, (_, index) => ({
      ...packets[0],
      data: tunnel(ping, index * 7919),
      seconds: index,
    }));
    const packed = gzipSync(pcap(many));
    packed.fill(0xff, Math.floor(packed.length / 2), Math.floor(packed.length / 2) + 64);
    const {packets: read, ending} = await readAll(packed);
    assert.equal(ending.kind, 'corrupt');
    assert.match(ending.text ?? '', /damaged/);
    assert.ok(read.length > 0);
  });

  it('gzip of several members is one capture', async () => {
    const bytes = pcap(packets);
    const packed = Buffer.concat([gzipSync(bytes.subarray(0, 100)), gzipSync(bytes.subarray(100))]);
    assert.equal((await ownFrames(packed)).length, packets.length);
  });

  for (const [name, bytes, text] of [
    ['a record that claims 4 GB', corruptLength(0xffff_ffff), /claims 4294967295 captured bytes/],
    ['a record that claims 256 KiB and one', corruptLength(262_145), /claims 262145/],
    ['a block of length 0', blockOfLength(0), /length of 0 bytes/],
    ['a block of length 8', blockOfLength(8), /length of 8 bytes/],
    ['a block of length 13', blockOfLength(13), /length of 13 bytes/],
    ['a packet block of 4 GB', blockOfLength(0xffff_fffc), /claims 4294967292 bytes/],
    [
      'a packet of an interface that is not described',
      Buffer.concat([sectionHeader(), enhancedPacket({data: ping})]),
      /interface 0/,
    ],
    ['two lengths that differ', differingLengths(), /differ/],
  ] as const) {
    it(`${name}: an error with its place`, async () => {
      const {ending} = await readAll(bytes);
      assert.equal(ending.kind, 'corrupt');
      assert.match(ending.text ?? '', text);
      assert.match(ending.text ?? '', /damaged at byte \d+/);
    });
  }
});

function corruptLength(length: number): Buffer {
  const bytes = pcap(packets.slice(0, 1));
  bytes.writeUInt32LE(length, 24 + 8);
  return bytes;
}

function blockOfLength(length: number): Buffer {
  const bytes = pcapng(packets.slice(0, 1));
  const packet = 28 + 20;
  bytes.writeUInt32LE(length, packet + 4);
  return bytes;
}

function differingLengths(): Buffer {
  const bytes = pcapng(packets.slice(0, 1));
  bytes.writeUInt32LE(4, bytes.length - 4);
  return bytes;
}
