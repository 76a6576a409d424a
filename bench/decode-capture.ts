/**
 * Writes the capture that the decode benchmark reads: VXLAN packets of mixed sizes in four VNIs, 1000 inner
 * conversations (TCP with data and acknowledgements, UDP, ICMP echo), deterministic.
 *
 * node --import tsx bench/decode-capture.ts FILE [PACKETS]
 */
import {closeSync, openSync, writeSync} from 'node:fs';
import {ethernet, icmpEcho, ipv4, tcp, tunnel, udp} from '../test/packet/build.js';
import {pcapHeader} from '../test/pcap/build.js';

/** Small fast generator of repeatable numbers (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Template {
  frame: Buffer;
  tcp: boolean;
  /** Bytes of data above TCP, UDP or ICMP. */
  length: number;
}

const macOf = (ip: string): string =>
  `02:42:${ip
    .split('.')
    .map((part) => Number(part).toString(16).padStart(2, '0'))
    .join(':')}`;

/** One packet of a conversation: 7 of 10 are TCP, 2 UDP, 1 ICMP echo. */
function template(flow: number, forward: boolean, size: number): Template {
  const client = `10.0.${flow % 4}.${2 + ((flow >> 2) % 120)}`;
  const server = `10.0.${flow % 4}.${130 + ((flow >> 4) % 120)}`;
  const [src, dst] = forward ? [client, server] : [server, client];
  const [sport, dport] = forward ? [32768 + flow, 80] : [80, 32768 + flow];
  const isTcp = flow % 10 < 7;
  const proto = isTcp ? 6 : flow % 10 < 9 ? 17 : 1;
  const payload = transport(proto, Buffer.alloc(size, 0x61), {sport, dport, flow, forward});
  const inner = ethernet(ipv4(payload, {src, dst, proto, df: true, id: flow}), {
    src: macOf(src),
    dst: macOf(dst),
  });
  const [from, to] = forward ? ['172.31.1.5', '192.168.1.5'] : ['192.168.1.5', '172.31.1.5'];
  const frame = tunnel(inner, 4096 + (flow % 4), {
    src: from,
    dst: to,
    sport: 32768 + ((flow * 7919) % 28000),
  });
  return {frame, tcp: isTcp, length: size};
}

interface Ends {
  sport: number;
  dport: number;
  flow: number;
  forward: boolean;
}

function transport(proto: number, data: Buffer, {sport, dport, flow, forward}: Ends): Buffer {
  if (proto === 17) return udp(data, sport, dport);
  if (proto === 1) return icmpEcho(forward ? 'request' : 'reply', flow, 1, data);
  const timeStamps = Buffer.from('0101080a0000000100000002', 'hex');
  return tcp(data, {sport, dport, flags: data.length > 0 ? 'PA' : 'A', options: timeStamps});
}

export function writeBenchCapture(file: string, packets: number): void {
  const next = random(7);
  // One template for each conversation, direction and size; the loop then only patches time and sequence.
  const templates: Template[][] = [];
  for (let flow = 0; flow < 1000; flow++) {
    templates.push([
      template(flow, true, 0),
      template(flow, false, 0),
      template(flow, true, 120),
      template(flow, false, 500),
      template(flow, false, 1380),
    ]);
  }
  const sequence = new Float64Array(2000);
  const out = openSync(file, 'w');
  const chunk = Buffer.alloc(1 << 20);
  let used = pcapHeader().copy(chunk);
  let micros = 0;
  for (let packet = 0; packet < packets; packet++) {
    const flow = Math.floor(next() * 1000);
    const kind = next();
    const chosen =
      templates[flow]?.[kind < 0.2 ? 0 : kind < 0.45 ? 1 : kind < 0.65 ? 2 : kind < 0.85 ? 3 : 4];
    if (chosen === undefined) continue;
    const {frame, length} = chosen;
    if (used + 16 + frame.length > chunk.length) {
      writeSync(out, chunk, 0, used);
      used = 0;
    }
    micros += 1 + Math.floor(next() * 40);
    chunk.writeUInt32LE(1_700_000_000 + Math.floor(micros / 1e6), used);
    chunk.writeUInt32LE(micros % 1e6, used + 4);
    chunk.writeUInt32LE(frame.length, used + 8);
    chunk.writeUInt32LE(frame.length, used + 12);
    frame.copy(chunk, used + 16);
    // Outer Ethernet 14, IPv4 20, UDP 8, VXLAN 8, inner Ethernet 14: the inner IPv4 identification is at 68.
    chunk.writeUInt16BE(packet & 0xffff, used + 16 + 68);
    if (chosen.tcp) {
      // And 20 bytes on TCP, with its sequence number at 88.
      const direction = flow * 2 + (frame.readUInt16BE(84) === 80 ? 1 : 0);
      const now = sequence[direction] ?? 0;
      chunk.writeUInt32BE(1 + now, used + 16 + 88);
      sequence[direction] = (now + length) % 2 ** 32;
    }
    used += 16 + frame.length;
  }
  writeSync(out, chunk, 0, used);
  closeSync(out);
}

if (process.argv[1]?.endsWith('decode-capture.ts')) {
  const [file = '/tmp/ovdiag-bench.pcap', packets = '1000000'] = process.argv.slice(2);
  writeBenchCapture(file, Number(packets));
}
