import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import type {Link} from '../../../src/model/facts.js';
import {parseLinksJson, parseLinksText} from '../../../src/model/iproute/link.js';
import {fixture} from './support.js';

function byName(rows: Link[], name: string): Link {
  const found = rows.find((row) => row.name === name);
  assert.ok(found, name);
  return found;
}

describe('links of iproute2', () => {
  const {rows} = parseLinksJson(fixture('iproute/addr.json'));

  test('an overlay-like vxlan device', () => {
    const vxlan0 = byName(rows, 'vxlan0');
    assert.equal(vxlan0.kind, 'vxlan');
    assert.equal(vxlan0.master, 'br0');
    assert.deepEqual(vxlan0.vxlan, {
      vni: 4097,
      port: 4789,
      learning: true,
      proxy: true,
      l2miss: true,
      l3miss: true,
      ageingSeconds: 300,
      ttl: 0,
      df: 'unset',
    });
    assert.deepEqual(vxlan0.bridgePort, {
      state: 'forwarding',
      hairpin: false,
      learning: true,
      flood: true,
      isolated: false,
      locked: false,
      broadcastFlood: true,
    });
    assert.ok((vxlan0.stats?.txDropped ?? 0) > 0);
  });

  test('other vxlan devices', () => {
    assert.deepEqual(byName(rows, 'vxgroup').vxlan, {
      vni: 42,
      port: 8472,
      local: '10.0.0.1',
      group: '239.1.1.1',
      device: 'br0',
      learning: false,
      proxy: false,
      l2miss: false,
      l3miss: false,
      ageingSeconds: 60,
      ttl: 0,
      df: 'unset',
    });
    assert.equal(byName(rows, 'vxremote').vxlan?.group, '2001:db8::1');
    assert.equal(byName(rows, 'vxremote').vxlan?.local, '::1');
    assert.equal(byName(rows, 'vxext').vxlan?.external, true);
  });

  test('a veth pair across namespaces has an index and an id, one in this namespace a name', () => {
    const veth0 = byName(rows, 'veth0');
    assert.deepEqual([veth0.iflink, veth0.linkNetnsid, veth0.linkName], [2, 0, undefined]);
    const {rows: peer} = parseLinksJson(fixture('iproute/peer-addr.json'));
    assert.equal(byName(peer, 'eth0').iflink, veth0.ifindex);
    const v1 = byName(rows, 'v1');
    assert.deepEqual([v1.iflink, v1.linkName, v1.linkNetnsid], [byName(rows, 'v2').ifindex, 'v2', undefined]);
  });

  test('bridge, macvlan and addresses', () => {
    const br0 = byName(rows, 'br0');
    assert.equal(br0.ageingSeconds, 300);
    assert.equal(br0.bridgePort, undefined);
    assert.deepEqual(br0.addresses?.slice(0, 3), [
      {family: 'inet', address: '10.0.0.1', prefixLength: 24, scope: 'global'},
      {family: 'inet', address: '10.9.9.1', prefixLength: 32, scope: 'global'},
      {family: 'inet', address: '10.0.0.7', prefixLength: 24, scope: 'global'},
    ]);
    assert.equal(byName(rows, 'macvlan1').mode, 'private');
    assert.deepEqual(byName(rows, 'vxplain').addresses, []);
  });

  test('without -d, -s and addresses their keys are absent', () => {
    for (const {rows: plain} of [
      parseLinksJson(fixture('iproute/link.json')),
      parseLinksText(fixture('iproute/link.txt')),
    ]) {
      for (const row of plain) {
        for (const key of ['addresses', 'kind', 'vxlan', 'bridgePort', 'stats', 'mode', 'ageingSeconds']) {
          assert.ok(!(key in row), `${row.name} ${key}`);
        }
      }
    }
  });

  test('the name of a namespace instead of its id', () => {
    const {rows: named, problems} = parseLinksText(
      [
        '4: veth0@if2: <UP> mtu 1500 qdisc noqueue state UP group default qlen 1000',
        '    link/ether 9e:a5:af:e1:26:f4 brd ff:ff:ff:ff:ff:ff link-netns blue',
        '2: if2: <UP> mtu 1500 qdisc noqueue state UP group default qlen 1000',
        '    link/ether 9e:a5:af:e1:26:f5 brd ff:ff:ff:ff:ff:ff',
      ].join('\n'),
    );
    assert.deepEqual(problems, []);
    assert.deepEqual(
      [named[0]?.iflink, named[0]?.linkName, named[0]?.linkNetnsid],
      [2, undefined, undefined],
    );
  });

  test('another namespace that the kernel gives no id for', () => {
    const json = parseLinksJson(
      JSON.stringify([
        {ifindex: 4, ifname: 'veth0', flags: ['UP'], link_index: 2, link_netnsid: -1},
        {ifindex: 2, ifname: 'if2', flags: ['UP']},
      ]),
    );
    const text = parseLinksText(
      [
        '4: veth0@if2: <UP> mtu 1500 qdisc noqueue state UP mode DEFAULT group default qlen 1000',
        '    link/ether 9e:a5:af:e1:26:f4 brd ff:ff:ff:ff:ff:ff link-netnsid unknown',
        '2: if2: <UP> mtu 1500 qdisc noqueue state UP mode DEFAULT group default qlen 1000',
        '    link/ether 9e:a5:af:e1:26:f5 brd ff:ff:ff:ff:ff:ff',
      ].join('\n'),
    );
    for (const {
      rows: [veth],
      problems,
    } of [json, text]) {
      assert.deepEqual(problems, []);
      assert.deepEqual([veth?.iflink, veth?.linkName, veth?.linkNetnsid], [2, undefined, -1]);
    }
  });

  test('the older columns of counters', () => {
    const {rows: old} = parseLinksText(
      [
        '2: eth0: <UP> mtu 1500 qdisc pfifo_fast state UP mode DEFAULT group default qlen 1000',
        '    link/ether 9e:a5:af:e1:26:f4 brd ff:ff:ff:ff:ff:ff',
        '    RX: bytes  packets  errors  dropped overrun mcast   ',
        '    11         12       13      14      15      16      ',
        '    TX: bytes  packets  errors  dropped carrier collsns ',
        '    21         22       23      24      25      26      ',
      ].join('\n'),
    );
    assert.deepEqual(old[0]?.stats, {
      rxBytes: 11,
      rxPackets: 12,
      rxErrors: 13,
      rxDropped: 14,
      txBytes: 21,
      txPackets: 22,
      txErrors: 23,
      txDropped: 24,
      txCarrierErrors: 25,
    });
  });

  const vxlanOf = (info: object, more: object = {}) =>
    parseLinksJson(
      JSON.stringify([
        {
          ifindex: 19,
          ifname: 'vxlan0',
          flags: ['UP'],
          master: 'br0',
          linkinfo: {info_kind: 'vxlan', info_data: {id: 4097, port: 4789, ...info}},
          ...more,
        },
      ]),
    );

  test('both ends of a tunnel that has none, as iproute2 prints them of kernel 7.2', () => {
    const plain = vxlanOf({}).rows;
    for (const none of ['any', '0.0.0.0', '::'])
      for (const ends of [
        {local: none, remote: none},
        {local6: none, remote6: none},
        {local: none, group: none},
      ])
        assert.deepEqual(vxlanOf(ends), {rows: plain, problems: []}, JSON.stringify(ends));
    const text = parseLinksText(
      [
        '19: vxlan0: <UP> mtu 1450 qdisc noqueue master br0 state UNKNOWN mode DEFAULT group default ',
        '    link/ether 6e:a8:92:85:80:38 brd ff:ff:ff:ff:ff:ff link-netnsid 0 promiscuity 1 ',
        '    vxlan id 4097 remote any local any srcport 0 0 dstport 4789 proxy l2miss l3miss ttl auto ageing 300 ',
      ].join('\n'),
    );
    assert.deepEqual([text.problems, text.dropped], [[], undefined]);
    assert.deepEqual(
      [text.rows[0]?.vxlan?.vni, text.rows[0]?.vxlan?.local, text.rows[0]?.vxlan?.group],
      [4097, undefined, undefined],
    );
  });

  test('a value of an unknown form costs itself where its absence claims nothing', () => {
    const {rows: known, problems, dropped} = vxlanOf({local: 'mars', ageing: -1}, {mtu: 'many'});
    assert.deepEqual(
      known.map(({name, mtu, master, vxlan}) => [name, mtu, master, vxlan?.vni, vxlan?.local]),
      [['vxlan0', undefined, 'br0', 4097, undefined]],
    );
    assert.deepEqual(problems, []);
    assert.deepEqual(dropped, [
      'mtu is not understood: "\\"many\\""',
      'linkinfo.info_data.local is not understood: "\\"mars\\""',
      'linkinfo.info_data.ageing is not understood: "-1"',
    ]);
  });

  test('where its absence would claim something, the table is not understood whole', () => {
    for (const [info, more] of [
      [{remote: 'mars'}, {}],
      [{group: 'mars'}, {}],
      [{id: 'four'}, {}],
      [{proxy: 'perhaps'}, {}],
      [{}, {master: 'no name'}],
      [{}, {flags: ['UP', '?']}],
      [{}, {linkinfo: {info_kind: ''}}],
    ]) {
      const {rows: kept, problems} = vxlanOf(info ?? {}, more);
      assert.equal(kept.length, 1, JSON.stringify([info, more]));
      assert.equal(problems.length, 1, JSON.stringify([info, more]));
    }
  });

  test('the vxlan line of an old iproute2', () => {
    const {rows: old} = parseLinksText(
      [
        '11: vxlan1: <UP> mtu 1450 qdisc noqueue master br0 state UNKNOWN mode DEFAULT group default ',
        '    link/ether a6:1e:2a:c4:cb:14 brd ff:ff:ff:ff:ff:ff link-netnsid 0 promiscuity 1 ',
        '    vxlan id 260 srcport 0 0 dstport 4789 proxy l2miss l3miss ageing 300 ',
        '    bridge_slave state forwarding priority 32 cost 100 hairpin off guard off learning on flood on ',
      ].join('\n'),
    );
    assert.deepEqual(old[0]?.vxlan, {
      vni: 260,
      port: 4789,
      learning: true,
      proxy: true,
      l2miss: true,
      l3miss: true,
      ageingSeconds: 300,
      df: 'unset',
    });
    assert.deepEqual(old[0]?.bridgePort, {state: 'forwarding', hairpin: false, learning: true, flood: true});
  });

  test('a device called like an option is not one', () => {
    const {rows: odd} = parseLinksText(
      [
        '5: vx: <UP> mtu 1450 qdisc noop state DOWN group default ',
        '    link/ether a6:1e:2a:c4:cb:14 brd ff:ff:ff:ff:ff:ff promiscuity 0 ',
        '    vxlan id 7 dev proxy srcport 0 0 dstport 4789 ttl auto ageing 300 ',
      ].join('\n'),
    );
    assert.equal(odd[0]?.vxlan?.device, 'proxy');
    assert.equal(odd[0]?.vxlan?.proxy, false);
  });
});

describe('links of BusyBox', () => {
  test('has what it prints, and takes no name of a link for certain', () => {
    const {rows, problems} = parseLinksText(fixture('iproute/busybox-addr.txt'));
    const {rows: full} = parseLinksJson(fixture('iproute/addr.json'));
    assert.deepEqual(problems, []);
    assert.deepEqual(
      rows.map(({name, ifindex, mac, mtu, flags, master, addresses}) => ({
        name,
        ifindex,
        mac,
        mtu,
        flags,
        master,
        addresses,
      })),
      full.map(({name, ifindex, mac, mtu, flags, master, addresses}) => ({
        name,
        ifindex,
        mac,
        mtu,
        flags,
        master,
        addresses,
      })),
    );
    // It prints veth0@br0, because the peer's index in the other namespace is br0's here.
    assert.ok(fixture('iproute/busybox-addr.txt').includes('veth0@br0'));
    assert.deepEqual([byName(rows, 'veth0').iflink, byName(rows, 'veth0').linkName], [2, undefined]);
    assert.equal(byName(rows, 'v1').iflink, byName(full, 'v1').iflink);
  });

  test('ip link says nothing of addresses', () => {
    for (const row of parseLinksText(fixture('iproute/busybox-link.txt')).rows)
      assert.ok(!('addresses' in row));
  });

  test('in a container', () => {
    const {rows} = parseLinksText(fixture('iproute/busybox-peer-addr.txt'));
    assert.equal(
      byName(rows, 'eth0').iflink,
      byName(parseLinksJson(fixture('iproute/addr.json')).rows, 'veth0').ifindex,
    );
    assert.equal(byName(rows, 'eth0').addresses?.[0]?.address, '10.0.0.2');
  });
});

describe('links of the walk-through', () => {
  test('overlay namespace', () => {
    const {rows, problems} = parseLinksText(fixture('book/overlay-link.txt'));
    assert.deepEqual(problems, []);
    assert.equal(rows.length, 4);
    assert.deepEqual(byName(rows, 'veth2'), {
      ifindex: 13,
      name: 'veth2',
      mtu: 1450,
      qdisc: 'noqueue',
      operState: 'UP',
      linkType: 'ether',
      mac: 'b2:fa:2d:cc:8b:51',
      master: 'br0',
      iflink: 12,
      linkNetnsid: 1,
    });
    assert.equal(byName(rows, 'vxlan1').linkNetnsid, 0);
    assert.equal(byName(rows, 'vxlan1').iflink, undefined);
  });

  test('containers', () => {
    const {rows, problems} = parseLinksText(fixture('book/web2-2-link.txt'));
    assert.deepEqual(problems, []);
    const eth0 = byName(rows, 'eth0');
    assert.deepEqual([eth0.ifindex, eth0.iflink, eth0.linkNetnsid], [12, 13, undefined]);
    assert.equal(byName(rows, 'eth1').iflink, 15);
    assert.equal(parseLinksText(fixture('book/web1-link.txt')).rows[0]?.iflink, 8);
    const {rows: internal} = parseLinksText(fixture('book/internal-web1-addr.txt'));
    assert.deepEqual(
      internal.map(({name}) => name),
      ['lo', 'eth0'],
    );
    assert.equal(byName(internal, 'eth0').addresses?.[0]?.address, '192.10.10.2');
  });

  test('host', () => {
    const {rows} = parseLinksText(fixture('book/docker2-addr.txt'));
    assert.deepEqual(byName(rows, 'eth0').addresses, [
      {family: 'inet', address: '10.10.10.102', prefixLength: 24, scope: 'global'},
      {family: 'inet6', address: 'fe80::f0e8:ff:fe24:e2de', prefixLength: 64, scope: 'link'},
    ]);
  });
});

describe('odd links', () => {
  const good = {ifindex: 3, ifname: 'eth0', flags: ['UP'], mtu: 1500};

  test('an odd value costs only itself, an odd name the row', () => {
    const {rows, problems, dropped} = parseLinksJson(
      JSON.stringify([
        {},
        {...good, mtu: 'many'},
        {...good, ifindex: '4', ifname: 'eth1', mtu: '1450'},
        {...good, ifindex: 5, ifname: 'a\u001b[2J'},
        {...good, ifindex: 6, ifname: 'x'.repeat(16)},
        {
          ...good,
          ifindex: 7,
          ifname: 'ok',
          addr_info: [{}, {family: 'inet', local: 'nonsense', prefixlen: 24}],
        },
        17,
        {ifname: 'no-index'},
      ]),
    );
    assert.deepEqual(rows, [
      {ifindex: 3, name: 'eth0', flags: ['UP']},
      {ifindex: 4, name: 'eth1', flags: ['UP'], mtu: 1450},
      {ifindex: 7, name: 'ok', flags: ['UP'], mtu: 1500, addresses: []},
    ]);
    assert.equal(problems.length, 5);
    assert.equal(dropped?.length, 1);
    assert.ok([...problems, ...(dropped ?? [])].every((problem) => !/\p{C}/u.test(problem)));
  });

  test('a tunnel has no MAC, an Ethernet must have one', () => {
    const {rows, problems} = parseLinksJson(
      JSON.stringify([
        {...good, link_type: 'ipip', address: '0.0.0.0'},
        {...good, ifindex: 4, link_type: 'ether', address: '0.0.0.0'},
      ]),
    );
    assert.equal(rows.length, 2);
    assert.equal(problems.length, 1);
  });

  test('the name of an underlay in another namespace is not believed', () => {
    const linkinfo = {info_kind: 'vxlan', info_data: {id: 7, link: 'eth0', port: 4789}};
    const {rows} = parseLinksJson(JSON.stringify([{...good, linkinfo, link_netnsid: 0}]));
    assert.equal(rows[0]?.vxlan?.vni, 7);
    assert.equal(rows[0]?.vxlan?.device, undefined);
  });

  test('a second row with one index is not believed', () => {
    const {rows, problems} = parseLinksJson(JSON.stringify([good, {...good, ifname: 'evil'}]));
    assert.deepEqual([rows.length, problems.length], [1, 1]);
  });

  test('nothing, no JSON, no array', () => {
    for (const text of ['', 'Object "addr" is unknown', '{"a":1}', '[', '"', 'null']) {
      const {rows, problems} = parseLinksJson(text);
      assert.deepEqual([rows.length, problems.length], [0, 1], text);
    }
    assert.deepEqual(parseLinksJson('[ ]'), {rows: [], problems: []});
  });
});
