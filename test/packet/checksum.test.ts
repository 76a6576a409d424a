import assert from 'node:assert/strict';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, describe, it} from 'node:test';
import {checksumNames} from '../../src/packet/checksum.js';
import {newScanner} from '../../src/packet/scan.js';
import {pcap} from '../pcap/build.js';
import {checksum, ethernet, icmpEcho, ipv4, ipv6, ipv6Fragment, tcp, tunnel, u16, udp} from './build.js';
import {runDecode} from './run-decode.js';
import {asPackets, fragments4} from './samples.js';
import {scanned} from './support.js';
import {needsTshark, tsharkChecksums} from './tshark.js';

/** The pseudo-header (RFC 9293 3.1, RFC 8200 8.1) as bytes. */
function pseudo(ip: Buffer, proto: number, length: number): Buffer {
  const addresses = (ip[0] ?? 0) >> 4 === 6 ? ip.subarray(8, 40) : ip.subarray(12, 20);
  return Buffer.concat([addresses, u16(proto), u16(length)]);
}

/** Fills in the checksum of what an IP packet without options carries, or leaves the sum of the pseudo-header there. */
function summed(ip: Buffer, proto: number, at: number, kind: 'full' | 'partial'): Buffer {
  const header = (ip[0] ?? 0) >> 4 === 6 ? 40 : 20;
  const segment = Buffer.from(ip.subarray(header));
  segment.writeUInt16BE(0, at);
  const head = pseudo(ip, proto, segment.length);
  const value = kind === 'full' ? checksum(head, segment) : ~checksum(head) & 0xffff;
  segment.writeUInt16BE(value, at);
  return Buffer.concat([ip.subarray(0, header), segment]);
}

/** What the checksums of each frame say: [IP, transport] from the outside in. */
function statuses(packet: Buffer, original?: number): string[][] {
  const options = {scanner: newScanner([4789], true), ...(original === undefined ? {} : {original})};
  const {frames, depth} = scanned(packet, options);
  return frames
    .slice(0, depth)
    .map(({ipChecksum, l4Checksum}) => [checksumNames[ipChecksum] ?? '', checksumNames[l4Checksum] ?? '']);
}

const data = (length: number): Buffer => Buffer.from(Array.from({length}, (_, index) => (index * 7) & 0xff));
const segment = ipv4(tcp(data(101), {sport: 40000, dport: 80}), {proto: 6});
const segment6 = ipv6(tcp(data(101), {sport: 40000, dport: 80}), {proto: 6});
const datagram = ipv4(udp(data(64), 1000, 2000), {proto: 17});

describe('checksums', () => {
  it('that are right, of every protocol and length', () => {
    assert.deepEqual(statuses(ethernet(summed(segment, 6, 16, 'full'))), [['good', 'good']]);
    assert.deepEqual(statuses(ethernet(summed(segment6, 6, 16, 'full'))), [['', 'good']]);
    assert.deepEqual(statuses(ethernet(summed(datagram, 17, 6, 'full'))), [['good', 'good']]);
    assert.deepEqual(statuses(ethernet(ipv4(icmpEcho('request', 1, 1), {proto: 1}))), [['good', 'good']]);
    const ping6 = ipv6(icmpEcho('request', 1, 1), {proto: 58});
    assert.deepEqual(statuses(ethernet(summed(ping6, 58, 2, 'full'))), [['', 'good']]);
    for (let length = 0; length < 40; length++) {
      const any = ipv4(udp(data(length), 1, 2), {proto: 17});
      assert.deepEqual(statuses(ethernet(summed(any, 17, 6, 'full'))), [['good', 'good']], `${length} bytes`);
    }
  });

  it('that are wrong by any bit', () => {
    const whole = ethernet(summed(segment, 6, 16, 'full'));
    for (let at = 34; at < whole.length; at++) {
      const damaged = Buffer.from(whole);
      damaged[at] = (damaged[at] ?? 0) ^ 1;
      // A header length or a trailer that moves is another question than the sum.
      if (at !== 46) assert.deepEqual(statuses(damaged), [['good', 'bad']], `byte ${at}`);
    }
    const header = Buffer.from(whole);
    header[22] = 7;
    assert.deepEqual(statuses(header), [['bad', 'good']]);
  });

  it('that are absent, or left to the network card', () => {
    assert.deepEqual(statuses(ethernet(datagram)), [['good', 'absent']]);
    assert.deepEqual(statuses(ethernet(summed(segment, 6, 16, 'partial'))), [['good', 'offloaded']]);
    assert.deepEqual(statuses(ethernet(summed(segment6, 6, 16, 'partial'))), [['', 'offloaded']]);
  });

  it('of a tunnel, which may wait for the inner one', () => {
    const outerSummed = (inner: Buffer): Buffer => {
      const packet = tunnel(ethernet(inner), 4097);
      return ethernet(summed(packet.subarray(14), 17, 6, 'full'));
    };
    const full = summed(segment, 6, 16, 'full');
    const partial = summed(segment, 6, 16, 'partial');
    assert.deepEqual(statuses(outerSummed(full)), [
      ['good', 'good'],
      ['good', 'good'],
    ]);
    // Linux sums the outer packet up as the network card will leave it.
    const local = Buffer.from(tunnel(ethernet(partial), 4097));
    outerSummed(full).copy(local, 40, 40, 42);
    assert.deepEqual(statuses(local), [
      ['good', 'offloaded'],
      ['good', 'offloaded'],
    ]);
    local[41] = (local[41] ?? 0) ^ 1;
    assert.deepEqual(statuses(local)[0], ['good', 'bad']);
    assert.deepEqual(statuses(tunnel(ethernet(full), 4097)), [
      ['good', 'absent'],
      ['good', 'good'],
    ]);
  });

  it('are not judged where the packet is not whole', () => {
    const whole = ethernet(summed(segment, 6, 16, 'full'));
    assert.deepEqual(statuses(whole.subarray(0, 100), whole.length), [['good', '']]);
    assert.deepEqual(statuses(whole.subarray(0, 100)), [['good', '']], 'bytes are missing');
    const routed = ipv6(tcp(data(9), {sport: 1, dport: 2}), {
      proto: 6,
      next: 43,
      options: Buffer.from([6, 0, 4, 1, 0, 0, 0, 0]),
    });
    assert.deepEqual(statuses(ethernet(routed)), [['', '']]);
    assert.deepEqual(
      statuses(ethernet(ipv6(data(40), {proto: 6, next: 44, options: ipv6Fragment(6, 0, true, 1)}))),
      [['', '']],
    );
    const left = ipv4(tcp(data(9), {sport: 1, dport: 2}), {proto: 6, claim: 0});
    assert.deepEqual(statuses(ethernet(left)), [['good', '']]);
  });

  it('of a datagram in fragments are those of the whole', () => {
    const scanner = newScanner([4789], true);
    const parts = fragments4(summed(datagram, 17, 6, 'full').subarray(20), 24, {
      proto: 17,
      src: '10.0.1.2',
      dst: '10.0.1.3',
      id: 3,
    });
    const names = parts.map(
      (part) => checksumNames[scanned(ethernet(part), {scanner}).frames[0]?.l4Checksum ?? 0],
    );
    assert.deepEqual(names, ['', '', 'good']);
  });
});

describe('checksums by VTEP pair', needsTshark(), () => {
  it('are counted as tshark judges each packet', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'ovdiag-checksums-'));
    after(() => rmSync(folder, {recursive: true, force: true}));
    const full = summed(segment, 6, 16, 'full');
    const bad = Buffer.from(full);
    bad[37] = (bad[37] ?? 0) ^ 1;
    const ends = {src: '172.31.1.9', dst: '192.168.1.5'};
    const outerSummed = (packet: Buffer): Buffer => ethernet(summed(packet.subarray(14), 17, 6, 'full'));
    const wrongOuter = outerSummed(tunnel(ethernet(full), 5, ends));
    wrongOuter[40] = (wrongOuter[40] ?? 0) ^ 1;
    const packets = [
      tunnel(ethernet(full), 4097),
      tunnel(ethernet(bad), 4097),
      outerSummed(tunnel(ethernet(full), 4097)),
      tunnel(ethernet(summed(segment, 6, 16, 'partial')), 4097),
      wrongOuter,
      tunnel(ethernet(datagram), 5, ends),
    ];
    const file = path.join(folder, 'checksums.pcap');
    writeFileSync(file, pcap(asPackets(packets)));
    const {stats} = JSON.parse(runDecode(['--stats', '--checksums', '--json', file]).stdout);
    assert.deepEqual(
      stats.vteps.map(({src, checksums}: Record<string, unknown>) => [src, checksums]),
      [
        ['172.31.1.5', {outer: {good: 1, absent: 3}, inner: {good: 2, bad: 1, offloaded: 1}}],
        ['172.31.1.9', {outer: {bad: 1, absent: 1}, inner: {good: 1, absent: 1}}],
      ],
    );
    // tshark knows no offload: to it such a sum is bad.
    const columns = tsharkChecksums(file);
    assert.deepEqual(
      columns.map(([, tcpOf, udpOf]) => [udpOf?.[0], tcpOf?.[0] ?? udpOf?.[1]]),
      [
        ['3', '1'],
        ['3', '0'],
        ['1', '1'],
        ['3', '0'],
        ['0', '1'],
        ['3', '3'],
      ],
    );
    const text = runDecode(['--stats', '--checksums', file]).stdout;
    assert.match(text, /172\.31\.1\.5 .*3 absent.*1 bad/);
  });
});
