import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {hostModel} from '../../../src/model/host.js';
import {type Change, derived, editTable, sectionOf, setProc} from '../../support/evidence.js';
import {addRule, netnsOf} from '../../trace/changed.js';
import {fixOf} from '../support.js';
import {foundOn, inShort, node1, stopped} from './settings.js';

const web1 = netnsOf('node1', 'web1');
/** A socket that listens on port 80 of any address. */
const listening =
  '  0: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 1 1 0 100 0 0 10 0';
const changed = (change: Change) =>
  derived(node1, (draft) => {
    setProc(draft, web1, '/proc/net/tcp', listening);
    change(draft);
  });
const web2 = '10.0.1.9';

/** web1's own ARP entries. */
const entries = (rows: object[]) => changed((draft) => editTable(draft, web1, 'neigh', () => rows));
const entry = (lladdr: string, state: string) => entries([{dst: web2, dev: 'eth0', lladdr, state: [state]}]);
const overlayLink = (change: (row: {flags: string[]}) => void) =>
  changed((draft) =>
    editTable(draft, web1, 'addr', (rows) => {
      change(rows.find(({ifname}) => ifname === 'eth0'));
      return rows;
    }),
  );

describe('container-rules', () => {
  it("finds 'endpoint-filtered': an error where all others are shut out of what listens", () => {
    const shut = changed(addRule(web1, 'INPUT', '-j DROP'));
    const [finding, ...more] = foundOn(shut);
    assert.deepEqual([inShort(finding ? [finding] : []), more], [['error endpoint-filtered web1'], []]);
    assert.match(finding?.cause ?? '', /drops .*TCP 80/);
    assert.deepEqual(
      fixOf(finding).map((line) => line.replace(/^nsenter --net=\S+/, 'inside')),
      ['inside iptables-nft -t filter -I INPUT -i eth0 -j ACCEPT'],
    );
    const some = changed(addRule(web1, 'INPUT', `-s ${web2} -p tcp --dport 80 -j REJECT`));
    assert.deepEqual(inShort(foundOn(some)), ['warning endpoint-filtered web1']);
    assert.match(foundOn(some)[0]?.cause ?? '', /rejects TCP 80 from 10\.0\.1\.9/);
  });

  it('takes lost pings alone for information, and a port that nothing listens on for nothing', () => {
    assert.deepEqual(inShort(foundOn(changed(addRule(web1, 'INPUT', '-p icmp -j DROP')))), [
      'info endpoint-filtered web1',
    ]);
    assert.deepEqual(inShort(foundOn(changed(addRule(web1, 'INPUT', '-p tcp --dport 23 -j DROP')))), []);
    assert.deepEqual(inShort(foundOn(changed(addRule(web1, 'INPUT', '-p tcp --dport 80 -j ACCEPT')))), []);
  });

  it("finds 'source-filtered', as trace does", () => {
    const one = changed(addRule(web1, 'OUTPUT', `-d ${web2} -j DROP`));
    assert.deepEqual(inShort(foundOn(one)), ['warning source-filtered web1']);
    assert.equal(stopped(one), 'node1 source-filtered');
    assert.deepEqual(inShort(foundOn(changed(addRule(web1, 'OUTPUT', '-j DROP')))), [
      'error source-filtered web1',
    ]);
  });

  it("finds 'source-rewritten' of a rule that gives another address than its own", () => {
    const snat = (rule: string) =>
      changed((draft) => {
        const section = sectionOf(draft, web1, 'iptables-nft');
        section.output = section.output.replace('*nat\n', `*nat\n-A POSTROUTING ${rule}\n`);
      });
    const one = snat('-o eth0 -j SNAT --to-source 10.0.1.99');
    assert.deepEqual(inShort(foundOn(one)), ['error source-rewritten web1']);
    assert.match(
      fixOf(foundOn(one)[0])[0] ?? '',
      /iptables-nft -t nat -I POSTROUTING -s 10\.0\.1\.\d+ -o eth0 -j ACCEPT$/,
    );
    for (const rule of [
      '-o eth0 -j MASQUERADE',
      '-o eth1 -j SNAT --to-source 10.0.1.99',
      '-d 192.0.2.0/24 -j SNAT --to-source 10.0.1.99',
    ])
      assert.deepEqual(inShort(foundOn(snat(rule))), [], rule);
  });

  it("finds 'container-neighbour-wrong' of an entry that never expires, as trace does", () => {
    const wrong = entry('02:42:de:ad:00:01', 'PERMANENT');
    assert.deepEqual(inShort(foundOn(wrong)), [`error container-neighbour-wrong ${web2} in web1`]);
    assert.match(fixOf(foundOn(wrong)[0])[0] ?? '', /ip neigh del 10\.0\.1\.9 dev eth0$/);
    assert.equal(stopped(wrong), 'node1 container-neighbour-wrong');
    for (const [mac, state] of [
      ['02:42:0a:00:01:09', 'PERMANENT'],
      ['02:42:de:ad:00:01', 'STALE'],
    ] as const)
      assert.deepEqual(inShort(foundOn(entry(mac, state))), [], state);
  });

  it("finds 'container-arp-off', as trace does", () => {
    const off = overlayLink((row) => row.flags.push('NOARP'));
    assert.deepEqual(inShort(foundOn(off)), ['error container-arp-off web1']);
    assert.equal(stopped(off), 'node1 container-arp-off');
    const path = '/proc/sys/net/ipv4/conf/all/arp_ignore';
    const silent = (value: string) => changed((draft) => setProc(draft, web1, path, value));
    assert.deepEqual(inShort(foundOn(silent('8'))), ['error container-arp-off web1']);
    assert.match(fixOf(foundOn(silent('8'))[0])[0] ?? '', /sysctl -w net\/ipv4\/conf\/all\/arp_ignore=0$/);
    // Who is on the same host asks it; who is elsewhere gets the answer of a vxlan device.
    const app = hostModel(node1).docker?.containers.find(({name}) => name.startsWith('app.'))?.name ?? '';
    const unasked = derived(silent('8'), (draft) =>
      editTable(draft, netnsOf('node1', app), 'neigh', () => []),
    );
    assert.equal(stopped(unasked, app, 'web1'), 'node1 container-arp-off');
    assert.equal(stopped(unasked, 'web2', 'web1'), undefined);
    assert.deepEqual(inShort(foundOn(silent('1'))), []);
  });
});
