import assert from 'node:assert/strict';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {availableParallelism, tmpdir} from 'node:os';
import path from 'node:path';
import {after, describe, it} from 'node:test';
import {ethernet, ipv4, tcp, tunnel, udp} from '../packet/build.js';
import {type Ran, runDecode} from '../packet/run-decode.js';
import {fragments4} from '../packet/samples.js';
import {pcap, type TestPacket} from '../pcap/build.js';

const folder = mkdtempSync(path.join(tmpdir(), 'ovdiag-threads-'));
after(() => rmSync(folder, {recursive: true, force: true}));

/** Three parts, of 4 MiB each, and what is decoded before and behind them. */
const count = 10_000;
const inThreads = {env: {OVDIAG_THREADS_FROM: '1000000'}};
const data = Buffer.alloc(1300, 0x61);

/** A capture within a capture: its records are no borders of the one around them. */
const nested = pcap(
  Array.from({length: 20}, (_, index) => ({data: Buffer.alloc(40), seconds: 1_700_000_000 + index})),
).subarray(24);

function packetAt(index: number): TestPacket {
  const seq = (index * 1300) >>> 0;
  const payload = index % 50 === 0 ? Buffer.concat([nested, data]).subarray(0, 1300) : data;
  const segment = tcp(payload, {sport: 40_000 + (index % 97), dport: 80, seq});
  const inner = ethernet(ipv4(segment, {proto: 6, id: index & 0xffff}));
  return {
    data: index % 11 === 0 ? inner : tunnel(inner, 4097 + (index % 3), {sport: 30_000 + (index % 500)}),
    seconds: 1_700_000_000 + Math.floor(index / 100),
    nanos: (index % 100) * 1000,
  };
}

const packets = Array.from({length: count}, (_, index) => packetAt(index));
const whole = pcap(packets);

/** What decode says of bytes as a file, and as a pipe, which is read by one thread; without the names of either. */
function both(name: string, bytes: Buffer, flags: readonly string[]): [file: Ran, pipe: Ran] {
  const file = path.join(folder, name);
  writeFileSync(file, bytes);
  const nameless = (ran: Ran): Ran => ({
    status: ran.status,
    stdout: ran.stdout.replaceAll(JSON.stringify(file), '"-"'),
    stderr: ran.stderr.replaceAll(file, 'Standard input'),
  });
  return [
    nameless(runDecode([...flags, file], inThreads)),
    runDecode([...flags, '-'], {input: readFileSync(file)}),
  ];
}

function compare(name: string, bytes: Buffer, flags: readonly string[]): Ran {
  const [file, pipe] = both(name, bytes, flags);
  const [lines, piped] = [file.stdout.split('\n'), pipe.stdout.split('\n')];
  const differs = lines.findIndex((line, index) => line !== piped[index]);
  // Line by line, as a difference of all of them would take minutes to be shown.
  assert.equal(lines[differs], piped[differs], `${name} ${flags.join(' ')}, line ${differs + 1}`);
  assert.equal(lines.length, piped.length);
  assert.deepEqual([file.status, file.stderr], [pipe.status, pipe.stderr]);
  return file;
}

describe('decode in threads prints what one thread prints', {
  skip: availableParallelism() < 2 ? 'there is one processor' : false,
}, () => {
  it('totals', () => {
    const {stdout} = compare('whole.pcap', whole, ['--stats', '--json', '--checksums']);
    assert.equal(JSON.parse(stdout).stats.packets, count);
  });

  it('lines of a capture that is cut', () => {
    assert.match(compare('cut.pcap', whole.subarray(0, whole.length - 7), []).stderr, /is cut, after 9999/);
  });

  it('JSON of a capture that is damaged in the middle', () => {
    const damaged = Buffer.from(whole);
    const middle = whole.indexOf(packets[5_000]?.data ?? '') - 16;
    damaged.writeUInt32LE(0xffff_ffff, middle + 8);
    const {status, stderr} = compare('damaged.pcap', damaged, ['--json', '--filter', 'inner port 40007']);
    assert.equal(status, 3);
    assert.match(stderr, /is damaged at byte \d+, after 5000 whole packets/);
  });

  it('datagrams whose fragments are far from each other', () => {
    const parts = fragments4(udp(Buffer.alloc(3000, 0x62), 45_000, 4789), 1400, {
      proto: 17,
      src: '172.31.1.5',
      dst: '192.168.1.5',
      id: 7,
    }).map((part) => ({data: ethernet(part), seconds: 1_700_000_040}));
    const spread = [...packets];
    for (const [index, part] of parts.entries()) spread.splice(4_000 + index * 2_000, 0, part);
    const {stdout} = compare('fragments.pcap', pcap(spread), ['--json', '--all']);
    assert.ok(stdout.includes('"fragments":3'));
  });

  it('totals of two files', () => {
    const file = path.join(folder, 'two.pcap');
    writeFileSync(file, whole);
    const {stats} = JSON.parse(runDecode(['--stats', '--json', file, file], inThreads).stdout);
    assert.equal(stats.packets, 2 * count);
  });
});
