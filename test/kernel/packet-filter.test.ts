import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import type {FilteredPacket, Hook} from '../../src/kernel/netfilter.js';
import {decide, foreignChains, metIn, packetFilter} from '../../src/kernel/packet-filter.js';
import {ruleLine} from '../../src/kernel/printed-rule.js';
import {type NetnsTables, parseTables} from '../../src/model/netns-tables.js';
import type {Section} from '../../src/snapshot/snapshot.js';

const packet: FilteredPacket = {
  protocol: 'udp',
  src: '192.168.1.5',
  dst: '172.31.1.5',
  dport: 4789,
  ctState: 'NEW',
  inInterface: 'eth0',
  ipsec: false,
  dstLocal: true,
};

const drop = '-A INPUT -p udp -m udp --dport 4789 -j DROP';
const odd = '-A INPUT -m set --match-set bad src -j DROP';

function section(name: string, output: string, more: Partial<Section> = {}): Section {
  return {name, command: name, at: '2026-01-01T00:00:00.000Z', status: 0, output, ...more};
}

const saved = (rules: string, policy = 'ACCEPT') =>
  `*filter\n:INPUT ${policy} [7:700]\n${rules}${rules && '\n'}COMMIT\n`;
const iptables = (program: 'iptables-legacy' | 'iptables-nft', rules: string, policy?: string) =>
  section(program, saved(rules, policy));

interface Chain {
  family?: string;
  table?: string;
  hook?: string;
  policy?: string;
  dev?: string | string[];
}

function nft(...chains: Chain[]): Section {
  const nftables = chains.map(({family = 'inet', table = 'fw', hook = 'input', policy = 'drop', ...dev}) => ({
    chain: {family, table, name: 'own', type: 'filter', hook, prio: 0, policy, ...dev},
  }));
  return section('nft', JSON.stringify({nftables}));
}

function decided(sections: Section[], way: Hook = 'INPUT', asked = packet) {
  const filter = packetFilter(parseTables(sections));
  assert.ok(filter);
  const {verdict, evidence} = decide(filter, way, asked);
  return [verdict, ...evidence];
}

describe('the packet filters of a namespace together', () => {
  it('are not known where iptables was not read', () => {
    assert.equal(packetFilter(parseTables([nft({})])), undefined);
  });

  it('accept what none of them drops', () => {
    assert.deepEqual(decided([iptables('iptables-legacy', ''), iptables('iptables-nft', '')]), ['accept']);
  });

  it('drop what one of them drops, whatever is not known of the others', () => {
    const dropped = `iptables-nft: filter: ${drop}`;
    assert.deepEqual(decided([iptables('iptables-nft', drop)]), ['drop', dropped]);
    assert.deepEqual(decided([iptables('iptables-legacy', odd), iptables('iptables-nft', drop)]), [
      'drop',
      dropped,
    ]);
    assert.deepEqual(decided([iptables('iptables-nft', drop), nft({})]), ['drop', dropped]);
    assert.deepEqual(decided([iptables('iptables-nft', '', 'DROP')]), [
      'drop',
      'iptables-nft: filter: -P INPUT DROP',
    ]);
  });

  it('leave open what hangs on a match that is not understood, and quote it', () => {
    assert.deepEqual(decided([iptables('iptables-legacy', odd), iptables('iptables-nft', '')]), [
      'unknown',
      `iptables-legacy: filter: ${odd}`,
    ]);
  });

  it('walk the chains of nftables as those of iptables', () => {
    const accepting = iptables('iptables-nft', '');
    const dropped = ['drop', 'nft: inet fw own: policy drop'];
    assert.deepEqual(decided([accepting, nft({})]), dropped);
    assert.deepEqual(decided([accepting, nft({hook: 'output'})]), ['accept']);
    assert.deepEqual(decided([accepting, nft({hook: 'output'})], 'OUTPUT'), dropped);
    assert.deepEqual(decided([accepting, nft({hook: 'prerouting'})], 'FORWARD'), dropped);
  });

  it('see no packet in the families bridge and arp, nor where they decide on nothing', () => {
    const accepting = iptables('iptables-nft', '');
    for (const chain of [{family: 'bridge'}, {family: 'arp'}, {family: 'ip6'}, {policy: 'accept'}])
      assert.deepEqual(decided([accepting, nft(chain)]), ['accept'], JSON.stringify(chain));
  });

  it('walk chains at the device that a packet comes in or leaves by, and at no other', () => {
    const accepting = iptables('iptables-nft', '');
    const at = (chain: Chain, way?: Hook, more: Partial<FilteredPacket> = {}) =>
      decided([accepting, nft(chain)], way, {...packet, outInterface: 'eth1', framed: true, ...more});
    for (const family of ['netdev', 'inet'])
      for (const dev of ['eth0', ['wlan0', 'eth0'], 'eth*']) {
        const dropped = ['drop', `nft: ${family} fw own: policy drop`];
        assert.deepEqual(at({family, hook: 'ingress', dev}), dropped);
        assert.deepEqual(at({family, hook: 'ingress', dev}, 'FORWARD'), dropped);
        assert.deepEqual(at({family, hook: 'ingress', dev}, 'OUTPUT'), ['accept']);
      }
    assert.deepEqual(at({family: 'netdev', hook: 'ingress', dev: 'eth1'}), ['accept']);
    for (const way of ['OUTPUT', 'FORWARD'] as const)
      assert.deepEqual(at({family: 'netdev', hook: 'egress', dev: 'eth1'}, way)[0], 'drop');
    assert.deepEqual(at({family: 'netdev', hook: 'egress', dev: 'eth0'}, 'OUTPUT'), ['accept']);
  });

  it('leave open what a chain at a device does where the packet may be no frame of that device', () => {
    const chain = nft({family: 'netdev', hook: 'ingress', dev: 'eth0'});
    const accepting = iptables('iptables-nft', '');
    assert.deepEqual(decided([accepting, chain]), ['unknown', 'nft netdev fw own']);
    assert.deepEqual(decided([accepting, chain], 'OUTPUT'), ['accept']);
    assert.equal(decided([iptables('iptables-nft', drop), chain])[0], 'drop');
    // It may have marked what another rule then drops.
    const expr = [{mangle: {key: {meta: {key: 'mark'}}, value: 1}}];
    const {nftables} = JSON.parse(chain.output) as {nftables: object[]};
    const marks = {rule: {family: 'netdev', table: 'fw', chain: 'own', expr}};
    const marking = section('nft', JSON.stringify({nftables: [...nftables, marks]}));
    assert.deepEqual(decided([iptables('iptables-nft', drop), marking]), ['unknown', 'nft netdev fw own']);
  });

  it('leave open what a chain does whose devices nft does not tell, or where that of the packet is not known', () => {
    const accepting = iptables('iptables-nft', '');
    const open = ['unknown', 'nft: netdev fw own: policy drop'];
    const frame: FilteredPacket = {...packet, framed: true};
    assert.deepEqual(decided([accepting, nft({family: 'netdev', hook: 'ingress'})], 'INPUT', frame), open);
    const {inInterface: _, ...somewhere} = frame;
    const chain = nft({family: 'netdev', hook: 'ingress', dev: 'eth0'});
    assert.deepEqual(decided([accepting, chain], 'INPUT', somewhere), open);
  });

  it('do not take for sure a mark of a chain whose devices nft does not tell', () => {
    const at = {
      family: 'netdev',
      table: 'fw',
      name: 'own',
      type: 'filter',
      hook: 'ingress',
      prio: 0,
      policy: 'accept',
    };
    const {name: chain, family, table} = at;
    const marks = {family, table, chain, expr: [{mangle: {key: {meta: {key: 'mark'}}, value: 1}}]};
    const told = section('nft', JSON.stringify({nftables: [{chain: at}, {rule: marks}]}));
    for (const match of ['--mark 0x1', '! --mark 0x1']) {
      const rule = `-A INPUT -m mark ${match} -j DROP`;
      const [verdict] = decided([iptables('iptables-nft', rule), told], 'INPUT', {...packet, framed: true});
      assert.equal(verdict, 'unknown', match);
    }
  });

  it('leave open what chains do at devices below that of the packet', () => {
    const links = [
      {ifindex: 2, ifname: 'eth1', master: 'bond0'},
      {ifindex: 3, ifname: 'eth2'},
      {ifindex: 4, ifname: 'bond0'},
      {ifindex: 5, link_index: 4, link: 'bond0', ifname: 'eth0'},
    ].map((link) => ({mtu: 1500, flags: [], link_type: 'ether', addr_info: [], ...link}));
    const addr = section('addr', JSON.stringify(links), {command: 'ip -d -s -j addr show'});
    const at = (dev: string) =>
      decided([iptables('iptables-nft', ''), addr, nft({family: 'netdev', hook: 'ingress', dev})], 'INPUT', {
        ...packet,
        framed: true,
      });
    for (const dev of ['eth1', 'bond0']) assert.deepEqual(at(dev), ['unknown', 'nft netdev fw own'], dev);
    assert.deepEqual(at('eth2'), ['accept']);
  });

  it('see a base chain that nft has put into a table of iptables, which iptables does not show', () => {
    const own = nft({family: 'ip', table: 'filter'});
    assert.deepEqual(decided([iptables('iptables-nft', ''), own]), [
      'drop',
      'nft: ip filter own: policy drop',
    ]);
  });

  it('leave all open where nft failed, and say so', () => {
    const [verdict, why] = decided([iptables('iptables-nft', ''), section('nft', '', {status: 127})]);
    assert.equal(verdict, 'unknown');
    assert.match(why ?? '', /^nft list ruleset: /);
  });

  it('translate over both back ends', () => {
    const nat = (program: string, to: string) =>
      section(
        program,
        `*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p udp -j DNAT --to-destination ${to}\nCOMMIT\n`,
      );
    const place = {table: 'nat', chain: 'PREROUTING', actions: ['dnat']} as const;
    const tables = parseTables([nat('iptables-legacy', '10.0.0.1'), nat('iptables-nft', '10.0.0.2')]);
    assert.deepEqual(
      metIn(tables, place, packet)?.map(({match, rule}) => `${match} ${ruleLine(rule)}`),
      [
        'yes iptables-legacy: nat: -A PREROUTING -p udp -j DNAT --to-destination 10.0.0.1',
        'yes iptables-nft: nat: -A PREROUTING -p udp -j DNAT --to-destination 10.0.0.2',
      ],
    );
    assert.deepEqual(metIn(parseTables([iptables('iptables-nft', '')]), place, packet), []);
    assert.equal(metIn(parseTables([]), place, packet), undefined);
  });

  it('name what could do what a missing rule would have done', () => {
    const named = (...sections: Section[]) => foreignChains(parseTables(sections) satisfies NetnsTables);
    assert.deepEqual(named(), []);
    assert.deepEqual(named(nft({})), ['nft inet fw own']);
    assert.equal(named(section('nft', '', {status: 1})).length, 1);
  });
});
