import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {newOutput} from '../../src/packet/output.js';
import {putJson} from '../../src/render/packet/json.js';
import {arp, dnsQuery, ethernet, icmpEcho, ipv4, tcp, tunnel, u16, udp, vxlan} from '../packet/build.js';
import {scanned} from '../packet/support.js';

interface Packet {
  outer: Record<string, unknown>;
  inner: Record<string, unknown>;
  [name: string]: unknown;
}

function jsonOf(data: Buffer, original = data.length): Packet {
  const out = newOutput();
  putJson(out, scanned(data, {original}), {file: '"x"'});
  return JSON.parse(out.bytes.toString('utf8', 0, out.at)) as Packet;
}

const inTunnel = (ip: Buffer, type?: number): Buffer =>
  tunnel(ethernet(ip, type === undefined ? {} : {type}), 4097);

describe('a packet as JSON', () => {
  it('has the MACs and VLANs of the outer frame', () => {
    const inner = ethernet(ipv4(icmpEcho('request', 7, 1), {proto: 1}));
    const {outer} = jsonOf(ethernet(ipv4(udp(vxlan(inner, 5), 45000, 4789), {proto: 17}), {vlans: [33, 44]}));
    assert.deepEqual(
      [outer['ethSrc'], outer['ethDst'], outer['vlans']],
      ['02:42:0a:00:01:02', '02:42:0a:00:01:03', [33, 44]],
    );
  });

  it('has the numbers of TCP, and none of half a header', () => {
    const whole = inTunnel(
      ipv4(tcp(Buffer.alloc(9), {sport: 1, dport: 2, seq: 4294967295, ack: 7, flags: 'SA', window: 3}), {
        proto: 6,
      }),
    );
    assert.deepEqual(jsonOf(whole).inner['tcp'], {
      flags: 'SA',
      sequence: 4294967295,
      ack: 7,
      window: 3,
      length: 9,
    });
    assert.equal('tcp' in jsonOf(whole.subarray(0, 84 + 19), whole.length).inner, false);
  });

  it('has the fields of ICMP, with an id where it is an echo and an MTU where it is about that', () => {
    const ping = inTunnel(ipv4(icmpEcho('reply', 7, 65535), {proto: 1}));
    assert.deepEqual(jsonOf(ping).inner['icmp'], {type: 0, code: 0, id: 7, sequence: 65535});
    const needed = inTunnel(ipv4(Buffer.concat([Buffer.from([3, 4, 0, 0, 0, 0]), u16(1400)]), {proto: 1}));
    assert.deepEqual(jsonOf(needed).inner['icmp'], {type: 3, code: 4, mtu: 1400});
  });

  it('has the ends of ARP', () => {
    const request = arp(1, ['02:42:0a:00:01:02', '10.0.1.2'], ['00:00:00:00:00:00', '10.0.1.3']);
    assert.deepEqual(jsonOf(inTunnel(request, 0x0806)).inner['arp'], {
      operation: 1,
      senderMac: '02:42:0a:00:01:02',
      sender: '10.0.1.2',
      targetMac: '00:00:00:00:00:00',
      target: '10.0.1.3',
    });
  });

  it('has the question of DNS, whatever bytes it holds', () => {
    const labels = [Buffer.from('\u001b"\\\u00e9', 'latin1'), 'x'];
    const {dns} = jsonOf(inTunnel(ipv4(udp(dnsQuery(9, labels), 40000, 53), {proto: 17}))).inner as {
      dns: Record<string, unknown>;
    };
    assert.deepEqual(
      [dns['id'], dns['response'], dns['name'], dns['type']],
      [9, false, '\u001b"\\\u00e9.x.', 'A'],
    );
  });

  it('has the ports of a first fragment with what says that it is one', () => {
    const first = ethernet(ipv4(udp(Buffer.alloc(16), 6001, 6002, 400), {proto: 17, more: true, id: 5}));
    assert.deepEqual(jsonOf(first).outer['fragment'], {
      id: 5,
      offset: 0,
      more: true,
      sport: 6001,
      dport: 6002,
    });
    const second = ethernet(ipv4(udp(Buffer.alloc(16), 6001, 6002), {proto: 17, offset: 24, id: 5}));
    assert.deepEqual(jsonOf(second).outer['fragment'], {id: 5, offset: 24, more: false});
  });
});
