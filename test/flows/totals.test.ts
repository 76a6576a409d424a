import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import type {Totals} from '../../src/flows/totals.js';
import {kindRows, portRows} from '../../src/flows/totals-report.js';
import {arp, ethernet, icmpEcho, ipv4, tcp, tunnel, u32, udp, vxlan} from '../packet/build.js';
import {type Timed, totalsOf} from './support.js';

const ping = ethernet(ipv4(icmpEcho('request', 7, 1), {proto: 1}));
const datagram = (dport: number): Buffer => ethernet(ipv4(udp(Buffer.alloc(4), 5000, dport), {proto: 17}));
const segment = (sport: number, dport: number): Buffer =>
  ethernet(ipv4(tcp(Buffer.alloc(0), {sport, dport}), {proto: 6}));
const at = (...frames: Buffer[]): Timed[] => frames.map((data, index) => [index, data]);
const named = (rows: {name: string; packets: number; bytes: number}[]) =>
  rows.map(({name, packets, bytes}) => [name, packets, bytes]);

describe('totals', () => {
  it('count VXLAN by VNI and by pair of VTEPs, in bytes of the outer frames', () => {
    const [one, other, back] = [
      tunnel(ping, 1),
      tunnel(ping, 2),
      tunnel(ping, 1, {src: '192.168.1.5', dst: '172.31.1.5'}),
    ];
    const totals = totalsOf(at(one, one, other, back, ping));
    const {length} = one;
    assert.deepEqual(totals.all, {packets: 5, bytes: 4 * length + ping.length});
    assert.deepEqual(totals.vxlan, {packets: 4, bytes: 4 * length});
    assert.deepEqual(totals.byVni, [
      {vni: 1, packets: 3, bytes: 3 * length},
      {vni: 2, packets: 1, bytes: length},
    ]);
    assert.deepEqual(
      totals.pairs.map(({src, dst, packets, esp}) => [src.join('.'), dst.join('.'), packets, esp.packets]),
      [
        ['172.31.1.5', '192.168.1.5', 3, 0],
        ['192.168.1.5', '172.31.1.5', 1, 0],
      ],
    );
    const third = tunnel(ping, 1, {dst: '192.168.1.6'});
    assert.equal(totalsOf(at(one, third)).pairs.length, 2);
    assert.deepEqual([totals.invalid, totals.cut, totals.pairOverflow], [0, 0, 0]);
  });

  it('count VXLAN without the I flag apart from all VNIs', () => {
    const totals = totalsOf(at(tunnel(ping, 1, {flags: 0}), tunnel(ping, 1)));
    assert.deepEqual([totals.vxlan.packets, totals.invalid, totals.byVni.map(({vni}) => vni)], [2, 1, [1]]);
  });

  it('count ESP of a pair beside its VXLAN', () => {
    const esp = ethernet(
      ipv4(Buffer.concat([u32(5), u32(1), Buffer.alloc(40)]), {
        proto: 50,
        src: '172.31.1.5',
        dst: '192.168.1.5',
      }),
    );
    const [pair, ...more] = totalsOf(at(tunnel(ping, 1), esp, esp)).pairs;
    assert.deepEqual([pair?.packets, pair?.esp, more.length], [1, {packets: 2, bytes: 2 * esp.length}, 0]);
  });

  it('count what the snap length cut', () => {
    const frames = at(tunnel(ping, 1));
    assert.equal(totalsOf(frames, {snap: 60}).cut, 1);
    // Behind the headers, only data is missing.
    assert.equal(totalsOf(frames, {snap: tunnel(ping, 1).length - 10}).cut, 0);
  });

  it('name kinds inside and outside of tunnels, the most frequent first', () => {
    const question = ethernet(arp(1, ['02:42:0a:00:01:02', '10.0.1.2'], ['00:00:00:00:00:00', '10.0.1.3']), {
      type: 0x0806,
    });
    const lldp = ethernet(Buffer.alloc(46), {type: 0x88cc});
    const ospf = ethernet(ipv4(Buffer.alloc(24), {proto: 89}));
    const totals = totalsOf(
      at(tunnel(ping, 1), tunnel(ping, 1), tunnel(question, 1), lldp, ospf, ospf, question),
    );
    const outer = tunnel(ping, 1).length;
    assert.deepEqual(named(kindRows(totals.inner, totals)), [
      ['ICMP', 2, 2 * outer],
      ['ARP', 1, tunnel(question, 1).length],
    ]);
    assert.deepEqual(named(kindRows(totals.other, totals)), [
      ['OSPF', 2, 2 * ospf.length],
      ['ARP', 1, question.length],
      ['LLDP', 1, lldp.length],
    ]);
  });

  it('name the link types that are not read', () => {
    const totals = totalsOf(at(ping, ping), {linkType: 105});
    const [row, ...more] = kindRows(totals.other, totals);
    assert.deepEqual([row?.packets, more.length], [2, 0]);
    assert.match(row?.name ?? '', /105|802\.11/);
  });

  it('list ports: those that look like VXLAN first, then the busiest, then the lowest; ten at most', () => {
    const alike = ethernet(ipv4(udp(vxlan(ping, 5), 45_000, 8472), {proto: 17}));
    const totals = totalsOf(
      at(datagram(53), datagram(53), alike, segment(40_000, 80), segment(80, 40_000), datagram(9)),
    );
    const rows = (of: Totals, most?: number) =>
      portRows(of, most).map(({proto, port, packets, likeVxlan}) => [proto, port, packets, likeVxlan]);
    assert.deepEqual(rows(totals), [
      ['udp', 8472, 1, 1],
      ['udp', 53, 2, 0],
      ['tcp', 80, 2, 0],
      ['udp', 9, 1, 0],
    ]);
    assert.equal(rows(totals, 2).length, 2);
    assert.equal(rows(totalsOf(at(...Array.from({length: 12}, (_, port) => datagram(port + 1))))).length, 10);
  });

  it('put VNIs beyond 8192 into one row', () => {
    const totals = totalsOf(Array.from({length: 8200}, (_, vni): Timed => [0, tunnel(ping, vni)]));
    assert.equal(totals.byVni.length, 8193);
    assert.deepEqual(
      totals.byVni.slice(-2).map(({vni, packets}) => [vni, packets]),
      [
        [8191, 1],
        [-1, 8],
      ],
    );
  });

  it('count packets of pairs beyond 8192', () => {
    const frames = Array.from(
      {length: 8200},
      (_, index): Timed => [
        0,
        tunnel(ping, 1, {src: `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`}),
      ],
    );
    const totals = totalsOf([...frames, ...frames.slice(0, 1)]);
    assert.deepEqual([totals.pairs.length, totals.pairOverflow, totals.pairs[0]?.packets], [8192, 8, 2]);
  });

  it('put packets into steps of a millisecond, doubled until they fit', () => {
    const {timeline} = totalsOf([
      [10, ping],
      [10.5, ping],
      [11, ping],
      [137, ping],
    ]);
    assert.deepEqual(
      [timeline.step, timeline.counts[0], timeline.counts[1], timeline.counts[127]],
      [1e6, 2, 1, 1],
    );
    const longer = totalsOf([
      [10, ping],
      [10.5, ping],
      [11, ping],
      [138, ping],
    ]).timeline;
    assert.deepEqual([longer.step, longer.counts[0], longer.counts[64]], [2e6, 3, 1]);
  });
});
