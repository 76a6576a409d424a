import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {
  conntrackCounters,
  conntrackTable,
  protocolCounters,
  softnetDrops,
  xfrmCounters,
} from '../../../src/model/proc/counters.js';
import {recordedModel} from '../../support/evidence.js';

const file = (path: string, text: string) => new Map([[`/proc/net/${path}`, text]]);

describe('counters under /proc', () => {
  it('of the protocols are found by their names, whatever order a kernel has', () => {
    const counters = protocolCounters(
      file(
        'snmp',
        'Tcp: MaxConn InCsumErrors\nTcp: -1 7\nUdp: InDatagrams NoPorts\nUdp: 4 9\nOdd: A B\nOdd: 1',
      ),
    );
    assert.equal(counters?.get('Tcp')?.get('InCsumErrors'), 7);
    assert.equal(counters?.get('Tcp')?.get('MaxConn'), -1);
    assert.equal(counters?.get('Udp')?.get('NoPorts'), 9);
    assert.equal(counters?.has('Odd'), false);
  });

  it('are read from a real host and its containers', () => {
    const {host, namespaces} = recordedModel('node1');
    for (const proc of [
      host?.proc,
      ...namespaces.flatMap(({tables}) => (tables?.proc ? [tables.proc] : [])),
    ]) {
      const counters = protocolCounters(proc);
      for (const [protocol, name] of [
        ['Udp', 'NoPorts'],
        ['Udp', 'InCsumErrors'],
        ['Tcp', 'InCsumErrors'],
        ['Icmp', 'InDestUnreachs'],
        ['Ip', 'ReasmFails'],
      ] as const)
        assert.equal(typeof counters?.get(protocol)?.get(name), 'number', `${protocol} ${name}`);
    }
    assert.equal(xfrmCounters(host?.proc)?.has('XfrmOutNoStates'), true);
    assert.equal(softnetDrops(host?.proc), 0);
  });

  it('in hexadecimal are summed over the processors', () => {
    assert.equal(
      softnetDrops(file('softnet_stat', '000083fa 0000000a 00000000\n0000886f 00000006 00000000')),
      16,
    );
    const counters = conntrackCounters(
      file(
        'stat/nf_conntrack',
        'entries  clashres insert_failed drop early_drop\n0000001c  00000000 0000000a 00000001 00000000\n0000001c  00000001 00000001 00000001 00000002',
      ),
    );
    assert.deepEqual(
      ['insert_failed', 'drop', 'early_drop'].map((name) => counters?.get(name)),
      [11, 2, 2],
    );
  });

  it('that are not there are absent, not zero', () => {
    for (const proc of [undefined, new Map<string, string>(), file('snmp', ''), file('softnet_stat', '')]) {
      assert.equal(protocolCounters(proc), undefined);
      assert.equal(xfrmCounters(proc), undefined);
      assert.equal(softnetDrops(proc), undefined);
      assert.equal(conntrackCounters(proc), undefined);
      assert.deepEqual(conntrackTable(proc), {count: null, max: null});
    }
    assert.equal(conntrackCounters(file('stat/nf_conntrack', 'entries drop\n01 02 03')), undefined);
  });
});
