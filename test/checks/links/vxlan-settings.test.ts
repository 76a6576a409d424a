import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {derived, setProc} from '../../support/evidence.js';
import {fixOf} from '../support.js';
import {editLink, foundOn, inShort, node1, sandbox, stopped, vxlan, withDevice} from './settings.js';

const subject = `${vxlan} in ${sandbox}`;

const hostTtl = (ttl: number) =>
  derived(node1, (draft) => setProc(draft, '@host', '/proc/sys/net/ipv4/ip_default_ttl', String(ttl)));

describe('vxlan-settings', () => {
  it("finds 'vxlan-ttl-low' of a device whose packets end at the first router, as trace does", () => {
    const [finding, ...more] = foundOn(withDevice(vxlan, {ttl: 1}));
    assert.deepEqual([inShort(finding ? [finding] : []), more], [[`error vxlan-ttl-low ${subject}`], []]);
    assert.match(fixOf(finding)[0] ?? '', /ip link set vxlan0 type vxlan ttl auto$/);
    assert.equal(stopped(withDevice(vxlan, {ttl: 1})), 'node1 vxlan-ttl-low');
    assert.deepEqual(inShort(foundOn(withDevice(vxlan, {ttl: 4}))), [`warning vxlan-ttl-low ${subject}`]);
    assert.equal(stopped(withDevice(vxlan, {ttl: 4})), undefined);
  });

  it('finds the same of the default of the host, which a device without its own has', () => {
    assert.deepEqual(inShort(foundOn(hostTtl(1))), ['error vxlan-ttl-low net.ipv4.ip_default_ttl']);
    assert.equal(stopped(hostTtl(1)), 'node1 vxlan-ttl-low');
    for (const ttl of [64, 128, 255]) assert.deepEqual(inShort(foundOn(hostTtl(ttl))), []);
    const own = derived(hostTtl(1), (draft) =>
      editLink(draft, vxlan, ({linkinfo}) => Object.assign(linkinfo.info_data, {ttl: 64})),
    );
    assert.equal(stopped(own), undefined);
  });

  it("finds 'vxlan-proxy-off', and trace has no answer to ARP then", () => {
    const without = derived(node1, (draft) =>
      editLink(draft, vxlan, ({linkinfo}) => {
        delete linkinfo.info_data.proxy;
      }),
    );
    assert.deepEqual(inShort(foundOn(without)), [`error vxlan-proxy-off ${subject}`]);
  });

  it("finds 'vxlan-changed': information where nothing is lost by it alone", () => {
    const [finding] = foundOn(withDevice(vxlan, {df: 'set', tos: '0x10'}));
    assert.deepEqual(inShort(finding ? [finding] : []), [`warning vxlan-changed ${subject}`]);
    assert.match(fixOf(finding)[0] ?? '', /type vxlan df unset tos 0$/);
    for (const data of [{tos: '0x10'}, {ttl: 64}, {learning: false}, {localbypass: false}])
      assert.deepEqual(inShort(foundOn(withDevice(vxlan, data))), [`info vxlan-changed ${subject}`]);
    const [ports] = foundOn(withDevice(vxlan, {port_range: {low: 5000, high: 6000}}));
    assert.deepEqual([ports?.severity, ports?.fix.by], ['warning', 'unknown']);
    assert.deepEqual(inShort(foundOn(withDevice(vxlan, {df: 'unset', tos: '0x0', ttl: 0}))), []);
  });

  it("finds a local address of a device by 'outer-source-mismatch', and one that is the node's VTEP well", () => {
    const other = withDevice(vxlan, {local: '172.31.1.77'});
    assert.deepEqual(inShort(foundOn(other)), [`error outer-source-mismatch ${subject}`]);
    assert.equal(stopped(other), 'node1 outer-source-mismatch');
    assert.deepEqual(inShort(foundOn(withDevice(vxlan, {local: '172.31.1.5'}))), []);
  });

  it("finds a device that is held without carrier by 'vxlan-down', and its ports by nothing else", () => {
    const held = derived(node1, (draft) =>
      editLink(draft, vxlan, (row) => {
        Object.assign(row, {proto_down: true, operstate: 'DOWN', flags: ['NO-CARRIER', 'BROADCAST', 'UP']});
        row.linkinfo.info_slave_data.state = 'disabled';
      }),
    );
    assert.deepEqual(inShort(foundOn(held)), [`error vxlan-down ${subject}`]);
    assert.equal(stopped(held), 'node1 vxlan-down');
  });

  it('finds an MTU of the device below that of the source in trace too', () => {
    const small = derived(node1, (draft) => editLink(draft, vxlan, (row) => Object.assign(row, {mtu: 1200})));
    assert.equal(stopped(small), 'node1 mtu-differs');
  });
});
