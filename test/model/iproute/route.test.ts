import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import type {Route} from '../../../src/model/facts.js';
import {parseRoutesJson, parseRoutesText} from '../../../src/model/iproute/route.js';
import {fixture} from './support.js';

describe('routes', () => {
  const {rows} = parseRoutesText(fixture('iproute/route.txt'));
  const row = (dst: string, table = 'main') =>
    rows.find((route) => route.dst === dst && route.table === table);
  const defaults = (from: Route[]) =>
    from.filter(({dst}) => dst === 'default').map(({family, table, type}) => [table, type, family]);

  test('defaults of both families', () => {
    const expected = [
      ['101', 'unicast', 'inet'],
      ['102', 'blackhole', 'inet'],
      ['main', 'unicast', 'inet'],
      ['101', 'unicast', 'inet6'],
      ['102', 'blackhole', 'inet6'],
      ['main', 'unicast', 'inet6'],
    ];
    assert.deepEqual(defaults(rows), expected);
    assert.deepEqual(defaults(parseRoutesText(fixture('iproute/busybox-route.txt')).rows), expected);
  });

  test('a default without any address, when the family is known', () => {
    assert.equal(parseRoutesText('default dev eth0', {family: 'inet6'}).rows[0]?.family, 'inet6');
    assert.equal(parseRoutesText('default dev eth0').rows[0]?.family, 'inet');
    assert.equal(parseRoutesText('default dev eth0', {table: '77'}).rows[0]?.table, '77');
  });

  test('types, onlink, metrics', () => {
    assert.equal(row('10.50.0.0/16')?.type, 'blackhole');
    assert.equal(row('10.51.0.0/16')?.type, 'unreachable');
    assert.equal(row('10.52.0.0/16')?.type, 'prohibit');
    assert.equal(row('10.53.0.0/16', '100')?.type, 'throw');
    assert.deepEqual(row('10.54.0.0/16')?.flags, ['onlink']);
    assert.equal(row('10.56.0.0/16')?.mtu, 1400);
    assert.equal(row('2001:db8:51::/48')?.mtu, 1300);
    assert.deepEqual(row('10.57.0.0/16'), {
      type: 'unicast',
      family: 'inet',
      dst: '10.57.0.0/16',
      gateway: '10.0.0.2',
      device: 'br0',
      table: 'main',
      protocol: 'boot',
      scope: 'global',
      prefSrc: '10.0.0.1',
      metric: 50,
      mtu: 1300,
      flags: [],
    });
  });

  test('next hops', () => {
    assert.deepEqual(row('10.55.0.0/16')?.nexthops, [
      {gateway: '10.0.0.2', device: 'br0', weight: 3, flags: []},
      {gateway: '10.70.0.9', device: 'v1', weight: 1, flags: ['linkdown']},
    ]);
    assert.equal(row('10.60.0.0/16')?.gateway, '10.0.0.2');
    assert.equal(row('10.61.0.0/16')?.nexthops?.length, 2);
    assert.equal(row('2001:db8:50::/48')?.nexthops?.[1]?.weight, 2);
    assert.deepEqual(row('10.70.0.0/24')?.flags, ['linkdown']);
  });

  test('a gateway of the other family leaves the family of the route', () => {
    assert.deepEqual([row('10.58.0.0/16')?.family, row('10.58.0.0/16')?.gateway], ['inet', 'fe80::5']);
    const text = parseRoutesText('default via inet6 fe80::5 dev br0 metric 1024 ');
    const json = parseRoutesJson(
      '[{"dst":"default","via":{"family":"inet6","host":"fe80::5"},"dev":"br0","metric":1024,"flags":[]}]',
    );
    assert.deepEqual(text, json);
    assert.equal(text.rows[0]?.family, 'inet');
  });

  test('what narrows a route is kept', () => {
    assert.deepEqual(row('10.59.0.0/16')?.other, {tos: '0x10'});
    assert.deepEqual(row('2001:db8:52::/48')?.other, {from: '2001:db8:1::/64'});
  });

  // Format: iproute2 ip/iproute_lwtunnel.c. JSON repeats the keys of the route.
  test('an encapsulation does not pass for the route', () => {
    const text = parseRoutesText(
      '10.63.0.0/16  encap ip id 5 src 0.0.0.0 dst 1.2.3.4 ttl 0 tos 0 via 10.0.0.2 dev vx0 proto static ',
    );
    assert.deepEqual(text.rows, [
      {
        type: 'unicast',
        family: 'inet',
        dst: '10.63.0.0/16',
        gateway: '10.0.0.2',
        device: 'vx0',
        table: 'main',
        protocol: 'static',
        flags: [],
        other: {encap: 'ip'},
      },
    ]);
    const json = parseRoutesJson(
      '[{"dst":"10.63.0.0/16","encap":"ip","id":5,"dst":"1.2.3.4","dev":"vx0","flags":[]}]',
    );
    assert.deepEqual([json.rows.length, json.problems.length], [0, 1]);
  });

  test('route get', () => {
    const {rows: got} = parseRoutesText(
      '10.56.0.1 via 10.0.0.2 dev br0 src 10.0.0.1 uid 0 \n    cache mtu lock 1400 \n',
    );
    assert.deepEqual([got.length, got[0]?.mtu, got[0]?.gateway], [1, 1400, '10.0.0.2']);
  });

  test('what the kernel was told of a path, in both forms of one reading', () => {
    const text = parseRoutesText(
      '10.0.1.10 dev eth0 \n    cache expires 588sec users 1 age 10sec mtu 1350 \n',
    );
    const json = parseRoutesJson(
      '[{"type":"unicast","dst":"10.0.1.10","dev":"eth0","flags":[],"cache":[],"expires":588,"users":1,"age":10,"metrics":[{"mtu":1350}]}]',
    );
    assert.deepEqual(text, json);
    assert.deepEqual([json.rows[0]?.mtu, json.rows[0]?.expires], [1350, 588]);
  });

  test('what cannot be a row', () => {
    for (const line of [
      'nonsense',
      'RTNETLINK answers: Network is unreachable',
      '10.0.0.0/33 dev br0',
      '10.0.0.0/24 via 10.0.0.256 dev br0',
      'default dev a/b',
      '\tnexthop via 10.0.0.2 dev br0',
    ]) {
      const {rows: none, problems} = parseRoutesText(line);
      assert.deepEqual([none.length, problems.length], [0, 1], line);
    }
  });
});
