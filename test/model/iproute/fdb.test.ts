import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import {parseFdbJson, parseFdbText} from '../../../src/model/iproute/fdb.js';
import {fixture} from './support.js';

describe('the forwarding database', () => {
  const {rows} = parseFdbJson(fixture('iproute/fdb.json'));
  const row = (mac: string) => rows.find((candidate) => candidate.mac === mac);

  test('rows of each state and plane', () => {
    const {usedSeconds, updatedSeconds, ...permanent} = row('02:42:0a:00:00:03') ?? {};
    assert.deepEqual(permanent, {
      mac: '02:42:0a:00:00:03',
      device: 'vxlan0',
      plane: 'self',
      state: 'permanent',
      vtep: '192.0.2.3',
    });
    assert.ok(usedSeconds !== undefined && updatedSeconds !== undefined);
    assert.equal(row('02:42:0a:00:00:04')?.state, 'static');
    assert.equal(row('02:42:0a:00:00:05')?.state, 'reachable');
    assert.equal(row('02:42:0a:00:00:08')?.sticky, true);
    assert.equal(row('02:42:0a:00:00:0a')?.externLearn, true);
  });

  test('a row that the bridge learned from a frame', () => {
    const learned = rows.find(
      ({device: dev, state, externLearn}) => dev === 'veth0' && state === 'reachable' && !externLearn,
    );
    assert.equal(learned?.plane, 'master');
    assert.equal(learned?.master, 'br0');
    assert.equal(learned?.vtep, undefined);
  });

  test('the keys of vxlan', () => {
    const remote = row('02:42:0a:00:00:06');
    assert.deepEqual([remote?.port, remote?.vni, remote?.via, remote?.externLearn], [4999, 7, 'br0', true]);
    assert.equal(row('02:42:0a:00:00:07')?.srcVni, 77);
    assert.deepEqual([row('02:42:0a:00:00:0b')?.nhid, row('02:42:0a:00:00:0b')?.vtep], [13, undefined]);
  });

  test('used before updated, in text as in JSON', () => {
    const text = parseFdbText('02:42:0a:00:00:03 dev vxlan0 dst 192.0.2.3 used 10/20 self permanent');
    const json = parseFdbJson(
      '[{"mac":"02:42:0a:00:00:03","ifname":"vxlan0","dst":"192.0.2.3","used":10,"updated":20,"flags":["self"],"state":"permanent"}]',
    );
    assert.deepEqual(text, json);
    assert.equal(text.rows[0]?.usedSeconds, 10);
    assert.equal(text.rows[0]?.updatedSeconds, 20);
  });

  test('a link of another namespace', () => {
    const text = parseFdbText(
      '02:42:0a:00:00:03 dev vxlan0 dst ::1 via ifindex 5 link-netnsid 0 self permanent',
    );
    const json = parseFdbJson(
      '[{"mac":"02:42:0a:00:00:03","dev":"vxlan0","dst":"::1","viaIfIndex":5,"linkNetNsId":0,"flags":["self"],"state":"permanent"}]',
    );
    assert.deepEqual(text, json);
    assert.deepEqual([text.rows[0]?.viaIndex, text.rows[0]?.linkNetnsid], [5, 0]);
  });

  test('notices of activity are no flags', () => {
    const text = parseFdbText('02:42:0a:00:00:03 dev veth0 activity_notify inactive master br0 static');
    const json = parseFdbJson(
      '[{"mac":"02:42:0a:00:00:03","ifname":"veth0","activity_notify":true,"inactive":true,"flags":[],"master":"br0","state":"static"}]',
    );
    assert.deepEqual(text, json);
    assert.deepEqual([text.problems, text.rows[0]?.other], [[], undefined]);
  });

  test('flags that nothing is known of are kept', () => {
    const text = parseFdbText('02:42:0a:00:00:03 dev veth0 vlan 5 offload locked master br0 ');
    const json = parseFdbJson(
      '[{"mac":"02:42:0a:00:00:03","ifname":"veth0","vlan":5,"flags":["offload","locked"],"master":"br0","state":""}]',
    );
    assert.deepEqual(text, json);
    assert.deepEqual(text.rows[0]?.other, ['locked']);
    assert.equal(text.rows[0]?.offload, true);
  });

  test('the walk-through, whose command left the device out', () => {
    const text = fixture('book/overlay-fdb-dev-vxlan1.txt');
    const {rows: book, problems} = parseFdbText(text, {dev: 'vxlan1'});
    assert.deepEqual(problems, []);
    assert.deepEqual(book, [
      {mac: 'a6:1e:2a:c4:cb:14', device: 'vxlan1', plane: 'master', state: 'permanent', master: 'br0'},
      {
        mac: 'a6:1e:2a:c4:cb:14',
        device: 'vxlan1',
        plane: 'master',
        state: 'permanent',
        master: 'br0',
        vlan: 1,
      },
      {
        mac: '02:42:ac:10:10:82',
        device: 'vxlan1',
        plane: 'self',
        state: 'permanent',
        vtep: '192.168.50.101',
        linkNetnsid: 0,
      },
      {
        mac: '02:42:ac:10:10:81',
        device: 'vxlan1',
        plane: 'self',
        state: 'permanent',
        vtep: '10.10.10.102',
        linkNetnsid: 0,
      },
    ]);
    assert.equal(parseFdbText(text).problems.length, 4);
  });

  test('a device called like a word of the format', () => {
    const {rows: odd} = parseFdbText('02:42:0a:00:00:03 dev permanent dst 192.0.2.3 self permanent');
    assert.deepEqual([odd[0]?.device, odd[0]?.state], ['permanent', 'permanent']);
    assert.equal(parseFdbText('02:42:0a:00:00:03 dev veth0 master permanent').rows[0]?.state, 'permanent');
  });

  test('what cannot be a row', () => {
    for (const line of [
      'nonsense',
      'Deleted 02:42:0a:00:00:03 dev vxlan0 dst 192.0.2.3 self permanent',
      '02:42:0a:00:00 dev vxlan0 dst 192.0.2.3 self permanent',
      '02:42:0a:00:00:03 dev vxlan0 dst 192.0.2.300 self permanent',
      '02:42:0a:00:00:03 dev vxlan0 dst 192.0.2.3',
      '02:42:0a:00:00:03 dev vxlan0/x dst 192.0.2.3 self permanent',
      '02:42:0a:00:00:03 dev vxlan0 vni 16777216 self permanent',
      '02:42:0a:00:00:03 dev vxlan0 used 5 self permanent',
      '02:42:0a:00:00:03 dev vxlan0 self state=0x10',
    ]) {
      const {rows: none, problems} = parseFdbText(line);
      assert.deepEqual([none.length, problems.length], [0, 1], line);
    }
    assert.equal(
      parseFdbJson('[{"opCode":"deleted","mac":"02:42:0a:00:00:03","dev":"a","flags":["self"]}]').rows.length,
      0,
    );
    assert.equal(
      parseFdbJson('[{"deleted":true,"mac":"02:42:0a:00:00:03","ifname":"a","flags":["self"]}]').rows.length,
      0,
    );
  });

  test('problems are bounded', () => {
    const {problems} = parseFdbText(`${'x'.repeat(1000)}\n`.repeat(5000));
    assert.equal(problems.length, 21);
    assert.equal(problems.at(-1), 'and 4980 more');
    assert.ok(problems.every((problem) => problem.length < 200));
  });
});
