/**
 * Builds packets byte by byte for tests and benchmarks: what real tools can't be made to send. It shares nothing
 * with src/, so that a mistake there can't hide in here; tshark and tcpdump judge its output in the tests.
 */

export const mac = (text: string): Buffer => Buffer.from(text.replaceAll(':', ''), 'hex');

/** Dotted IPv4, or full or `::`-shortened IPv6. */
export function address(text: string): Buffer {
  if (!text.includes(':')) return Buffer.from(text.split('.').map(Number));
  const [head = '', tail] = text.split('::');
  const groups = (part: string): number[] => (part === '' ? [] : part.split(':').map((g) => parseInt(g, 16)));
  const left = groups(head);
  const right = tail === undefined ? [] : groups(tail);
  const all = [...left, ...new Array<number>(8 - left.length - right.length).fill(0), ...right];
  const bytes = Buffer.alloc(16);
  all.forEach((group, index) => {
    bytes.writeUInt16BE(group, index * 2);
  });
  return bytes;
}

export const u16 = (value: number): Buffer => Buffer.from([(value >> 8) & 255, value & 255]);
export const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
};

/** RFC 1071. */
export function checksum(...parts: Buffer[]): number {
  const bytes = Buffer.concat(parts);
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 65536);
  return ~sum & 0xffff;
}

export interface EthernetOptions {
  src?: string;
  dst?: string;
  type?: number;
  /** VLAN ids, outermost first; `tpids` gives their EtherTypes (0x8100 by default). */
  vlans?: number[];
  tpids?: number[];
}

export function ethernet(payload: Buffer, options: EthernetOptions = {}): Buffer {
  const {src = '02:42:0a:00:01:02', dst = '02:42:0a:00:01:03', type, vlans = [], tpids = []} = options;
  const version = (payload[0] ?? 0) >> 4;
  const inner = type ?? (version === 6 ? 0x86dd : 0x0800);
  const tags = vlans.map((id, index) => Buffer.concat([u16(tpids[index] ?? 0x8100), u16(id)]));
  return Buffer.concat([mac(dst), mac(src), ...tags, u16(inner), payload]);
}

export interface IpOptions {
  src?: string;
  dst?: string;
  proto: number;
  ttl?: number;
  id?: number;
  /** Fragment offset in bytes, and whether more follow. */
  offset?: number;
  more?: boolean;
  df?: boolean;
  tos?: number;
  /** IPv4 options or IPv6 extension headers (each already a whole header, its next-header byte filled in). */
  options?: Buffer;
  /** IPv6 only: first next-header value where `options` holds extension headers. */
  next?: number;
  /** A claimed length that differs from the true one. */
  claim?: number;
}

export function ipv4(payload: Buffer, options: IpOptions): Buffer {
  const extra = options.options ?? Buffer.alloc(0);
  const size = 20 + extra.length;
  const header = Buffer.alloc(20);
  header[0] = 0x40 | (size / 4);
  header[1] = options.tos ?? 0;
  header.writeUInt16BE(options.claim ?? (size + payload.length) & 0xffff, 2);
  header.writeUInt16BE(options.id ?? 0, 4);
  header.writeUInt16BE(
    (options.df ? 0x4000 : 0) | (options.more ? 0x2000 : 0) | ((options.offset ?? 0) >> 3),
    6,
  );
  header[8] = options.ttl ?? 64;
  header[9] = options.proto;
  address(options.src ?? '10.0.1.2').copy(header, 12);
  address(options.dst ?? '10.0.1.3').copy(header, 16);
  header.writeUInt16BE(checksum(header, extra), 10);
  return Buffer.concat([header, extra, payload]);
}

export function ipv6(payload: Buffer, options: IpOptions): Buffer {
  const extra = options.options ?? Buffer.alloc(0);
  const header = Buffer.alloc(40);
  header.writeUInt32BE(0x60000000 + (options.tos ?? 0) * 0x100000, 0);
  header.writeUInt16BE(options.claim ?? (extra.length + payload.length) & 0xffff, 4);
  header[6] = options.next ?? options.proto;
  header[7] = options.ttl ?? 64;
  address(options.src ?? 'fd00::2').copy(header, 8);
  address(options.dst ?? 'fd00::3').copy(header, 24);
  return Buffer.concat([header, extra, payload]);
}

/** RFC 8200 4.5. */
export const ipv6Fragment = (proto: number, offset: number, more: boolean, id: number): Buffer =>
  Buffer.concat([Buffer.from([proto, 0]), u16((offset & 0xfff8) | (more ? 1 : 0)), u32(id)]);

export function udp(payload: Buffer, sport: number, dport: number, claim?: number): Buffer {
  return Buffer.concat([
    u16(sport),
    u16(dport),
    u16((claim ?? 8 + payload.length) & 0xffff),
    u16(0),
    payload,
  ]);
}

export interface TcpOptions {
  sport: number;
  dport: number;
  seq?: number;
  ack?: number;
  flags?: string;
  window?: number;
  options?: Buffer;
}

const tcpBits: Record<string, number> = {F: 1, S: 2, R: 4, P: 8, A: 16, U: 32, E: 64, C: 128};

export function tcp(payload: Buffer, options: TcpOptions): Buffer {
  const extra = options.options ?? Buffer.alloc(0);
  const flags = [...(options.flags ?? 'A')].reduce((bits, letter) => bits | (tcpBits[letter] ?? 0), 0);
  return Buffer.concat([
    u16(options.sport),
    u16(options.dport),
    u32(options.seq ?? 1),
    u32(options.ack ?? 0),
    Buffer.from([((20 + extra.length) / 4) << 4, flags]),
    u16(options.window ?? 64240),
    u16(0x1234),
    u16(0),
    extra,
    payload,
  ]);
}

export function icmpEcho(
  kind: 'request' | 'reply',
  id: number,
  sequence: number,
  data: Buffer = Buffer.alloc(56),
): Buffer {
  const head = Buffer.concat([
    Buffer.from([kind === 'request' ? 8 : 0, 0]),
    u16(0),
    u16(id),
    u16(sequence),
    data,
  ]);
  head.writeUInt16BE(checksum(head), 2);
  return head;
}

export function arp(operation: number, sender: [string, string], target: [string, string]): Buffer {
  return Buffer.concat([
    u16(1),
    u16(0x0800),
    Buffer.from([6, 4]),
    u16(operation),
    mac(sender[0]),
    address(sender[1]),
    mac(target[0]),
    address(target[1]),
  ]);
}

export interface VxlanOptions {
  flags?: number;
  group?: number;
  reserved?: number;
}

/** RFC 7348 section 5; `flags` is the first 16 bits, `group` the next 16 (draft-smith-vxlan-group-policy). */
export function vxlan(inner: Buffer, vni: number, options: VxlanOptions = {}): Buffer {
  const {flags = 0x0800, group = 0, reserved = 0} = options;
  return Buffer.concat([u16(flags), u16(group), u32(vni * 256 + reserved), inner]);
}

export interface TunnelOptions extends VxlanOptions {
  src?: string;
  dst?: string;
  sport?: number;
  dport?: number;
  id?: number;
}

/** An inner Ethernet frame as one VTEP sends it to another: Ethernet, IPv4 or IPv6, UDP, VXLAN. */
export function tunnel(inner: Buffer, vni: number, options: TunnelOptions = {}): Buffer {
  const {src = '172.31.1.5', dst = '192.168.1.5', sport = 45000, dport = 4789, id = 0} = options;
  const datagram = udp(vxlan(inner, vni, options), sport, dport);
  const ip = src.includes(':')
    ? ipv6(datagram, {src, dst, proto: 17})
    : ipv4(datagram, {src, dst, proto: 17, id});
  return ethernet(ip, {src: '52:54:00:00:00:01', dst: '52:54:00:00:00:02'});
}

/** A DNS query (RFC 1035); labels are taken as raw bytes so that hostile ones can be made. */
export function dnsQuery(id: number, labels: (string | Buffer)[], type = 1): Buffer {
  const name = labels.map((label) => {
    const bytes = typeof label === 'string' ? Buffer.from(label, 'latin1') : label;
    return Buffer.concat([Buffer.from([bytes.length]), bytes]);
  });
  return Buffer.concat([
    u16(id),
    u16(0x0100),
    u16(1),
    u16(0),
    u16(0),
    u16(0),
    ...name,
    Buffer.from([0]),
    u16(type),
    u16(1),
  ]);
}

/** RFC 3032: a label stack on top of what it carries, the last label at the bottom. */
export function mpls(payload: Buffer, labels: number[]): Buffer {
  const stack = labels.map((label, index) =>
    u32(label * 4096 + (index === labels.length - 1 ? 0x100 : 0) + 64),
  );
  return Buffer.concat([...stack, payload]);
}

/** RFC 2516: a session's header and PPP's protocol number. */
export const pppoe = (payload: Buffer, session: number, proto: number): Buffer =>
  Buffer.concat([Buffer.from([0x11, 0]), u16(session), u16(payload.length + 2), u16(proto), payload]);

/** RFC 8926. */
export function geneve(payload: Buffer, vni: number, proto = 0x6558, options = Buffer.alloc(0)): Buffer {
  return Buffer.concat([Buffer.from([options.length / 4, 0]), u16(proto), u32(vni * 256), options, payload]);
}

/** draft-ietf-nvo3-vxlan-gpe; the next protocol is 1 IPv4, 2 IPv6, 3 Ethernet, 4 NSH, 5 MPLS. */
export const vxlanGpe = (payload: Buffer, vni: number, next: number, flags = 0x0c): Buffer =>
  Buffer.concat([Buffer.from([flags, 0, 0, next]), u32(vni * 256), payload]);

export interface GreOptions {
  key?: number;
  sequence?: number;
  checksum?: boolean;
}

/** RFC 2784, RFC 2890. */
export function gre(payload: Buffer, proto: number, options: GreOptions = {}): Buffer {
  const {key, sequence, checksum: hasChecksum = false} = options;
  const words = [
    ...(hasChecksum ? [u32(0)] : []),
    ...(key === undefined ? [] : [u32(key)]),
    ...(sequence === undefined ? [] : [u32(sequence)]),
  ];
  const flags =
    (hasChecksum ? 0x8000 : 0) | (key === undefined ? 0 : 0x2000) | (sequence === undefined ? 0 : 0x1000);
  return Buffer.concat([u16(flags), u16(proto), ...words, payload]);
}

/** RFC 4302, with a check value of 12 bytes. */
export const ah = (payload: Buffer, next: number, spi: number, sequence: number): Buffer =>
  Buffer.concat([Buffer.from([next, 4, 0, 0]), u32(spi), u32(sequence), Buffer.alloc(12, 0xaa), payload]);
