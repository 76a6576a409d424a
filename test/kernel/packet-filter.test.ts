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

function nft(...chains: {family?: string; table?: string; hook?: string; policy?: string}[]): Section {
  const nftables = chains.map(({family = 'inet', table = 'fw', hook = 'input', policy = 'drop'}) => ({
    chain: {family, table, name: 'own', type: 'filter', hook, prio: 0, policy},
  }));
  return section('nft', JSON.stringify({nftables}));
}

function decided(sections: Section[], way: Hook = 'INPUT') {
  const filter = packetFilter(parseTables(sections));
  assert.ok(filter);
  const {verdict, evidence} = decide(filter, way, packet);
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

  it('leave open what chains of nftables see that are not walked, where they are on the way', () => {
    const accepting = iptables('iptables-nft', '');
    assert.deepEqual(decided([accepting, nft({family: 'netdev', hook: 'ingress'})]), [
      'unknown',
      'nft netdev fw own',
    ]);
    // These see no packet that is routed, or decide on nothing.
    for (const chain of [{family: 'bridge'}, {family: 'arp'}, {family: 'ip6'}, {policy: 'accept'}])
      assert.deepEqual(decided([accepting, nft(chain)]), ['accept'], JSON.stringify(chain));
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
