/** Packets of every kind that the walk knows, as octets: as they lie on a wire, or as a raw socket sends them. */
import {createCipheriv} from 'node:crypto';
import {isIPv6} from 'node:net';

export interface PacketForm {
  protocol: 'udp' | 'tcp' | 'icmp' | 'icmpv6' | 'esp';
  src: string;
  dst: string;
  sport?: number;
  dport?: number;
  /** TCP: the first of a connection, or the first that answers it. */
  isReply?: boolean;
  /** Index of IPsec states under which it comes. */
  spi?: number;
  /** IPv4's identification or IPv6's flow label, by which counters know it. */
  tag: number;
}

const numbers = {icmp: 1, tcp: 6, udp: 17, esp: 50, icmpv6: 58};

/** Of the VXLAN packets (RFC 7348). */
export const vni = 4097;

/** The packet from its IP header on. */
export function packetBytes(form: PacketForm): Buffer {
  const isLong = isIPv6(form.src);
  const [src, dst] = [addressBytes(form.src), addressBytes(form.dst)];
  const plain = payloadOf(form, Buffer.concat([src, dst]));
  const {spi, ...inner} = form;
  if (spi !== undefined) {
    const payload = sealed(plain, spi, numbers[form.protocol]);
    const outer = {...inner, protocol: 'esp' as const};
    const header = isLong ? longHeader : shortHeader;
    return Buffer.concat([header(outer, payload.length, src, dst), payload]);
  }
  const payload = plain;
  return Buffer.concat([
    isLong ? longHeader(form, payload.length, src, dst) : shortHeader(form, payload.length, src, dst),
    payload,
  ]);
}

/** The same in an Ethernet frame (RFC 894, 2464). */
export function frameBytes(form: PacketForm, {from, to}: {from: string; to: string}): Buffer {
  const mac = (text: string) => Buffer.from(text.replaceAll(':', ''), 'hex');
  const type = Buffer.from(isIPv6(form.src) ? '86dd' : '0800', 'hex');
  return Buffer.concat([mac(to), mac(from), type, packetBytes(form)]);
}

function shortHeader({protocol, tag}: PacketForm, length: number, src: Buffer, dst: Buffer): Buffer {
  const header = Buffer.alloc(20);
  header.writeUInt8(0x45, 0);
  header.writeUInt16BE(20 + length, 2);
  header.writeUInt16BE(tag, 4);
  header.writeUInt8(64, 8);
  header.writeUInt8(numbers[protocol], 9);
  src.copy(header, 12);
  dst.copy(header, 16);
  header.writeUInt16BE(checksum(header), 10);
  return header;
}

function longHeader({protocol, tag}: PacketForm, length: number, src: Buffer, dst: Buffer): Buffer {
  const header = Buffer.alloc(40);
  header.writeUInt32BE(((6 << 28) | tag) >>> 0, 0);
  header.writeUInt16BE(length, 4);
  header.writeUInt8(numbers[protocol], 6);
  header.writeUInt8(64, 7);
  src.copy(header, 8);
  dst.copy(header, 24);
  return header;
}

/** The key and salt of all IPsec states here, and octets of their integrity value. */
export const sealing = {key: '000102030405060708090a0b0c0d0e0f', salt: '10111213', icv: 8};

/** ESP in transport mode with AES-GCM (RFC 4303, 2; RFC 4106). */
function sealed(payload: Buffer, spi: number, protocol: number): Buffer {
  const head = Buffer.alloc(16);
  head.writeUInt32BE(spi, 0);
  head.writeUInt32BE(1, 4);
  const [known, iv] = [head.subarray(0, 8), head.subarray(8)];
  const padding = (4 - ((payload.length + 2) % 4)) % 4;
  const trailer = Buffer.from([...[1, 2, 3].slice(0, padding), padding, protocol]);
  const nonce = Buffer.concat([Buffer.from(sealing.salt, 'hex'), iv]);
  const cipher = createCipheriv('aes-128-gcm', Buffer.from(sealing.key, 'hex'), nonce, {
    authTagLength: sealing.icv,
  });
  cipher.setAAD(known);
  const text = Buffer.concat([cipher.update(Buffer.concat([payload, trailer])), cipher.final()]);
  return Buffer.concat([head, text, cipher.getAuthTag()]);
}

function payloadOf(form: PacketForm, ends: Buffer): Buffer {
  const {protocol, sport = 0, dport = 0, isReply} = form;
  const payload = Buffer.alloc(protocol === 'tcp' ? 20 : 16);
  let sumAt = 2;
  if (protocol === 'esp') {
    payload.writeUInt32BE(0x1000, 0);
    payload.writeUInt32BE(1, 4);
    return payload;
  }
  if (protocol === 'icmp' || protocol === 'icmpv6') {
    payload.writeUInt8(protocol === 'icmp' ? 8 : 128, 0);
    payload.writeUInt16BE(sport, 4);
  } else {
    payload.writeUInt16BE(sport, 0);
    payload.writeUInt16BE(dport, 2);
    if (protocol === 'udp') {
      payload.writeUInt16BE(payload.length, 4);
      sumAt = 6;
      if (dport === 4789) {
        payload.writeUInt32BE(0x08000000, 8);
        payload.writeUInt32BE(vni << 8, 12);
      }
    } else {
      payload.writeUInt32BE(1, 4);
      payload.writeUInt32BE(isReply ? 2 : 0, 8);
      payload.writeUInt16BE(0x5000 | (isReply ? 0x12 : 0x02), 12);
      payload.writeUInt16BE(1024, 14);
      sumAt = 16;
    }
  }
  const pseudo = Buffer.alloc(8);
  pseudo.writeUInt32BE(payload.length, 0);
  pseudo.writeUInt32BE(numbers[protocol], 4);
  const summed = protocol === 'icmp' ? payload : Buffer.concat([ends, pseudo, payload]);
  payload.writeUInt16BE(checksum(summed) || 0xffff, sumAt);
  return payload;
}

/** Of the internet (RFC 1071). */
function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += bytes.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** Addresses as they are written here: `::` once at most. */
function addressBytes(text: string): Buffer {
  if (!isIPv6(text)) return Buffer.from(text.split('.').map(Number));
  const [head = '', tail = ''] = text.split('::');
  const groups = (half: string) =>
    half === '' ? [] : half.split(':').map((one) => Number.parseInt(one, 16));
  const [left, right] = [groups(head), groups(tail)];
  const bytes = Buffer.alloc(16);
  const all = [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right];
  for (const [at, group] of all.entries()) bytes.writeUInt16BE(group, at * 2);
  return bytes;
}
