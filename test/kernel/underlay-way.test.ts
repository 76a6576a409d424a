import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {encapsulation, wayToVtep} from '../../src/kernel/underlay-way.js';
import type {Link, Route} from '../../src/model/facts.js';
import {parseNeighboursText} from '../../src/model/iproute/neigh.js';
import {parseRoutesText} from '../../src/model/iproute/route.js';
import {parseRulesText} from '../../src/model/iproute/rule.js';
import type {NetnsTables} from '../../src/model/netns-tables.js';

const own = (address: string, prefixLength: number) => ({family: 'inet' as const, address, prefixLength});
const eth0: Link = {
  ifindex: 2,
  name: 'eth0',
  mtu: 1500,
  addresses: [own('192.168.1.5', 24), own('172.31.1.5', 16)],
};

/** A host with one uplink, as iproute2 prints its routes. */
function host(routes: string, more: Partial<NetnsTables> = {}): NetnsTables {
  return {links: [eth0], routes: parseRoutesText(routes).rows, readAt: {}, problems: [], ...more};
}

/** What the kernel answered when it was asked for a route to each VTEP. */
function asked(...routes: [vtep: string, route: Partial<Route>][]): Partial<NetnsTables> {
  return {
    vtepRoutes: new Map(
      routes.map(([dst, route]) => [
        dst,
        {type: 'unicast', family: 'inet', dst, table: 'main', flags: [], ...route},
      ]),
    ),
  };
}

const beside = '192.168.1.0/24 dev eth0 scope link src 192.168.1.5';
const far = `${beside}\ndefault via 172.31.0.1 dev eth0`;

describe('the way to a VTEP', () => {
  it('is by the link itself where it is beside, with the source that the route names', () => {
    const neighbours = parseNeighboursText('192.168.1.9 dev eth0 lladdr 02:42:00:00:00:09 REACHABLE').rows;
    const way = wayToVtep(host(beside, {neighbours}), '192.168.1.9');
    assert.deepEqual(
      [way.verdict, way.nextHop, way.uplink?.name, way.source, way.mtu, way.neighbour?.mac],
      ['found', '192.168.1.9', 'eth0', '192.168.1.5', 1500, '02:42:00:00:00:09'],
    );
  });

  it('is by a gateway, from the address beside it where the route names none', () => {
    const neighbours = parseNeighboursText(
      '172.31.0.1 dev eth0 lladdr 02:42:00:00:00:01 STALE\n10.9.9.9 dev eth0 lladdr 02:42:00:00:00:99 STALE',
    ).rows;
    const way = wayToVtep(host(far, {neighbours}), '10.9.9.9');
    assert.deepEqual(
      [way.verdict, way.nextHop, way.selected, way.source, way.neighbour?.mac],
      ['found', '172.31.0.1', '172.31.1.5', '172.31.1.5', '02:42:00:00:00:01'],
    );
  });

  it("takes the kernel's own answer, with its source and its metric of the path", () => {
    const kernel = asked([
      '10.9.9.9',
      {gateway: '192.168.1.7', device: 'eth0', prefSrc: '192.168.1.6', mtu: 1400},
    ]);
    const way = wayToVtep(host(far, kernel), '10.9.9.9');
    assert.deepEqual(
      [way.verdict, way.nextHop, way.source, way.selected, way.mtu],
      ['found', '192.168.1.7', '192.168.1.6', '192.168.1.5', 1400],
    );
  });

  it('is home where the VTEP is an address of this very host', () => {
    const local = 'local 192.168.1.5 dev eth0 table local scope host src 192.168.1.5';
    assert.equal(wayToVtep(host(local), '192.168.1.5').verdict, 'home');
  });

  it('is none where no route matches, or one refuses', () => {
    assert.deepEqual(wayToVtep(host(beside), '10.9.9.9'), {
      verdict: 'none',
      nextHop: '10.9.9.9',
      reason: 'no table has a route to it',
    });
    assert.equal(
      wayToVtep(host('unreachable 10.0.0.0/8'), '10.9.9.9').reason,
      'a unreachable route to 10.0.0.0/8',
    );
  });

  it("is unknown where the tables hold what is not walked: the kernel's answer has not met it either", () => {
    const {rows: rules} = parseRulesText(
      '100: from all fwmark 0x1 lookup main\n32766: from all lookup main\n',
    );
    for (const more of [{rules}, {rules, ...asked(['10.9.9.9', {device: 'eth0'}])}]) {
      const way = wayToVtep(host(far, more), '10.9.9.9');
      assert.equal(way.verdict, 'unknown');
      assert.match(way.reason ?? '', /priority 100/);
    }
    const {routes, ...unread} = host(far);
    assert.equal(wayToVtep(unread, '10.9.9.9').verdict, 'unknown');
  });

  it("over IPv6 is only the kernel's own answer", () => {
    const six = asked(['fd00::9', {family: 'inet6', gateway: 'fe80::1', device: 'eth0', prefSrc: 'fd00::5'}]);
    const way = wayToVtep(host(far, six), 'fd00::9');
    assert.deepEqual(
      [way.verdict, way.nextHop, way.source, way.selected],
      ['found', 'fe80::1', 'fd00::5', undefined],
    );
    assert.equal(wayToVtep(host(far), 'fd00::9').verdict, 'unknown');
    assert.deepEqual(wayToVtep(host(far, asked()), 'fd00::9'), {
      verdict: 'none',
      nextHop: 'fd00::9',
      reason: 'the kernel gave no route to it',
    });
    const {rows: rules} = parseRulesText('100: from all fwmark 0x1 lookup main\n');
    const marked = rules.map((rule) => ({...rule, family: 'inet6' as const}));
    assert.equal(wayToVtep(host(far, {...six, rules: marked}), 'fd00::9').verdict, 'unknown');
  });
});

it('an overlay adds its headers to a packet, more over IPv6 and for ESP', () => {
  const bytes = [
    encapsulation('10.0.0.1', false),
    encapsulation('10.0.0.1', true),
    encapsulation('fd00::1', false),
  ];
  assert.deepEqual(bytes, [50, 76, 70]);
});
