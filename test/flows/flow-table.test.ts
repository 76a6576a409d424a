import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {type Flow, flowEnd} from '../../src/flows/flow-table.js';
import {arp, ethernet, icmpEcho, ipv4, ipv6, tcp, tunnel, u32, udp} from '../packet/build.js';
import {fragments4} from '../packet/samples.js';
import {flowOf, tableOf} from './support.js';

const datagram = (src: string, dst: string, sport: number, dport: number, length = 4): Buffer =>
  ethernet(ipv4(udp(Buffer.alloc(length), sport, dport), {proto: 17, src, dst}));
const ask = datagram('10.0.1.2', '10.0.1.3', 5000, 53);
const answer = datagram('10.0.1.3', '10.0.1.2', 53, 5000, 100);

/** Bytes of `ends`, as hex. */
const part = ({ends}: Flow, from: keyof typeof flowEnd, size: number): string =>
  ends.subarray(flowEnd[from], flowEnd[from] + size).toString('hex');

describe('a conversation', () => {
  it('is both directions; end a is the lower address', () => {
    const flow = flowOf([1, answer], [2, ask], [5, answer]);
    assert.deepEqual(
      [flow.proto, flow.version, flow.portA, flow.portB, flow.startedByA],
      [17, 4, 5000, 53, false],
    );
    assert.deepEqual([part(flow, 'a', 4), part(flow, 'b', 4)], ['0a000102', '0a000103']);
    assert.deepEqual([flow.packetsA, flow.packetsB], [1, 2]);
    // Ethernet, IPv4, UDP: 14 + 20 + 8 bytes, and the data.
    assert.deepEqual([flow.bytesA, flow.bytesB], [46, 284]);
    assert.deepEqual([flow.first, flow.last], [1e6, 5e6]);
  });

  it('begins with the earliest of packets that came out of order', () => {
    const flow = flowOf([5, ask], [2, answer], [4, ask]);
    assert.deepEqual([flow.first, flow.last], [2e6, 5e6]);
  });

  it('is another where VNI, address, port or protocol differ', () => {
    const inner = (vni: number): Buffer => tunnel(ask, vni);
    const table = tableOf(
      [0, ask],
      [1, inner(1)],
      [2, inner(2)],
      [3, inner(1)],
      [4, datagram('10.0.1.2', '10.0.1.4', 5000, 53)],
      [5, datagram('10.0.1.2', '10.0.1.3', 5001, 53)],
      [6, datagram('10.0.1.2', '10.0.1.3', 5000, 54)],
      [7, ethernet(ipv4(tcp(Buffer.alloc(0), {sport: 5000, dport: 53}), {proto: 6}))],
    );
    assert.deepEqual(
      table.flows().map(({vni, proto, packetsA}) => [vni, proto, packetsA]),
      [
        [-1, 17, 1],
        [1, 17, 2],
        [2, 17, 1],
        [-1, 17, 1],
        [-1, 17, 1],
        [-1, 17, 1],
        [-1, 6, 1],
      ],
    );
  });

  it('between two ports of one address has the lower port as end a', () => {
    const flow = flowOf(
      [0, datagram('10.0.1.2', '10.0.1.2', 9, 7)],
      [1, datagram('10.0.1.2', '10.0.1.2', 7, 9)],
    );
    assert.deepEqual([flow.portA, flow.portB, flow.packetsA, flow.packetsB], [7, 9, 1, 1]);
  });

  it('in a tunnel has MACs and VTEPs of its ends, and the bytes of the inner frames', () => {
    const back = tunnel(answer, 4097, {src: '192.168.1.5', dst: '172.31.1.5'});
    const flow = flowOf([0, back], [1, tunnel(ask, 4097)]);
    assert.deepEqual([flow.vni, flow.vtepVersion, flow.hasMacs], [4097, 4, true]);
    assert.deepEqual([part(flow, 'vtepA', 4), part(flow, 'vtepB', 4)], ['ac1f0105', 'c0a80105']);
    // Of the first packet, which b sent: ethernet() gives the sender this MAC.
    assert.deepEqual([part(flow, 'macB', 6), part(flow, 'macA', 6)], ['02420a000102', '02420a000103']);
    assert.deepEqual([flow.bytesA, flow.bytesB], [ask.length, answer.length]);
  });

  it('over an IPv6 underlay has IPv6 VTEPs', () => {
    const flow = flowOf([0, tunnel(ask, 6, {src: 'fd00:31::5', dst: 'fd00:168::5'})]);
    assert.equal(flow.vtepVersion, 6);
    assert.equal(part(flow, 'vtepA', 16), `fd000031${'0'.repeat(23)}5`);
  });

  it('of IPv6 is ordered by all of its address', () => {
    const one = (src: string, dst: string): Buffer =>
      ethernet(ipv6(udp(Buffer.alloc(4), 53, 5000), {proto: 17, src, dst}));
    const flow = flowOf([0, one('fd00::3', 'fd00::2')], [1, one('fd00::3', 'fd00::2')]);
    assert.deepEqual([flow.version, flow.packetsA, flow.packetsB], [6, 0, 2]);
    assert.equal(part(flow, 'a', 16), `fd${'0'.repeat(29)}2`);
  });

  it('of pings is one for each id', () => {
    const ping = (kind: 'request' | 'reply', id: number): Buffer => {
      const [src, dst] = kind === 'request' ? ['10.0.1.2', '10.0.1.3'] : ['10.0.1.3', '10.0.1.2'];
      return ethernet(ipv4(icmpEcho(kind, id, 1), {proto: 1, src, dst}));
    };
    const flows = tableOf([0, ping('request', 7)], [1, ping('reply', 7)], [2, ping('request', 0)]).flows();
    assert.deepEqual(
      flows.map(({id, packetsA, packetsB, portA}) => [id, packetsA, packetsB, portA]),
      [
        [7, 1, 1, -1],
        [0, 1, 0, -1],
      ],
    );
    assert.ok(flows.every(({echo}) => echo !== undefined));
  });

  it('of ESP is one for each index', () => {
    const esp = (spi: number, src: string, dst: string): Buffer =>
      ethernet(ipv4(Buffer.concat([u32(spi), u32(1), Buffer.alloc(40)]), {proto: 50, src, dst}));
    const flows = tableOf(
      [0, esp(0xdeadbeef, '10.0.0.1', '10.0.0.2')],
      [1, esp(5, '10.0.0.2', '10.0.0.1')],
      [2, esp(0xdeadbeef, '10.0.0.1', '10.0.0.2')],
    ).flows();
    assert.deepEqual(
      flows.map(({id, packetsA, packetsB}) => [id, packetsA, packetsB]),
      [
        [0xdeadbeef, 2, 0],
        [5, 0, 1],
      ],
    );
  });

  it('of ARP counts questions and answers', () => {
    const [a, b] = [
      ['02:42:0a:00:01:02', '10.0.1.2'],
      ['02:42:0a:00:01:03', '10.0.1.3'],
    ] as [[string, string], [string, string]];
    const frame = (payload: Buffer): Buffer => ethernet(payload, {type: 0x0806});
    const flow = flowOf([0, frame(arp(1, a, b))], [1, frame(arp(1, a, b))], [2, frame(arp(2, b, a))]);
    assert.deepEqual([flow.proto, flow.arp], ['arp', {requests: 2, replies: 1}]);
    assert.deepEqual([flow.packetsA, flow.packetsB], [2, 1]);
  });

  it('of fragments has as many packets and bytes as there were frames', () => {
    const frames = fragments4(udp(Buffer.alloc(1200), 5000, 53), 400, {
      proto: 17,
      src: '10.0.1.2',
      dst: '10.0.1.3',
      id: 9,
    }).map((one) => ethernet(one));
    const table = tableOf(...frames.map((data, index) => [index, data] as const));
    const [flow] = table.flows();
    assert.ok(frames.length > 2);
    assert.equal(flow?.packetsA, frames.length);
    assert.equal(
      flow?.bytesA,
      frames.reduce((sum, {length}) => sum + length, 0),
    );
    assert.equal(table.fragments(), frames.length - 1);
  });

  it('is none where a frame has no two ends', () => {
    const table = tableOf([0, ethernet(Buffer.alloc(46), {type: 0x88cc})]);
    assert.deepEqual([table.flows().length, table.others()], [0, 1]);
  });
});
