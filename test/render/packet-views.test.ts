import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {newOutput} from '../../src/packet/output.js';
import type {PacketView} from '../../src/packet/view.js';
import {newClock} from '../../src/render/packet/clock.js';
import {putLine} from '../../src/render/packet/line.js';
import {noPalette} from '../../src/render/packet/style.js';
import {packetTree} from '../../src/render/packet/tree.js';
import {arp, ethernet, icmpEcho, ipv4, ipv6, tcp, tunnel, u16, udp, vxlan} from '../packet/build.js';
import {scanned} from '../packet/support.js';

const style = {palette: noPalette, names: undefined};

function lineOf(view: PacketView): string {
  const out = newOutput();
  putLine(out, view, newClock(), style);
  return out.bytes.toString('utf8', 0, out.at).replace(/^\S+ /, '').trimEnd();
}

const treeOf = (view: PacketView): string => packetTree(view, style);
const ping = ethernet(ipv4(icmpEcho('request', 7, 1), {proto: 1}));

describe('a packet that ends before its headers do', () => {
  it('shows what is there of an IPv4 header, and nothing behind it', () => {
    const whole = tunnel(ping, 4097);
    const cut = scanned(whole.subarray(0, 50 + 14 + 18), {original: whole.length});
    assert.match(treeOf(cut), /IPv4 at 64, 20 bytes\n +source +10\.0\.1\.2\n +protocol +ICMP \(1\)\n/);
    assert.equal(treeOf(cut).match(/destination/g)?.length, 4, 'two MACs, the outer address and the port');
    assert.match(treeOf(cut), /the snap length cut the packet here/);
  });

  it('never shows a byte behind the end, wherever that is', () => {
    const packets = [
      tunnel(
        ethernet(
          ipv4(
            tcp(Buffer.alloc(4), {
              sport: 1,
              dport: 2,
              options: Buffer.from('0204ffff0101080a00000000', 'hex'),
            }),
            {proto: 6},
          ),
        ),
        1,
      ),
      tunnel(
        ethernet(
          ipv6(icmpEcho('request', 1, 1), {
            proto: 58,
            next: 0,
            options: Buffer.from([58, 0, 1, 4, 0, 0, 0, 0]),
          }),
        ),
        1,
      ),
      tunnel(
        ethernet(arp(1, ['02:42:0a:00:01:02', '10.0.1.2'], ['00:00:00:00:00:00', '10.0.1.3']), {
          type: 0x0806,
        }),
        1,
      ),
      tunnel(ethernet(ipv4(udp(Buffer.alloc(4), 1, 2), {proto: 17}), {vlans: [5, 6]}), 1),
    ];
    for (const whole of packets) {
      for (let length = 0; length < whole.length; length++) {
        const view = scanned(whole.subarray(0, length), {original: whole.length});
        assert.doesNotMatch(`${treeOf(view)}${lineOf(view)}`, /ee:ee|238\.238|eeee|61166/, `${length} bytes`);
      }
    }
  });

  it('names a header that is cut inside ICMP', () => {
    const whole = tunnel(ping, 4097);
    const view = scanned(whole.subarray(0, 50 + 34 + 3), {original: whole.length});
    assert.equal(lineOf(view), '172.31.1.5 > 192.168.1.5 vni 4097 10.0.1.2 > 10.0.1.3 ICMP [cut]');
    assert.match(
      treeOf(view),
      /ICMP at 84, 3 bytes\n +type +8\n +code +0\n +meaning +echo request\n +the snap/,
    );
    const short = tunnel(ethernet(ipv4(Buffer.from([8, 0, 0]), {proto: 1})), 4097);
    assert.match(lineOf(scanned(short)), /ICMP \[too short\]$/);
  });

  it('names a VXLAN header that is too short, and one that is cut', () => {
    const datagram = (length: number): Buffer =>
      ethernet(ipv4(udp(vxlan(ping, 5).subarray(0, length), 45000, 4789), {proto: 17}));
    assert.equal(lineOf(scanned(datagram(0))), '10.0.1.2 > 10.0.1.3 VXLAN [VXLAN header too short]');
    assert.equal(lineOf(scanned(datagram(5))), '10.0.1.2 > 10.0.1.3 vni ? [VXLAN header too short]');
    const cut = scanned(datagram(8).subarray(0, 14 + 20 + 8 + 5), {original: 200});
    assert.equal(lineOf(cut), '10.0.1.2 > 10.0.1.3 vni ? [cut]');
  });

  it('gives no length of UDP behind extension headers that are cut', () => {
    const options = Buffer.from([17, 3, 1, 4, 0, 0, 0, 0]);
    const packet = ethernet(ipv6(Buffer.alloc(4), {proto: 17, next: 60, options}));
    assert.equal(lineOf(scanned(packet)), 'fd00::2 > fd00::3 UDP [too short]');
  });

  it('names an address family that is not read', () => {
    const view = scanned(Buffer.from('6300000045000014', 'hex'), {linkType: 0});
    assert.equal(lineOf(view), 'address family 99');
    assert.match(treeOf(view), /address family 99 is not read/);
  });

  it('says how many bytes an inner packet lacks, but not of a first fragment', () => {
    const inner = ethernet(ipv4(icmpEcho('request', 7, 1, Buffer.alloc(1472)), {proto: 1}));
    const view = scanned(tunnel(inner.subarray(0, inner.length - 188), 4097));
    assert.match(lineOf(view), / len 1292 \[188 bytes missing\]$/);
    assert.match(treeOf(view), /ends 188 bytes before the end that this header counts to/);
    // The snap length is no loss on the wire.
    const cut = scanned(tunnel(inner, 4097).subarray(0, 400), {original: 50 + inner.length});
    assert.doesNotMatch(lineOf(cut), /missing/);
    const first = ethernet(
      ipv4(udp(vxlan(inner, 5), 45000, 4789).subarray(0, 800), {proto: 17, more: true, id: 9}),
    );
    assert.doesNotMatch(lineOf(scanned(first.subarray(0, 600), {original: first.length})), /missing/);
  });
});

describe('ICMP errors about tunnels', () => {
  const tcpInner = ethernet(ipv4(tcp(Buffer.alloc(900), {sport: 40000, dport: 80}), {proto: 6}));
  const sent = tunnel(tcpInner, 4097).subarray(14);
  const error = (quote: Buffer, type = 3, code = 4, mtu = 1400): Buffer =>
    ethernet(
      ipv4(Buffer.concat([Buffer.from([type, code]), u16(0), u16(0), u16(mtu), quote]), {
        proto: 1,
        src: '192.0.2.254',
        dst: '172.31.1.5',
      }),
    );

  it('show the VTEPs, the VNI and the inner packet of the quote', () => {
    const view = scanned(error(sent.subarray(0, 548)));
    assert.equal(
      lineOf(view),
      '192.0.2.254 > 172.31.1.5 ICMP fragmentation needed, mtu 1400 len 556, about 172.31.1.5 > 192.168.1.5 vni 4097 10.0.1.2:40000 > 10.0.1.3:80 TCP [A] seq 1 ack 0 win 64240 len 900',
    );
    assert.match(treeOf(view), /Quoted packet\n {6}IPv4 at 42, 20 bytes/);
  });

  it('stop where the quote does', () => {
    for (let length = 0; length < 120; length++) {
      const view = scanned(error(sent.subarray(0, length)));
      assert.doesNotMatch(
        `${treeOf(view)}${lineOf(view)}`,
        /ee:ee|238\.238|eeee|missing|snap length/,
        `${length}`,
      );
    }
    assert.match(treeOf(scanned(error(sent.subarray(0, 28)))), /the quote ends here/);
  });

  it('of IPv6, and what quotes no tunnel', () => {
    const sent6 = tunnel(ping, 6, {src: 'fd00:31::5', dst: 'fd00:168::5'}).subarray(14);
    const tooBig = ethernet(
      ipv6(Buffer.concat([Buffer.from([2, 0, 0, 0]), u16(0), u16(1400), sent6]), {
        proto: 58,
        src: 'fd00:31::1',
      }),
    );
    assert.match(
      lineOf(scanned(tooBig)),
      /ICMPv6 packet too big, mtu 1400 len \d+, about fd00:31::5 > fd00:168::5 vni 6 /,
    );
    assert.equal(scanned(ethernet(ipv4(icmpEcho('request', 1, 1, sent), {proto: 1}))).quoteDepth, 0);
    assert.equal(scanned(error(sent6)).quoteDepth, 0, 'another IP version than its own');
  });
});
