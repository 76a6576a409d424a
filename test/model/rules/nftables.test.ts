import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {ruleText} from '../../../src/kernel/printed-rule.js';
import {parseNftRuleset} from '../../../src/model/rules/nftables.js';
import {besideIptables, rulesOf, tableOf} from '../../../src/model/rules/questions.js';
import type {RuleStatement} from '../../../src/model/rules/rule.js';
import {recordedOutputs} from '../../support/evidence.js';

const ruleset = (...nftables: unknown[]) => parseNftRuleset(JSON.stringify({nftables}));

const place = {family: 'inet', table: 'fw'};
const base = {hook: 'input', type: 'filter', prio: 10};

/** The one rule of such expressions: its words, and its statements without them. */
function one(...expr: unknown[]): {text: string; statements: Omit<RuleStatement, 'words'>[]} {
  const [rule] = rulesOf([ruleset({rule: {...place, chain: 'input', expr}})]);
  assert.ok(rule);
  return {text: ruleText(rule), statements: rule.statements.map(({words, ...kind}) => kind)};
}

describe('rules of nft -j list ruleset', () => {
  it('are structure: tables, chains with hook, priority and policy, sets, rules', () => {
    const read = ruleset(
      {metainfo: {version: '1.0.6'}},
      {table: {family: 'inet', name: 'fw', handle: 1}},
      {chain: {...place, name: 'input', ...base, policy: 'drop'}},
      {chain: {...place, name: 'zone'}},
      {
        set: {
          ...place,
          name: 'bad',
          type: 'ipv4_addr',
          elem: ['10.0.0.1', {prefix: {addr: '10.1.0.0', len: 16}}],
        },
      },
      {set: {...place, name: 'seen', flags: ['timeout'], elem: ['10.0.0.9']}},
      {
        rule: {
          ...place,
          chain: 'input',
          comment: 'mine',
          expr: [{counter: {packets: 3, bytes: 180}}, {jump: {target: 'zone'}}],
        },
      },
      {rule: {...place, chain: 'zone', expr: [{counter: 'named'}, {accept: null}]}},
    );
    const table = tableOf(read, 'fw', 'inet');
    const input = table?.chains.get('input');
    assert.deepEqual([input?.base, input?.policy], [{hook: 'input', type: 'filter', priority: 10}, 'drop']);
    assert.deepEqual(
      [table?.chains.get('zone')?.base, table?.chains.get('zone')?.policy],
      [undefined, undefined],
    );
    assert.deepEqual(
      table?.sets.map(({name, isChanging, elements}) => ({name, isChanging, elements})),
      [
        {name: 'bad', isChanging: false, elements: ['10.0.0.1', '10.1.0.0/16']},
        {name: 'seen', isChanging: true, elements: ['10.0.0.9']},
      ],
    );
    const [first, second] = rulesOf([read]);
    assert.deepEqual(
      [first?.counters, first?.comment, first?.position, first?.chain],
      [{packets: 3, bytes: 180}, 'mine', 1, input],
    );
    assert.equal(second?.counters, undefined);
    assert.deepEqual(read.hooked.get('input'), [input]);
  });

  it('are none in what is no such document', () => {
    for (const text of ['', 'null', '[]', '{}', '{"nftables": 3}', '{"nftables": [null, 3, {"rule": 1}]}'])
      assert.deepEqual(parseNftRuleset(text).tables, [], text);
  });

  it('are asked for in the order of their priorities', () => {
    const chain = (table: string, prio: number) => ({
      chain: {family: 'inet', table, name: 'c', ...base, prio},
    });
    const {hooked} = ruleset(chain('a', 10), chain('b', -200), chain('c', 10), chain('d', 0));
    assert.deepEqual(
      hooked.get('input')?.map(({table}) => table),
      ['b', 'd', 'a', 'c'],
    );
  });

  it('are in words that nft takes, where they are known', () => {
    const match = (left: unknown, right: unknown, op = '==') => ({match: {op, left, right}});
    const payload = (protocol: string, field: string) => ({payload: {protocol, field}});
    for (const [expr, text] of [
      [[match({meta: {key: 'iifname'}}, 'eth0'), {drop: null}], 'iifname "eth0" drop'],
      [[match({meta: {key: 'l4proto'}}, 'udp', '!='), {accept: null}], 'meta l4proto != udp accept'],
      [
        [match(payload('tcp', 'dport'), {set: [22, {range: [80, 90]}]}), {jump: {target: 'z'}}],
        'tcp dport { 22, 80-90 } jump z',
      ],
      [[match(payload('ip', 'daddr'), {prefix: {addr: '10.0.0.0', len: 8}})], 'ip daddr 10.0.0.0/8'],
      [[match({payload: {base: 'th', offset: 96, len: 24}}, 4097)], '@th,96,24 0x1001'],
      [[match({ct: {key: 'state'}}, ['established', 'related'], 'in')], 'ct state established,related'],
      [[{mangle: {key: {meta: {key: 'mark'}}, value: 1}}], 'meta mark set 0x00000001'],
      [[{xt: {type: 'target', name: 'MASQUERADE'}}], 'xt target MASQUERADE'],
      [[{counter: {packets: 1, bytes: 1}}, {log: {prefix: 'x'}}, {drop: null}], 'log prefix "x" drop'],
      [[match({concat: [payload('ip', 'saddr'), payload('tcp', 'dport')]}, '@s')], 'ip saddr . tcp dport @s'],
    ] as const)
      assert.equal(one(...expr).text, text);
  });

  it('do what those of iptables do', () => {
    for (const [expr, expected] of [
      [{accept: null}, {action: 'accept'}],
      [{reject: {type: 'icmpx', expr: 'port-unreachable'}}, {action: 'reject'}],
      [{goto: {target: 'z'}}, {action: 'goto', chain: 'z'}],
      [{dnat: {addr: '10.0.0.2', port: 80}}, {action: 'dnat', to: {address: '10.0.0.2', port: 80}}],
      [{masquerade: null}, {action: 'masquerade'}],
      [{redirect: {port: 80}}, {action: 'redirect', port: 80}],
      [{mangle: {key: {meta: {key: 'mark'}}, value: 256}}, {action: 'mark', value: 256, mask: 0xffffffff}],
      [
        {mangle: {key: {ct: {key: 'mark'}}, value: 256}},
        {action: 'connection-mark', value: 256, mask: 0xffffffff},
      ],
      [{mangle: {key: {meta: {key: 'priority'}}, value: 1}}, {action: 'pass', name: 'mangle'}],
      [{notrack: null}, {action: 'untrack'}],
      [{xt: {type: 'target', name: 'DNAT'}}, {action: 'dnat'}],
      [{xt: {type: 'target', name: 'TPROXY'}}, {action: 'other', name: 'TPROXY'}],
      [{xt: {type: 'match', name: 'addrtype'}}, {match: 'other', module: 'addrtype', negated: false}],
      [{vmap: {key: {}, data: '@m'}}, {action: 'other', name: 'vmap'}],
      [{limit: {rate: 1}}, {match: 'other', chance: true, negated: false}],
    ] as const)
      assert.deepEqual(one(expr).statements, [expected], JSON.stringify(expr));
    // What is looked up may not be there, and then the rule is left.
    assert.deepEqual(one({dnat: {addr: {map: {}}}}).statements, [
      {match: 'other', negated: false},
      {action: 'dnat'},
    ]);
  });

  it('are read of every recorded snapshot, each rule once and with an end that is understood', () => {
    let count = 0;
    for (const output of recordedOutputs(/^nft$/)) {
      if (!output.startsWith('{')) continue;
      const items = (JSON.parse(output) as {nftables: {rule?: unknown}[]}).nftables;
      const rules = rulesOf([parseNftRuleset(output)]);
      assert.equal(rules.length, items.filter(({rule}) => rule).length);
      for (const rule of rules) {
        const {statements} = rule;
        assert.ok(!statements.some((one) => 'action' in one && one.action === 'other'), ruleText(rule));
      }
      count += rules.length;
    }
    assert.ok(count > 2000, String(count));
  });
});

describe('chains of nftables beside those of iptables', () => {
  it('are those that may decide on an IPv4 packet: with a rule, or a policy that drops', () => {
    const chain = (family: string, table: string, name: string, more: object = base) => ({
      chain: {family, table, name, ...more},
    });
    const rule = (family: string, table: string, name: string) => ({
      rule: {family, table, chain: name, expr: [{accept: null}]},
    });
    const beside = besideIptables(
      ruleset(
        chain('ip', 'filter', 'INPUT', {...base, policy: 'drop'}),
        rule('ip', 'filter', 'INPUT'),
        chain('ip6', 'mine', 'in', {...base, policy: 'drop'}),
        chain('inet', 'empty', 'in', {...base, policy: 'accept'}),
        chain('inet', 'closed', 'in', {...base, policy: 'drop'}),
        chain('inet', 'ruled', 'in'),
        rule('inet', 'ruled', 'in'),
        chain('inet', 'ruled', 'called', {}),
        rule('inet', 'ruled', 'called'),
        chain('bridge', 'b', 'in', {...base, policy: 'drop'}),
      ),
    );
    assert.deepEqual(
      beside.map(({family, table, name}) => `${family} ${table} ${name}`),
      ['inet closed in', 'inet ruled in', 'bridge b in'],
    );
    assert.deepEqual(besideIptables(undefined), []);
  });
});
