import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {neighbourTable, reversePath, setting} from '../../../src/model/proc/settings.js';

const sys = (values: Record<string, string>) =>
  new Map(Object.entries(values).map(([path, value]) => [`/proc/sys/net/${path}`, value]));

describe('settings under /proc/sys/net', () => {
  it('are numbers, or unknown', () => {
    const proc = sys({'ipv4/ip_forward': '0\n', 'ipv4/ip_local_port_range': '32768\t60999'});
    assert.equal(setting(proc, 'ipv4/ip_forward'), 0);
    assert.equal(setting(proc, 'ipv4/ip_local_port_range'), undefined);
    assert.equal(setting(proc, 'ipv4/tcp_keepalive_time'), undefined);
    assert.equal(setting(undefined, 'ipv4/ip_forward'), undefined);
  });

  it('rp_filter is the larger of two', () => {
    const of = (all: string, own: string) =>
      reversePath(sys({'ipv4/conf/all/rp_filter': all, 'ipv4/conf/eth0.7/rp_filter': own}), 'eth0.7');
    assert.deepEqual([of('0', '0'), of('0', '1'), of('1', '0'), of('1', '2'), of('2', '1')], [0, 1, 1, 2, 2]);
    assert.equal(reversePath(sys({'ipv4/conf/all/rp_filter': '1'}), 'eth0'), undefined);
  });
});

describe('the table of neighbours', () => {
  // As a machine with two processors printed it.
  const printed = `entries  allocs   destroys hash_grows lookups  hits     res_failed rcv_probes_mcast rcv_probes_ucast periodic_gc_runs forced_gc_runs unresolved_discards table_fulls
0000000c 00000017 00000009 00000000 000000a2 0000003e 00000002   00000000         00000000         000000b6         00000000       00000000            0000001e
0000000c 00000011 0000000b 00000000 0000008d 00000041 00000000   00000000         00000000         00000000         00000000       00000001            00000002
`;

  it('is its size, and how often it was full on all processors', () => {
    assert.deepEqual(neighbourTable(new Map([['/proc/net/stat/arp_cache', printed]])), {
      entries: 12,
      fulls: 32,
    });
  });

  it('is not known where it was not printed so', () => {
    for (const text of ['', 'entries table_fulls\n', 'entries allocs\n00000001 00000002\n', 'x y\n1 2 3\n'])
      assert.equal(neighbourTable(new Map([['/proc/net/stat/arp_cache', text]])), undefined, text);
    assert.equal(neighbourTable(undefined), undefined);
  });
});
