import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import {parseRulesJson, parseRulesText} from '../../../src/model/iproute/rule.js';
import {fixture} from './support.js';

describe('routing rules', () => {
  const {rows} = parseRulesJson(fixture('iproute/rule.json'));
  const row = (priority: number) => rows.find((rule) => rule.priority === priority);

  test('the three of every namespace say nothing else', () => {
    assert.deepEqual([0, 32766, 32767].map(row), [
      {family: 'inet', priority: 0, src: 'all', table: 'local'},
      {family: 'inet', priority: 32766, src: 'all', table: 'main'},
      {family: 'inet', priority: 32767, src: 'all', table: 'default'},
    ]);
  });

  test('what else a rule matches or does', () => {
    assert.deepEqual(row(100), {
      family: 'inet',
      priority: 100,
      src: '10.0.0.0/24',
      dst: '10.50.0.0/16',
      table: '100',
      other: {fwmark: '0x1/0xff', iif: 'br0'},
    });
    assert.deepEqual(row(99)?.other, {not: '', fwmark: '0/0x100', action: 'blackhole'});
    assert.deepEqual(row(101)?.other, {oif: 'nodev', action: 'blackhole'});
    assert.deepEqual(row(102)?.other, {tos: '0x10', action: 'unreachable'});
    assert.deepEqual(row(103)?.other, {goto: '200'});
    assert.deepEqual(row(105)?.other, {suppress_prefixlength: '0'});
    assert.deepEqual(row(106)?.other, {uidrange: '1-5', ipproto: 'tcp', sport: '80', dport: '90-100'});
    assert.deepEqual(row(108)?.other, {l3mdev: ''});
    assert.deepEqual(row(201)?.other, {realms: '5/6'});
    assert.equal(row(203)?.src, '240.0.0.0/8');
  });

  test('the family of a table', () => {
    assert.ok(parseRulesText(fixture('iproute/rule6.txt')).rows.every(({family}) => family === 'inet6'));
    assert.equal(parseRulesText('0:\tfrom all lookup local', {family: 'inet6'}).rows[0]?.family, 'inet6');
  });

  test('an unknown key is kept, one that is no word is a problem', () => {
    assert.deepEqual(
      parseRulesJson('[{"priority":1,"src":"all","table":"main","flowlabel":"0x5"}]').rows[0]?.other,
      {flowlabel: '0x5'},
    );
    for (const bad of [
      '{"priority":1,"src":"all","x":{}}',
      '{"priority":1,"src":"all","x":"\\u001b"}',
      '{"priority":1}',
    ]) {
      const {rows: none, problems} = parseRulesJson(`[${bad}]`);
      assert.deepEqual([none.length, problems.length], [0, 1], bad);
    }
  });

  test('a foreign key is quoted in the problem', () => {
    const {problems} = parseRulesJson('[{"priority":1,"src":"all","x\\u001b[2J":{}}]');
    assert.deepEqual(problems, ['entry 1: other.x\\u{1b}[2J is not understood: "Object"']);
  });

  test('an action without a table, of BusyBox', () => {
    const {rows: busybox, problems} = parseRulesText(fixture('iproute/busybox-rule.txt'));
    assert.deepEqual(problems, []);
    const unreachable = busybox.find(({priority}) => priority === 102);
    assert.equal(unreachable?.table, undefined);
    assert.equal(unreachable?.other?.['action'], 'unreachable');
  });
});
