import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {both, type FilteredPacket, type Held, ruleHolds} from '../../src/kernel/netfilter.js';
import {parseIptablesSave} from '../../src/model/rules/iptables.js';
import {parseNftRuleset} from '../../src/model/rules/nftables.js';
import {rulesOf} from '../../src/model/rules/questions.js';
import type {Rule} from '../../src/model/rules/rule.js';

const packet: FilteredPacket = {
  protocol: 'udp',
  src: '192.168.1.5',
  dst: '172.31.1.5',
  dport: 4789,
  sport: 50_000,
  ctState: 'NEW',
  inInterface: 'eth0',
  outInterface: 'br-1',
  vni: 4097,
  ipsec: false,
  dstLocal: true,
  srcLocal: false,
};

const {ctState, inInterface, srcLocal, vni, dport, sport, ...unsure} = packet;
/** Of which nothing is known that need not be. */
const unknown: FilteredPacket = {...unsure, src: '', dst: ''};

function ruleOf(matches: string): Rule {
  const [rule] = rulesOf([
    parseIptablesSave(`*filter\n-A INPUT ${matches} -j DROP\nCOMMIT\n`, 'iptables-nft'),
  ]);
  assert.ok(rule);
  return rule;
}

/** Each match with what it is for the packet, and for one of which little is known. */
const cases: [matches: string, known: Held, unknown: Held][] = [
  ['-i eth0', 'yes', 'perhaps'],
  ['-i eth1', 'no', 'perhaps'],
  ['! -i eth1', 'yes', 'perhaps'],
  ['-i eth+', 'yes', 'perhaps'],
  ['-i +', 'yes', 'perhaps'],
  ['-i et', 'no', 'perhaps'],
  ['-o br-1', 'yes', 'yes'],
  ['-s 192.168.1.5/32', 'yes', 'perhaps'],
  ['-s 192.168.0.0/16', 'yes', 'perhaps'],
  ['! -s 10.0.0.0/8', 'yes', 'perhaps'],
  ['-d 172.31.1.6', 'no', 'perhaps'],
  ['-d 0.0.0.0/0', 'yes', 'perhaps'],
  ['-s 192.0.1.5/255.0.255.255', 'perhaps', 'perhaps'],
  ['-p udp', 'yes', 'yes'],
  ['-p 17', 'yes', 'yes'],
  ['-p all', 'yes', 'yes'],
  ['-p tcp', 'no', 'no'],
  ['! -p tcp', 'yes', 'yes'],
  ['-m udp --dport 4789', 'yes', 'perhaps'],
  ['-m udp ! --dport 4789', 'no', 'perhaps'],
  ['-m udp --dport 4000:5000', 'yes', 'perhaps'],
  ['-m udp --dport 5000:', 'no', 'perhaps'],
  ['-m udp --dport 0:65535', 'yes', 'yes'],
  ['-m udp --dport 1:65535', 'yes', 'yes'],
  ['-m udp --dport 2:65535', 'yes', 'perhaps'],
  ['-m udp --dport domain', 'perhaps', 'perhaps'],
  ['-m udp --sport 50000', 'yes', 'perhaps'],
  ['-m multiport --dports 53,4780:4790', 'yes', 'perhaps'],
  ['-m multiport --dports 53,54', 'no', 'perhaps'],
  ['-m multiport --ports 4789', 'perhaps', 'perhaps'],
  ['-m conntrack --ctstate NEW', 'yes', 'perhaps'],
  ['-m conntrack --ctstate RELATED,ESTABLISHED', 'no', 'perhaps'],
  ['-m conntrack --ctstate NEW,ESTABLISHED', 'yes', 'yes'],
  ['-m conntrack --ctstate INVALID', 'no', 'no'],
  ['-m conntrack ! --ctstate INVALID', 'yes', 'yes'],
  ['-m conntrack --ctstate NEW,UNTRACKED', 'yes', 'perhaps'],
  ['-m state --state NEW', 'yes', 'perhaps'],
  ['-m mark --mark 0xd0c4e3', 'no', 'no'],
  ['-m mark --mark 0xd0c4e3/0xffffffff', 'no', 'no'],
  ['-m mark ! --mark 0xd0c4e3', 'yes', 'yes'],
  ['-m mark --mark 0xd0c4e3/0xff', 'perhaps', 'perhaps'],
  ['-m mark --mark 0x1', 'perhaps', 'perhaps'],
  ['-m connmark --mark 0xd0c4e3', 'perhaps', 'perhaps'],
  ['-m addrtype --dst-type LOCAL', 'yes', 'yes'],
  ['-m addrtype ! --dst-type LOCAL', 'no', 'no'],
  ['-m addrtype --src-type LOCAL', 'no', 'perhaps'],
  ['-m addrtype --dst-type MULTICAST', 'no', 'no'],
  ['-m policy --dir in --pol none', 'yes', 'yes'],
  ['-m policy --dir in --pol ipsec', 'no', 'no'],
  ['-m policy --dir in --pol ipsec --strict', 'no', 'no'],
  ['-m policy --pol none --reqid 1', 'perhaps', 'perhaps'],
  ['-m u32 --u32 "0x0>>0x16&0x3c@0xc&0xffffff00=0x100100"', 'yes', 'perhaps'],
  ['-m u32 --u32 "0x0>>0x16&0x3c@0xc&0xffffff00=0x100200"', 'no', 'perhaps'],
  ['-m u32 --u32 "0x0=0x1"', 'perhaps', 'perhaps'],
  ['-m ipvs --ipvs', 'perhaps', 'perhaps'],
  ['-m ipvs ! --ipvs', 'perhaps', 'perhaps'],
  ['-m comment --comment "-p tcp"', 'yes', 'yes'],
  ['-m set --match-set bad src', 'perhaps', 'perhaps'],
  ['-m set ! --match-set bad src', 'perhaps', 'perhaps'],
  ['-f', 'no', 'no'],
  ['-p tcp -m set --match-set bad src', 'no', 'no'],
  ['-p udp -m set --match-set bad src', 'perhaps', 'perhaps'],
  ['', 'yes', 'yes'],
];

describe('whether a rule of iptables holds for a packet', () => {
  for (const [matches, known, little] of cases) {
    it(`${matches || 'without matches'}: ${known}, or ${little} where little is known`, () => {
      assert.equal(ruleHolds(ruleOf(matches), packet), known);
      assert.equal(ruleHolds(ruleOf(matches), unknown), little);
    });
  }

  it('knows ICMP types by number', () => {
    const echo: FilteredPacket = {...packet, protocol: 'icmp', icmpType: 8};
    for (const [type, held] of [
      ['8', 'yes'],
      ['0', 'no'],
      ['any', 'yes'],
      ['3/4', 'perhaps'],
    ] as const)
      assert.equal(ruleHolds(ruleOf(`-p icmp -m icmp --icmp-type ${type}`), echo), held, type);
    const {icmpType, ...untyped} = echo;
    assert.equal(ruleHolds(ruleOf('-m icmp --icmp-type 8'), untyped), 'perhaps');
  });

  it('knows of IPsec by the policy and by the mark that Docker sets', () => {
    const sealed = {...packet, ipsec: true};
    assert.equal(ruleHolds(ruleOf('-m policy --dir in --pol none'), sealed), 'no');
    assert.equal(ruleHolds(ruleOf('-m policy --dir in --pol ipsec'), sealed), 'yes');
    // Docker marks what leaves; what came as ESP has the mark that it came with.
    assert.equal(ruleHolds(ruleOf('-m mark --mark 0xd0c4e3'), {...sealed, dstLocal: false}), 'yes');
    assert.equal(ruleHolds(ruleOf('-m mark --mark 0xd0c4e3'), sealed), 'perhaps');
  });

  it('knows that ESP itself is under no IPsec, neither before it is opened nor when it leaves', () => {
    const esp = {...packet, protocol: 'esp' as const, ipsec: true};
    for (const dstLocal of [true, false]) {
      assert.equal(ruleHolds(ruleOf('-m policy --dir in --pol ipsec'), {...esp, dstLocal}), 'no');
      assert.equal(ruleHolds(ruleOf('-p esp -m policy --dir in --pol none'), {...esp, dstLocal}), 'yes');
    }
  });
});

describe('whether a rule of nftables holds for a packet', () => {
  const held = (...expr: unknown[]): Held => {
    const chain = {family: 'inet', table: 'fw', chain: 'input'};
    const [rule] = rulesOf([parseNftRuleset(JSON.stringify({nftables: [{rule: {...chain, expr}}]}))]);
    assert.ok(rule);
    return ruleHolds(rule, packet);
  };
  const match = (left: unknown, right: unknown, op = '==') => ({match: {op, left, right}});
  const payload = (protocol: string, field: string) => ({payload: {protocol, field}});
  const meta = (key: string) => ({meta: {key}});

  it('as one of iptables does', () => {
    for (const [expr, expected] of [
      [match(meta('iifname'), 'eth0'), 'yes'],
      [match(meta('iifname'), 'eth*'), 'yes'],
      [match(meta('iifname'), 'eth0', '!='), 'no'],
      [match(meta('iifname'), {set: ['lo', 'eth0']}), 'yes'],
      [match(meta('l4proto'), {set: ['tcp', 'udp']}), 'yes'],
      [match(payload('ip', 'saddr'), {prefix: {addr: '192.168.0.0', len: 16}}), 'yes'],
      [match(payload('ip', 'daddr'), '172.31.1.6'), 'no'],
      [match(payload('ip', 'saddr'), '@bad'), 'perhaps'],
      [match(payload('udp', 'dport'), 4789), 'yes'],
      [match(payload('udp', 'dport'), {set: [53, {range: [4000, 5000]}]}), 'yes'],
      [match(payload('udp', 'dport'), 4789, '<'), 'no'],
      [match(payload('udp', 'dport'), 4789, '>='), 'yes'],
      // The protocol is asked for by the match itself.
      [match(payload('tcp', 'dport'), 4789), 'no'],
      [match(payload('th', 'dport'), 4789), 'yes'],
      [match({ct: {key: 'state'}}, ['established', 'related'], 'in'), 'no'],
      [match({ct: {key: 'state'}}, {set: ['new']}), 'yes'],
      [match({fib: {result: 'type', flags: ['daddr']}}, 'local'), 'yes'],
      [match({fib: {result: 'oif', flags: ['saddr', 'iif']}}, 0), 'perhaps'],
      [match(meta('mark'), 0xd0c4e3), 'no'],
      [{xt: {type: 'match', name: 'addrtype'}}, 'perhaps'],
      [{limit: {rate: 5, burst: 5, per: 'second'}}, 'perhaps'],
      [{counter: {packets: 1, bytes: 2}}, 'yes'],
    ] as const)
      assert.equal(held(expr, {drop: null}), expected, JSON.stringify(expr));
  });
});

it('both of two hold where each does', () => {
  const all: Held[] = ['yes', 'no', 'perhaps'];
  const table = all.map((one) => all.map((other) => both(one, other)));
  assert.deepEqual(table, [
    ['yes', 'no', 'perhaps'],
    ['no', 'no', 'no'],
    ['perhaps', 'no', 'perhaps'],
  ]);
});
