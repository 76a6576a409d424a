import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {decide, packetFilter} from '../../../src/kernel/packet-filter.js';
import {parseTables} from '../../../src/model/netns-tables.js';
import {parseIptablesSave} from '../../../src/model/rules/iptables.js';
import {shownByNft, withNativeRules} from '../../../src/model/rules/mixed.js';
import {parseNftRuleset} from '../../../src/model/rules/nftables.js';
import type {Section} from '../../../src/snapshot/snapshot.js';
import {recordedOutputs} from '../../support/evidence.js';

/** As iptables-nft-save 1.8.9 and nft 1.0.6 print the same two rules: the second is `ip saddr @blocked counter drop`. */
const saved = `*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
[0:0] -A INPUT -p tcp -m addrtype --dst-type LOCAL -j ACCEPT
[5:60] -A INPUT -j DROP
COMMIT
`;
const inFilter = (what: string, more: object) => ({[what]: {family: 'ip', table: 'filter', ...more}});
const input = inFilter('chain', {name: 'INPUT', type: 'filter', hook: 'input', prio: 0, policy: 'accept'});
const counter = {counter: {packets: 0, bytes: 0}};
const ofIptables = inFilter('rule', {
  chain: 'INPUT',
  expr: [
    {match: {op: '==', left: {meta: {key: 'l4proto'}}, right: 'tcp'}},
    {xt: {type: 'match', name: 'addrtype'}},
    counter,
    {accept: null},
  ],
});
const source = {payload: {protocol: 'ip', field: 'saddr'}};
const native = inFilter('rule', {
  chain: 'INPUT',
  expr: [{match: {op: '==', left: source, right: '@blocked'}}, counter, {drop: null}],
});
const blocked = inFilter('set', {name: 'blocked', type: 'ipv4_addr', elem: ['203.0.113.9']});
const listing = (...items: object[]) => JSON.stringify({nftables: items});
const mixed = listing(blocked, input, ofIptables, native);

const section = (name: string, output: string): Section => ({
  ...{name, command: name, at: '2026-01-01T00:00:00.000Z', status: 0, output},
});

function verdictFor(src: string, iptables: string, nft: string): [string, ...string[]] {
  const filter = packetFilter(parseTables([section('iptables-nft', iptables), section('nft', nft)]));
  assert.ok(filter);
  const packet = {
    protocol: 'udp' as const,
    src,
    dst: '192.0.2.1',
    dport: 4789,
    inInterface: 'eth0',
    dstLocal: true,
  };
  const {verdict, evidence} = decide(filter, 'INPUT', {...packet, ctState: 'NEW', ipsec: false});
  return [verdict, ...evidence];
}

describe('a rule that nft has put into a table of iptables', () => {
  it('is taken from nft, as iptables-nft-save prints a wider one', () => {
    assert.deepEqual(verdictFor('192.0.2.2', saved, mixed), ['accept']);
    assert.deepEqual(verdictFor('203.0.113.9', saved, mixed), [
      'drop',
      'nft: ip filter INPUT: ip saddr @blocked drop',
    ]);
  });

  it('is taken from nft where it looks at bytes without a name, which iptables-nft-save leaves out', () => {
    const vni = {match: {op: '!=', left: {payload: {base: 'th', offset: 96, len: 24}}, right: 4097}};
    const raw = inFilter('rule', {chain: 'INPUT', expr: [vni, counter, {drop: null}]});
    const [, line = ''] = verdictFor('192.0.2.2', saved, listing(input, ofIptables, raw));
    assert.match(line, /^nft: ip filter INPUT: @th,96,24 != 0x1001 drop/);
  });

  it('is taken from nft where it counts nothing, which iptables-nft-save prints as no packets', () => {
    const rules = parseIptablesSave(saved, 'iptables-nft');
    const uncounted = inFilter('rule', {chain: 'INPUT', expr: [{drop: null}]});
    const shown = parseNftRuleset(listing(input, ofIptables, uncounted));
    const last = withNativeRules(rules, shown, saved).tables[0]?.chains.get('INPUT')?.rules[1];
    assert.deepEqual([last?.chain.program, last?.counters], ['nft', undefined]);
  });

  it('is left as iptables prints it where nft shows other rules, as read at another moment', () => {
    assert.deepEqual(verdictFor('192.0.2.2', saved, listing(blocked, input, native)), [
      'drop',
      'iptables-nft: filter: -A INPUT -j DROP',
    ]);
  });

  it('may be in a chain that iptables does not show', () => {
    const own = inFilter('chain', {name: 'own', type: 'filter', hook: 'input', prio: 5, policy: 'drop'});
    const none = saved.replace('[5:60] -A INPUT -j DROP\n', '');
    assert.deepEqual(verdictFor('192.0.2.2', none, listing(input, ofIptables, own)), [
      'drop',
      'nft: ip filter own: policy drop',
    ]);
  });

  it('changes nothing of the rest, nor of tables that iptables alone has written', () => {
    const rules = parseIptablesSave(saved, 'iptables-nft');
    const {tables} = withNativeRules(rules, parseNftRuleset(mixed), saved);
    assert.deepEqual(tables[0]?.chains.get('INPUT')?.rules[0], rules.tables[0]?.rules[0]);
    assert.equal(withNativeRules(rules, parseNftRuleset(listing(input, ofIptables)), saved), rules);
    const listings = [...recordedOutputs(/^nft$/)];
    assert.ok(listings.length > 5);
    for (const recorded of listings) {
      const {tables: shown} = parseNftRuleset(recorded);
      const ofBoth = shown.filter(({family}) => family.startsWith('ip'));
      for (const {name, chains} of ofBoth)
        for (const chain of chains.values()) assert.equal(chain.native, undefined, `${name} ${chain.name}`);
    }
  });
});

describe('a table that iptables-nft-save refuses', () => {
  const refused = "# Table `filter' is incompatible, use 'nft' tool.\n";

  it('is as nft shows it, where nothing in it is of xt', () => {
    const only = listing(blocked, input, native);
    assert.equal(shownByNft(refused, 'ip', parseNftRuleset(only)), 'whole');
    assert.deepEqual(verdictFor('192.0.2.2', refused, only), ['accept']);
    assert.equal(verdictFor('203.0.113.9', refused, only)[0], 'drop');
  });

  it('is as far as nft shows it where something in it is of xt, and is no list of all rules', () => {
    assert.equal(shownByNft(refused, 'ip', parseNftRuleset(mixed)), 'partly');
    const tables = parseTables([section('iptables-nft', refused), section('nft', mixed)]);
    assert.equal(tables.netfilter, undefined);
    assert.ok(tables.failed?.has('iptables-nft'));
    assert.deepEqual(verdictFor('203.0.113.9', refused, mixed), [
      'drop',
      'nft: ip filter INPUT: ip saddr @blocked drop',
    ]);
    assert.deepEqual(verdictFor('192.0.2.2', refused, mixed), ['accept']);
    // Docker's rule for an encrypted network, as nft prints it: whether it drops a packet hangs on what is left out.
    const port = {match: {op: '==', left: {payload: {protocol: 'udp', field: 'dport'}}, right: 4789}};
    const xt = (name: string) => ({xt: {type: 'match', name}});
    const engines = inFilter('rule', {
      chain: 'INPUT',
      expr: [xt('policy'), port, xt('bpf'), counter, {drop: null}],
    });
    const [verdict] = verdictFor('192.0.2.2', refused, listing(blocked, input, native, engines));
    assert.equal(verdict, 'unknown');
  });

  it('is not known where nft does not show it', () => {
    assert.equal(shownByNft(refused, 'ip6', parseNftRuleset(listing(input, native))), 'no');
    assert.equal(shownByNft(refused, 'ip', undefined), 'no');
    const tables = parseTables([section('iptables-nft', refused)]);
    assert.deepEqual([tables.netfilter, tables.netfilterPartly], [undefined, undefined]);
  });
});
