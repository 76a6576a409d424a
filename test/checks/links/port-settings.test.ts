import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {derived, editTable, overlayOf} from '../../support/evidence.js';
import {fixOf} from '../support.js';
import {
  editLink,
  forget,
  foundOn,
  inShort,
  node1,
  port,
  sandbox,
  stopped,
  vxlan,
  withPort,
} from './settings.js';

const at = (name: string) => `${name} in ${sandbox}`;

describe('port-settings', () => {
  it("finds 'port-not-forwarding', as trace does, and turns STP off where it runs", () => {
    const blocked = withPort(vxlan, {state: 'blocking'});
    const [finding, ...more] = foundOn(blocked);
    assert.deepEqual(
      [inShort(finding ? [finding] : []), more],
      [[`error port-not-forwarding ${at(vxlan)}`], []],
    );
    assert.match(fixOf(finding).join('\n'), /bridge link set dev vxlan0 state 3$/);
    assert.equal(stopped(withPort(port, {state: 'blocking'})), 'node1 port-not-forwarding');
    const learning = withPort(port, {state: 'learning'}, (draft) =>
      editLink(draft, 'br0', ({linkinfo}) => Object.assign(linkinfo.info_data, {stp_state: 1})),
    );
    assert.match(fixOf(foundOn(learning)[0])[0] ?? '', /ip link set br0 type bridge stp_state 0$/);
  });

  it('leaves a port that is disabled because its link has no carrier to whoever finds that link', () => {
    const dead = withPort(port, {state: 'disabled'}, (draft) =>
      editLink(draft, port, (row) =>
        Object.assign(row, {flags: ['NO-CARRIER', 'UP'], operstate: 'LOWERLAYERDOWN'}),
      ),
    );
    assert.deepEqual(inShort(foundOn(dead)), []);
  });

  it("finds 'ports-isolated' where two of them are, and not where one is", () => {
    assert.deepEqual(inShort(foundOn(withPort(port, {isolated: true}))), []);
    const both = withPort(port, {isolated: true}, (draft) =>
      editLink(draft, vxlan, ({linkinfo}) => Object.assign(linkinfo.info_slave_data, {isolated: true})),
    );
    const [finding] = foundOn(both);
    assert.equal(finding?.code, 'ports-isolated');
    assert.deepEqual(
      fixOf(finding).map((line) => line.replace(/^.* bridge/, 'bridge')),
      [vxlan, port].map((name) => `bridge link set dev ${name} isolated off`),
    );
    assert.equal(stopped(both), 'node1 ports-isolated');
  });

  it("finds 'port-locked': an error where the bridge lacks an entry for what is behind it", () => {
    assert.deepEqual(inShort(foundOn(withPort(port, {locked: true}))), [`warning port-locked ${at(port)}`]);
    assert.equal(stopped(withPort(port, {locked: true})), undefined);
    const silent = withPort(port, {locked: true}, (draft) => forget(draft, port));
    assert.deepEqual(inShort(foundOn(silent)), [`error port-locked ${at(port)}`]);
    assert.equal(stopped(silent), 'node1 port-locked');
  });

  it("finds 'port-does-not-flood': an error where the bridge lacks an entry", () => {
    assert.deepEqual(inShort(foundOn(withPort(port, {flood: false}))), [
      `warning port-does-not-flood ${at(port)}`,
    ]);
    const silent = withPort(vxlan, {flood: false}, (draft) => forget(draft, vxlan));
    assert.deepEqual(inShort(foundOn(silent)), [`error port-does-not-flood ${at(vxlan)}`]);
    assert.equal(stopped(silent), 'node1 port-does-not-flood');
  });

  it("finds 'port-broadcast-off', and trace has no answer to ARP then", () => {
    const deaf = withPort(vxlan, {bcast_flood: false});
    assert.deepEqual(inShort(foundOn(deaf)), [`error port-broadcast-off ${at(vxlan)}`]);
    const asking = derived(deaf, (draft) => {
      for (const {name, netns} of draft.sections)
        if (name === 'neigh' && netns !== undefined && /^[0-9a-f]{12}$/.test(netns))
          editTable(draft, netns, 'neigh', () => []);
    });
    assert.equal(stopped(asking), 'node1 port-broadcast-off');
  });

  it("finds 'bridge-vlan-filtering': an error where a port is in no VLAN", () => {
    const filtering = derived(node1, (draft) =>
      editLink(draft, 'br0', ({linkinfo}) => Object.assign(linkinfo.info_data, {vlan_filtering: 1})),
    );
    assert.deepEqual(inShort(foundOn(filtering)), [`error bridge-vlan-filtering ${at('br0')}`]);
    assert.equal(stopped(filtering), 'node1 bridge-vlan-filtering');
    const tagged = derived(filtering, (draft) =>
      editTable(draft, sandbox, 'fdb', (rows) => [
        ...rows,
        ...rows
          .filter(({master, state}) => master && state === 'permanent')
          .map((row) => ({...row, vlan: 1})),
      ]),
    );
    assert.deepEqual(inShort(foundOn(tagged)), [`warning bridge-vlan-filtering ${at('br0')}`]);
    assert.equal(stopped(tagged), undefined);
  });

  it("finds 'bridge-address-missing': an error where subnets are routed to each other, as trace does", () => {
    const {file} = overlayOf(node1, 'two-nets');
    const bare = (netns: string) =>
      derived(node1, (draft) => {
        editTable(draft, netns, 'addr', (rows) =>
          rows.map((row) => (row.ifname === 'br0' ? {...row, addr_info: []} : row)),
        );
        editTable(draft, netns, 'route', (rows) => rows.filter(({dev}) => dev !== 'br0'));
      });
    const [finding, ...more] = foundOn(bare(file));
    assert.deepEqual(
      [inShort(finding ? [finding] : []), more],
      [[`error bridge-address-missing br0 in ${file}`], []],
    );
    assert.match(fixOf(finding)[0] ?? '', /ip addr add 10\.50\.\d\.1\/24 dev br0$/);
    assert.equal(stopped(bare(file), 'ts1a', 'ts2b'), 'node1 bridge-address-missing');
    assert.deepEqual(inShort(foundOn(bare(sandbox))), [`info bridge-address-missing ${at('br0')}`]);
  });
});
