import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import type {PacketRecord} from '../../src/packet/record.js';
import {dumpReader, snapLength} from '../../src/probe/dump.js';
import {sighter} from '../../src/probe/sight.js';
import type {Point, Sighting} from '../../src/probe/types.js';
import {points} from './support.js';

const pattern = Buffer.from('c0ffee12345678', 'hex');

function read(lines: string) {
  const packets: PacketRecord[] = [];
  const said: string[] = [];
  let listening = 0;
  const dump = dumpReader({
    listening: () => listening++,
    packet: (record) => packets.push(record),
    said: (text) => said.push(text),
  });
  for (const line of lines.split('\n')) dump.line(line);
  return {packets, said, listening: () => listening, dump};
}

/** The lines that tcpdump -e -tt -xx prints for a frame. */
function printed(frame: Buffer, time = '1763719912.123456', wire = frame.length): string {
  const shown = frame.subarray(0, snapLength);
  const lines = Array.from({length: Math.ceil(shown.length / 16)}, (_, row) => {
    const words = shown.toString('hex', row * 16, row * 16 + 16).match(/.{1,4}/g) ?? [];
    return `\t0x${(row * 16).toString(16).padStart(4, '0')}:  ${words.join(' ')}`;
  });
  return [
    `${time} 02:42:0a:00:01:09 > 02:42:0a:00:01:0a, IPv4, length ${wire}: 10.0.1.9 > 10.0.1.10: ICMP echo request, id 1, seq 2, length 64`,
    ...lines,
  ].join('\n');
}

const addresses = {source: [10, 0, 1, 9], destination: [10, 0, 1, 10]};

function ethernet(payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from('02420a00010a02420a0001090800', 'hex'), payload]);
}

function ipv4(
  proto: number,
  payload: Buffer,
  {from = addresses.source, to = addresses.destination, flags = 0} = {},
) {
  const header = Buffer.from([0x45, 0, 0, 0, 0, 1, flags, 0, 64, proto, 0, 0, ...from, ...to]);
  header.writeUInt16BE(header.length + payload.length, 2);
  return Buffer.concat([header, payload]);
}

function echo(type: 0 | 8, round: number, sequence: number, size = 56): Buffer {
  const header = Buffer.from([type, 0, 0, 0, 0, 7, 0, sequence]);
  const data = Buffer.alloc(size);
  const unit = Buffer.concat([pattern, Buffer.from([round])]);
  for (let at = 0; at < size; at++) data[at] = unit[at % unit.length] ?? 0;
  // ping's time stamp.
  data.fill(0xaa, 0, 16);
  return Buffer.concat([header, data]);
}

function vxlan(inner: Buffer): Buffer {
  const udp = Buffer.from([0x9c, 0x40, 0x12, 0xb5, 0, 0, 0, 0]);
  udp.writeUInt16BE(16 + inner.length, 4);
  return Buffer.concat([udp, Buffer.from('0800000000100100', 'hex'), inner]);
}

function tcp(sport: number, dport: number, flags: number): Buffer {
  const header = Buffer.alloc(20);
  header.writeUInt16BE(sport, 0);
  header.writeUInt16BE(dport, 2);
  header[12] = 0x50;
  header[13] = flags;
  return header;
}

function sight(frame: Buffer, point: Point = points[0] as Point, wire = frame.length) {
  const {packets} = read(printed(frame, undefined, wire));
  assert.equal(packets.length, 1);
  const look = sighter(0, point, {pattern, tcp: {port: 80, sources: [61_000, 61_001]}});
  return look(packets[0] as PacketRecord) as Sighting | undefined;
}

describe("tcpdump's text", () => {
  const frame = ethernet(ipv4(1, echo(8, 1, 2)));

  it('becomes a packet as soon as its last byte is printed', () => {
    const lines = printed(frame).split('\n');
    const {packets, dump} = read(lines.slice(0, -1).join('\n'));
    assert.equal(packets.length, 0);
    dump.line(lines.at(-1) ?? '');
    assert.equal(packets.length, 1);
    assert.deepEqual(packets[0]?.data, frame);
    assert.equal(packets[0]?.seconds, 1_763_719_912);
    assert.equal(packets[0]?.nanos, 123_456_000);
    assert.equal(packets[0]?.original, frame.length);
  });

  it('is cut by the snap length, and says how long it was', () => {
    const large = ethernet(ipv4(1, echo(8, 1, 2, 1400)));
    const {packets} = read(printed(large));
    assert.equal(packets[0]?.data.length, snapLength);
    assert.equal(packets[0]?.original, large.length);
  });

  it('tells when it listens, and all else that is said', () => {
    const {listening, said} = read(
      'tcpdump: verbose output suppressed, use -v[v]... for full protocol decode\nlistening on eth0, link-type EN10MB (Ethernet), snapshot length 192 bytes\n',
    );
    assert.equal(listening(), 1);
    assert.equal(said.length, 2);
    const down = read('tcpdump: vxlan0: That device is not up\nexit 1');
    assert.equal(down.listening(), 0);
    assert.match(down.said[0] ?? '', /not up/);
    const odd = read('listening on wlan0, link-type IEEE802_11_RADIO (802.11 plus radiotap header)');
    assert.equal(odd.listening(), 0);
  });

  it('gives up what was never whole, and is not confused by lines in between', () => {
    const [head = '', first = ''] = printed(frame).split('\n');
    const {packets} = read(`${head}\n${first}\n${printed(frame)}`);
    assert.equal(packets.length, 2);
    assert.equal(packets[0]?.data.length, 16);
    assert.deepEqual(packets[1]?.data, frame);
    assert.equal(read('\t0x0000:  4500 0054').packets.length, 0);
  });
});

describe('our own packets', () => {
  it('are echoes with the pattern of this run', () => {
    const request = sight(ethernet(ipv4(1, echo(8, 3, 2))));
    assert.deepEqual(request, {
      point: 0,
      direction: 'forward',
      try: '3.2',
      part: 'probe',
      time: '1763719912.123456',
    });
    assert.equal(sight(ethernet(ipv4(1, echo(0, 3, 2))))?.direction, 'reverse');
    const other = echo(8, 3, 2);
    other.fill(0x11, 24);
    assert.equal(sight(ethernet(ipv4(1, other))), undefined);
  });

  it('are found within VXLAN, with the outer addresses', () => {
    const outer = {from: [172, 31, 1, 5], to: [192, 168, 1, 5]};
    const point = points[3] as Point;
    const found = sight(ethernet(ipv4(17, vxlan(ethernet(ipv4(1, echo(8, 1, 1)))), outer)), point);
    assert.deepEqual(found?.outer, {src: '172.31.1.5', dst: '192.168.1.5'});
    assert.equal(found?.pieceBytes, undefined);
    // The same on a port that is not the data path's is no tunnel.
    assert.equal(
      sight(ethernet(ipv4(17, vxlan(ethernet(ipv4(1, echo(8, 1, 1)))), outer)), {...point, ports: [4790]}),
      undefined,
    );
  });

  it('are told in the first of several outer fragments, with its length', () => {
    const inner = ethernet(ipv4(1, echo(8, 2, 1, 1400)));
    const first = vxlan(inner).subarray(0, 1376);
    const found = sight(ethernet(ipv4(17, first, {flags: 0x20})), points[3] as Point);
    assert.equal(found?.try, '2.1');
    assert.equal(found?.pieceBytes, 1396);
  });

  it('are connections from our own source ports', () => {
    const back = {from: addresses.destination, to: addresses.source};
    const one = (segment: Buffer, way = {}) => sight(ethernet(ipv4(6, segment, way)));
    assert.equal(one(tcp(61_000, 80, 0x02))?.part, 'probe');
    assert.equal(one(tcp(61_000, 80, 0x10))?.part, 'rest');
    assert.equal(one(tcp(80, 61_000, 0x12), back)?.answer, 'accepted');
    assert.equal(one(tcp(80, 61_001, 0x14), back)?.answer, 'refused');
    assert.equal(one(tcp(80, 61_001, 0x11), back)?.part, 'rest');
    assert.equal(one(tcp(40_000, 80, 0x02)), undefined);
    assert.equal(one(tcp(61_000, 81, 0x02)), undefined);
  });

  it('are only counted, by direction, where they are encrypted', () => {
    const esp = ipv4(50, Buffer.alloc(60), {from: [172, 31, 1, 5], to: [192, 168, 1, 5]});
    const at = (side: Point['side'], peer: string) =>
      sight(ethernet(esp), {...(points[3] as Point), side, carries: 'esp', peer});
    assert.deepEqual(at('source', '192.168.1.5'), {sealed: 'forward'});
    assert.deepEqual(at('destination', '172.31.1.5'), {sealed: 'forward'});
    assert.deepEqual(at('destination', '192.168.1.5'), {sealed: 'reverse'});
  });
});
