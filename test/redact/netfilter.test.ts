import assert from 'node:assert/strict';
import {readdirSync, readFileSync} from 'node:fs';
import {describe, it} from 'node:test';
import {hex, mapped, section} from './section.js';

describe('packet filters: addresses', () => {
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

  it('stand beside names of fields, by which rules are understood, and which stay as nft has them', () => {
    const fields = {
      ether: 'saddr daddr type',
      vlan: 'id dei pcp type',
      arp: 'htype ptype hlen plen operation',
      ip: 'version hdrlength dscp ecn length id frag-off ttl protocol checksum saddr daddr',
      icmp: 'type code checksum id sequence gateway mtu',
      ip6: 'version dscp ecn flowlabel length nexthdr hoplimit saddr daddr',
      icmpv6: 'type code checksum parameter-problem packet-too-big id sequence max-delay taddr daddr',
      tcp: 'sport dport sequence ackseq doff reserved flags window checksum urgptr',
      udp: 'sport dport length checksum',
      ah: 'nexthdr hdrlength reserved spi sequence',
      esp: 'spi sequence',
      comp: 'nexthdr flags cpi',
    };
    const expr = Object.entries(fields).flatMap(([protocol, names]) =>
      names.split(' ').map((field) => ({match: {op: '==', left: {payload: {protocol, field}}, right: 1}})),
    );
    const text = JSON.stringify({nftables: [{rule: {family: 'ip', table: 'filter', chain: 'input', expr}}]});
    assert.equal(section('nft', text), text);
  });

  it('are found in rules with comments, sets and user chains, of which no word is left', () => {
    const text =
      '[1:2] -A ACME-FW -s 10.0.1.9/32 -m comment --comment "ticket 4711: let berlin in" -m set --match-set acme-hosts src -j ACME-LOG';
    const redacted = section('iptables-legacy', text);
    assert.doesNotMatch(redacted, /ACME|acme|berlin|ticket|10\.0\.1\.9/);
    assert.match(redacted, new RegExp(`^\\[1:2\\] -A x\\w{8} -s ${mapped}/32 -m comment --comment "`));
  });

  it('are replaced in what nft prints of a table, of which the words of its own stay', () => {
    const folder = new URL('../../fixtures/mixed/', import.meta.url);
    const files = readdirSync(folder, {recursive: true, encoding: 'utf8'}).filter((file) =>
      file.endsWith('.txt'),
    );
    assert.equal(files.length, 6);
    for (const file of files) {
      const text = readFileSync(new URL(file, folder), 'utf8');
      // Addresses, and what is quoted.
      const words = (of: string) => of.replace(/"[^"]*"|\d+(\.\d+){3}(\/\d+)?/g, '').trim();
      const redacted = section('nft-table', text);
      const chain = section('nft-table', 'OPERATOR');
      assert.equal(words(redacted), words(text).replaceAll('OPERATOR', chain), file);
      assert.doesNotMatch(redacted, /OPERATOR|172\.18\.|allowed/);
    }
  });

  it('are left out with the rule where nft prints them as bytes', () => {
    const rules = '\t\t@nh,96,32 0xa000109 drop # handle 7\n\t\tct state new accept # handle 8';
    assert.equal(section('nft-table', rules), '\n\t\tct state new accept # handle 8');
  });
});
