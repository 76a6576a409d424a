import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import type {FilteredPacket, Hook} from '../../src/kernel/netfilter.js';
import {decide, packetFilter} from '../../src/kernel/packet-filter.js';
import {parseTables} from '../../src/model/netns-tables.js';
import type {Section} from '../../src/snapshot/snapshot.js';

const table = {family: 'inet', table: 'fw'};
const section = (name: string, output: string): Section => ({
  ...{name, command: name, at: '2026-01-01T00:00:00.000Z', status: 0, output},
});
const packet: FilteredPacket = {
  ...{protocol: 'udp', src: '192.0.2.2', dst: '192.0.2.1', dport: 4789, ctState: 'NEW'},
  ...{inInterface: 'eth0', ipsec: false, dstLocal: true},
};
const equal = (left: object, right: unknown, op = '==') => ({match: {op, left, right}});
const header = (protocol: string, field: string) => ({payload: {protocol, field}});
const drop = {drop: null};

/** What becomes of the packet by these rules of an input chain, with more chains to jump to. */
function verdict(
  rules: object[][],
  {
    more = {},
    base = {},
    way = 'INPUT' as Hook,
    asked = packet,
    flowtables = [] as string[],
  }: {
    more?: Record<string, object[][]>;
    base?: object;
    way?: Hook;
    asked?: FilteredPacket;
    flowtables?: string[];
  } = {},
): string {
  const own = {hook: 'input', type: 'filter', prio: 0, policy: 'accept', ...base};
  const ofChain = (chain: string, all: object[][]) => all.map((expr) => ({rule: {...table, chain, expr}}));
  const nftables = [
    {table: {family: 'inet', name: 'fw'}},
    ...flowtables.map((name) => ({flowtable: {...table, name, hook: 'ingress', prio: 0, dev: ['eth0']}})),
    {chain: {...table, name: 'door', ...own}},
    ...Object.keys(more).map((name) => ({chain: {...table, name}})),
    ...ofChain('door', rules),
    ...Object.entries(more).flatMap(([chain, all]) => ofChain(chain, all)),
  ];
  const iptables = '*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n';
  const filter = packetFilter(
    parseTables([section('iptables-nft', iptables), section('nft', JSON.stringify({nftables}))]),
  );
  assert.ok(filter);
  return decide(filter, way, asked).verdict;
}

describe('rules of nftables on the way of a packet (nft(8))', () => {
  it('ask for pieces by the offset alone: the whole field has the flag DF, which is not known', () => {
    const field = header('ip', 'frag-off');
    const offset = {'&': [field, 0x1fff]};
    assert.equal(verdict([[equal(offset, 0, '!='), drop]]), 'accept');
    assert.equal(verdict([[equal(offset, 0), drop]]), 'drop');
    for (const op of ['==', '!=']) assert.equal(verdict([[equal(field, 0, op), drop]]), 'unknown');
  });

  it('ask for the family and protocol of the header that they look at, negated or not', () => {
    assert.equal(verdict([[equal(header('ip6', 'saddr'), 'fe80::1', '!='), drop]]), 'accept');
    assert.equal(verdict([[equal(header('tcp', 'dport'), 22, '!='), drop]]), 'accept');
    assert.equal(verdict([[equal(header('icmp', 'type'), 'echo-request', '!='), drop]]), 'accept');
    assert.equal(verdict([[equal(header('ip', 'saddr'), '192.0.2.9', '!='), drop]]), 'drop');
    assert.equal(verdict([[equal(header('udp', 'dport'), 53, '!='), drop]]), 'drop');
    assert.equal(verdict([[equal(header('th', 'dport'), 4789), drop]]), 'drop');
  });

  it('ask for IPsec on the way in, on the way out, and for its state, which a packet without leaves the rule for', () => {
    const asks = (left: object, right: unknown, {op = '==', asked = packet, hook = 'input'} = {}) =>
      verdict([[equal(left, right, op), drop]], {asked, base: {hook}});
    const [came, leaves, state] = [
      {meta: {key: 'ipsec'}},
      {rt: {key: 'ipsec'}},
      {ipsec: {key: 'reqid', dir: 'in', spnum: 0}},
    ];
    assert.deepEqual([asks(came, true), asks(came, false)], ['accept', 'drop']);
    assert.deepEqual([asks(leaves, true), asks(leaves, false)], ['accept', 'drop']);
    assert.deepEqual([asks(state, 1), asks(state, 1, {op: '!='})], ['accept', 'accept']);
    // Before it is routed there is no route to ask.
    assert.equal(asks(leaves, false, {hook: 'prerouting'}), 'accept');
    assert.equal(asks(leaves, false, {hook: 'prerouting', asked: {...packet, inInterface: 'lo'}}), 'unknown');
    const sealed = {asked: {...packet, ipsec: true}};
    assert.deepEqual([asks(came, true, sealed), asks(came, false, sealed)], ['drop', 'accept']);
    assert.deepEqual([asks(leaves, true, sealed), asks(state, 1, sealed)], ['unknown', 'unknown']);
  });

  it('know of what leaves under IPsec that it does where nothing changes its route any more', () => {
    const asked = {...packet, dstLocal: false, outInterface: 'eth0', ipsec: true};
    const asks = (hook: string, packet: FilteredPacket) =>
      [true, false].map((there) =>
        verdict([[equal({rt: {key: 'ipsec'}}, there), drop]], {asked: packet, base: {hook}, way: 'OUTPUT'}),
      );
    assert.deepEqual(asks('postrouting', asked), ['drop', 'accept']);
    assert.deepEqual(asks('output', asked), ['unknown', 'unknown']);
    assert.deepEqual(asks('postrouting', {...asked, protocol: 'esp'}), ['accept', 'drop']);
  });

  it('find no mark on what nothing was before: ESP that comes, and what will be ESP', () => {
    const [marked, unmarked] = [1, 0].map((mark) => equal({meta: {key: 'mark'}}, mark)) as [object, object];
    const asks = (way: Hook, asked: Partial<FilteredPacket>) =>
      [marked, unmarked].map((match) =>
        verdict([[match, drop]], {
          asked: {...packet, ipsec: true, dstLocal: way === 'INPUT', ...asked},
          base: {hook: way.toLowerCase()},
          way,
        }),
      );
    assert.deepEqual(asks('INPUT', {protocol: 'esp'}), ['accept', 'drop']);
    assert.deepEqual(asks('OUTPUT', {}), ['accept', 'drop']);
    // They have what rules gave to the other.
    assert.deepEqual(asks('INPUT', {}), ['unknown', 'unknown']);
    assert.deepEqual(asks('OUTPUT', {protocol: 'esp'}), ['unknown', 'unknown']);
  });

  it('leave flows to a flowtable, which then meet no rule', () => {
    const flow = {flow: {op: 'add', flowtable: '@ft'}};
    const forwarded = {...packet, dstLocal: false, dst: '198.51.100.2', outInterface: 'eth1'};
    const asks = (rules: object[][], asked: object, flowtables = ['ft']) =>
      verdict(rules, {
        ...{base: {hook: 'forward'}, way: 'FORWARD', flowtables},
        asked: {...forwarded, ...asked},
      });
    // The flow of a first packet is not taken, and where it is not, the rule is left.
    assert.equal(asks([[flow, drop]], {}), 'accept');
    assert.equal(asks([[flow, {accept: null}], [drop]], {}), 'drop');
    assert.equal(asks([[flow, drop]], {ctState: 'ESTABLISHED', protocol: 'esp'}), 'accept');
    assert.equal(asks([[flow, drop]], {ctState: 'ESTABLISHED'}), 'unknown');
    // A flow may have been taken before, by a rule that is gone.
    assert.equal(asks([[drop]], {ctState: 'ESTABLISHED'}), 'unknown');
    assert.equal(asks([[drop]], {ctState: 'ESTABLISHED'}, []), 'drop');
    assert.equal(asks([[drop]], {ctState: 'ESTABLISHED', protocol: 'esp'}), 'drop');
    assert.equal(asks([[drop]], {}), 'drop');
  });

  it('are of one family by meta nfproto', () => {
    const family = (name: string) => verdict([[equal({meta: {key: 'nfproto'}}, name), drop]]);
    assert.deepEqual([family('ipv4'), family('ipv6')], ['drop', 'accept']);
  });

  it('look at what conntrack knows', () => {
    const status = equal({ct: {key: 'status'}}, 'dnat', 'in');
    assert.equal(verdict([[status, {accept: null}], [drop]]), 'drop');
    assert.equal(verdict([[equal({ct: {key: 'state'}}, 'invalid', 'in'), drop]]), 'accept');
  });

  it('know that a connection is confirmed where its first packet has passed', () => {
    const of = (ctState: 'NEW' | 'ESTABLISHED', name: string) =>
      verdict([[equal({ct: {key: 'status'}}, name, 'in'), drop]], {asked: {...packet, ctState}});
    assert.deepEqual([of('NEW', 'confirmed'), of('ESTABLISHED', 'confirmed')], ['accept', 'drop']);
    assert.equal(of('ESTABLISHED', 'assured'), 'unknown');
  });

  it('see one hop less where a packet is forwarded, and no other change of its header', () => {
    const header4 = {'ip ttl': 64, 'ip length': 36};
    const asked = {...packet, header: header4, dstLocal: false, outInterface: 'eth1'};
    const dropped = (hook: string, field: string, value: number) =>
      verdict([[equal(header('ip', field), value), drop]], {base: {hook}, way: 'FORWARD', asked}) === 'drop';
    assert.deepEqual(
      ['prerouting', 'forward', 'postrouting'].map((hook) =>
        [64, 63].filter((ttl) => dropped(hook, 'ttl', ttl)),
      ),
      [[64], [63], [63]],
    );
    assert.ok(dropped('forward', 'length', 36));
  });

  it('choose by verdict maps', () => {
    const map = (...elements: [unknown, object][]) => [
      {vmap: {key: {ct: {key: 'state'}}, data: {set: elements}}},
    ];
    assert.equal(verdict([map(['established', {accept: null}], ['new', drop])]), 'drop');
    assert.equal(verdict([map(['established', drop])]), 'accept');
    assert.equal(verdict([map(['new', {jump: {target: 'c'}}])], {more: {c: [[drop]]}}), 'drop');
    assert.equal(verdict([[{vmap: {key: {ct: {key: 'state'}}, data: '@states'}}]]), 'unknown');
    assert.equal(verdict([map(['*', drop])]), 'drop');
    assert.equal(verdict([map(['*', drop], ['new', {accept: null}])]), 'accept');
  });

  it('end a chain by return and goto as the kernel has it', () => {
    assert.equal(verdict([[{goto: {target: 'c'}}], [drop]], {more: {c: []}}), 'accept');
    assert.equal(verdict([[{jump: {target: 'c'}}], [drop]], {more: {c: []}}), 'drop');
    assert.equal(verdict([[{return: null}], [drop]], {base: {policy: 'accept'}}), 'accept');
    assert.equal(verdict([[{return: null}]], {base: {policy: 'drop'}}), 'drop');
  });

  it('do not see an interface that is not known yet', () => {
    const out = equal({meta: {key: 'oifname'}}, 'eth0');
    assert.notEqual(verdict([[out, drop]], {base: {hook: 'prerouting'}}), 'drop');
  });

  it('leave open what a translation of their own makes of the packet', () => {
    const nat = {hook: 'prerouting', type: 'nat', prio: -100};
    const translated = verdict([[equal(header('udp', 'dport'), 4789), {dnat: {addr: '192.0.2.7'}}]], {
      base: nat,
    });
    assert.equal(translated, 'unknown');
    assert.equal(
      verdict([[equal(header('udp', 'dport'), 53), {dnat: {addr: '192.0.2.7'}}]], {base: nat}),
      'accept',
    );
  });

  /** What a prerouting chain of type nat does, and an input chain after it. */
  function translated(rules: object[][], then: object[][]): string {
    const chain = (name: string, type: string, hook: string, prio: number) => ({
      chain: {...table, name, type, hook, prio, policy: 'accept'},
    });
    const ofChain = (name: string, all: object[][]) =>
      all.map((expr) => ({rule: {...table, chain: name, expr}}));
    const nftables = [
      {table: {family: 'inet', name: 'fw'}},
      chain('nat', 'nat', 'prerouting', -100),
      chain('door', 'filter', 'input', 0),
      ...ofChain('nat', rules),
      ...ofChain('door', then),
    ];
    const iptables = '*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n';
    const filter = packetFilter(
      parseTables([section('iptables-nft', iptables), section('nft', JSON.stringify({nftables}))]),
    );
    assert.ok(filter);
    return decide(filter, 'INPUT', packet).verdict;
  }

  it('translate packets of the family of the address alone, and not those that have it', () => {
    const to = (family: string, addr: string) => ({dnat: {family, addr}});
    const hasMoved = equal({ct: {key: 'status'}}, 'dnat', 'in');
    const own = equal(header('ip', 'daddr'), packet.dst);
    assert.equal(translated([[to('ip6', '2001:db8::1')]], [[own, drop]]), 'drop');
    assert.equal(translated([[to('ip6', '2001:db8::1')]], [[hasMoved, drop]]), 'accept');
    // The kernel may still give it another port where another connection has its own.
    assert.equal(translated([[to('ip', packet.dst)]], [[hasMoved, drop]]), 'unknown');
  });

  it('are followed both ways where a match is not understood', () => {
    const odd = {limit: {rate: 1, per: 'second'}};
    assert.equal(verdict([[odd, drop]]), 'unknown');
    assert.equal(verdict([[odd, drop], [drop]]), 'drop');
    assert.equal(verdict([[equal(header('ip', 'saddr'), '@bad'), drop]]), 'unknown');
  });
});

describe('rules that the kernel taught (npm run rulesets)', () => {
  const seen = {set: {op: 'add', elem: header('ip6', 'saddr'), set: '@seen6'}};
  const mark = (from: object | number) => ({mangle: {key: {meta: {key: 'mark'}}, value: from}});
  const ofConnection = {ct: {key: 'mark'}};

  it('add to a set of addresses only where the packet has such an address', () => {
    assert.equal(verdict([[seen, drop]]), 'accept');
    assert.equal(verdict([[{...seen, set: {...seen.set, elem: header('ip', 'saddr')}}, drop]]), 'drop');
  });

  it('answer packets of the family of the answer alone', () => {
    const reject = (type: string) => verdict([[{reject: {type, expr: 'port-unreachable'}}]]);
    assert.deepEqual(['icmp', 'icmpv6', 'icmpx'].map(reject), ['drop', 'accept', 'drop']);
  });

  it('copy no mark of a connection before there is one', () => {
    const early = {hook: 'prerouting', prio: -300};
    assert.equal(verdict([[mark(ofConnection), drop]], {base: early}), 'accept');
    assert.equal(verdict([[mark(ofConnection), drop]]), 'drop');
    // One that is set is not copied, and the rule goes on.
    assert.equal(verdict([[{mangle: {key: ofConnection, value: 1}}, drop]], {base: early}), 'drop');
  });

  it('see what rules before them have marked', () => {
    const marked = (value: number) => [equal({meta: {key: 'mark'}}, value), drop];
    assert.equal(verdict([[mark(4)], marked(4)]), 'drop');
    assert.equal(verdict([[mark(4)], marked(1)]), 'accept');
    assert.equal(verdict([[mark({'|': [{meta: {key: 'mark'}}, 1]})], marked(1)]), 'drop');
    assert.equal(verdict([[{limit: {rate: 1, per: 'second'}}, mark(4)], marked(4)]), 'unknown');
  });

  it('know no state before conntrack, and no other than untracked without it', () => {
    const state = (name: string) => [equal({ct: {key: 'state'}}, name, 'in'), drop];
    const early = {hook: 'prerouting', prio: -300};
    assert.equal(verdict([state('new')], {base: early}), 'accept');
    assert.equal(verdict([state('invalid')], {base: early}), 'drop');
    assert.equal(verdict([[{notrack: null}], state('untracked')], {base: early}), 'drop');
    assert.equal(
      verdict([[{notrack: null}], state('untracked')], {base: {hook: 'prerouting', prio: -150}}),
      'accept',
    );
  });

  it('may be kept from conntrack by a chain beside them', () => {
    const raw = (name: string, rules: string) =>
      section(name, `*raw\n:PREROUTING ACCEPT [0:0]\n${rules}COMMIT\n*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n`);
    const of = (own: string, other: string) => {
      const state = [[equal({ct: {key: 'direction'}}, 'original'), drop]];
      const door = {
        chain: {...table, name: 'door', hook: 'input', type: 'filter', prio: 0, policy: 'accept'},
      };
      const rules = state.map((expr) => ({rule: {...table, chain: 'door', expr}}));
      const nftables = [{table: {family: 'inet', name: 'fw'}}, door, ...rules];
      const filter = packetFilter(
        parseTables([
          raw('iptables-legacy', own),
          raw('iptables-nft', other),
          section('nft', JSON.stringify({nftables})),
        ]),
      );
      assert.ok(filter);
      return decide(filter, 'INPUT', packet).verdict;
    };
    const perhaps = '-A PREROUTING -m statistic --mode nth --every 2 --packet 0 -j NOTRACK\n';
    assert.equal(of('', ''), 'drop');
    assert.equal(of(perhaps, '-A PREROUTING -p tcp -j NOTRACK\n'), 'unknown');
  });

  it('of type nat may be asked before others of their priority', () => {
    const saved =
      '*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p udp -m udp --dport 4789 -j REDIRECT --to-ports 4790\nCOMMIT\n*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n';
    const beside = (prio: number) => {
      const chain = {...table, name: 'own', type: 'nat', hook: 'prerouting', prio, policy: 'accept'};
      const nftables = [
        {table: {family: 'inet', name: 'fw'}},
        {chain},
        {rule: {...table, chain: 'own', expr: [drop]}},
      ];
      const filter = packetFilter(
        parseTables([section('iptables-nft', saved), section('nft', JSON.stringify({nftables}))]),
      );
      assert.ok(filter);
      return decide(filter, 'INPUT', {...packet, redirectAs: packet.dst}).verdict;
    };
    // The first that translates is the last that is asked.
    assert.deepEqual([-110, -100, -90].map(beside), ['drop', 'unknown', 'accept']);
  });

  it('of type nat may be kept from what they drop by one of their priority that translates', () => {
    const base = {type: 'nat', hook: 'output', policy: 'accept'};
    const translate = {dnat: {family: 'ip', addr: '192.0.2.2', port: 4790}};
    const asked = {...packet, dstLocal: false, outInterface: 'eth0'};
    const beside = (other: object, prio: number) => {
      const nftables = [
        ...['one', 'two'].map((name) => ({table: {family: 'inet', name}})),
        ...[
          {family: 'inet', table: 'one', action: drop, prio: -90},
          {family: 'inet', table: 'two', action: other, prio},
        ].flatMap(({action, prio: own, ...of}) => [
          {chain: {...of, ...base, name: 'out', prio: own}},
          {rule: {...of, chain: 'out', expr: [equal(header('udp', 'dport'), 4789), action]}},
        ]),
      ];
      const filter = packetFilter(
        parseTables([section('iptables-nft', ''), section('nft', JSON.stringify({nftables}))]),
      );
      assert.ok(filter);
      return decide(filter, 'OUTPUT', asked).verdict;
    };
    assert.deepEqual(
      [-90, -80].map((prio) => beside(translate, prio)),
      ['unknown', 'drop'],
    );
    // Whichever is asked first, it is dropped.
    assert.equal(beside(drop, -90), 'drop');
  });

  it('may be marked by a chain beside them with what another has written', () => {
    const saved = (name: string, mangle: string) =>
      section(
        name,
        `*mangle\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n${mangle}COMMIT\n*filter\n:INPUT DROP [0:0]\n-A INPUT -m connmark --mark 0x1 -j ACCEPT\nCOMMIT\n`,
      );
    const sets = saved('iptables-legacy', '-A PREROUTING -j CONNMARK --set-xmark 0x1/0xffffffff\n');
    const filterOf = (mangle: string) => {
      const filter = packetFilter(
        parseTables([sets, saved('iptables-nft', mangle), section('nft', '{"nftables": []}')]),
      );
      assert.ok(filter);
      return decide(filter, 'INPUT', packet).verdict;
    };
    assert.equal(filterOf(''), 'accept');
    assert.notEqual(filterOf('-A INPUT -j CONNMARK --save-mark\n'), 'accept');
  });

  it('look into sets that have a name, of which only those that packets add to leave doubt', () => {
    const inSet = (elem: unknown[], flags: string[] = []) => {
      const set = {set: {...table, name: 's', type: 'ipv4_addr', flags, elem}};
      const nftables = [
        set,
        {chain: {...table, name: 'door', hook: 'input', type: 'filter', prio: 0, policy: 'accept'}},
        {rule: {...table, chain: 'door', expr: [equal(header('ip', 'saddr'), '@s'), drop]}},
      ];
      const filter = packetFilter(
        parseTables([section('iptables-nft', ''), section('nft', JSON.stringify({nftables}))]),
      );
      return filter && decide(filter, 'INPUT', packet).verdict;
    };
    assert.equal(inSet(['192.0.2.2']), 'drop');
    assert.equal(inSet(['192.0.2.3']), 'accept');
    assert.equal(inSet([{range: ['192.0.2.1', '192.0.2.6']}]), 'drop');
    assert.equal(inSet([{range: ['192.0.2.3', '192.0.2.6']}]), 'accept');
    assert.equal(inSet([{elem: {val: '192.0.2.2', timeout: 60, expires: 9}}], ['timeout']), 'drop');
    assert.equal(inSet([], ['dynamic']), 'unknown');
  });

  it('look for combinations of an address and a port', () => {
    const pair = {concat: [header('ip', 'saddr'), header('udp', 'dport')]};
    const of = (address: unknown, port: unknown) => [equal(pair, {set: [{concat: [address, port]}]}), drop];
    assert.equal(verdict([of('192.0.2.2', 4789)]), 'drop');
    assert.equal(verdict([of({prefix: {addr: '192.0.2.0', len: 24}}, {range: [4000, 5000]})]), 'drop');
    assert.equal(verdict([of('192.0.2.2', 53)]), 'accept');
    assert.equal(verdict([of('192.0.2.3', 4789)]), 'accept');
  });
});
