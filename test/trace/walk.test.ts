import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {type Change, editTable, type Raw} from '../support/evidence.js';
import {
  deciding,
  dropEntries,
  editEntries,
  editLink,
  forward,
  hopsOf,
  sandboxOf,
  setDown,
  unread,
} from './changed.js';

const uber = sandboxOf('node1', 'uber-net');
const web2 = '02:42:0a:00:01:09';
const way = (node1: Change, to = 'web2'): string[] => deciding(forward('web1', to, {node1}));
const isTunnel = ({mac, dst}: Raw): boolean => mac === web2 && dst !== undefined;

/** As if br0 of the sandbox had seen a frame from this MAC at that port, and at no other. */
const learnedOn = (mac: string, port: string): Change => {
  const isBridges = (entry: Raw): boolean => entry.mac === mac && entry.master !== undefined;
  return (draft) =>
    editTable(draft, uber, 'fdb', (entries) => [
      ...entries.filter((entry) => !isBridges(entry)),
      {mac, ifname: port, flags: [], master: 'br0', state: ''},
    ]);
};

describe('a walk over a tunnel', () => {
  it('takes the decisions in the order of the kernels', () => {
    assert.deepEqual(hopsOf(forward('web1', 'web2')), [
      'node1 interface pass',
      'node1 route pass',
      'node1 source-filter pass',
      'node1 veth pass',
      'node1 bridge pass',
      'node1 neighbour pass',
      'node1 bridge-fdb pass',
      'node1 vxlan-fdb pass',
      'node1 underlay-route pass',
      'node1 underlay-mtu pass',
      'node1 underlay-neighbour pass',
      'node1 filter-out pass',
      '- underlay unknown',
      'node2 filter-in pass',
      'node2 data-path-port pass',
      'node2 vni pass',
      'node2 source-row pass',
      'node2 bridge pass',
      'node2 bridge pass',
      'node2 bridge-fdb pass',
      'node2 endpoint pass',
      'node2 endpoint-filter pass',
      'node2 source-row pass',
    ]);
  });

  it('needs the vxlan device up and in the bridge', () => {
    assert.equal(way(setDown(uber, 'vxlan0')).at(-1), 'node1 vxlan fail vxlan-down');
    const unplugged = editLink(uber, 'vxlan0', (link) => {
      delete link.master;
    });
    assert.equal(way(unplugged).at(-1), 'node1 vxlan fail vxlan-not-in-bridge');
  });

  it('needs an FDB entry of the vxlan device, which leads to the right VTEP', () => {
    const learned = ({mac, master}: Raw): boolean => mac === web2 && master !== undefined;
    const none = dropEntries(uber, 'fdb', (entry) => isTunnel(entry) || learned(entry));
    assert.deepEqual(way(none), ['dropped', 'node1 vxlan-fdb fail fdb-row-missing']);
    const wrong = editEntries(uber, 'fdb', isTunnel, (entry) => {
      entry.dst = '192.168.1.77';
    });
    assert.deepEqual(way(wrong), ['dropped', 'node1 vxlan-fdb fail fdb-wrong-vtep']);
  });

  it('ends where the bridge has the MAC behind a port of its own', () => {
    assert.deepEqual(way(learnedOn(web2, 'veth2')), [
      'dropped',
      'node1 bridge-fdb fail mac-behind-other-port',
    ]);
  });

  it('is not known where the FDB was not read', () => {
    assert.equal(way(unread(uber, 'fdb'))[0], 'undecided');
  });
});

describe('a walk on one host', () => {
  const app = 'app.2.m62oyv4op3a5a8491nh75mulu';

  it('crosses the bridge alone', () => {
    const hops = hopsOf(forward('web1', app));
    assert.ok(hops.every((hop) => !/vxlan|underlay|vni/.test(hop)));
    assert.match(forward('web1', app).disposition, /^deliver/);
  });

  it('ends where the bridge has the MAC behind the tunnel', () => {
    assert.deepEqual(way(learnedOn('02:42:0a:00:01:04', 'vxlan0'), app), [
      'dropped',
      'node1 bridge-fdb fail local-mac-on-vxlan',
    ]);
  });

  it('ends at a port that is down', () => {
    assert.deepEqual(way(setDown(uber, 'veth2'), app), ['dropped', 'node1 veth fail veth-down']);
  });
});
