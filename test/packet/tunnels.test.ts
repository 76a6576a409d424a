import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, describe, it} from 'node:test';
import {pcap} from '../pcap/build.js';
import {type Ran, runDecode} from './run-decode.js';
import {asPackets, tunnelSamples} from './samples.js';
import {needsTshark} from './tshark.js';

const folder = mkdtempSync(path.join(tmpdir(), 'ovdiag-tunnels-'));
after(() => rmSync(folder, {recursive: true, force: true}));

const samples = tunnelSamples();
const names = Object.keys(samples);
const file = path.join(folder, 'tunnels.pcap');
writeFileSync(file, pcap(asPackets(Object.values(samples))));

const run = (...flags: string[]): Ran => runDecode([...flags, file]);
const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');

/** What the layers of one packet say, outermost first, in the order of `columns`. */
interface Frame {
  [key: string]: unknown;
  outer?: Frame;
  inner?: Frame;
  tunnel?: {type: string; id?: number; etherType?: number};
  mpls?: number[];
}

function levels(packet: Frame): Frame[] {
  const {outer, inner, ...own} = packet;
  return [{...outer, ...own}, ...(inner === undefined ? [] : levels(inner))];
}

const texts = (values: readonly unknown[]): string =>
  values
    .flat()
    .filter((value) => value !== undefined)
    .join(',');

const tunnelId =
  (type: string) =>
  ({tunnel}: Frame): unknown =>
    tunnel?.type === type ? tunnel.id : undefined;

/** tshark's field for what each level of our JSON says. */
const columns: [field: string, ours: (frame: Frame) => unknown][] = [
  ['ip.src', ({src}) => src],
  ['ip.dst', ({dst}) => dst],
  ['udp.srcport', ({sport, proto}) => (proto === 17 ? sport : undefined)],
  ['udp.dstport', ({dport, proto}) => (proto === 17 ? dport : undefined)],
  ['mpls.label', ({mpls}) => mpls],
  ['pppoe.session_id', ({pppoe}) => pppoe],
  ['geneve.vni', tunnelId('geneve')],
  ['gre.key', tunnelId('gre')],
  ['esp.spi', ({spi}) => spi],
  ['ah.spi', ({ah}) => ah],
  ['eth.src', ({ethSrc}) => ethSrc],
  // VXLAN-GPE is a VXLAN to tshark.
  ['vxlan.vni', (frame) => frame['vni'] ?? tunnelId('vxlan-gpe')(frame)],
];

describe('tunnels below and instead of VXLAN', () => {
  it('are named in lines, and read where VXLAN is inside', () => {
    const shown = lines(run('--all').stdout);
    assert.equal(shown.length, names.length);
    const line = (name: string): string => (shown[names.indexOf(name)] ?? '').slice(16);
    const ping = '10.0.1.2 > 10.0.1.3 ICMP echo request id 7 seq 1 len 64';
    const vteps = '172.31.1.5 > 192.168.1.5';
    assert.equal(line('VXLAN below MPLS'), `${vteps} vni 4097 ${ping}`);
    assert.equal(line('VXLAN below PPPoE'), `${vteps} vni 4097 ${ping}`);
    assert.equal(line('ping below MPLS'), `mpls 100 200 ${ping}`);
    assert.equal(line('ping below PPPoE'), `pppoe 77 ${ping}`);
    assert.equal(line('VXLAN in GRE'), `192.0.2.1 > 192.0.2.2 GRE key 9 IPv4 ${vteps} vni 4097 ${ping}`);
    assert.equal(line('Ethernet in GRE'), `192.0.2.1 > 192.0.2.2 GRE ${ping}`);
    assert.equal(line('ERSPAN'), '192.0.2.1 > 192.0.2.2 GRE ERSPAN len 48');
    assert.equal(line('PPTP'), '192.0.2.1 > 192.0.2.2 GRE EtherType 0x880b len 48');
    assert.equal(line('Geneve'), `${vteps} Geneve vni 5 ${ping}`);
    assert.equal(line('Geneve with options'), `${vteps} Geneve vni 5 ${ping}`);
    assert.equal(line('Geneve of IP'), `${vteps} Geneve vni 5 IPv4 ${ping}`);
    assert.equal(
      line('Geneve of something else'),
      '172.31.1.5:45000 > 192.168.1.5:6081 Geneve vni 5 NSH len 38',
    );
    assert.equal(line('VXLAN-GPE of Ethernet'), `${vteps} VXLAN-GPE vni 6 ${ping}`);
    assert.equal(line('VXLAN-GPE of IPv4'), `${vteps} VXLAN-GPE vni 6 IPv4 ${ping}`);
    assert.equal(line('VXLAN-GPE of NSH'), '172.31.1.5:45000 > 192.168.1.5:4790 VXLAN-GPE vni 6 NSH len 38');
    assert.equal(
      line('VXLAN-GPE of an unknown protocol'),
      '172.31.1.5:45000 > 192.168.1.5:4790 VXLAN-GPE vni 6 next protocol 99 len 38',
    );
    assert.equal(
      line('ESP in UDP'),
      '172.31.1.5:4500 > 192.168.1.5:4500 ESP in UDP spi 0x12345678 seq 9 len 72',
    );
    assert.equal(line('IKE in UDP 4500'), '172.31.1.5:4500 > 192.168.1.5:4500 UDP len 32');
    assert.equal(line('ESP behind AH'), `${vteps} AH ESP spi 0x12345678 seq 9 len 72`);
    assert.equal(line('VXLAN behind AH'), `${vteps} AH vni 4097 ${ping}`);
    assert.equal(line('AH twice'), `${vteps} AH AH len 88`);
  });

  it('are listed without --all where VXLAN or ESP is inside, and nowhere else', () => {
    const shown = lines(run('--json').stdout).map((line) => names[JSON.parse(line).frame - 1]);
    assert.deepEqual(
      shown,
      names.filter((name) => /^(VXLAN (below|in|behind)|ESP)/.test(name)),
    );
  });

  it('count as the overlay that they carry', () => {
    const {stats, flows} = JSON.parse(run('--stats', '--flows', '--json').stdout);
    assert.deepEqual(
      stats.vnis.map(({vni, packets}: {vni: number; packets: number}) => [vni, packets]),
      [[4097, 4]],
    );
    assert.deepEqual(
      stats.vteps.map(({src, dst, packets}: Record<string, unknown>) => [src, dst, packets]),
      [['172.31.1.5', '192.168.1.5', 4]],
    );
    const inside = flows.filter(({vni}: {vni?: number}) => vni === 4097);
    assert.deepEqual(
      inside.map(({client}: {client: {packets: number}}) => client.packets),
      [4],
    );
  });

  it('have a layer each in --verbose', () => {
    const {stdout} = run('--verbose', '--all');
    for (const head of [
      / {2}MPLS at 14, 4 bytes\n {4}label {12}100\n {4}traffic class {4}0\n {4}bottom of stack {2}no\n/,
      / {2}PPPoE at 14, 8 bytes\n {4}session {7}77\n {4}PPP protocol {2}0x0021\n/,
      / {2}GRE at 34, 8 bytes\n {4}key {7}9\n {4}protocol {2}IPv4 \(0x0800\)\n/,
      / {2}Geneve at 42, 16 bytes\n {4}VNI {7}5\n {4}protocol {2}Ethernet \(0x6558\)\n/,
      / {2}VXLAN-GPE at 42, 8 bytes\n {4}flags {10}0x0c\n {4}VNI {12}6\n {4}next protocol {2}1\n/,
      / {2}AH at 34, 24 bytes\n {4}next header {16}ESP \(50\)\n/,
      / {2}ESP \(an encrypted overlay\) at 58, 8 bytes\n/,
      / {2}ESP \(an encrypted overlay\) at 42, 8 bytes\n/,
    ]) {
      assert.match(stdout, head);
    }
  });

  it('are what tshark says they are', needsTshark(), () => {
    const text = execFileSync(
      'tshark',
      ['-n', '-r', file, '-T', 'fields', ...columns.flatMap(([field]) => ['-e', field])],
      {stdio: ['ignore', 'pipe', 'ignore']},
    ).toString();
    const packets = lines(run('--all', '--json').stdout).map((line) => levels(JSON.parse(line) as Frame));
    for (const [index, row] of text.split('\n').slice(0, -1).entries()) {
      const name = names[index] ?? '';
      const cells = row.split('\t').map((cell) => cell.split(',').map(asNumber).join(','));
      const ours = columns.map(([, of]) => texts((packets[index] ?? []).map(of)));
      for (const [column, [field]] of columns.entries()) {
        if (differs[name]?.includes(field)) continue;
        assert.equal(ours[column], cells[column], `${field} of ${name}`);
      }
    }
  });
});

/** tshark writes some numbers in hexadecimal. */
const asNumber = (text: string): string => (/^0x[0-9a-f]+$/i.test(text) ? String(Number(text)) : text);

/** What we leave unread: nobody signs what is signed. */
const differs: Record<string, string[]> = {'AH twice': ['ah.spi', 'udp.srcport', 'udp.dstport']};
