import assert from 'node:assert/strict';
import {before, describe, it} from 'node:test';
import {type HostModel, hostModel} from '../../src/model/host.js';
import {captureFilter} from '../../src/probe/filter.js';
import {planLines, planProbe} from '../../src/probe/plan.js';
import {wayOf} from '../../src/probe/points.js';
import {readSnapshot} from '../../src/snapshot/snapshot-file.js';
import {findContainer} from '../../src/topology/names.js';
import {trace} from '../../src/trace/trace.js';
import {recorded} from '../cli/support.js';
import {points} from './support.js';

describe('the points on the way, from recorded hosts', () => {
  let hosts: HostModel[] = [];
  before(async () => {
    const snapshots = await Promise.all(['node1', 'node2'].map((name) => readSnapshot(recorded(name))));
    hosts = snapshots.flatMap((snapshot) => snapshot.hosts).map(hostModel);
  });

  function way(from: string, to: string, read = hosts) {
    const source = findContainer(read, from);
    const target = /^[\d.]+$/.test(to) ? {ip: to} : findContainer(read, to);
    const {network} = trace(read, source, target);
    return wayOf({hosts: read, source, target, network});
  }
  const names = (from: string, to: string, read = hosts) =>
    way(from, to, read)?.points.map(({host, point, interfaces}) =>
      `${host} ${point} ${interfaces.join('+')}`.replace(/veth\w+/, 'veth'),
    );

  it('are those of a tunnel, on both hosts, in the order of the way', () => {
    assert.deepEqual(names('web1', 'web2'), [
      'node1 container eth0',
      'node1 bridge-port veth',
      'node1 vxlan vxlan0',
      'node1 uplink eth0',
      'node2 uplink eth0',
      'node2 vxlan vxlan0',
      'node2 bridge-port veth',
      'node2 container eth0',
    ]);
    assert.deepEqual(names('web2', 'web1')?.[0], 'node2 container eth0');
    const found = way('web1', 'web2');
    assert.equal(found?.mtu, 1450);
    assert.deepEqual(found?.gaps, []);
    assert.equal(new Set(found?.points.map(({inode}) => inode)).size, 6);
  });

  it('are all devices that either way may take between two subnets', () => {
    assert.deepEqual(
      names('ts1a', 'ts2b')?.filter((name) => name.includes(' vxlan ')),
      ['node1 vxlan vxlan0+vxlan1', 'node2 vxlan vxlan0+vxlan1'],
    );
    assert.equal(names('ts1a', 'ts1b')?.filter((name) => name.includes('+')).length, 0);
  });

  it('are on one host where both ends are, on a bridge or a macvlan', () => {
    assert.deepEqual(names('open1', 'open2'), [
      'node1 container eth0',
      'node1 bridge-port veth',
      'node1 bridge-port veth',
      'node1 container eth0',
    ]);
    assert.deepEqual(names('mac1', 'mac2'), ['node1 container eth0', 'node1 container eth0']);
  });

  it('end at the uplink towards the outside, and towards a host that was not read', () => {
    assert.deepEqual(names('web1', '192.0.2.1'), [
      'node1 container eth1',
      'node1 bridge-port veth',
      'node1 uplink eth0',
    ]);
    const target = findContainer(hosts, 'web2').container.endpoints[0]?.ip ?? '';
    assert.deepEqual(names('web1', target, hosts.slice(0, 1))?.at(-1), 'node1 uplink eth0');
  });

  it('see ESP only at the uplinks of an encrypted network', () => {
    assert.deepEqual(
      way('secret1', 'secret2')?.points.map(({carries}) => carries),
      ['plain', 'plain', 'plain', 'esp', 'esp', 'plain', 'plain', 'plain'],
    );
    assert.deepEqual(
      way('secret1', 'secret2')?.points.flatMap(({peer}) => peer ?? []),
      ['192.168.1.5', '172.31.1.5'],
    );
  });

  it('end at the port to the load balancer for a VIP, which gets a connection for each task', () => {
    const source = findContainer(hosts, 'web1');
    const question = {
      hosts,
      source,
      network: 'uber-net',
      traffic: {protocol: 'tcp', port: 80} as const,
      mtu: false,
    };
    const planned = (tasks: number) => planProbe({...question, target: {ip: '10.0.1.2', tasks}});
    assert.deepEqual(
      planned(5).way.points.map(({host, point}) => `${host} ${point}`),
      ['node1 container', 'node1 bridge-port'],
    );
    for (const [tasks, count] of [
      [1, 2],
      [5, 5],
      [50, 20],
    ] as const)
      assert.deepEqual(planned(tasks).plan.sends, [{kind: 'connect', count, port: 80}]);
  });

  it('are announced before anything is sent', () => {
    const [source, target] = [findContainer(hosts, 'web1'), findContainer(hosts, 'web2')];
    const {plan} = planProbe({
      hosts,
      source,
      target,
      network: 'uber-net',
      traffic: {protocol: 'tcp', port: 80},
      mtu: true,
    });
    assert.deepEqual(plan.sends, [{kind: 'connect', count: 2, port: 80}]);
    assert.deepEqual(plan.mtu, {largest: 1450, mostSizes: 12});
    const lines = planLines(plan);
    assert.match(lines[0] ?? '', /2 TCP connections to port 80, closed at once, then up to 12 echo requests/);
    assert.match(lines[0] ?? '', /at most 20 packets/);
    assert.match(
      lines[1] ?? '',
      /captures on node1 at container eth0, bridge-port veth\d+, vxlan vxlan0, uplink eth0/,
    );
    assert.match(lines.at(-1) ?? '', /path MTU stays/);
  });

  it('take no name of an interface or namespace that is not plain', () => {
    const odd = hosts.map((host) => ({
      ...host,
      namespaces: host.namespaces.map((namespace) => ({
        ...namespace,
        ...(namespace.tables?.links
          ? {
              tables: {
                ...namespace.tables,
                links: namespace.tables.links.map((link) =>
                  link.vxlan ? {...link, name: 'v;reboot'} : link,
                ),
              },
            }
          : {}),
      })),
    }));
    const found = way('web1', 'web2', odd);
    assert.ok(found?.points.every(({point}) => point !== 'vxlan'));
    assert.deepEqual(
      found?.gaps.map(({point, reason}) => [point, reason]),
      [
        ['vxlan', 'its interface has a name that is not passed to a program'],
        ['vxlan', 'its interface has a name that is not passed to a program'],
      ],
    );
  });
});

describe('capture filters', () => {
  const [container, , , uplink] = points;

  it('let through only what the probe sends', () => {
    assert.ok(container && uplink);
    assert.equal(captureFilter(container, [{protocol: 'icmp'}], '10.0.1.10'), 'host 10.0.1.10 and ( icmp )');
    assert.equal(
      captureFilter(container, [{protocol: 'tcp', port: 80}, {protocol: 'icmp'}], '10.0.1.10'),
      'host 10.0.1.10 and ( tcp port 80 or icmp )',
    );
    assert.equal(
      captureFilter(uplink, [{protocol: 'icmp'}], '10.0.1.10'),
      '( udp dst port 4789 and ( udp[42:4] = 0x0a00010a or udp[46:4] = 0x0a00010a ) and ( udp[39:1] = 1 ) ) or ' +
        '( ip6[6] = 17 and ip6[42:2] = 4789 and ( ip6[82:4] = 0x0a00010a or ip6[86:4] = 0x0a00010a ) and ( ip6[79:1] = 1 ) )',
    );
    assert.equal(
      captureFilter({...uplink, carries: 'esp', peer: '192.0.2.9'}, [], '10.0.1.10'),
      'esp and host 192.0.2.9',
    );
    assert.throws(() => captureFilter(uplink, [{protocol: 'icmp'}], '10.0.1.10 or tcp'));
  });
});
