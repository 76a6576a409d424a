import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {reportFlows} from '../../src/flows/flow-report.js';
import {arp, ethernet, icmpEcho, ipv4, ipv6, tunnel, u32, udp} from '../packet/build.js';
import {handshake, rowOf, segment, type Timed, tableOf} from './support.js';

const datagram = (src: string, dst: string, sport = 5000, dport = 53): Buffer =>
  ethernet(ipv4(udp(Buffer.alloc(4), sport, dport), {proto: 17, src, dst}));
const notes = (...packets: Timed[]): string[] => rowOf(...packets).notes;

describe('who began a conversation', () => {
  it('is who sent the SYN, though the answer was captured first', () => {
    const [syn, answer] = handshake();
    assert.equal(
      rowOf([0, answer?.[1] ?? Buffer.alloc(0)], [1, syn?.[1] ?? Buffer.alloc(0)]).clientIsA,
      false,
    );
    assert.equal(rowOf([0, segment('a', 'S')]).clientIsA, true);
    assert.equal(rowOf([0, segment('b', 'S')]).clientIsA, false);
  });

  it('is the higher port where TCP was captured in the middle', () => {
    assert.equal(rowOf([0, segment('b', 'PA', {length: 5})]).clientIsA, true);
  });

  it('is who sent first, of UDP', () => {
    assert.equal(rowOf([0, datagram('10.0.1.2', '10.0.1.3', 53, 5000)]).clientIsA, true);
    assert.equal(rowOf([0, datagram('10.0.1.3', '10.0.1.2')]).clientIsA, false);
  });
});

describe('what stands out in a conversation', () => {
  const [there, back] = [datagram('10.0.1.2', '10.0.1.3'), datagram('10.0.1.3', '10.0.1.2', 53, 5000)];

  it('is that only one end sends', () => {
    assert.deepEqual(notes([0, there], [1, there]), ['one-way']);
    assert.deepEqual(notes([0, there], [1, back]), []);
    // An acknowledgement proves that the other end sent too.
    assert.deepEqual(notes([0, segment('a', 'PA', {length: 5})]), ['one-side-captured']);
    assert.deepEqual(notes([0, segment('a', 'R')]), ['one-way']);
  });

  it('is not that multicast and broadcast have no answer', () => {
    assert.deepEqual(notes([0, datagram('10.0.1.2', '239.1.1.1')]), []);
    assert.deepEqual(notes([0, datagram('10.0.1.2', '255.255.255.255')]), []);
    const group = ethernet(ipv6(udp(Buffer.alloc(4), 5, 6), {proto: 17, dst: 'ff02::1'}));
    assert.deepEqual(notes([0, group]), []);
    const host = ethernet(ipv6(udp(Buffer.alloc(4), 5, 6), {proto: 17, dst: 'fe80::1'}));
    assert.deepEqual(notes([0, host]), ['one-way']);
  });

  it('is not that ESP and errors of ICMP have one direction', () => {
    const ip = (proto: number, payload: Buffer): Buffer => ethernet(ipv4(payload, {proto}));
    assert.deepEqual(notes([0, ip(50, Buffer.concat([u32(5), u32(1), Buffer.alloc(40)]))]), []);
    assert.deepEqual(notes([0, ip(1, Buffer.concat([Buffer.from([3, 3, 0, 0]), Buffer.alloc(32)]))]), []);
  });

  it('is a SYN without an answer', () => {
    assert.deepEqual(notes([0, segment('a', 'S')]), ['no-answer']);
    assert.deepEqual(notes([0, segment('a', 'S', {seq: 1})], [1000, segment('a', 'S', {seq: 1})]), [
      'no-answer',
      'retransmissions',
    ]);
  });

  it('is a ping of which not all was answered, or whose requests were not seen', () => {
    const ping = (kind: 'request' | 'reply', sequence: number): Buffer =>
      ethernet(
        ipv4(icmpEcho(kind, 7, sequence), {
          proto: 1,
          ...(kind === 'reply' ? {src: '10.0.1.3', dst: '10.0.1.2'} : {}),
        }),
      );
    assert.deepEqual(notes([0, ping('request', 1)], [1, ping('reply', 1)]), []);
    assert.deepEqual(notes([0, ping('request', 1)], [1, ping('reply', 1)], [9, ping('request', 2)]), [
      'unanswered',
    ]);
    assert.deepEqual(notes([0, ping('reply', 1)]), ['one-way']);
  });

  it('is ARP without an answer, unless a host announces itself', () => {
    const ask = (target: string): Buffer =>
      ethernet(arp(1, ['02:42:0a:00:01:02', '10.0.1.2'], ['00:00:00:00:00:00', target]), {type: 0x0806});
    const answer = ethernet(arp(2, ['02:42:0a:00:01:03', '10.0.1.3'], ['02:42:0a:00:01:02', '10.0.1.2']), {
      type: 0x0806,
    });
    assert.deepEqual(notes([0, ask('10.0.1.3')]), ['no-answer']);
    assert.deepEqual(notes([0, ask('10.0.1.3')], [1, answer]), []);
    assert.deepEqual(notes([0, ask('10.0.1.2')]), []);
  });
});

it('conversations are in order of VNI, then the largest first, then the earliest', () => {
  const inner = (vni: number, sport: number, length: number): Buffer =>
    tunnel(ethernet(ipv4(udp(Buffer.alloc(length), sport, 9), {proto: 17})), vni);
  const table = tableOf(
    [0, inner(2, 1, 4)],
    [1, inner(1, 2, 4)],
    [2, inner(1, 3, 100)],
    [3, datagram('10.0.1.2', '10.0.1.3')],
    [4, inner(1, 4, 4)],
  );
  assert.deepEqual(
    reportFlows([...table.flows()].reverse()).map(({flow}) => [flow.vni, flow.portA]),
    [
      [-1, 5000],
      [1, 3],
      [1, 2],
      [1, 4],
      [2, 1],
    ],
  );
});
