import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {inspectContainer} from '../../src/answers/inspect.js';
import {dockerAnswers, dockerContainer, idOf, madeModel, type Raw, veth} from '../support/evidence.js';

const networkOf = (name: string, driver: string, more: Raw = {}) => ({
  Id: idOf(name),
  Name: name,
  Driver: driver,
  ...more,
});

function inspect(options: {
  inside: Raw[];
  outside?: Raw[];
  routes?: Raw[];
  rules?: Raw[];
  networks: Raw[];
  endpoints: Raw;
  nsid?: string;
}) {
  const host = madeModel({
    files: [{name: '0123456789ab', inode: 5001}],
    tables: {
      '0123456789ab': {
        addr: options.inside,
        route: options.routes ?? [],
        rule: options.rules ?? [],
        nsid: options.nsid ?? '',
      },
      '@host': {addr: options.outside ?? []},
    },
    docker: dockerAnswers(
      [dockerContainer('web1', {key: '0123456789ab', networks: options.endpoints})],
      options.networks,
    ),
  });
  const container = host.docker?.containers[0];
  assert.ok(container);
  return inspectContainer(host, container, [host]);
}

const bridge = networkOf('web-net', 'bridge');
const endpoints = {'web-net': {NetworkID: idOf('web-net'), IPAddress: '172.20.0.2'}};

describe('the other end of a veth on no bridge', () => {
  it('is not given the VNI of a vxlan device that is on no bridge either', () => {
    const {interfaces} = inspect({
      inside: [veth('eth0', 12, 13, {address: '172.20.0.2'})],
      outside: [
        veth('veth1', 13, 12),
        {
          ...veth('flannel.1', 20, 20, {kind: 'vxlan'}),
          linkinfo: {info_kind: 'vxlan', info_data: {id: 1, port: 8472}},
        },
      ],
      networks: [bridge],
      endpoints,
    });
    assert.equal(interfaces[0]?.peer?.name, 'veth1');
    assert.equal(interfaces[0]?.peer?.vni, null);
  });
});

describe('a macvlan whose lower link is in another namespace than the host’s', () => {
  const outside = [{ifindex: 2, ifname: 'ens3', flags: ['UP'], mtu: 1500, addr_info: []}];
  const parentBy = (inode: number) =>
    inspect({
      inside: [veth('eth0', 12, 2, {kind: 'macvlan', nsid: 0, address: '172.20.0.2'})],
      outside,
      networks: [networkOf('web-net', 'macvlan', {Options: {parent: 'ens3'}})],
      endpoints,
      nsid: `${inode} 1 0\n`,
    }).interfaces[0]?.parent?.name;

  it('has no parent on the host by its index', () => {
    assert.equal(parentBy(4000), 'ens3');
    assert.equal(parentBy(6000), undefined);
  });
});

describe('one MAC given to two endpoints of a container', () => {
  it('leaves the address to tell them apart', () => {
    const mac = '02:de:ad:be:ef:01';
    const {interfaces} = inspect({
      inside: [
        veth('eth0', 12, 13, {mac, address: '172.20.0.2'}),
        veth('eth1', 14, 15, {mac, address: '172.21.0.2'}),
      ],
      networks: [bridge, networkOf('other', 'bridge')],
      endpoints: {
        'web-net': {NetworkID: idOf('web-net'), IPAddress: '172.20.0.2', MacAddress: mac},
        other: {NetworkID: idOf('other'), IPAddress: '172.21.0.2', MacAddress: mac},
      },
    });
    assert.deepEqual(
      interfaces.map(({attachment}) => attachment?.network),
      ['web-net', 'other'],
    );
  });
});

describe('a container without a default route', () => {
  const reach = (routes: Raw[], rules: Raw[] = []) =>
    inspect({
      inside: [veth('eth0', 12, 13, {address: '172.20.0.2'})],
      routes,
      rules,
      networks: [bridge],
      endpoints,
    }).reach.join(' ');

  it('reaches nothing outside only where no other route leads there', () => {
    const own = {dst: '172.20.0.0/16', dev: 'eth0', scope: 'link', prefsrc: '172.20.0.2', flags: []};
    assert.match(reach([own]), /It can't reach anything outside: it has no default route/);
    const halves = ['0.0.0.0/1', '128.0.0.0/1'].map((dst) => ({
      dst,
      gateway: '172.20.0.9',
      dev: 'eth0',
      flags: [],
    }));
    assert.match(reach([own, ...halves]), /Outside: only 0\.0\.0\.0\/1, 128\.0\.0\.0\/1/);
    const rule = {priority: 100, src: 'all', table: '100'};
    assert.doesNotMatch(reach([own], [rule]), /can't reach/);
  });
});
