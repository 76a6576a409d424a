import assert from 'node:assert/strict';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, describe, it} from 'node:test';
import {magics, pcap, type TestPacket} from '../pcap/build.js';
import {decodedPackets, runDecode} from './run-decode.js';
import {asPackets, fragmentSamples, samples} from './samples.js';
import {needsTshark, tsharkPackets} from './tshark.js';

const folder = mkdtempSync(path.join(tmpdir(), 'ovdiag-tshark-'));
after(() => rmSync(folder, {recursive: true, force: true}));

/** Compares all packets in one run of each program; `names` says which packet a difference is about. */
function compare(packets: readonly TestPacket[], names: readonly string[]): void {
  const file = path.join(folder, 'compare.pcap');
  writeFileSync(file, pcap([...packets], {magic: magics.nano}));
  const decoded = decodedPackets(runDecode(['--all', '--json', file]).stdout);
  const expected = tsharkPackets(file);
  assert.equal(decoded.length, packets.length);
  assert.equal(expected.length, packets.length);
  for (const [index, packet] of decoded.entries()) assert.deepEqual(packet, expected[index], names[index]);
}

describe('decode --json equals tshark', needsTshark(), () => {
  it('for packets that real networks seldom send', () => {
    const all = samples();
    compare(asPackets(Object.values(all)), Object.keys(all));
  });

  for (const [name, packets] of Object.entries(fragmentSamples())) {
    it(`for fragments: ${name}`, () => {
      compare(
        asPackets(packets),
        packets.map((_, index) => `fragment ${index + 1}`),
      );
    });
  }

  it('for packets cut by the snap length at every byte', () => {
    const all = samples();
    const packets: TestPacket[] = [];
    const names: string[] = [];
    for (const [name, {hidden}] of Object.entries(cutSamples)) {
      const data = all[name] ?? Buffer.alloc(0);
      assert.ok(data.length > 0, `there is a sample called ${name}`);
      for (let length = 0; length <= data.length; length++) {
        if (hidden !== undefined && length > hidden[0] && length < hidden[1]) continue;
        packets.push({data: data.subarray(0, length), original: data.length, seconds: 1, nanos: length});
        names.push(`${name}, cut to ${length} bytes`);
      }
    }
    compare(packets, names);
  });
});

/**
 * Where a cut falls within IPv4 options, tshark doesn't show the destination in front of them, and where it falls
 * within an outer QinQ tag, not its id; both are captured.
 */
const cutSamples: Record<string, {hidden?: [from: number, to: number]}> = {
  'plain ping': {},
  'inner QinQ': {hidden: [65, 68]},
  'inner VLAN': {},
  'IPv6 extension headers': {},
  'DNS query': {},
  'outer IPv4 options': {hidden: [33, 42]},
  'inner IPv4 options': {hidden: [83, 92]},
  ESP: {},
  'ARP request': {},
  'VXLAN in VXLAN': {},
  'IPv6 underlay': {},
  'IPv6 inner': {},
  'group policy': {},
};
