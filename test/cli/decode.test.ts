import assert from 'node:assert/strict';
import {spawn, spawnSync} from 'node:child_process';
import {chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, describe, it} from 'node:test';
import {setTimeout as sleep} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {isDeepStrictEqual} from 'node:util';
import {gunzipSync, gzipSync} from 'node:zlib';
import {dnsQuery, ethernet, icmpEcho, ipv4, tcp, tunnel, udp} from '../packet/build.js';
import {entry, runDecode} from '../packet/run-decode.js';
import {needsTshark, tsharkPackets} from '../packet/tshark.js';
import {pcap, type TestPacket} from '../pcap/build.js';
import {readAll} from '../pcap/support.js';

const fixtures = fileURLToPath(new URL('../../fixtures/', import.meta.url));
const capture = (name: string): string => path.join(fixtures, 'captures', name);
const snapshots = [
  '--snapshot',
  path.join(fixtures, 'recorded/node1.json.gz'),
  '--snapshot',
  path.join(fixtures, 'recorded/node2.json.gz'),
];

const folder = mkdtempSync(path.join(tmpdir(), 'ovdiag-decode-'));
after(() => rmSync(folder, {recursive: true, force: true}));

function file(name: string, bytes: Buffer | string): string {
  const full = path.join(folder, name);
  writeFileSync(full, bytes);
  return full;
}

const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');
const ping = ethernet(ipv4(icmpEcho('request', 7, 1), {proto: 1}));
const packets = (count: number): TestPacket[] =>
  Array.from({length: count}, (_, index) => ({
    data: tunnel(ping, 4097 + (index % 2)),
    seconds: 1_700_000_000 + index,
  }));

describe('decode: input that is no capture', () => {
  const strange = [
    ['text.pcap', 'hello\n', /is not a capture: it is text \("hello"\)/],
    ['picture.pcap', Buffer.from('89504e470d0a1a0a0000000d', 'hex'), /it is a PNG picture/],
    ['empty.pcap', '', /it is empty/],
    ['json.pcap', '{"a": 1}', /it is JSON text/],
    [
      'printed.pcap',
      '10:02:21.187382 IP 172.31.1.5.4 > 10.0.0.1.53: UDP',
      /text that tcpdump or tshark printed/,
    ],
    ['lz4.pcap', Buffer.from('04224d1864407000', 'hex'), /compressed with lz4[\s\S]*lz4 -dc FILE/],
    [
      'start.pcap',
      pcap([]).subarray(0, 20),
      /is cut, after 0 whole packets: a capture's header has 24 bytes/,
    ],
    ['start.gz', gzipSync(pcap(packets(2))).subarray(0, 12), /is cut, after 0 whole packets: its compressed/],
    ['empty.gz', gzipSync(''), /it is empty, gzipped/],
    ['packed-text.pcap.gz', gzipSync('hello'), /it is text \("hello"\), gzipped/],
    ['twice.gz', gzipSync(gzipSync(pcap(packets(1)))), /gzipped twice/],
    ['random.bin', Buffer.from([1, 2, 3, 4, 250, 251]), /starts with the bytes 01 02 03 04 fa fb/],
  ] as const;

  it('is named for what it is, and the status is 3', () => {
    const {status, stderr, stdout} = runDecode(strange.map(([name, bytes]) => file(name, bytes)));
    assert.equal(status, 3);
    assert.equal(stdout, '');
    // What is said of each file, with the hints below it.
    const said = stderr.split(/^ovdiag: /m).slice(1);
    assert.equal(said.length, strange.length);
    for (const [index, [name, , is]] of strange.entries()) {
      assert.ok(said[index]?.includes(`${name} `), `${said[index]} is about ${name}`);
      assert.match(said[index] ?? '', is);
    }
  });

  it('a directory, a missing file, no argument', () => {
    assert.match(runDecode([folder]).stderr, /is not a capture: it is a directory/);
    const missing = runDecode([path.join(folder, 'nowhere')]);
    assert.equal(missing.status, 3);
    assert.match(
      missing.stderr,
      /there is no such file\. \[no-such-file\]\n {2}Make one with: sudo ovdiag capture -w FILE\n$/,
    );
    assert.equal(runDecode([]).status, 2);
  });

  it('a file that this user may not read', {
    skip: process.getuid?.() === 0 ? 'root reads everything' : false,
  }, () => {
    const secret = file('secret.pcap', pcap(packets(1)));
    chmodSync(secret, 0);
    assert.match(runDecode([secret]).stderr, /may not read/);
  });

  it('as JSON: one line, the same status', () => {
    const {status, stdout} = runDecode(['--json', file('text2.pcap', 'hello')]);
    assert.equal(status, 3);
    const {error} = JSON.parse(stdout) as {error: {code: string; message: string}};
    assert.equal(error.code, 'not-a-capture');
    assert.match(error.message, /text/);
    assert.equal(lines(stdout).length, 1);
  });

  it('a name that is not ASCII stays one in JSON, and reaches no terminal raw', () => {
    const named = ['größe.pcap', '\u011b[31m.pcap', 'a\u202eb.pcap', '日本.pcap', '\u{1f600}.pcap'].map(
      (name) => file(name, pcap(packets(1))),
    );
    const list = runDecode(['--json', ...named]).stdout;
    const sums = runDecode(['--json', '--flows', '--stats', ...named]).stdout;
    for (const stdout of [list, sums]) assert.match(stdout, /^[\u0020-\u007e\n]*$/);
    assert.deepEqual(
      lines(list).map((line) => JSON.parse(line).file),
      named,
    );
    assert.deepEqual(JSON.parse(sums).files, named);
  });

  it('good files among bad ones are shown, and the end is 3', () => {
    const {status, stdout, stderr} = runDecode([file('bad.pcap', 'x'), file('good.pcap', pcap(packets(2)))]);
    assert.equal(status, 3);
    assert.equal(lines(stdout).length, 2);
    assert.match(stderr, /bad\.pcap is not a capture/);
  });

  it('a cut file is shown to its last whole packet and is no failure', () => {
    const bytes = pcap(packets(3));
    const {status, stdout, stderr} = runDecode([file('cut.pcap', bytes.subarray(0, bytes.length - 9))]);
    assert.equal(status, 0);
    assert.equal(lines(stdout).length, 2);
    assert.match(
      stderr,
      /is cut, after 2 whole packets: its last record starts at byte 352 and needs 164 bytes/,
    );
  });

  it('a damaged file is a failure after what came before', () => {
    const bytes = pcap(packets(3));
    bytes.writeUInt32LE(0xffff_ffff, 24 + 2 * 164 + 8);
    const {status, stdout, stderr} = runDecode([file('damaged.pcap', bytes)]);
    assert.equal(status, 3);
    assert.equal(lines(stdout).length, 2);
    assert.match(stderr, /is damaged at byte 352, after 2 whole packets: a record claims 4294967295/);
  });
});

describe('decode: flags', () => {
  it('what is refused: exit 2', () => {
    const {status, stderr} = runDecode(['--vni', 'x', capture('lab-icmp.pcap')]);
    assert.equal(status, 2);
    assert.match(stderr, /--vni takes a whole number, 0 to 16777215/);
  });

  it('before and after the file', () => {
    const name = capture('lab-tcp.pcap');
    assert.equal(lines(runDecode([name, '--vni', '1', '-c', '4', '--vni', '4097']).stdout).length, 4);
    assert.equal(lines(runDecode(['--vni', '1', '--vni', '4097', '-c', '4', name]).stdout).length, 4);
  });

  it('--filter, --delta, and what they leave of the packets written', async () => {
    const name = capture('lab-tcp.pcap');
    const filter = ['--filter', 'inner tcp port 80 and src 10.0.1.10'];
    const target = path.join(folder, 'written.pcap');
    const {stdout, stderr} = runDecode([name, ...filter, '--delta', '--verbose', '--write', target]);
    const times = lines(stdout).filter((line) => /^\S/.test(line));
    assert.match(times[0] ?? '', /^\+0\.000000 172\.31\.1\.5 > /);
    assert.match(times[1] ?? '', /^\+0\.000078 172\.31\.1\.5 > /);
    assert.equal(stderr.match(/(\d+) packets written to/)?.[1], String(times.length));
    const whole = (await readAll(readFileSync(name))).packets;
    const kept = (await readAll(readFileSync(target))).packets;
    assert.equal(kept.length, times.length);
    for (const packet of kept) assert.ok(whole.some((one) => isDeepStrictEqual(one, packet)));
    assert.deepEqual(
      kept[0],
      whole.find(({data}) => data === kept[0]?.data),
    );
  });

  it('nodes are no packets: OVDIAG_FILTER is not for decode', () => {
    const {status} = runDecode([capture('lab-tcp.pcap'), '-c', '1'], {
      env: {OVDIAG_FILTER: 'role=manager', OVDIAG_SWARM: '1', OVDIAG_HOST: 'exec:false'},
    });
    assert.notEqual(status, 2);
  });

  it('another data-path port, and a hint when it is missing', () => {
    const name = capture('plain-port-7789.pcap');
    const {stdout, stderr, status} = runDecode([name]);
    assert.equal(status, 0);
    assert.equal(stdout, '');
    assert.match(stderr, /No VXLAN among 35 packets\. There were: 24 UDP, 11 ICMPv6\./);
    assert.match(stderr, /udp 7789 \(24\)/);
    assert.match(stderr, /24 packets to UDP port 7789 look like VXLAN: try --vxlan-port 7789/);
    assert.equal(lines(runDecode([name, '--vxlan-port', '7789']).stdout).length, 24);
  });
});

describe('decode: views', () => {
  it('one line a packet', () => {
    const {stdout} = runDecode([capture('lab-dns.pcap')]);
    assert.equal(
      lines(stdout)[1],
      '10:02:23.375814 192.168.1.5 > 172.31.1.5 vni 4097 10.0.1.9:53 > 10.0.1.10:46657 DNS 0xa4f7 A db.example.org. A 192.0.2.7 A 192.0.2.8',
    );
    assert.equal(lines(stdout).length, 6);
  });

  it('--verbose and --hex', () => {
    const {stdout} = runDecode([capture('lab-icmp.pcap'), '-c', '1', '--verbose', '--hex']);
    assert.match(
      stdout,
      /\n {2}VXLAN at 42, 8 bytes\n {4}flags {2}0x0800 \(I: VNI valid\)\n {4}VNI {4}4097\n/,
    );
    assert.match(stdout, /\n {4}ICMP at 84, 8 bytes\n/);
    assert.match(stdout, /\n {4}0x0020 {2}0105 .* 12b5 .*0800 0000 0010/);
  });

  it('--flows: state, handshake, refusal, round trips, ARP without an answer', () => {
    const flows = runDecode([capture('lab-tcp.pcap'), '--flows']).stdout;
    assert.match(flows, /VNI 4097: 3 conversations/);
    assert.match(flows, /TCP +10\.0\.1\.10:\d+ +10\.0\.1\.9:80 +7\/6 .*closed, handshake 0\.\d+ ms/);
    assert.match(flows, /10\.0\.1\.9:81 +1\/1 .*refused/);
    const arp = runDecode([capture('lab-sandbox-arp.pcap'), '--flows', '--all']).stdout;
    assert.match(arp, /ARP +10\.0\.1\.10 +10\.0\.1\.250 +3\/0 .*no answer/);
  });

  it('--flows: a packet that a router shows twice is no retransmission and no lost ping', () => {
    const flows = JSON.parse(runDecode([capture('lab-any-sll2.pcap'), '--flows', '--json']).stdout) as {
      flows: {echo: {requests: number; unanswered: number; capturedTwice: number}}[];
    };
    assert.deepEqual(
      flows.flows.map(({echo}) => [echo.requests, echo.unanswered, echo.capturedTwice]),
      [
        [2, 0, 4],
        [3, 0, 6],
      ],
    );
  });

  it('--stats --json: what was counted', () => {
    const {stats, schemaVersion} = JSON.parse(
      runDecode([capture('lab-two-subnets.pcap'), '--stats', '--json']).stdout,
    );
    assert.equal(schemaVersion, 2);
    assert.deepEqual(
      stats.vnis.map(({vni, packets: count}: {vni: number; packets: number}) => [vni, count]),
      [
        [4098, 8],
        [4099, 4],
      ],
    );
    assert.equal(stats.packets, 12);
    assert.equal(
      stats.timeline.packets.reduce((sum: number, count: number) => sum + count, 0),
      12,
    );
  });

  it('names from snapshots, and a mark where they have none', () => {
    const named = runDecode([capture('lab-tcp.pcap'), ...snapshots, '-c', '1']).stdout;
    assert.match(
      named,
      /172\.31\.1\.5 \(node1\) > 192\.168\.1\.5 \(node2\) vni 4097 \(uber-net\) 10\.0\.1\.10:\d+ \(web1\) > 10\.0\.1\.9:80 \(web2\)/,
    );
    const strange = file('strange.pcap', pcap([{data: tunnel(ping, 77)}]));
    assert.match(
      runDecode([strange, ...snapshots]).stdout,
      /vni 77 \(unknown network\) 10\.0\.1\.2 \(\?\) > 10\.0\.1\.3 \(\?\)/,
    );
    const {names} = JSON.parse(runDecode([strange, ...snapshots, '--json']).stdout);
    assert.deepEqual(names, {srcNode: 'node1', dstNode: 'node2', network: null, src: null, dst: null});
  });

  it('frames that the receiver drops by its tables', () => {
    const wrong = ['node1', 'node2'].flatMap((name) => [
      '--snapshot',
      path.join(fixtures, `recorded/fdb-wrong-vtep/${name}.json.gz`),
    ]);
    const {stdout, stderr} = runDecode([capture('lab-icmp.pcap'), ...wrong, '-c', '2']);
    const [request = '', reply = ''] = lines(stdout);
    assert.doesNotMatch(request, /drops/);
    assert.match(reply, /\[node1 drops it: receiver-source-stale\]$/);
    assert.match(
      stderr,
      /By its tables node1 drops 1 packet: FDB entry for the sender .* \(ovdiag explain receiver-source-stale\)\./,
    );
    const verdicts = lines(runDecode([capture('lab-icmp.pcap'), ...wrong, '--json', '-c', '2']).stdout).map(
      (line) => JSON.parse(line).receiver,
    );
    assert.deepEqual(
      verdicts.map(({host, verdict, code}) => [host, verdict, code]),
      [
        ['node2', 'accepted', undefined],
        ['node1', 'dropped', 'receiver-source-stale'],
      ],
    );
  });

  it('escapes of a DNS name are shown, not done', () => {
    const name = [Buffer.from('\u001b]0;evil\u0007\u001b[31m"\\', 'latin1'), 'x'];
    const query = ethernet(ipv4(udp(dnsQuery(1, name), 40000, 53), {proto: 17}));
    const hostile = file('dns.pcap', pcap([{data: tunnel(query, 4097)}]));
    for (const args of [[], ['--verbose'], ['--json'], ['--hex']]) {
      const {stdout} = runDecode([hostile, ...args]);
      assert.doesNotMatch(stdout, /[\u0000-\u0009\u000b-\u001f\u007f]/);
      if (args.length === 0) assert.match(stdout, /\\x1b\]0;evil\\x07\\x1b\[31m"\\\.x\./);
    }
    assert.match((JSON.parse(runDecode([hostile, '--json']).stdout) as {info: string}).info, /\\x1b\]0;evil/);
  });

  it('VXLAN without a valid VNI is said', () => {
    const invalid = file('invalid.pcap', pcap([{data: tunnel(ping, 4097, {flags: 0})}]));
    assert.match(
      runDecode([invalid]).stdout,
      /no VNI \(I flag clear, flags 0x0000\) 10\.0\.1\.2 > 10\.0\.1\.3 ICMP/,
    );
    assert.equal('vni' in JSON.parse(runDecode([invalid, '--json']).stdout), false);
  });

  it('TCP of which one side was captured is no unanswered one', () => {
    const segment = (options: Parameters<typeof tcp>[1], back = false): Buffer =>
      ethernet(
        ipv4(tcp(Buffer.alloc(0), options), back ? {proto: 6, src: '10.0.1.3', dst: '10.0.1.2'} : {proto: 6}),
      );
    const ends = {sport: 40000, dport: 80};
    const syn = segment({...ends, flags: 'S'});
    const ack = segment({...ends, flags: 'A', seq: 2, ack: 9});
    const fin = segment({...ends, flags: 'FA', seq: 2, ack: 9});
    const synAck = segment({sport: 80, dport: 40000, flags: 'SA', ack: 2}, true);
    const cases: [segments: Buffer[], state: string, notes: string[]][] = [
      [[syn, syn], 'no-answer', ['no-answer', 'retransmissions']],
      [[syn, ack], 'established', ['one-side-captured']],
      [[syn, ack, fin], 'closing', ['one-side-captured']],
      [[synAck], 'half-open', ['one-side-captured']],
      [[ack], 'ongoing', ['one-side-captured']],
      [[syn, synAck, ack], 'established', []],
    ];
    // Each in a network of its own.
    const named = file(
      'sides.pcap',
      pcap(cases.flatMap(([segments], vni) => segments.map((data) => ({data: tunnel(data, vni)})))),
    );
    const {flows} = JSON.parse(runDecode([named, '--flows', '--json']).stdout);
    for (const [vni, [, state, notes]] of cases.entries()) {
      const flow = flows.find((found: {vni: number}) => found.vni === vni);
      assert.deepEqual([flow.tcp.state, flow.notes], [state, notes], `case ${vni}`);
    }
    assert.match(runDecode([named, '--flows', '--vni', '1']).stdout, /established, one side captured/);
  });

  it('ICMP errors about a tunnel: listed, joined to their conversation, counted by VTEP pair', () => {
    const inner = ethernet(ipv4(tcp(Buffer.alloc(900), {sport: 40000, dport: 80}), {proto: 6}));
    const sent = tunnel(inner, 4097);
    const quote = Buffer.concat([Buffer.from('030400000000057e', 'hex'), sent.subarray(14, 14 + 300)]);
    const error = ethernet(ipv4(quote, {proto: 1, src: '192.0.2.254', dst: '172.31.1.5'}));
    const named = file('icmp.pcap', pcap([{data: sent}, {data: error}, {data: error}]));
    const plain = runDecode([named]);
    assert.equal(lines(plain.stdout).length, 3, 'without --all');
    assert.match(
      plain.stderr,
      /2 ICMP errors about 172\.31\.1\.5 > 192\.168\.1\.5: fragmentation needed, mtu 1406, from 192\.0\.2\.254/,
    );
    const {flows} = JSON.parse(runDecode([named, '--flows', '--json']).stdout);
    assert.equal(flows.length, 1);
    assert.equal(flows[0].client.packets, 1);
    const expected = {meaning: 'fragmentation needed', mtu: 1406, from: '192.0.2.254', packets: 2};
    assert.deepEqual(flows[0].icmpErrors, [expected]);
    assert.ok(flows[0].notes.includes('icmp-error'));
    const {stats} = JSON.parse(runDecode([named, '--stats', '--json']).stdout);
    assert.deepEqual(stats.icmpErrors, [{...expected, src: '172.31.1.5', dst: '192.168.1.5'}]);
    const [, line = ''] = lines(runDecode([named, '--json']).stdout);
    const packet = JSON.parse(line);
    assert.equal(packet.quote.vni, 4097);
    assert.equal(packet.quote.inner.dport, 80);
  });

  it('the port that is read is never named as another to try', () => {
    // A UDP length below 8 keeps the datagram from being read as VXLAN, though it looks like it.
    const odd = tunnel(ping, 4097);
    odd.writeUInt16BE(4, 14 + 20 + 4);
    const {stderr} = runDecode([file('odd.pcap', pcap([{data: odd}]))]);
    assert.doesNotMatch(stderr, /try --vxlan-port/);
  });

  it('TCP retransmissions and reordering', () => {
    const segment = (seq: number, id: number, length = 100): Buffer =>
      tunnel(
        ethernet(
          ipv4(tcp(Buffer.alloc(length, seq), {sport: 40000, dport: 80, seq, flags: 'A'}), {proto: 6, id}),
        ),
        4097,
      );
    const at = (data: Buffer, milliseconds: number): TestPacket => ({
      data,
      seconds: 1000,
      nanos: milliseconds * 1e6,
    });
    const sent = file(
      'tcp.pcap',
      pcap([
        at(segment(1, 1), 0),
        at(segment(101, 2), 1),
        at(segment(301, 4), 2), // 201 is late
        at(segment(201, 3), 3),
        at(segment(401, 5), 4),
        at(segment(401, 6), 250), // again after 246 ms
        at(segment(501, 7), 251),
        at(segment(501, 7), 251.1), // the same packet on a second interface
        at(segment(600, 8, 1), 900), // keep-alive
      ]),
    );
    const {flows} = JSON.parse(runDecode([sent, '--flows', '--json']).stdout);
    const {retransmissions, outOfOrder, capturedTwice, keepAlives} = flows[0].tcp;
    assert.deepEqual([retransmissions, outOfOrder, capturedTwice, keepAlives], [1, 1, 1, 1]);
    assert.deepEqual(flows[0].notes, ['one-side-captured', 'retransmissions']);
  });
});

describe('decode: --write-inner', needsTshark(), () => {
  it('saves the inner frames with their times, as tshark reads them', async () => {
    const target = path.join(folder, 'inner.pcap');
    const {status, stderr} = runDecode([capture('lab-tcp.pcap'), '--write-inner', target]);
    assert.equal(status, 0);
    assert.match(stderr, /39 inner frames written/);
    const inner = tsharkPackets(target);
    const outer = tsharkPackets(capture('lab-tcp.pcap'));
    assert.deepEqual(
      inner.map(({time, length, outer: ends}) => ({time, length, ...ends})),
      outer.map(({time, length, inner: frame}) => {
        const {ethSrc, ethDst, src, dst, proto, sport, dport} = frame as Record<string, unknown>;
        return {time, length: length - 50, ethSrc, ethDst, src, dst, proto, sport, dport};
      }),
    );
    const packed = `${target}.gz`;
    runDecode([capture('lab-tcp.pcap'), '--write-inner', packed]);
    assert.deepEqual(await readAll(gunzipSync(readFileSync(packed))), await readAll(readFileSync(target)));
  });

  it('keeps the length that the snap length cut off', () => {
    const target = path.join(folder, 'gro.pcap');
    runDecode([capture('lab-gro.pcap'), '--write-inner', target]);
    const cut = tsharkPackets(target).find(({length}) => length > 10_000);
    assert.equal(cut?.captured, 160 - 50);
  });

  it('never overwrites what it reads', () => {
    const same = file('same.pcap', pcap(packets(1)));
    assert.equal(runDecode([same, '--write-inner', same]).status, 2);
    assert.deepEqual(readFileSync(same), pcap(packets(1)));
    assert.equal(runDecode([same, '--write-inner', path.join(folder, 'no/where')]).status, 3);
  });
});

describe('decode: pipes', () => {
  it('shows each packet as it comes, and sums up on Ctrl-C', async () => {
    const child = spawn(process.execPath, [entry, 'decode', '-'], {
      env: {PATH: process.env['PATH'] ?? '', TZ: 'UTC'},
    });
    let out = '';
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    const bytes = pcap([...packets(2), {data: ping}]);
    const until = async (test: () => boolean): Promise<void> => {
      for (let waited = 0; !test(); waited += 20) {
        assert.ok(waited < 300_000, `waited for output, have ${out} ${said}`);
        await sleep(20);
      }
    };
    child.stdin.write(bytes.subarray(0, 24 + 164));
    await until(() => lines(out).length === 1);
    child.stdin.write(bytes.subarray(24 + 164, 24 + 164 + 100));
    await sleep(200);
    assert.equal(lines(out).length, 1, 'half a packet is none');
    child.stdin.write(bytes.subarray(24 + 164 + 100));
    await until(() => lines(out).length === 2);
    child.kill('SIGINT');
    const [code] = await new Promise<[number | null]>((resolve) =>
      child.on('close', (status) => resolve([status])),
    );
    assert.equal(code, 0);
    assert.match(said, /3 packets, 2 shown; not shown: 1 ICMP/);
  });

  it('ends quietly when the reader has gone', () => {
    const many = file('many.pcap', pcap(packets(20_000)));
    const node = `'${process.execPath}' '${entry}' decode '${many}'`;
    for (const args of ['', ' --json', ' --verbose']) {
      const {stdout, stderr, status} = spawnSync(
        'bash',
        ['--norc', '-c', `set -o pipefail; ${node}${args} | head -n 1`],
        // With a socket as its input bash takes itself for a remote login and reads somebody's settings.
        {stdio: ['ignore', 'pipe', 'pipe'], env: {PATH: process.env['PATH'] ?? ''}},
      );
      assert.equal(status, 0, stderr.toString());
      assert.equal(lines(stdout.toString()).length, 1);
      assert.equal(stderr.toString(), '');
    }
  });
});
