import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {linkGroups} from '../../src/answers/link-rows.js';
import {knownHost} from '../../src/topology/known-host.js';
import {
  dockerAnswers,
  dockerContainer,
  type MadeHost,
  madeModel,
  type Raw,
  recordedModel,
  veth,
} from '../support/evidence.js';

const overlay = '1-aaaaaaaaaa';
const network = {
  Id: `${'a'.repeat(25)}`,
  Name: 'net',
  Driver: 'overlay',
  Scope: 'swarm',
  Options: {'com.docker.network.driver.overlay.vxlanid_list': '4097'},
};
const [one, two] = ['111111111111', '222222222222'];
const mac = (last: number) => `02:42:0a:00:01:0${last}`;

/** An overlay sandbox and two containers whose ends have the same two indexes, as every namespace counts for itself. */
function twins(
  more: Partial<MadeHost> & {port?: Raw; rows?: Raw[]; nsids?: string; first?: Raw; second?: Raw} = {},
) {
  const {port = {}, rows = [], nsids = '', first = {}, second = {}, ...host} = more;
  return madeModel({
    files: [
      {name: overlay, inode: 5000},
      {name: one, inode: 5001},
      {name: two, inode: 5002},
    ],
    tables: {
      [overlay]: {
        addr: [veth('veth1', 13, 12, {mac: 'b2:fa:2d:cc:8b:51', master: 'br0', ...port})],
        fdb: rows,
        nsid: nsids,
      },
      [one]: {addr: [veth('eth0', 12, 13, {mac: mac(1), ...first})]},
      [two]: {addr: [veth('eth0', 12, 13, {mac: mac(2), ...second})]},
    },
    ...host,
  });
}

describe('pairing veths', () => {
  it('takes nothing where two candidates fit and nothing tells them apart', () => {
    const pairing = knownHost(twins()).pairs(overlay, 13);
    assert.equal(pairing?.peer, undefined);
    assert.match(pairing?.reason ?? '', /^2 interfaces .* can't be distinguished/);
  });

  it('takes the one whose namespace the nsid names', () => {
    const host = twins({port: {nsid: 3}, nsids: '5001 71 2\n5002 72 3\n'});
    const {peer, proof} = knownHost(host).pairs(overlay, 13) ?? {};
    assert.deepEqual([peer?.netns, proof], [two, 'nsid']);
    // The other candidate points at the same numbers and is refused, also seen from its own side.
    assert.equal(knownHost(host).pairs(one, 12)?.peer, undefined);
    assert.equal(knownHost(host).pairs(two, 12)?.peer?.netns, overlay);
  });

  it('refuses a single candidate whose namespace the nsid excludes', () => {
    const host = madeModel({
      files: [
        {name: overlay, inode: 5000},
        {name: one, inode: 5001},
      ],
      tables: {
        [overlay]: {addr: [veth('veth1', 13, 12, {nsid: 3})], nsid: '5001 71 2\n5009 72 3\n'},
        [one]: {addr: [veth('eth0', 12, 13)]},
      },
    });
    const pairing = knownHost(host).pairs(overlay, 13);
    assert.equal(pairing?.peer, undefined);
    assert.match(pairing?.reason ?? '', /namespace ids .* belong to other namespaces/);
  });

  it('takes the one whose MAC the bridge has learned behind this very port', () => {
    const learned = (dev: string, of: number, state = '') => ({
      mac: mac(of),
      ifname: dev,
      master: 'br0',
      flags: [],
      state,
    });
    const seen = knownHost(twins({rows: [learned('veth1', 2)]})).pairs(overlay, 13);
    assert.deepEqual([seen?.peer?.netns, seen?.proof], [two, 'mac-seen']);
    // Behind another port it says nothing of this one.
    assert.equal(knownHost(twins({rows: [learned('veth9', 2)]})).pairs(overlay, 13)?.peer, undefined);
    // A permanent row is the port's own address, not a learned one.
    assert.equal(
      knownHost(twins({rows: [learned('veth1', 2, 'permanent')]})).pairs(overlay, 13)?.peer,
      undefined,
    );
  });

  it('takes the one that Docker gives an endpoint with this MAC on this very network', () => {
    const endpoint = (of: number) => ({net: {NetworkID: network.Id, MacAddress: mac(of).toUpperCase()}});
    const containers = [
      dockerContainer('first', {pid: 201, key: one, networks: {other: {NetworkID: 'b', MacAddress: mac(1)}}}),
      dockerContainer('second', {pid: 202, key: two, networks: endpoint(2)}),
    ];
    const docker = dockerAnswers(containers, [network]);
    const told = knownHost(twins({docker})).pairs(overlay, 13);
    assert.deepEqual([told?.peer?.netns, told?.proof], [two, 'docker-mac']);
    // Docker's process is in another namespace than the file: these are another machine's answers.
    const elsewhere = knownHost(twins({docker, processes: {202: 5999}})).pairs(overlay, 13);
    assert.equal(elsewhere?.peer, undefined);
  });

  it('takes the only candidate of the host, and says that this is all the proof', () => {
    const host = madeModel({
      files: [
        {name: overlay, inode: 5000},
        {name: one, inode: 5001},
        {name: two, inode: 5002},
      ],
      tables: {
        [overlay]: {addr: [veth('veth1', 13, 12)]},
        [one]: {addr: [veth('eth0', 12, 13)]},
        // Right index, but it points elsewhere.
        [two]: {addr: [veth('eth0', 12, 14)]},
      },
    });
    assert.deepEqual(
      [knownHost(host).pairs(overlay, 13)?.peer?.netns, knownHost(host).pairs(overlay, 13)?.proof],
      [one, 'only-candidate'],
    );
    assert.match(
      knownHost(host).pairs(two, 12)?.reason ?? '',
      /no interface on this host with index 14 and peer index 12/,
    );
  });

  it('pairs two ends in one namespace', () => {
    const host = madeModel({
      files: [{name: overlay, inode: 5000}],
      tables: {
        [overlay]: {
          addr: [
            {...veth('left', 3, 4), link_index: undefined, link: 'right'},
            {...veth('right', 4, 3), link_index: undefined, link: 'left'},
          ],
        },
      },
    });
    const pairing = knownHost(host).pairs(overlay, 3);
    // iproute2 names the other end instead of numbering it.
    if (pairing) assert.deepEqual([pairing.peer?.link.name, pairing.proof], ['right', 'same-namespace']);
    else assert.fail('no pairing');
  });

  it('takes neither a vxlan device nor a macvlan for a veth', () => {
    const host = madeModel({
      files: [
        {name: overlay, inode: 5000},
        {name: one, inode: 5001},
      ],
      tables: {
        // vxlan0@if11 names itself, and a macvlan its parent.
        [overlay]: {addr: [veth('vxlan0', 11, 12, {kind: 'vxlan'}), veth('eth9', 12, 11, {kind: 'macvlan'})]},
        [one]: {addr: [veth('eth0', 12, 11)]},
      },
    });
    const pairs = knownHost(host).pairs;
    assert.equal(pairs(overlay, 11), undefined);
    assert.equal(pairs(overlay, 12), undefined);
    assert.equal(pairs(one, 12)?.peer, undefined);
  });
});

describe('on the recorded swarm', () => {
  it('every veth of an overlay has its other end, and both sides say so', () => {
    for (const name of ['node1', 'node2']) {
      const host = recordedModel(name);
      const pairs = knownHost(host).pairs;
      const groups = linkGroups([host]);
      const overlays = groups.filter(({kind}) => kind === 'overlay');
      assert.equal(overlays.length, 5);
      for (const {netns, links} of overlays) {
        for (const {kind, ifindex, peer, peerReason} of links) {
          if (kind !== 'veth') continue;
          assert.ok(peer, peerReason ?? '');
          const back = pairs(peer.netns, peer.ifindex)?.peer;
          assert.deepEqual([back?.netns, back?.link.ifindex], [netns, ifindex]);
        }
      }
    }
  });

  it('a port that was taken out of the bridge still has its other end, and no master', () => {
    const [group] = linkGroups([recordedModel('veth-unplugged/node1')]).filter(
      ({network: name, kind}) => name === 'uber-net' && kind === 'overlay',
    );
    const port = group?.links.find(({peer}) => peer?.owner === 'web1');
    assert.ok(port);
    assert.equal(port.master, null);
    assert.equal(port.portState, null);
  });

  it('a vxlan device that was set down says so', () => {
    const [group] = linkGroups([recordedModel('vxlan-down/node1')]).filter(
      ({network: name, kind}) => name === 'uber-net' && kind === 'overlay',
    );
    const device = group?.links.find(({vxlan}) => vxlan !== null);
    assert.equal(device?.state, 'DOWN');
    assert.equal(device?.flags.includes('UP'), false);
  });
});
