import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {packetNames} from '../../src/answers/packet-names.js';
import type {FrameArrival, Reception} from '../../src/packet/names.js';
import {type Change, type Raw, setProc} from '../support/evidence.js';
import {
  addRule,
  editEntries,
  editLink,
  forward,
  hostsWith,
  sandboxOf,
  setDown,
  unread,
} from '../trace/changed.js';

const uber = sandboxOf('node2', 'uber-net');
/** A frame of web1 on node1 to node2, as it was captured between them. */
const frame: FrameArrival = {
  src: '172.31.1.5',
  dst: '192.168.1.5',
  port: 4789,
  vni: 4097,
  srcMac: '02:42:0a:00:01:0a',
};

const reception = (node2?: Change, arrival: Partial<FrameArrival> = {}): Reception | undefined =>
  packetNames(hostsWith(node2 === undefined ? {} : {node2})).reception?.({...frame, ...arrival});

const senderRow = editEntries(
  uber,
  'fdb',
  ({mac, dst}: Raw) => mac === frame.srcMac && dst !== undefined,
  (entry) => {
    entry.dst = '172.31.1.77';
  },
);

describe('what a receiver does with a captured frame', () => {
  it('is to take it, where all its tables do', () => {
    assert.deepEqual(reception(), {host: 'node2', verdict: 'accepted'});
  });

  for (const [name, change] of [
    ['its rules drop the port', addRule('@host', 'INPUT', '-p udp -m udp --dport 4789 -j DROP')],
    ['its device is down', setDown(uber, 'vxlan0')],
    [
      'its device has another VNI',
      editLink(uber, 'vxlan0', (link) => {
        link.linkinfo.info_data.id = 77;
      }),
    ],
    [
      'its device has another port',
      editLink(uber, 'vxlan0', (link) => {
        link.linkinfo.info_data.port = 4790;
      }),
    ],
    [
      'nothing listens on the port',
      ((draft) => setProc(draft, '@host', '/proc/net/udp', '  sl  local_address rem_address   st')) as Change,
    ],
    ['its entry for the sender has another VTEP', senderRow],
  ] as const) {
    it(`is to drop it for trace's reason, where ${name}`, () => {
      const hop = forward('web1', 'web2', {node2: change}).hops.find(({verdict}) => verdict === 'fail');
      assert.ok(hop?.code !== undefined);
      assert.deepEqual(reception(change), {
        host: 'node2',
        verdict: 'dropped',
        code: hop.code,
        reason: hop.summary,
      });
    });
  }

  it('depends on where it came from, and on which VNI and port it came', () => {
    assert.equal(reception(undefined, {src: '172.31.1.99'})?.code, 'receiver-source-stale');
    assert.equal(reception(senderRow, {src: '172.31.1.77'})?.verdict, 'accepted');
    assert.equal(reception(undefined, {vni: 77})?.code, 'vni-missing');
    assert.equal(reception(undefined, {port: 4790})?.verdict, 'dropped');
    assert.equal(reception(undefined, {srcMac: '02:42:0a:00:01:77'})?.verdict, 'accepted');
  });

  it('is not known where its tables were not read, and nothing is said of other hosts', () => {
    assert.equal(reception(unread(uber))?.verdict, 'unknown');
    assert.equal(reception(unread('@host'))?.verdict, 'unknown');
    const unheard: Change = (draft) => {
      setProc(draft, '@host', '/proc/net/udp', undefined);
      setProc(draft, '@host', '/proc/net/udp6', undefined);
    };
    assert.equal(reception(unheard)?.verdict, 'unknown');
    assert.equal(reception(undefined, {dst: '192.0.2.1'}), undefined);
  });
});
