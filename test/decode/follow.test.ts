import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {describe, it} from 'node:test';
import {fileURLToPath} from 'node:url';
import {Ajv2020} from 'ajv/dist/2020.js';
import type {OvdiagError} from '../../src/base/errors.js';
import {parseFollow} from '../../src/decode/follow-ends.js';
import {followView} from '../../src/decode/follow-view.js';
import {readOptions} from '../../src/decode/options.js';
import {newDecodeRun} from '../../src/decode/run.js';
import {parseFilter} from '../../src/packet/filter-expression.js';
import {readCapture} from '../../src/pcap/read.js';
import {conversationJson} from '../../src/render/packet/follow-json.js';
import {conversationText} from '../../src/render/packet/follow-text.js';
import {ethernet, ipv4, tcp, tunnel, udp} from '../packet/build.js';
import {needsTshark} from '../packet/tshark.js';
import {pcap} from '../pcap/build.js';
import {collect, sourceInPieces} from './pieces.js';

async function follow(bytes: Buffer, ends: string, writer = conversationText): Promise<string> {
  const flags = {all: false, verbose: false, hex: false, flows: false, stats: false};
  const sink = collect();
  const view = followView(sink, {wanted: parseFollow(ends), writer, currentFile: () => 'x'});
  const run = newDecodeRun({
    options: readOptions(flags, false),
    sinks: [view],
    vni: -1,
    isStopped: () => false,
  });
  await readCapture(
    'x',
    sourceInPieces(bytes, () => bytes.length, true),
    run,
  );
  await view.flush();
  await view.end();
  assert.equal(view.found(), sink.bytes().length > 0);
  return sink.bytes().toString('utf8');
}

const schema = (name: string): object =>
  JSON.parse(readFileSync(new URL(`../../schemas/${name}`, import.meta.url), 'utf8'));
const ajv = new Ajv2020({allErrors: true, strict: false});
ajv.addSchema(schema('decode.json'));
const isPiece = ajv.compile(schema('decode-follow.json'));

const client = {proto: 6, src: '10.0.1.2', dst: '10.0.1.3'};
const server = {proto: 6, src: '10.0.1.3', dst: '10.0.1.2'};
const toServer = {sport: 40000, dport: 80};
const toClient = {sport: 80, dport: 40000};
const sent = (text: string, seq: number, flags = 'PA', vni = 4097): Buffer =>
  tunnel(ethernet(ipv4(tcp(Buffer.from(text, 'latin1'), {...toServer, seq, flags}), client)), vni);
const answered = (text: string, seq: number, ack: number, flags = 'PA'): Buffer =>
  tunnel(ethernet(ipv4(tcp(Buffer.from(text, 'latin1'), {...toClient, seq, ack, flags}), server)), 4097);
const capture = (packets: Buffer[]): Buffer => pcap(packets.map((data) => ({data})));

describe('--follow', () => {
  it('shows the bytes of both sides in order, escaped, and those of no other network', async () => {
    const bytes = capture([
      sent('', 99, 'S'),
      sent('other network', 100, 'PA', 5),
      answered('', 499, 100, 'SA'),
      sent('Host: web2\r\n\r\n', 116),
      sent('GET / HTTP/1.1\r\n', 100),
      answered('HTTP/1.0 200 OK\r\n\u001b[31m\\\t\u00e9', 500, 130),
      sent('', 99, 'S'),
    ]);
    for (const ends of ['10.0.1.2:40000', '10.0.1.3:80', '10.0.1.3:80,10.0.1.2:40000']) {
      assert.equal(
        await follow(bytes, ends),
        [
          'TCP 10.0.1.2:40000 > 10.0.1.3:80 vni 4097',
          '> GET / HTTP/1.1\\r\\n',
          '> Host: web2\\r\\n',
          '> \\r\\n',
          '< HTTP/1.0 200 OK\\r\\n',
          '< \\x1b[31m\\\\\\t\\xe9',
          '',
        ].join('\n'),
      );
    }
    assert.equal(await follow(bytes, '10.0.1.2:40001'), '');
    assert.equal(await follow(bytes, '10.0.1.2:40000,10.0.1.4:80'), '');
  });

  it('says what is missing, and where the ports are used again', async () => {
    const bytes = capture([
      sent('', 99, 'S'),
      sent('abc', 100),
      sent('ghi', 106),
      answered('', 500, 109, 'A'),
      sent('', 5000, 'S'),
      sent('new', 5001),
    ]);
    assert.equal(
      await follow(bytes, '10.0.1.2:40000'),
      [
        'TCP 10.0.1.2:40000 > 10.0.1.3:80 vni 4097',
        '> abc',
        '> [3 bytes missing in the capture]',
        '> ghi',
        'TCP 10.0.1.2:40000 > 10.0.1.3:80 vni 4097',
        '> new',
        '',
      ].join('\n'),
    );
  });

  it('shows each datagram of UDP', async () => {
    const datagram = (text: string, isBack: boolean): Buffer =>
      tunnel(
        ethernet(
          ipv4(udp(Buffer.from(text), isBack ? 9 : 8, isBack ? 8 : 9), {
            ...(isBack ? server : client),
            proto: 17,
          }),
        ),
        4097,
      );
    const bytes = capture([datagram('ask\nmore', false), datagram('told', true)]);
    assert.equal(
      await follow(bytes, '10.0.1.2:8'),
      'UDP 10.0.1.2:8 > 10.0.1.3:9 vni 4097\n> ask\\n\n> more\n< told\n',
    );
  });

  it('shows each piece as JSON, with the packet that brought it and its place', async () => {
    const cutAfter = (data: Buffer, count: number) => ({
      data: data.subarray(0, data.length - count),
      original: data.length,
    });
    const last = sent('new\u0000', 5001);
    const bytes = pcap([
      {data: sent('', 99, 'S'), seconds: 7, nanos: 1000},
      {data: sent('late', 103), seconds: 7, nanos: 2000},
      {data: sent('abc', 100), seconds: 7, nanos: 3000},
      {data: sent('end', 110), seconds: 7, nanos: 4000},
      {data: answered('\u00e9', 500, 113), seconds: 7, nanos: 5000},
      {data: sent('', 5000, 'S'), seconds: 8, nanos: 0},
      {...cutAfter(last, 3), seconds: 8, nanos: 1000},
    ]);
    const lines = (await follow(bytes, '10.0.1.3:80', conversationJson)).trimEnd().split('\n');
    const pieces = lines.map((line) => JSON.parse(line));
    const [first, second] = [
      {from: 'first', src: '10.0.1.2', sport: 40000, dst: '10.0.1.3', dport: 80},
      {from: 'second', src: '10.0.1.3', sport: 80, dst: '10.0.1.2', dport: 40000},
    ];
    const head = {proto: 6, vni: 4097};
    const of = (frame: number, time: string) => ({file: 'x', frame, time});
    const base64 = (text: string) => Buffer.from(text, 'latin1').toString('base64');
    assert.deepEqual(pieces, [
      {
        ...{conversation: 1, ...head, ...first, ...of(3, '7.000003000')},
        ...{kind: 'bytes', offset: 0, sequence: 100, length: 3, base64: base64('abc')},
      },
      {
        ...{conversation: 1, ...head, ...first, ...of(2, '7.000002000')},
        ...{kind: 'bytes', offset: 3, sequence: 103, length: 4, base64: base64('late')},
      },
      {...{conversation: 1, ...head, ...first}, ...{kind: 'missing', offset: 7, sequence: 107, length: 3}},
      {
        ...{conversation: 1, ...head, ...first, ...of(4, '7.000004000')},
        ...{kind: 'bytes', offset: 10, sequence: 110, length: 3, base64: base64('end')},
      },
      {
        ...{conversation: 1, ...head, ...second, ...of(5, '7.000005000')},
        ...{kind: 'bytes', offset: 0, sequence: 500, length: 1, base64: base64('\u00e9')},
      },
      {
        ...{conversation: 2, ...head, ...first, ...of(7, '8.000001000')},
        ...{kind: 'bytes', offset: 0, sequence: 5001, length: 1, base64: base64('n')},
      },
      {
        ...{conversation: 2, ...head, ...first, ...of(7, '8.000001000')},
        ...{kind: 'cut', offset: 1, sequence: 5002, length: 3},
      },
    ]);
    for (const line of lines) assert.ok(isPiece(JSON.parse(line)), ajv.errorsText(isPiece.errors));
    assert.equal(isPiece({...pieces[0], offset: -1}), false);
  });

  it('refuses what is no end of a conversation', () => {
    for (const text of [
      '',
      '10.0.1.2',
      '10.0.1.2:70000',
      'fd00::1:80',
      '[10.0.0.1]:80',
      '1.2.3.4:5,',
      'a:1,b:2,c:3',
    ])
      assert.throws(() => parseFollow(text), /--follow takes/, text);
    assert.equal(parseFollow('[fd00::1]:80')[0]?.address.length, 16);
  });

  it('gives the bytes that tshark gives', needsTshark(), async () => {
    const file = fileURLToPath(new URL('../../fixtures/captures/lab-tcp.pcap', import.meta.url));
    const [port = ''] = execFileSync(
      'tshark',
      ['-n', '-r', file, '-Y', 'tcp.dstport == 80 && tcp.len > 0', '-T', 'fields', '-e', 'tcp.srcport'],
      {stdio: ['ignore', 'pipe', 'ignore'], encoding: 'utf8'},
    ).split('\n');
    const raw = execFileSync(
      'tshark',
      ['-n', '-r', file, '-q', '-z', `follow,tcp,raw,10.0.1.10:${port},10.0.1.9:80`],
      {stdio: ['ignore', 'pipe', 'ignore'], encoding: 'utf8'},
    );
    const streams = raw.split('\n').filter((line) => /^\t?[0-9a-f]+$/.test(line));
    const byte = (text: string): string =>
      Buffer.from(
        text.replace(/\\(x..|.)/g, (_, code: string) =>
          code.startsWith('x')
            ? String.fromCharCode(Number.parseInt(code.slice(1), 16))
            : ({n: '\n', r: '\r', t: '\t'}[code] ?? code),
        ),
        'latin1',
      ).toString('hex');
    const shown = (await follow(readFileSync(file), `10.0.1.10:${port}`)).split('\n').slice(1, -1);
    const ofSide = (sign: string): string =>
      shown
        .filter((line) => line.startsWith(sign))
        .map((line) => byte(line.slice(2)))
        .join('');
    assert.ok(ofSide('> ').length > 50);
    assert.equal(ofSide('> '), streams.filter((line) => !line.startsWith('\t')).join(''));
    assert.equal(
      ofSide('< '),
      streams
        .filter((line) => line.startsWith('\t'))
        .map((line) => line.trim())
        .join(''),
    );
  });
});

describe('--follow with a view of packets', () => {
  it('is refused with the filter that shows the same conversation', () => {
    const flags = {all: false, verbose: false, hex: false, flows: false, stats: false};
    const refused = (text: string, view: 'flows' | 'hex', json = false): string[] => {
      try {
        readOptions({...flags, [view]: true, follow: text}, json);
      } catch (error) {
        return [...(error as OvdiagError).suggestions];
      }
      return [];
    };
    assert.deepEqual(refused('10.0.1.2:80', 'flows', true), [
      "ovdiag decode FILE --flows --filter 'host 10.0.1.2 and port 80'",
    ]);
    const [both = ''] = refused('[fd00::2]:80,[fd00::3]:4000', 'hex');
    assert.equal(
      both,
      "ovdiag decode FILE --hex --filter 'host fd00::2 and port 80 and host fd00::3 and port 4000'",
    );
    assert.ok(parseFilter(/'(.*)'/.exec(both)?.[1] ?? ''));
  });
});
