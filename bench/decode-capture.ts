/**
 * Writes the capture that the decode benchmark reads: VXLAN packets of mixed sizes in four VNIs, 1000 inner
 * conversations (TCP with data and acknowledgements, UDP, ICMP echo), deterministic.
 *
 * node --import tsx bench/decode-capture.ts FILE [PACKETS]
 */
import {closeSync, openSync, writeSync} from 'node:fs';
import {pcapHeader} from '../test/capture/build.js';
import {ethernet, icmpEcho, ipv4, tcp, tunnel, udp} from '../test/packet/build.js';

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

export function writeBenchCapture(file: string, packets: number): void {
  const next = random(7);
  // One template for each conversation, direction and size; the loop then only patches time and sequence.
  const templates: {frame: Buffer; tcp: boolean; length: number}[][] = [];
  for (let flow = 0; flow < 1000; flow++) {
    const vni = 4096 + (flow % 4);
    const a = `10.0.${flow % 4}.${2 + ((flow >> 2) % 120)}`;
    const b = `10.0.${flow % 4}.${130 + ((flow >> 4) % 120)}`;
    const macOf = (ip: string): string =>
      `02:42:${ip
        .split('.')
        .map((part) => Number(part).toString(16).padStart(2, '0'))
        .join(':')}`;
    const build = (forward: boolean, size: number): {frame: Buffer; tcp: boolean; length: number} => {
      const [src, dst] = forward ? [a, b] : [b, a];
      const [sport, dport] = forward ? [32768 + flow, 80] : [80, 32768 + flow];
      const data = Buffer.alloc(size, 0x61);
      const isTcp = flow % 10 < 7;
      const proto = isTcp ? 6 : flow % 10 < 9 ? 17 : 1;
      const payload =
        proto === 6
          ? tcp(data, {
              sport,
              dport,
              flags: size > 0 ? 'PA' : 'A',
              options: Buffer.from('0101080a0000000100000002', 'hex'),
            })
          : proto === 17
            ? udp(data, sport, dport)
            : icmpEcho(forward ? 'request' : 'reply', flow, 1, data);
      const inner = ethernet(ipv4(payload, {src, dst, proto, df: true, id: flow}), {
        src: macOf(src),
        dst: macOf(dst),
      });
      const vteps = forward
        ? {src: '172.31.1.5', dst: '192.168.1.5'}
        : {src: '192.168.1.5', dst: '172.31.1.5'};
      return {
        frame: tunnel(inner, vni, {...vteps, sport: 32768 + ((flow * 7919) % 28000)}),
        tcp: isTcp,
        length: size,
      };
    };
    templates.push([
      build(true, 0),
      build(false, 0),
      build(true, 120),
      build(false, 500),
      build(false, 1380),
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
    const template =
      templates[flow]?.[kind < 0.2 ? 0 : kind < 0.45 ? 1 : kind < 0.65 ? 2 : kind < 0.85 ? 3 : 4];
    if (template === undefined) continue;
    const {frame, length} = template;
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
    if (template.tcp) {
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
