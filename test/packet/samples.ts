import type {TestPacket} from '../pcap/build.js';
import {
  address,
  ah,
  arp,
  dnsQuery,
  ethernet,
  type GreOptions,
  geneve,
  gre,
  icmpEcho,
  ipv4,
  ipv6,
  ipv6Fragment,
  mpls,
  pppoe,
  tcp,
  tunnel,
  u16,
  u32,
  udp,
  vxlan,
  vxlanGpe,
} from './build.js';

/** Packets that real networks seldom or never send, each by a name that says what is odd. */
export function samples(): Record<string, Buffer> {
  const ping = ethernet(ipv4(icmpEcho('request', 7, 1), {proto: 1}));
  const data = (length: number): Buffer => Buffer.from(Array.from({length}, (_, index) => index & 0xff));
  const segment = tcp(data(10), {sport: 40000, dport: 80, seq: 1000, flags: 'PA'});
  const inTunnel = (inner: Buffer): Buffer => tunnel(inner, 4097);
  const ipOptions = Buffer.from('0101010144040500', 'hex');
  const hopByHop = (next: number): Buffer => Buffer.from([next, 0, 5, 2, 0, 0, 1, 0]);
  const destination = (next: number): Buffer =>
    Buffer.from([next, 1, 1, 12, ...new Array<number>(12).fill(0)]);
  return {
    'plain ping': inTunnel(ping),
    'group policy': tunnel(ping, 4097, {flags: 0x8848, group: 1234}),
    'all reserved bits': tunnel(ping, 4097, {flags: 0xffff, group: 0xffff, reserved: 0xff}),
    'I flag clear': tunnel(ping, 4097, {flags: 0}),
    'highest VNI': tunnel(ping, 0xffffff),
    'VNI 0': tunnel(ping, 0),
    'inner VLAN': inTunnel(ethernet(ipv4(segment, {proto: 6}), {vlans: [100]})),
    'inner QinQ': inTunnel(ethernet(ipv4(segment, {proto: 6}), {vlans: [200, 100], tpids: [0x88a8, 0x8100]})),
    'inner old QinQ': inTunnel(
      ethernet(ipv4(segment, {proto: 6}), {vlans: [200, 100], tpids: [0x9100, 0x8100]}),
    ),
    'inner double 0x8100': inTunnel(ethernet(ipv4(segment, {proto: 6}), {vlans: [200, 100]})),
    'outer VLAN': ethernet(
      ipv4(udp(vxlan(ping, 5), 45000, 4789), {proto: 17, src: '172.31.1.5', dst: '192.168.1.5'}),
      {vlans: [33]},
    ),
    'outer QinQ': ethernet(
      ipv4(udp(vxlan(ping, 5), 45000, 4789), {proto: 17, src: '172.31.1.5', dst: '192.168.1.5'}),
      {
        vlans: [33, 44],
        tpids: [0x88a8, 0x8100],
      },
    ),
    'outer IPv4 options': ethernet(ipv4(udp(vxlan(ping, 5), 45000, 4789), {proto: 17, options: ipOptions})),
    'inner IPv4 options': inTunnel(ethernet(ipv4(segment, {proto: 6, options: ipOptions}))),
    'IPv6 underlay': tunnel(ping, 6, {src: 'fd00:31::5', dst: 'fd00:168::5'}),
    'IPv6 inner': inTunnel(ethernet(ipv6(segment, {proto: 6}))),
    'IPv6 extension headers': inTunnel(
      ethernet(ipv6(segment, {proto: 6, next: 0, options: Buffer.concat([hopByHop(60), destination(6)])})),
    ),
    'IPv6 outer extension headers': ethernet(
      ipv6(udp(vxlan(ping, 5), 45000, 4789), {proto: 17, next: 60, options: destination(17)}),
    ),
    'IPv6 atomic fragment': inTunnel(
      ethernet(ipv6(segment, {proto: 6, next: 44, options: ipv6Fragment(6, 0, false, 77)})),
    ),
    'IPv6 no next header': inTunnel(ethernet(ipv6(Buffer.alloc(0), {proto: 59}))),
    'IPv6 addresses to shorten': inTunnel(
      ethernet(ipv6(segment, {proto: 6, src: '2001:db8:0:1:0:0:0:1', dst: '1:0:0:2:0:0:0:3'})),
    ),
    'IPv6 mapped address': inTunnel(ethernet(ipv6(segment, {proto: 6, src: '::ffff:a00:1', dst: '::a00:1'}))),
    'IPv6 single zero group': inTunnel(
      ethernet(ipv6(segment, {proto: 6, src: '1:0:2:3:4:5:6:7', dst: '::'})),
    ),
    'ARP request': inTunnel(
      ethernet(arp(1, ['02:42:0a:00:01:02', '10.0.1.2'], ['00:00:00:00:00:00', '10.0.1.3']), {type: 0x0806}),
    ),
    'ARP reply': inTunnel(
      ethernet(arp(2, ['02:42:0a:00:01:03', '10.0.1.3'], ['02:42:0a:00:01:02', '10.0.1.2']), {type: 0x0806}),
    ),
    'DNS query': inTunnel(ethernet(ipv4(udp(dnsQuery(0x1234, ['web1', 'example']), 40001, 53), {proto: 17}))),
    'DNS with escapes': inTunnel(
      ethernet(
        ipv4(udp(dnsQuery(1, [Buffer.from('\u001b[31m"\\\r\n', 'latin1'), 'x']), 40001, 53), {proto: 17}),
      ),
    ),
    'DNS pointer loop': inTunnel(
      ethernet(
        ipv4(
          udp(
            Buffer.concat([dnsQuery(1, []).subarray(0, 12), Buffer.from([0xc0, 12, 0, 1, 0, 1])]),
            40001,
            53,
          ),
          {
            proto: 17,
          },
        ),
      ),
    ),
    'ICMP error about TCP': inTunnel(
      ethernet(
        ipv4(
          Buffer.concat([
            Buffer.from([3, 4, 0, 0, 0, 0]),
            u16(1400),
            ipv4(segment, {proto: 6, src: '10.9.9.9'}),
          ]),
          {proto: 1},
        ),
      ),
    ),
    'LLC frame': inTunnel(
      ethernet(Buffer.concat([Buffer.from('424203000000', 'hex'), data(30)]), {type: 36}),
    ),
    'unknown EtherType': inTunnel(ethernet(data(40), {type: 0x88cc})),
    IGMP: inTunnel(ethernet(ipv4(Buffer.from('1600000000000000', 'hex'), {proto: 2, dst: '224.0.0.22'}))),
    SCTP: inTunnel(ethernet(ipv4(Buffer.concat([u16(5000), u16(6000), u32(1), u32(2)]), {proto: 132}))),
    'UDP length 0': inTunnel(ethernet(ipv4(udp(data(20), 1000, 2000, 0), {proto: 17}))),
    'UDP length too short': inTunnel(ethernet(ipv4(udp(data(20), 1000, 2000, 4), {proto: 17}))),
    'UDP length too long': inTunnel(ethernet(ipv4(udp(data(20), 1000, 2000, 2000), {proto: 17}))),
    'outer UDP shorter than its payload': ethernet(
      ipv4(udp(vxlan(ping, 5), 45000, 4789, 8 + 8 + 14 + 20), {proto: 17}),
    ),
    'IPv4 length 0': inTunnel(ethernet(ipv4(segment, {proto: 6, claim: 0}))),
    'IPv4 length too short': inTunnel(ethernet(ipv4(segment, {proto: 6, claim: 10}))),
    'IPv4 length too long': inTunnel(ethernet(ipv4(segment, {proto: 6, claim: 4000}))),
    'IPv4 with a trailer': inTunnel(ethernet(Buffer.concat([ipv4(segment, {proto: 6}), data(12)]))),
    'IPv4 header length 16': inTunnel(
      ethernet(
        (() => {
          const bytes = ipv4(segment, {proto: 6});
          bytes[0] = 0x44;
          return bytes;
        })(),
        {type: 0x0800},
      ),
    ),
    'IPv4 with version 5': inTunnel(
      ethernet(
        (() => {
          const bytes = ipv4(segment, {proto: 6});
          bytes[0] = 0x55;
          return bytes;
        })(),
        {type: 0x0800},
      ),
    ),
    'VXLAN in VXLAN': inTunnel(tunnel(ping, 5000, {src: '10.0.1.2', dst: '10.0.1.3'})),
    ESP: ethernet(
      ipv4(Buffer.concat([u32(0x12345678), u32(9), data(64)]), {
        proto: 50,
        src: '172.31.1.5',
        dst: '192.168.1.5',
      }),
    ),
    'ESP over IPv6': ethernet(ipv6(Buffer.concat([u32(0x12345678), u32(9), data(64)]), {proto: 50})),
    'no tunnel TCP': ethernet(ipv4(segment, {proto: 6})),
    'no tunnel UDP': ethernet(ipv4(udp(data(4), 1111, 2222), {proto: 17})),
    'no tunnel ARP': ethernet(arp(1, ['02:42:0a:00:01:02', '10.0.1.2'], ['00:00:00:00:00:00', '10.0.1.3']), {
      type: 0x0806,
    }),
    'empty VXLAN': ethernet(ipv4(udp(vxlan(Buffer.alloc(0), 5), 45000, 4789), {proto: 17})),
    'empty UDP to 4789': ethernet(ipv4(udp(Buffer.alloc(0), 45000, 4789), {proto: 17})),
    'address bytes': inTunnel(ethernet(ipv4(data(8), {proto: 99, src: '255.254.253.9', dst: '1.10.100.0'}))),
    'TCP cut by IP': inTunnel(ethernet(ipv4(segment.subarray(0, 12), {proto: 6}))),
    'TCP header length 12': inTunnel(
      ethernet(
        ipv4(
          (() => {
            const bytes = Buffer.from(segment);
            bytes[12] = 0x30;
            return bytes;
          })(),
          {proto: 6},
        ),
      ),
    ),
    'IPv6 payload length 0': inTunnel(ethernet(ipv6(segment, {proto: 6, claim: 0}))),
    'IPv6 jumbogram': ethernet(
      ipv6(tcp(data(70_000), {sport: 40000, dport: 80, flags: 'PA'}), {
        proto: 6,
        claim: 0,
        next: 0,
        options: Buffer.concat([Buffer.from([6, 0, 0xc2, 4]), u32(8 + 20 + 70_000)]),
      }),
    ),
    'BIG TCP over IPv4': ethernet(
      ipv4(tcp(data(70_000), {sport: 40000, dport: 80, flags: 'PA'}), {proto: 6, claim: 0}),
    ),
  };
}

/** Tunnels other than VXLAN between two hosts, some with VXLAN inside. */
export function tunnelSamples(): Record<string, Buffer> {
  const ends = {src: '172.31.1.5', dst: '192.168.1.5'};
  const routers = {src: '192.0.2.1', dst: '192.0.2.2', proto: 47};
  const pingIp = ipv4(icmpEcho('request', 7, 1), {proto: 1});
  const ping = ethernet(pingIp);
  const overlay = ipv4(udp(vxlan(ping, 4097), 45000, 4789), {...ends, proto: 17});
  const rest = Buffer.alloc(38, 0x42);
  const esp = Buffer.concat([u32(0x12345678), u32(9), Buffer.alloc(64, 0x42)]);
  const inUdp = (payload: Buffer, dport: number, sport = 45000): Buffer =>
    ethernet(ipv4(udp(payload, sport, dport), {...ends, proto: 17}));
  const inGre = (payload: Buffer, proto: number, options?: GreOptions): Buffer =>
    ethernet(ipv4(gre(payload, proto, options), routers));
  const pptp = Buffer.concat([Buffer.from('2001880b', 'hex'), Buffer.alloc(44)]);
  return {
    'VXLAN below MPLS': ethernet(mpls(overlay, [100, 200]), {type: 0x8847}),
    'VXLAN below PPPoE': ethernet(pppoe(overlay, 77, 0x0021), {type: 0x8864}),
    'ping below MPLS': ethernet(mpls(pingIp, [100, 200]), {type: 0x8847}),
    'ping below PPPoE': ethernet(pppoe(pingIp, 77, 0x0021), {type: 0x8864}),
    'VXLAN in GRE': inGre(overlay, 0x0800, {key: 9}),
    'Ethernet in GRE': inGre(ping, 0x6558, {checksum: true, sequence: 3}),
    ERSPAN: inGre(Buffer.alloc(40), 0x88be, {sequence: 1}),
    PPTP: ethernet(ipv4(pptp, routers)),
    Geneve: inUdp(geneve(ping, 5), 6081),
    'Geneve with options': inUdp(geneve(ping, 5, 0x6558, Buffer.from('0102800100000007', 'hex')), 6081),
    'Geneve of IP': inUdp(geneve(pingIp, 5, 0x0800), 6081),
    'Geneve of something else': inUdp(geneve(rest.subarray(8), 5, 0x894f), 6081),
    'VXLAN-GPE of Ethernet': inUdp(vxlanGpe(ping, 6, 3), 4790),
    'VXLAN-GPE of IPv4': inUdp(vxlanGpe(pingIp, 6, 1), 4790),
    'VXLAN-GPE of NSH': inUdp(vxlanGpe(rest.subarray(8), 6, 4), 4790),
    'VXLAN-GPE of an unknown protocol': inUdp(vxlanGpe(rest.subarray(8), 6, 99), 4790),
    'ESP in UDP': inUdp(esp, 4500, 4500),
    'IKE in UDP 4500': inUdp(Buffer.concat([u32(0), Buffer.alloc(28, 0x42)]), 4500, 4500),
    'ESP behind AH': ethernet(ipv4(ah(esp, 50, 0x99, 4), {...ends, proto: 51})),
    'VXLAN behind AH': ethernet(
      ipv4(ah(udp(vxlan(ping, 4097), 45000, 4789), 17, 0x99, 4), {...ends, proto: 51}),
    ),
    'AH twice': ethernet(ipv4(ah(ah(Buffer.alloc(64), 17, 0x98, 4), 51, 0x99, 4), {...ends, proto: 51})),
  };
}

/** A datagram in IPv4 fragments of `size` bytes of payload. */
export function fragments4(
  payload: Buffer,
  size: number,
  options: {proto: number; src: string; dst: string; id: number},
): Buffer[] {
  const parts: Buffer[] = [];
  for (let offset = 0; offset < payload.length; offset += size) {
    const part = payload.subarray(offset, offset + size);
    parts.push(ipv4(part, {...options, offset, more: offset + size < payload.length}));
  }
  return parts;
}

export function fragments6(
  payload: Buffer,
  size: number,
  options: {proto: number; src: string; dst: string; id: number},
): Buffer[] {
  const parts: Buffer[] = [];
  for (let offset = 0; offset < payload.length; offset += size) {
    const header = ipv6Fragment(options.proto, offset, offset + size < payload.length, options.id);
    parts.push(ipv6(payload.subarray(offset, offset + size), {...options, next: 44, options: header}));
  }
  return parts;
}

/** Fragments in order, out of order, doubled, missing one, of two datagrams mixed; outside and inside, v4 and v6. */
export function fragmentSamples(): Record<string, Buffer[]> {
  const ends = {src: '172.31.1.5', dst: '192.168.1.5'};
  const ends6 = {src: 'fd00:31::5', dst: 'fd00:168::5'};
  const inner = ethernet(ipv4(udp(Buffer.alloc(1200, 0x42), 5001, 5002), {proto: 17}));
  const outer = udp(vxlan(inner, 4097), 45000, 4789);
  const four = (id: number): Buffer[] =>
    fragments4(outer, 400, {...ends, proto: 17, id}).map((packet) => ethernet(packet));
  const six = (id: number): Buffer[] =>
    fragments6(outer, 400, {...ends6, proto: 17, id}).map((packet) => ethernet(packet));
  const pick = (parts: Buffer[], ...order: number[]): Buffer[] =>
    order.map((index) => parts[index]).filter((part) => part !== undefined);
  const innerParts = fragments4(udp(Buffer.alloc(1200, 0x43), 6001, 6002), 400, {
    src: '10.0.1.2',
    dst: '10.0.1.3',
    proto: 17,
    id: 55,
  }).map((packet) => tunnel(ethernet(packet), 4098));
  const innerSix = fragments6(udp(Buffer.alloc(1200, 0x43), 6001, 6002), 400, {
    src: 'fd00::2',
    dst: 'fd00::3',
    proto: 17,
    id: 55,
  }).map((packet) => tunnel(ethernet(packet), 4098));
  return {
    'in order': four(1),
    'out of order': pick(four(2), 3, 0, 2, 1),
    reversed: four(3).reverse(),
    doubled: pick(four(4), 0, 0, 1, 2, 2, 3),
    'one missing': pick(four(5), 0, 1, 3),
    mixed: four(6).flatMap((part, index) => pick([part, ...pick(four(7), index)], 0, 1)),
    'IPv6 in order': six(8),
    'IPv6 out of order': pick(six(9), 2, 3, 1, 0),
    'inner in order': innerParts,
    'inner out of order': pick(innerParts, 2, 0, 1, 3),
    'inner IPv6': innerSix,
    'first of them has a VNI of another': pick(four(10), 0),
    'addresses as text': [address('1.2.3.4')].map(() => ethernet(ipv4(Buffer.alloc(4), {proto: 99}))),
  };
}

export const asPackets = (list: Buffer[]): TestPacket[] =>
  list.map((data, index) => ({data, seconds: 1_700_000_000 + index, nanos: index * 1_001_001 + 7}));
