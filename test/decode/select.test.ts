import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {describe, it} from 'node:test';
import {fileURLToPath} from 'node:url';
import {exitStatus, OvdiagError} from '../../src/base/errors.js';
import {type RawFlags, readOptions} from '../../src/decode/options.js';
import {newDecodeRun} from '../../src/decode/run.js';
import {readCapture} from '../../src/pcap/read.js';
import {ethernet, icmpEcho, ipv4, tunnel} from '../packet/build.js';
import {pcap} from '../pcap/build.js';
import {sourceInPieces} from './pieces.js';

const noFlags: RawFlags = {all: false, verbose: false, hex: false, flows: false, stats: false};
const fixture = (name: string): Buffer =>
  readFileSync(fileURLToPath(new URL(`../../fixtures/captures/${name}`, import.meta.url)));

/** How many packets of a capture decode shows. */
async function count(bytes: Buffer, flags: Partial<RawFlags>): Promise<number> {
  const run = newDecodeRun({
    options: readOptions({...noFlags, ...flags}, false),
    sinks: [],
    vni: -1,
    isStopped: () => false,
  });
  await readCapture(
    'x',
    sourceInPieces(bytes, () => bytes.length, true),
    run,
  );
  return run.result.shown;
}

describe('decode: flags that are refused', () => {
  for (const [name, flags, text] of [
    ['a VNI that is none', {vni: ['x']}, /--vni takes a whole number, 0 to 16777215/],
    ['a VNI beyond 24 bits', {vni: ['16777216']}, /--vni takes/],
    ['a port that is none', {'vxlan-port': ['0']}, /--vxlan-port takes/],
    ['an address that is none', {address: ['10.0.1']}, /--address takes/],
    ['an octal address', {address: ['010.0.0.1']}, /--address takes/],
    ['a prefix that is too long', {address: ['10.0.0.0/33']}, /--address takes/],
    ['a MAC that is none', {mac: ['02:42']}, /--mac takes/],
    ['a protocol that is none', {proto: ['constructor']}, /--proto doesn't know "constructor"/],
    ['an expression that is none', {filter: 'tcp[13]'}, /--filter "tcp\[13\]" is not understood at/],
    ['a time that is none', {since: '25:00'}, /--since doesn't understand/],
    ['a count of nothing', {count: '0'}, /-c takes/],
    ['two kinds of view', {flows: true, hex: true}, /--flows sums packets up/],
  ] as const) {
    it(name, () => {
      assert.throws(
        () => readOptions({...noFlags, ...(flags as Partial<RawFlags>)}, false),
        (error) =>
          error instanceof OvdiagError && text.test(error.message) && error.exit === exitStatus.usage,
      );
    });
  }
});

describe('decode: which packets are shown', () => {
  const bytes = fixture('lab-tcp.pcap');

  it('by VNI, address, protocol and MAC', async () => {
    const all = await count(bytes, {});
    assert.ok(all > 10);
    for (const [flags, expected, why] of [
      [{vni: ['4097']}, all, ''],
      [{vni: ['1', '4097']}, all, 'alternatives'],
      [{vni: ['1']}, 0, ''],
      [{address: ['10.0.1.0/24']}, all, ''],
      [{address: ['172.31.1.5']}, all, 'outer addresses count too'],
      [{address: ['10.0.1.99']}, 0, ''],
      [{proto: ['tcp']}, all, ''],
      [{proto: ['udp']}, 0, 'the outer UDP is no inner protocol'],
      [{mac: ['02-42-0A-00-01-0A']}, all, ''],
      [{mac: ['02:42:00:00:00:00']}, 0, ''],
      [{count: '4'}, 4, ''],
      [{filter: 'inner tcp and net 10.0.1', vni: ['4097']}, all, ''],
      [{filter: 'inner tcp', vni: ['1']}, 0, 'all must match'],
    ] as [Partial<RawFlags>, number, string][]) {
      assert.equal(await count(bytes, flags), expected, `${JSON.stringify(flags)} ${why}`);
    }
  });

  it('--since and --until by time of day, date, epoch and seconds after the first', async () => {
    const ping = ethernet(ipv4(icmpEcho('request', 7, 1), {proto: 1}));
    // 1700000000 is 2023-11-14 22:13:20 UTC.
    const ten = pcap(
      Array.from({length: 10}, (_, index) => ({data: tunnel(ping, 4097), seconds: 1_700_000_000 + index})),
    );
    const local = new Date(1_700_000_005_000);
    const clock = [local.getHours(), local.getMinutes(), local.getSeconds()]
      .map((part) => String(part).padStart(2, '0'))
      .join(':');
    assert.equal(await count(ten, {since: clock}), 5);
    const until = new Date(1_700_000_006_000).toISOString().slice(0, 19).replace('T', ' ');
    assert.equal(await count(ten, {since: '2023-11-14T22:13:25Z', until: `${until}Z`}), 2);
    assert.equal(await count(ten, {since: '1700000009'}), 1);
    assert.equal(await count(ten, {until: '+2.5'}), 3);
  });
});
