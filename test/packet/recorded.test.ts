import assert from 'node:assert/strict';
import {readdirSync} from 'node:fs';
import path from 'node:path';
import {before, describe, it} from 'node:test';
import {fileURLToPath} from 'node:url';
import {ovdiag} from '../cli/support.js';
import {decodedPackets} from './run-decode.js';
import {needsTshark, summedProtos, tsharkChecksums, tsharkPackets} from './tshark.js';

const folder = fileURLToPath(new URL('../../fixtures/captures/', import.meta.url));

describe('recorded captures', needsTshark(), () => {
  for (const name of readdirSync(folder).filter((file) => /\.pcap(ng)?$/.test(file))) {
    const file = path.join(folder, name);
    const ports = name.includes('port-7789') ? [7789] : [];
    let stdout = '';
    before(async () => {
      const args = ports.flatMap((port) => ['--vxlan-port', String(port)]);
      const answer = await ovdiag(['decode', '--all', '--checksums', '--json', file, ...args]);
      assert.equal(answer.status, 0);
      stdout = answer.stdout;
    });

    it(`${name}: every field of every packet equals tshark's`, () => {
      const expected = tsharkPackets(file, ports);
      const decoded = decodedPackets(stdout);
      assert.ok(expected.length > 0, 'tshark shows packets');
      assert.equal(decoded.length, expected.length);
      for (const [index, packet] of decoded.entries()) assert.deepEqual(packet, expected[index]);
    });

    it(`${name}: checksums are what tshark says`, () => {
      const expected = tsharkChecksums(file, ports);
      const packets = stdout
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as SummedFrame & {outer?: SummedFrame});
      assert.equal(packets.length, expected.length);
      for (const [index, packet] of packets.entries()) {
        const own = statusesOf(packet);
        for (const [column, proto] of summedProtos.entries()) {
          const theirs = (expected[index]?.[column] ?? []).filter((status) => status !== '2');
          // Behind ours come those of a packet that an ICMP error quotes.
          assert.deepEqual(theirs.slice(0, own[proto].length), own[proto], `frame ${index + 1}, ${proto}`);
        }
      }
    });
  }
});

interface SummedFrame {
  proto?: number;
  checksums?: {ip?: string; transport?: string};
  inner?: SummedFrame;
}

type Statuses = Record<(typeof summedProtos)[number], string[]>;

/** Ours in tshark's numbers, which has none for what is left to the network card: it calls that bad. */
const numbers: Record<string, string> = {bad: '0', offloaded: '0', good: '1', absent: '3'};
const protos: Record<number, keyof Statuses> = {1: 'icmp', 6: 'tcp', 17: 'udp', 58: 'icmpv6'};

function statusesOf(packet: SummedFrame & {outer?: SummedFrame}): Statuses {
  const statuses: Statuses = {ip: [], tcp: [], udp: [], icmp: [], icmpv6: []};
  const frames = [packet.outer];
  for (let inner = packet.inner; inner !== undefined; inner = inner.inner) frames.push(inner);
  for (const frame of frames) {
    const {ip, transport} = frame?.checksums ?? {};
    const proto = protos[frame?.proto ?? -1];
    if (ip !== undefined) statuses.ip.push(numbers[ip] ?? '');
    if (transport !== undefined && proto !== undefined) statuses[proto].push(numbers[transport] ?? '');
  }
  return statuses;
}
