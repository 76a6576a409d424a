import assert from 'node:assert/strict';
import {readdirSync, readFileSync} from 'node:fs';
import {describe, it} from 'node:test';
import {decide, packetFilter} from '../../../src/kernel/packet-filter.js';
import {ruleText} from '../../../src/kernel/printed-rule.js';
import {type NetnsTables, parseTables} from '../../../src/model/netns-tables.js';
import {parseNftText, readXt, ruleKey} from '../../../src/model/rules/nftables-xt.js';
import {tableOf} from '../../../src/model/rules/questions.js';
import type {Rule, RuleChain} from '../../../src/model/rules/rule.js';
import type {Section} from '../../../src/snapshot/snapshot.js';

const folder = new URL('../../../fixtures/mixed/', import.meta.url);
const versions = readdirSync(folder).filter((name) => name.startsWith('nft-'));
const recorded = (version: string, file: string) =>
  readFileSync(new URL(`${version}/${file}`, folder), 'utf8');

const texts = (version: string) =>
  ['filter', 'nat', 'mangle'].map((table) => recorded(version, `after-${table}.txt`)).join('');

const section = (name: string, output: string): Section => ({
  ...{name, command: name, at: '2026-01-01T00:00:00.000Z', status: 0, output},
});

/** As they were before nft put a rule into each table, and then. */
const before = (version: string) =>
  parseTables([
    section('iptables-nft', recorded(version, 'before.save')),
    section('nft', '{"nftables": []}'),
  ]);
const after = (version: string, tables = ['filter', 'nat', 'mangle']) =>
  parseTables([
    section('iptables-nft', recorded(version, 'after.save')),
    section('nft', recorded(version, 'after.json')),
    ...tables.map((table) => section('nft-table', recorded(version, `after-${table}.txt`))),
  ]);

function chainsOf({netfilter, netfilterPartly}: NetnsTables): RuleChain[] {
  const [ruleset] = netfilter ?? netfilterPartly ?? [];
  return (ruleset?.tables ?? []).flatMap(({chains}) => [...chains.values()]);
}

/** What a rule asks for and does, without the words of either program. */
function meaning({statements}: Rule): string[] {
  return statements
    .flatMap((one): object[] => {
      if ('action' in one)
        // Without more than the name in nft's JSON.
        return one.action === 'reject' ? [{action: 'reject'}] : [{...one, words: undefined}];
      // Names of modules, and texts for people.
      // Tables of iptables see one family alone.
      if (one.match === 'module' || one.match === 'comment' || one.match === 'family') return [];
      const {words: _, ...bare} = one;
      if (bare.match !== 'port') return [bare.match === 'other' ? {match: 'other'} : bare];
      const {protocol, ...port} = bare;
      return protocol === undefined
        ? [port]
        : [port, {match: 'protocol', protocols: [protocol], negated: false}];
    })
    .map((one) => JSON.stringify(Object.fromEntries(Object.entries(one).toSorted())));
}

const sameSet = (texts: string[]) => [...new Set(texts)].toSorted();

/** What nft's text does not tell, of what iptables does: bytecode and u32, and translations that may leave something out. */
const untold = /--bytecode|--u32|--src-type|--ctstate DNAT|--ctorigdst|--pkt-type/;

describe('rules of iptables-nft, in tables in which nft has written', () => {
  for (const version of versions) {
    it(`are those that iptables printed before: ${version}`, () => {
      const [old, now] = [chainsOf(before(version)), chainsOf(after(version))];
      let compared = 0;
      for (const chain of old) {
        const shown = now.find(({table, name}) => table === chain.table && name === chain.name);
        const rules = (shown?.rules ?? []).filter((_, at) => shown?.native?.has(at + 1) !== true);
        assert.equal(rules.length, chain.rules.length, chain.name);
        for (const [at, rule] of chain.rules.entries()) {
          const other = rules[at];
          assert.ok(other);
          if (untold.test(ruleText(rule))) {
            assert.ok(
              other.statements.some((one) => 'match' in one && one.match === 'other'),
              ruleText(rule),
            );
            continue;
          }
          assert.deepEqual(sameSet(meaning(other)), sameSet(meaning(rule)), ruleText(rule));
          compared++;
        }
      }
      assert.ok(compared > 50, `${compared}`);
    });
  }
});

describe('what nft tells of xt matches and targets', () => {
  const [version = ''] = versions;
  const counter = {counter: {packets: 0, bytes: 0}};
  const xt = (type: string, name: string) => ({xt: {type, name}});
  const told = (text: string | undefined, ...expr: object[]) => {
    const {statements, isWhole} = readXt([...expr.slice(0, -1), counter, ...expr.slice(-1)], text);
    return {isWhole, words: [...statements.values()].flat().map(({words}) => words)};
  };

  it('makes a table known as a whole where it tells all', () => {
    const {netfilter, netfilterPartly, failed} = after(version);
    assert.equal(netfilter, undefined);
    assert.ok(netfilterPartly && failed?.has('iptables-nft'));
    const isOpen = /xt match|fib saddr|ct status|ct original|pkttype/;
    const closed = new Map([...parseNftText(texts(version))].filter(([, text]) => !isOpen.test(text)));
    assert.ok(closed.size > 40);
    const ruleset = JSON.parse(recorded(version, 'after.json')) as {
      nftables: {rule?: {family: string; table: string; chain: string; handle: number}}[];
    };
    const readable = ruleset.nftables.filter(
      ({rule}) => !rule || closed.has(ruleKey(rule.family, rule.table, rule.chain, `${rule.handle}`)),
    );
    const tables = (...more: Section[]) =>
      parseTables([
        section('iptables-nft', recorded(version, 'after.save')),
        section('nft', JSON.stringify({nftables: readable})),
        ...more,
      ]);
    const whole = tables(section('nft-table', texts(version)));
    assert.equal(whole.failed, undefined);
    assert.equal(whole.netfilter?.length, 1);
    assert.equal(tables().netfilter, undefined);
    // A text that is cut, or of a command that failed, tells nothing.
    for (const wrong of [{truncated: true as const}, {status: 1}])
      assert.equal(tables({...section('nft-table', texts(version)), ...wrong}).netfilter, undefined);
  });

  it('decides about packets, and is quoted as nft prints it', () => {
    const tables = after(version);
    const filter = packetFilter(tables);
    assert.ok(filter);
    const packet = {
      ...{
        protocol: 'tcp' as const,
        src: '192.0.2.1',
        dst: '172.18.0.9',
        dport: 40000,
        ipsec: false,
        dstLocal: false,
      },
      ...{inInterface: 'eth0', outInterface: 'docker_gwbridge'},
    };
    assert.equal(decide(filter, 'FORWARD', {...packet, ctState: 'ESTABLISHED'}).verdict, 'accept');
    assert.equal(decide(filter, 'FORWARD', {...packet, ctState: 'NEW'}).verdict, 'drop');
    const blind = packetFilter(after(version, []));
    assert.ok(blind);
    assert.equal(decide(blind, 'FORWARD', {...packet, ctState: 'NEW'}).verdict, 'unknown');
    const [ruleset] = tables.netfilterPartly ?? [];
    const chain = ruleset && tableOf(ruleset, 'filter')?.chains.get('DOCKER-CT');
    assert.deepEqual(chain?.rules.map(ruleText), [
      'oifname "docker0" ct state related,established accept',
      'oifname "docker_gwbridge" ct state related,established accept',
    ]);
  });

  it('is read by the names that JSON has, wherever they stand, and not from what is quoted', () => {
    const state = xt('match', 'conntrack');
    assert.deepEqual(
      told('iifname "ct state new" ct state ! invalid counter packets 0 bytes 0 drop', {match: {}}, state, {
        drop: null,
      }),
      {
        isWhole: true,
        words: ['ct state ! invalid'],
      },
    );
    assert.deepEqual(
      told('log prefix "ct state new " counter packets 0 bytes 0 drop', {log: {}}, state, {drop: null}),
      {
        isWhole: false,
        words: [],
      },
    );
    assert.deepEqual(
      told(
        'ct state new fib daddr type local counter packets 0 bytes 0 dnat to [2001:db8::1]:80 random,persistent',
        state,
        xt('match', 'addrtype'),
        xt('target', 'DNAT'),
      ),
      {
        isWhole: true,
        words: ['ct state new', 'fib daddr type local', 'dnat to [2001:db8::1]:80 random,persistent'],
      },
    );
  });

  it('is not made up', () => {
    const state = xt('match', 'conntrack');
    for (const [text, ...expr] of [
      // libxtables leaves out a part of these, or is not built in.
      ['fib saddr type local counter packets 0 bytes 0 accept', xt('match', 'addrtype'), {accept: null}],
      ['ct status dnat counter packets 0 bytes 0 accept', state, {accept: null}],
      ['xt match "conntrack" counter packets 0 bytes 0 accept', state, {accept: null}],
      // Two, of which one is told.
      [
        'ct state new ct original daddr 192.0.2.1 counter packets 0 bytes 0 accept',
        state,
        state,
        {accept: null},
      ],
      // One match, of which more is told than is understood (recorded: iptables 1.8.9, nft 1.0.6).
      ['ct state new ct original daddr 192.0.2.1 counter packets 0 bytes 0 drop', state, {drop: null}],
      ['ct direction original ct state new counter packets 0 bytes 0 drop', state, {drop: null}],
      ['ct original protocol 17 ct state new counter packets 0 bytes 0 drop', state, {drop: null}],
      ['ct state new ct expiration 5 counter packets 0 bytes 0 drop', state, {drop: null}],
      ['ct state established ct status assured counter packets 0 bytes 0 drop', state, {drop: null}],
      [
        'fib saddr type local fib daddr type local counter packets 0 bytes 0 drop',
        xt('match', 'addrtype'),
        {drop: null},
      ],
      [
        'meta l4proto tcp tcp dport 80 tcp option 5 exists counter packets 0 bytes 0 drop',
        xt('match', 'tcp'),
        {drop: null},
      ],
      // A translation that goes on behind what is understood, and a text that is no rule of iptables.
      ['counter packets 0 bytes 0 dnat to 192.0.2.1 map { 1 : 2 }', xt('target', 'DNAT')],
      [`${'ct state new '.repeat(4000)}accept`, state, {accept: null}],
    ] as const)
      assert.equal(told(text, ...expr).isWhole, false, text.slice(0, 80));
    assert.equal(told(undefined, state, {accept: null}).isWhole, false);
    // These need no more than their names.
    assert.equal(told(undefined, xt('match', 'comment'), xt('target', 'MASQUERADE')).isWhole, true);
  });

  it('belongs to one rule, by its handle', () => {
    const rules = parseNftText(texts(version));
    assert.equal(
      rules.get('ip filter DOCKER-CT 23'),
      'oifname "docker0" ct state related,established counter packets 0 bytes 0 accept',
    );
    assert.equal(rules.get('ip nat DOCKER-CT 23'), undefined);
    assert.ok(![...rules.values()].some((text) => /elements|policy (accept|drop);/.test(text)));
  });
});
