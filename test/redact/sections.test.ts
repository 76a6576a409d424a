import assert from 'node:assert/strict';
import {X509Certificate} from 'node:crypto';
import {readdirSync, readFileSync} from 'node:fs';
import {describe, it} from 'node:test';
import {fileURLToPath} from 'node:url';
import {everything, hostProcFiles, procFiles} from '../../src/collect/wanted.js';
import {hostModel} from '../../src/model/host.js';
import {parseIpvs} from '../../src/model/ipvs.js';
import {redactor} from '../../src/redact/redact.js';
import {scrubber} from '../../src/redact/scrub.js';
import {knownSections, redactSection} from '../../src/redact/sections.js';
import {tokens} from '../../src/redact/tokens.js';
import type {HostEvidence} from '../../src/snapshot/snapshot.js';
import {swarmCertificate} from '../support/certificate.js';
import {derived, madeEvidence, recordedEvidence, sectionOf} from '../support/evidence.js';

const key = Buffer.from('a key of this test');
const all = tokens(key);
const scrub = scrubber(all);
const redact = redactor(key);

function section(name: string, output: string, command = name): string {
  return redactSection({name, command, at: '', status: 0, output}, scrub, all).output;
}

const hex = (ip: string) => ip.split('.').map((part) => Number(part).toString(16).padStart(2, '0'));
const mapped = all.address('10.0.1.9');

describe('addresses in other clothes', () => {
  it('of sockets are found in /proc/net/udp and tcp', () => {
    const row = (address: string) =>
      `/proc/net/udp: 1727: ${address}:12B5 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 37202 2 0000000059f06605 0         `;
    assert.equal(
      section('proc', row([...hex('10.0.1.9')].reverse().join('').toUpperCase())),
      row([...hex(mapped)].reverse().join('').toUpperCase()),
    );
    // 127.0.0.11, and any.
    assert.equal(section('proc', row('0B00007F')), row('0B00007F'));
    assert.equal(section('proc', row('00000000')), row('00000000'));
    const row6 = (words: string) => row(words).replace('udp:', 'tcp6:');
    assert.equal(
      section(
        'proc',
        row6(`0000000000000000FFFF0000${[...hex('10.0.1.9')].reverse().join('').toUpperCase()}`),
      ),
      row6(`0000000000000000FFFF0000${[...hex(mapped)].reverse().join('').toUpperCase()}`),
    );
    assert.equal(section('proc', row6('0'.repeat(32))), row6('0'.repeat(32)));
    assert.notEqual(
      section('proc', row6('000000FD060000000000000001000000')),
      row6('000000FD060000000000000001000000'),
    );
  });

  it('of load balancers are found in /proc/net/ip_vs', () => {
    const text = [
      '/proc/net/ip_vs:IP Virtual Server version 1.2.1 (size=4096)',
      '/proc/net/ip_vs:Prot LocalAddress:Port Scheduler Flags',
      '/proc/net/ip_vs:FWM  00000100 rr',
      '/proc/net/ip_vs:  -> 0A000109:0000      Masq    1      0          0         ',
      '/proc/net/ip_vs:TCP  0A000109:0050 rr',
      '/proc/net/ip_vs:  -> [fd00:0006:0000:0000:0000:0000:0000:0001]:0050      Masq    1      0          0         ',
    ].join('\n');
    const redacted = section('proc', text).replaceAll('/proc/net/ip_vs:', '');
    const {services, problems} = parseIpvs(redacted);
    assert.deepEqual(problems, []);
    assert.deepEqual(
      services.flatMap(({destinations}) => destinations.map(({address}) => address)),
      [mapped, all.address('fd00:6::1')],
    );
    assert.doesNotMatch(redacted, /0A000109|fd00:0006/);
  });

  it('are found in matches of iptables by bytes, while those for a VNI stay as they are', () => {
    const vni = '-A INPUT -p udp -m u32 --u32 "0x0>>0x16&0x3c@0xc&0xffffff00=0x100500" -j DROP';
    assert.equal(section('iptables-nft', vni), vni);
    const large = vni.replace('0x100500', '0xa0001000');
    assert.equal(section('iptables-nft', large), large);
    const bpf =
      '-A OUTPUT -m bpf --bytecode "7,32 0 0 4294963252,7 0 0 0,64 0 0 4,116 0 0 8,21 1 0 4097,6 0 0 0,6 0 0 65535" -j MARK --set-xmark 0xd0c4e3/0xffffffff';
    assert.equal(section('iptables-nft', bpf), bpf);
    const number = Number.parseInt(hex('10.0.1.9').join(''), 16);
    const other = Number.parseInt(hex(mapped).join(''), 16);
    assert.equal(
      section('iptables-legacy', `-A INPUT -m u32 --u32 "0xc=0x${hex('10.0.1.9').join('')}" -j DROP`),
      `-A INPUT -m u32 --u32 "0xc=0x${other.toString(16)}" -j DROP`,
    );
    assert.equal(
      section('iptables-nft', `-A INPUT -m bpf --bytecode "2,21 0 1 ${number},6 0 0 65535" -j DROP`),
      `-A INPUT -m bpf --bytecode "2,21 0 1 ${other},6 0 0 65535" -j DROP`,
    );
    assert.throws(
      () => section('iptables-nft', '-A INPUT -m bpf --bytecode "something else" -j DROP'),
      /bpf match/,
    );
  });

  it('are found in comparisons of nft with raw bytes', () => {
    const rule = (right: number, base: string, len: number) =>
      JSON.stringify({
        nftables: [
          {
            rule: {
              family: 'ip',
              table: 'filter',
              chain: 'input',
              expr: [{match: {op: '==', left: {payload: {base, offset: 96, len}}, right}}],
            },
          },
        ],
      });
    const number = Number.parseInt(hex('10.0.1.9').join(''), 16);
    assert.equal(
      section('nft', rule(number, 'nh', 32)),
      rule(Number.parseInt(hex(mapped).join(''), 16), 'nh', 32),
    );
    assert.equal(section('nft', rule(4097, 'th', 24)), rule(4097, 'th', 24));
  });

  it('are found in what IPsec is told, whose numbers are made of them', () => {
    const text =
      'src 10.0.1.9 dst 10.0.1.9\n\tproto esp spi 0x2195c734(563463988) reqid 13681891(0x00d0c4e3) mode transport\n';
    const spi = all.spi(0x2195c734);
    assert.equal(
      section('xfrm-state', text),
      `src ${mapped} dst ${mapped}\n\tproto esp spi 0x${spi.toString(16).padStart(8, '0')}(${spi}) reqid 13681891(0x00d0c4e3) mode transport\n`,
    );
  });

  it('are found in what containers are told about names', () => {
    const text =
      '77=4026533415\nresolver.77=nameserver 127.0.0.11; nameserver 10.0.1.9; search corp.example berlin; options ndots:0 timeout:2';
    const redacted = section('processes', text);
    assert.equal(
      redacted,
      `77=4026533415\nresolver.77=nameserver 127.0.0.11; nameserver ${mapped}; search ${all.name('corp.example')} ${all.name('berlin')}; options ndots:0 timeout:2`,
    );
  });

  it('are found in rules with comments, sets and user chains, of which no word is left', () => {
    const text =
      '[1:2] -A ACME-FW -s 10.0.1.9/32 -m comment --comment "ticket 4711: let berlin in" -m set --match-set acme-hosts src -j ACME-LOG';
    const redacted = section('iptables-legacy', text);
    assert.doesNotMatch(redacted, /ACME|acme|berlin|ticket|10\.0\.1\.9/);
    assert.match(redacted, new RegExp(`^\\[1:2\\] -A x\\w{8} -s ${mapped}/32 -m comment --comment "`));
  });
});

describe('a redacted certificate', () => {
  it('says until when, for whom in other words, and is of the same length', () => {
    const redacted = section('certificate', swarmCertificate);
    const [before, after] = [new X509Certificate(swarmCertificate), new X509Certificate(redacted)];
    assert.deepEqual([after.validFrom, after.validTo], [before.validFrom, before.validTo]);
    assert.equal(after.raw.length, before.raw.length);
    const words = Object.fromEntries(
      before.subject.split('\n').map((line) => line.split('=') as [string, string]),
    );
    assert.equal(
      after.subject,
      `O=${all.id(words['O'] ?? '')}\nOU=${words['OU']}\nCN=${all.id(words['CN'] ?? '')}`,
    );
    assert.match(after.subjectAltName ?? '', new RegExp(all.id(words['CN'] ?? '')));
    const real = before.raw.toString('latin1');
    for (const secret of [words['O'] ?? '', words['CN'] ?? ''])
      assert.ok(!after.raw.toString('latin1').includes(secret));
    assert.ok(!after.raw.includes(before.raw.subarray(-60)), 'the signature');
    assert.notEqual(after.serialNumber, before.serialNumber);
    assert.ok(real.length > 500);
  });

  it('that is none is refused', () => {
    assert.throws(() => section('certificate', 'anything else'), /certificate/);
    assert.throws(() => section('certificate', swarmCertificate.replace('MIIC', 'MIIZ')), /certificate/);
  });
});

describe('what is not understood', () => {
  const refusedOf = (evidence: HostEvidence) => {
    const result = redact(evidence);
    assert.ok('refused' in result, 'it was redacted');
    return result.refused.map(({what, reason}) => `${what}: ${reason}`);
  };
  const node1 = recordedEvidence('node1');

  it('is refused by its name, and nothing of the host is given', () => {
    const file = node1.sections.find(({netns}) => netns?.startsWith('1-'))?.netns ?? '';
    const odd = derived(node1, (draft) => {
      draft.sections.push({name: 'later-table', netns: file, command: 'x', at: '', status: 0, output: 'x'});
      sectionOf(draft, '@host', 'addr').output = '[{"ifname": "eth0"';
      sectionOf(draft, '@host', 'nft').output = '{}x';
      sectionOf(draft, file, 'fdb').truncated = true;
      const proc = sectionOf(draft, file, 'proc');
      proc.output += '/proc/net/route:eth0 0001000A 00000000\n';
      draft.docker.answers.push({path: '/secrets', at: '', status: 200, body: []});
    });
    assert.deepEqual(refusedOf(odd).sort(), [
      "Docker's answer to /secrets: answers of this path are not known",
      'addr of @host: it is not the JSON that it should be',
      `fdb of ${file}: it was too long and is cut`,
      `later-table of ${file}: sections of this name are not known`,
      'nft of @host: it is not the JSON that it should be',
      `proc of ${file}: /proc/net/route is not known`,
    ]);
  });

  it('includes a line among counters that is none', () => {
    assert.throws(() => section('proc', '/proc/net/snmp:Ip: "10.0.1.9"'), /snmp is not understood/);
    assert.throws(() => section('nsid', '4026531833 2 unassigned\nweb1'), /not understood/);
  });
});

describe('what the collector reads', () => {
  const folder = fileURLToPath(new URL('../../src/collect/shell/', import.meta.url));

  it('can all be redacted: a new section needs a rule in src/redact/sections.ts', () => {
    const lines = readdirSync(folder)
      .filter((name) => /^(collector|reader)\.sh$/.test(name))
      .flatMap((name) => readFileSync(`${folder}${name}`, 'utf8').split('\n'));
    const named = lines
      .filter((line) => !/^\s*#/.test(line))
      .flatMap((line) => /(?:\bframe_begin|\bbegin|\brun) ([a-z][a-z-]*) /.exec(line)?.[1] ?? []);
    assert.ok(named.length > 15, named.join(' '));
    const unknown = new Set(named.filter((name) => name !== 'end' && !knownSections.has(name)));
    assert.deepEqual([...unknown], []);
  });

  it('so can all files under /proc', () => {
    assert.ok(everything.hostTables.includes('proc'));
    for (const file of [...procFiles, ...hostProcFiles]) {
      const path = file.replaceAll('*', 'eth0');
      assert.equal(section('proc', `${path}:0`), `${path}:0`);
    }
  });
});

describe('what is told of a host', () => {
  it('keeps its form: where it was read, what failed, what a manager said of it', () => {
    const evidence: HostEvidence = {
      ...madeEvidence({hostname: 'berlin-7', source: 'ssh://admin@berlin-7.corp.example:2222'}),
      node: {
        id: 'am6ra10ofbf4l433n5pn837fx',
        name: 'berlin-7',
        address: '10.0.1.9',
        role: 'worker',
        availability: 'active',
        state: 'ready',
      },
      failure: {
        code: 'ssh-refused',
        message: 'ssh: connect to host berlin-7.corp.example port 22: Connection refused',
        suggestions: ['Try: ssh admin@berlin-7.corp.example'],
      },
    };
    const result = redact(evidence);
    assert.ok('evidence' in result);
    const text = JSON.stringify(result.evidence);
    assert.doesNotMatch(text, /berlin|corp|admin|10\.0\.1\.9|am6ra10/);
    const {source, node, failure} = result.evidence;
    assert.equal(source, `ssh://${all.name('admin')}@${all.name('berlin-7.corp.example')}:2222`);
    assert.deepEqual(node, {
      ...evidence.node,
      id: all.id('am6ra10ofbf4l433n5pn837fx'),
      name: all.name('berlin-7'),
      address: mapped,
    });
    assert.equal(failure?.code, 'ssh-refused');
    assert.match(failure?.message ?? '', /^ssh: connect to host x\w+ port 22: Connection refused$/);
    assert.equal(hostModel(result.evidence).name, all.name('berlin-7'));
  });
});
