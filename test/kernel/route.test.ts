import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {defaultRoute} from '../../src/kernel/default-route.js';
import {chooseRoute} from '../../src/kernel/route.js';
import type {Route, RoutingRule} from '../../src/model/facts.js';
import {parseRoutesText} from '../../src/model/iproute/route.js';
import {parseRulesText} from '../../src/model/iproute/rule.js';
import type {NetnsTables} from '../../src/model/netns-tables.js';

/** Tables of a namespace, from what `ip route show table all` and `ip rule` print. */
function tables(routes: string, rules?: string, more: Partial<NetnsTables> = {}): NetnsTables {
  const read = parseRoutesText(routes);
  assert.deepEqual(read.problems, []);
  const ruled = rules === undefined ? undefined : parseRulesText(rules);
  assert.deepEqual(ruled?.problems ?? [], []);
  return {
    routes: read.rows,
    ...(ruled ? {rules: ruled.rows as RoutingRule[]} : {}),
    readAt: {},
    problems: [],
    ...more,
  };
}

/** What comes of it in a line: the verdict and the route's device and gateway, or the reason. */
function chosen(from: NetnsTables, dst: string, src?: string): string {
  const {verdict, route, reason} = chooseRoute(from, dst, src);
  return [verdict, reason ?? [route?.device, route?.gateway].filter(Boolean).join(' ')].join(': ');
}

const usual = `default via 192.168.1.1 dev eth0
default via 192.168.2.1 dev eth1 metric 100
10.0.0.0/8 via 192.168.1.2 dev eth0
10.1.0.0/16 dev eth1 scope link
10.1.2.3 via 192.168.1.3 dev eth0
blackhole 10.9.0.0/16
prohibit 10.8.0.0/16
local 192.168.1.5 dev eth0 table local scope host src 192.168.1.5
local 127.0.0.0/8 dev lo table local scope host src 127.0.0.1
broadcast 192.168.1.255 dev eth0 table local scope link src 192.168.1.5
192.0.2.0/24 via 192.168.1.4 dev eth0 table 100`;

describe('the route that the kernel would take', () => {
  for (const [dst, expected] of [
    // The longest prefix, then the lowest metric; a bare address is a prefix of 32 bits.
    ['8.8.8.8', 'found: eth0 192.168.1.1'],
    ['10.2.0.1', 'found: eth0 192.168.1.2'],
    ['10.1.0.1', 'found: eth1'],
    ['10.1.2.3', 'found: eth0 192.168.1.3'],
    // The table local comes first.
    ['192.168.1.5', 'found: eth0'],
    ['127.0.0.11', 'found: lo'],
    // Routes that refuse.
    ['10.9.1.1', 'none: a blackhole route to 10.9.0.0/16'],
    ['10.8.1.1', 'none: a prohibit route to 10.8.0.0/16'],
    ['192.168.1.255', 'none: a broadcast route to 192.168.1.255'],
    // A table that no rule leads to.
    ['192.0.2.1', 'found: eth0 192.168.1.1'],
    ['fd00::1', 'unknown: only IPv4 routes are walked'],
  ] as const)
    it(`to ${dst}: ${expected}`, () => assert.equal(chosen(tables(usual), dst), expected));

  it('is of the lowest metric among routes of one length, in whatever order they come', () => {
    const [one, other] = ['10.0.0.0/8 dev a metric 20', '10.0.0.0/8 dev b metric 10'];
    for (const text of [`${one}\n${other}`, `${other}\n${one}`])
      assert.equal(chosen(tables(text), '10.0.0.1'), 'found: b');
  });

  it('is not one of a device that is gone', () => {
    assert.equal(chosen(tables('10.0.0.0/8 dev a dead\n10.0.0.0/7 dev b'), '10.0.0.1'), 'found: b');
  });

  it('is unknown where the tables were not read, or have a part that is not walked', () => {
    assert.equal(chosen({readAt: {}, problems: []}, '10.0.0.1'), 'unknown: its routes were not read');
    const hops =
      '10.0.0.0/8\n\tnexthop via 192.168.1.1 dev eth0 weight 1\n\tnexthop via 192.168.1.2 dev eth0 weight 1';
    assert.equal(chosen(tables(hops), '10.0.0.1'), 'unknown: the route has several next hops');
    assert.equal(
      chosen(tables('10.0.0.0/8 tos 0x10 dev eth0'), '10.0.0.1'),
      'unknown: the route has a condition that is not walked',
    );
  });

  it('is none where no table has one, but unknown where some of their rows were not understood', () => {
    assert.equal(chosen(tables('10.0.0.0/8 dev a'), '11.0.0.1'), 'none: no table has a route to it');
    for (const part of ['route', 'rule'])
      assert.match(
        chosen(tables('10.0.0.0/8 dev a', undefined, {partial: new Set([part])}), '11.0.0.1'),
        /^unknown/,
      );
    // What was found is not made unsure by rows that were not understood.
    assert.equal(
      chosen(tables('10.0.0.0/8 dev a', undefined, {partial: new Set(['addr'])}), '11.0.0.1'),
      'none: no table has a route to it',
    );
  });
});

describe('rules that pick a routing table', () => {
  const routes = `default via 192.168.1.1 dev eth0
10.0.0.0/8 dev special table 100
throw 10.5.0.0/16 table 100
10.6.0.0/16 dev other table 200`;
  const standard = '32766: from all lookup main\n32767: from all lookup default\n';

  it('are asked by their priority, not their order', () => {
    assert.equal(
      chosen(tables(routes, `${standard}100: from all lookup 100\n`), '10.0.0.1'),
      'found: special',
    );
  });

  it('pick by the source, where it is known', () => {
    const ruled = tables(
      routes,
      `100: from 172.16.0.0/12 lookup 100\n101: from 192.0.2.1 lookup 200\n${standard}`,
    );
    assert.equal(chosen(ruled, '10.6.0.1', '172.18.0.2'), 'found: special');
    assert.equal(chosen(ruled, '10.6.0.1', '192.0.2.1'), 'found: other');
    assert.equal(chosen(ruled, '10.6.0.1', '192.0.2.2'), 'found: eth0 192.168.1.1');
    assert.equal(chosen(ruled, '10.6.0.1'), 'found: eth0 192.168.1.1');
  });

  it('pick by the destination', () => {
    const ruled = tables(routes, `100: from all to 10.6.0.0/16 lookup 200\n${standard}`);
    assert.equal(chosen(ruled, '10.6.0.1'), 'found: other');
    assert.equal(chosen(ruled, '10.0.0.1'), 'found: eth0 192.168.1.1');
  });

  it('go on after a route that throws the packet back', () => {
    const ruled = tables(routes, `100: from all lookup 100\n${standard}`);
    assert.equal(chosen(ruled, '10.5.0.1'), 'found: eth0 192.168.1.1');
  });

  it('leave it open where they match by more, and their table has a route', () => {
    const marked = tables(routes, `100: from all fwmark 0x1 lookup 100\n${standard}`);
    assert.equal(
      chosen(marked, '10.0.0.1'),
      'unknown: the rule with priority 100 matches by something that is not walked',
    );
    // Whatever the mark is, this table has nothing for it.
    assert.equal(chosen(marked, '8.8.8.8'), 'found: eth0 192.168.1.1');
    // Without a table it may do anything.
    assert.match(
      chosen(tables(routes, `100: from all fwmark 0x1 blackhole\n${standard}`), '8.8.8.8'),
      /^unknown/,
    );
  });
});

it('the default route is the one of the lowest metric in the table main, of each family', () => {
  const {rows} = parseRoutesText(`default via 192.168.1.1 dev a metric 100
default via 192.168.1.2 dev b metric 50
default via 192.168.1.3 dev c table 100
10.0.0.0/8 dev d
default via fe80::1 dev e metric 1024 proto ra`);
  const via = (family: Route['family']) => defaultRoute(rows, family)?.device;
  assert.deepEqual([via('inet'), via('inet6')], ['b', 'e']);
  assert.equal(defaultRoute([], 'inet'), undefined);
});
