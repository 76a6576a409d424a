import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, describe, it} from 'node:test';
import {fileURLToPath} from 'node:url';
import {OvdiagError} from '../../src/base/errors.js';
import {parseFilter} from '../../src/packet/filter-expression.js';
import {pcap, type TestPacket} from '../pcap/build.js';
import {readAll} from '../pcap/support.js';
import {ethernet, ipv4, tcp, tunnel} from './build.js';
import {newRandom} from './fuzz.js';
import {asPackets, samples, tunnelSamples} from './samples.js';
import {scanned} from './support.js';

const folder = mkdtempSync(path.join(tmpdir(), 'ovdiag-filter-'));
after(() => rmSync(folder, {recursive: true, force: true}));

const overlay = tunnel(
  ethernet(ipv4(tcp(Buffer.alloc(9), {sport: 40000, dport: 80}), {proto: 6}), {vlans: [7]}),
  4097,
);
const matches = (expression: string, packet: Buffer = overlay): boolean =>
  parseFilter(expression)(scanned(packet));

describe('--filter on a packet of an overlay', () => {
  for (const [expression, expected] of [
    ['host 10.0.1.2', true],
    ['host 172.31.1.5', true],
    ['host 172.31.1.5 and tcp port 80', true],
    ['outer host 10.0.1.2', false],
    ['inner host 10.0.1.2', true],
    ['inner host 172.31.1.5', false],
    ['inner (tcp dst port 80 and src 10.0.1.2)', true],
    ['inner udp', false],
    ['udp', true],
    ['not inner udp', true],
    ['outer udp port 4789', true],
    ['vni 4097', true],
    ['vni 0x1001', true],
    ['vni 4098', false],
    ['vxlan', true],
    ['inner vxlan', false],
    ['mac 02:42:0a:00:01:02', true],
    ['ether src 02:42:0a:00:01:02', true],
    ['ether dst host 02:42:0a:00:01:02', false],
    ['outer mac 02-42-0a-00-01-02', false],
    ['vlan 7', true],
    ['vlan', true],
    ['outer vlan', false],
    ['vlan 8', false],
    ['net 10.0.1', true],
    ['inner dst net 10.0.0.0/16', true],
    ['net 10.9', false],
    ['portrange 79-81', true],
    ['tcp port 53 or 80', true],
    ['tcp portrange 90-91', false],
    ['udp port 80', false],
    ['! tcp', false],
    ['less 1000', true],
    ['greater 1000', false],
  ] as const) {
    it(`${expression}: ${expected}`, () => assert.equal(matches(expression), expected));
  }
});

describe('--filter refuses', () => {
  for (const expression of [
    '',
    'host',
    'host web1',
    'port 65536',
    'port http',
    'net 10.0.0.0/33',
    'host 10.0.0.0/8',
    'ether host 10.0.0.1',
    'ether port 7',
    'vni',
    'vni 16777216',
    'tcp[13] & 2 != 0',
    '(tcp',
    'tcp)',
    'tcp and',
    'and tcp',
    'constructor',
    'src constructor',
    'src tcp',
    `${'('.repeat(200)}tcp${')'.repeat(200)}`,
    'tcp or '.repeat(2000),
  ]) {
    it(`"${expression.slice(0, 40)}"`, () => {
      assert.throws(
        () => parseFilter(expression),
        (error) => error instanceof OvdiagError && error.exit === 2,
      );
    });
  }
});

/** Headers that tcpdump doesn't look through, lengths that it doesn't doubt, and IP that it takes from a wrong header. */
const unlike =
  /in GRE|VLAN|QinQ|0x8100|MPLS|PPPoE|AH|extension|fragment|length|version 5|jumbo|BIG|no next header/;
const has = (program: string): boolean => spawnSync(program, ['--version']).status === 0;

describe('--filter chooses what tcpdump chooses of the outer packets', {
  skip: has('tcpdump') ? false : 'tcpdump is not installed',
}, () => {
  const parts = [
    ...['ip', 'ip6', 'arp', 'tcp', 'udp', 'icmp', 'icmp6', 'esp', 'igmp', 'sctp'],
    ...['host 10.0.1.2', 'src 10.0.1.2', 'dst host 10.0.1.3', 'src or dst 10.0.1.3', 'host 172.31.1.5'],
    ...[
      'src and dst 10.0.1.2',
      'ip host 192.168.1.5',
      'ip6 host fd00::2',
      'arp host 10.0.1.3',
      'host fd00::3',
    ],
    ...['net 10.0.1.0/24', 'src net 172.31', 'dst net 192.168.1', 'net 192.0.2.0/30', 'ip6 net fd00::/16'],
    ...[
      'port 4789',
      'udp port 6081',
      'dst port 4790',
      'tcp port 80',
      'src portrange 40000-45000',
      'port 4500',
    ],
    ...['ether host 02:42:0a:00:01:02', 'ether src 52:54:00:00:00:01', 'ether dst 02:42:0a:00:01:03'],
    ...['ip proto 47', 'ip proto 17', 'greater 150', 'less 100', 'src 10.0.1.2 or 172.31.1.5'],
    ...['udp port 4789 or 6081', 'tcp port 80 or 53 or 443'],
  ];

  /** Parts joined by chance: what `and` and `or` bind, and what `not` does, is tcpdump's to say. */
  function expressions(count: number, seed: number): string[] {
    const random = newRandom(seed);
    const one = (depth: number): string => {
      const kind = random.below(depth > 2 ? 1 : 5);
      if (kind === 1) return `not ${one(depth + 1)}`;
      if (kind === 2) return `(${one(depth + 1)})`;
      if (kind > 2) return `${one(depth + 1)} ${random.pick(['and', 'or', '&&', '||'])} ${one(depth + 1)}`;
      return random.pick(parts);
    };
    return Array.from({length: count}, () => one(0));
  }

  /** The times of the packets that tcpdump lets through. */
  function byTcpdump(file: string, expression: string): string[] {
    const args = ['-tt', '-nn', '-q', '-r', file, expression];
    const {status, stdout, stderr} = spawnSync('tcpdump', args, {encoding: 'utf8'});
    // What contradicts itself is no failure here.
    assert.ok(status === 0 || /rejects all packets/.test(stderr), `${expression}: ${stderr}`);
    return stdout
      .split('\n')
      .filter((line) => /^\d/.test(line))
      .map((line) => line.split(' ')[0] ?? '');
  }

  function compare(name: string, packets: readonly TestPacket[], list: readonly string[]): void {
    const file = path.join(folder, `${name}.pcap`);
    const times = packets.map((_, index) => 1_700_000_000 + index);
    writeFileSync(
      file,
      pcap(
        packets.map(({data, original}, index) => ({
          data,
          seconds: times[index] ?? 0,
          ...(original === undefined ? {} : {original}),
        })),
      ),
    );
    const views = packets.map(({data, original}) => scanned(data, original === undefined ? {} : {original}));
    for (const expression of list) {
      const filter = parseFilter(`outer (${expression})`);
      const ours = views.flatMap((view, index) => (filter(view) ? [`${times[index]}.000000`] : []));
      assert.deepEqual(ours, byTcpdump(file, expression), expression);
    }
  }

  const made = {...samples(), ...tunnelSamples()};
  const like = Object.entries(made).filter(([name]) => !unlike.test(name));

  it('for each part', () => compare('parts', asPackets(like.map(([, data]) => data)), parts));

  it('for parts joined by chance', () => {
    const seed = Number(process.env['OVDIAG_FUZZ_SEED'] ?? Date.now() & 0xffff);
    compare(`seed-${seed}`, asPackets(like.map(([, data]) => data)), expressions(60, seed));
  });

  it('for recorded captures', async () => {
    for (const name of ['lab-all.pcap', 'lab-tcp.pcap', 'plain-ipv6-underlay.pcap']) {
      const bytes = readFileSync(fileURLToPath(new URL(`../../fixtures/captures/${name}`, import.meta.url)));
      const {packets} = await readAll(bytes);
      compare(
        name,
        packets.map(({data, original}) => ({data: Buffer.from(data, 'hex'), original})),
        // tcpdump doesn't look behind the hop-by-hop options that multicast reports have.
        parts.filter((part) => part !== 'icmp6'),
      );
    }
  });
});
