import {type Ending, readCapture} from '../../src/pcap/read.js';
import type {ByteSource} from '../../src/pcap/source.js';

export interface ReadPacket {
  data: string;
  original: number;
  linkType: number;
  time: string | undefined;
}

/** Bytes as a source that gives `piece` of them at a time, as a pipe may. */
export function sourceOf(bytes: Buffer, piece = bytes.length): ByteSource {
  let at = 0;
  return {
    size: bytes.length,
    read(into, to) {
      const count = bytes.copy(into, to, at, Math.min(at + piece, bytes.length));
      at += count;
      return Promise.resolve(count);
    },
    cancel: () => undefined,
    close: () => Promise.resolve(),
  };
}

/** All packets of a capture, copied out, and how it ended. */
export async function readAll(
  bytes: Buffer,
  piece?: number,
): Promise<{packets: ReadPacket[]; ending: Ending}> {
  const packets: ReadPacket[] = [];
  const ending = await readCapture('test', sourceOf(bytes, piece), {
    packet({data, start, end, original, linkType, hasTime, seconds, nanos}) {
      const time = hasTime ? `${seconds}.${String(nanos).padStart(9, '0')}` : undefined;
      packets.push({data: data.toString('hex', start, end), original, linkType, time});
      return true;
    },
    pause: () => Promise.resolve(true),
  });
  return {packets, ending};
}
