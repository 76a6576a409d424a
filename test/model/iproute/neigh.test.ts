import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import {parseArpText, parseNeighboursJson, parseNeighboursText} from '../../../src/model/iproute/neigh.js';
import {fixture} from './support.js';

describe('neighbours', () => {
  const {rows} = parseNeighboursJson(fixture('iproute/neigh.json'));
  const row = (ip: string) => rows.find((candidate) => candidate.address === ip);

  test('their states', () => {
    assert.deepEqual(row('10.0.0.31')?.state, ['PERMANENT']);
    assert.deepEqual(row('10.0.0.32')?.state, ['REACHABLE']);
    assert.deepEqual(row('10.0.0.33')?.state, ['STALE']);
    assert.deepEqual(row('10.0.0.36')?.state, ['FAILED']);
    assert.deepEqual(row('10.0.0.37')?.state, ['NOARP']);
    assert.deepEqual(row('10.0.0.38')?.state, ['INCOMPLETE']);
    assert.deepEqual(row('10.0.0.39')?.state, []);
    assert.equal(row('10.0.0.36')?.mac, undefined);
  });

  test('an entry of an overlay', () => {
    const {usedSeconds, confirmedSeconds, updatedSeconds, ...entry} = row('10.0.0.3') ?? {};
    assert.deepEqual(entry, {
      address: '10.0.0.3',
      device: 'vxlan0',
      mac: '02:42:0a:00:00:03',
      state: ['PERMANENT'],
    });
    assert.ok([usedSeconds, confirmedSeconds, updatedSeconds].every((age) => age !== undefined));
  });

  test('flags', () => {
    assert.equal(row('2001:db8:1::5')?.router, true);
    assert.equal(row('10.0.0.31')?.router, undefined);
    assert.deepEqual(parseNeighboursText(fixture('iproute/neigh-proxy.txt')).rows, [
      {address: '10.0.0.99', device: 'br0', state: [], proxy: true},
    ]);
  });

  test('ages are used, confirmed, updated; also where a version glues a word on', () => {
    for (const words of ['used 1/2/3 probes 4', ' ref 1 used 1/2/3probes 4']) {
      const {rows: one, problems} = parseNeighboursText(
        `10.0.0.2 dev br0 lladdr 02:42:0a:00:00:02 ${words} STALE `,
      );
      assert.deepEqual(problems, []);
      assert.deepEqual(one, [
        {
          address: '10.0.0.2',
          device: 'br0',
          mac: '02:42:0a:00:00:02',
          state: ['STALE'],
          usedSeconds: 1,
          confirmedSeconds: 2,
          updatedSeconds: 3,
        },
      ]);
    }
  });

  test('BusyBox, whose ages are all zero and not believed', () => {
    const {rows: busybox, problems} = parseNeighboursText(fixture('iproute/busybox-neigh.txt'));
    assert.deepEqual(problems, []);
    assert.ok(busybox.length > 5);
    assert.ok(busybox.every((entry) => entry.usedSeconds === undefined));
    assert.deepEqual(
      busybox.find(({address: ip}) => ip === '10.0.0.3'),
      {address: '10.0.0.3', device: 'vxlan0', mac: '02:42:0a:00:00:03', state: ['PERMANENT']},
    );
  });

  test('what cannot be a row', () => {
    for (const line of [
      'nonsense',
      'delete 10.0.0.2 dev br0 STALE',
      'miss 10.0.0.2 dev vxlan0',
      '10.0.0.2 lladdr 02:42:0a:00:00:02 STALE',
      '10.0.0.2 dev br0 lladdr 1.2.3.4 NOARP',
      '10.0.0.2 dev br0 lladdr 02:42:0a:00:00:02 some thing',
      'fe80::1%eth0 dev br0 STALE',
    ]) {
      const {rows: none, problems} = parseNeighboursText(line);
      assert.deepEqual([none.length, problems.length], [0, 1], line);
    }
  });
});

describe('arp', () => {
  test('the walk-through', () => {
    assert.deepEqual(parseArpText(fixture('book/web2-2-arp.txt')), {
      rows: [
        {address: '172.16.16.129', device: 'eth0', mac: '02:42:ac:10:10:81', state: []},
        {address: '172.16.16.130', device: 'eth0', mac: '02:42:ac:10:10:82', state: []},
      ],
      problems: [],
    });
  });

  test('other rows of net-tools', () => {
    const {rows, problems} = parseArpText(
      [
        'Address                  HWtype  HWaddress           Flags Mask            Iface',
        '10.0.0.36                        (incomplete)                              br0',
        '10.0.0.31                ether   02:42:0a:00:00:31   CM                    br0',
        '10.0.0.99                *       <from_interface>    MP                    br0',
      ].join('\r\n'),
    );
    assert.deepEqual(problems, []);
    assert.deepEqual(rows, [
      {address: '10.0.0.36', device: 'br0', state: ['INCOMPLETE']},
      {address: '10.0.0.31', device: 'br0', mac: '02:42:0a:00:00:31', state: ['PERMANENT']},
      {address: '10.0.0.99', device: 'br0', state: [], proxy: true},
    ]);
  });

  test('BusyBox', () => {
    const {rows, problems} = parseArpText(fixture('iproute/busybox-arp.txt'));
    assert.deepEqual(problems, []);
    assert.deepEqual(
      rows.find(({address: ip}) => ip === '10.0.0.3'),
      {address: '10.0.0.3', device: 'vxlan0', mac: '02:42:0a:00:00:03', state: ['PERMANENT']},
    );
    assert.equal(rows.find(({address: ip}) => ip === '10.0.0.99')?.proxy, true);
  });
});
