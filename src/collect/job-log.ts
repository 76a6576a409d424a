import {createHash} from 'node:crypto';
import {constants, gunzipSync} from 'node:zlib';
import {type Frame, FrameReader} from './frames.js';

/** Unpacked; the same as for any other host. */
const largestRun = 512 * 1024 * 1024;
const largestSection = 32 * 1024 * 1024;

/** What a container's log holds of a job's output (job.sh says how it is packed). */
export interface JobOutput {
  /** What of it came whole, unpacked: all, or up to the first piece that is missing or damaged. */
  bytes: Buffer;
  /** Pieces that are missing or damaged; undefined where the end, which counts them, did not come. */
  lost: number | undefined;
  /** The node's /proc/uptime at the end, in seconds. */
  endedAt: number | undefined;
}

/**
 * Takes standard output out of the stream in which the Engine API gives logs of a container without a terminal: a head
 * of eight bytes (the stream's number, three zeros, the length), then a line (moby pkg/stdcopy).
 */
export function demultiplexed(stream: Buffer): Buffer {
  const chunks: Buffer[] = [];
  let at = 0;
  while (at + 8 <= stream.length) {
    const length = stream.readUInt32BE(at + 4);
    if (stream.readUInt8(at) === 1) chunks.push(stream.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  return Buffer.concat(chunks);
}

/** Puts the pieces of one node's output together again, whatever else the log holds, and in whatever order it comes. */
export function jobOutput(log: string, nonce: string, node: string): JobOutput {
  const pieces = new Map<number, Buffer>();
  let count: number | undefined;
  let endedAt: number | undefined;
  for (const line of log.split('\n')) {
    const [mark, from, number = '', sum, data = ''] = line.trimEnd().split(' ');
    if (mark !== nonce || from !== node) continue;
    if (number === 'end') {
      count = Number(sum);
      endedAt = Number(data) || undefined;
    } else if (/^\d+$/.test(number) && createHash('sha256').update(data).digest('hex') === sum) {
      pieces.set(Number(number), Buffer.from(data, 'base64'));
    }
  }
  const whole: Buffer[] = [];
  for (let piece = pieces.get(1); piece; piece = pieces.get(whole.length + 1)) whole.push(piece);
  return {
    bytes: unpacked(Buffer.concat(whole)),
    lost: count === undefined ? undefined : Math.max(0, count - whole.length),
    endedAt,
  };
}

/** As far as it goes: a stream that was cut still tells its beginning. */
function unpacked(packed: Buffer): Buffer {
  if (packed.length === 0) return packed;
  try {
    return gunzipSync(packed, {finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: largestRun});
  } catch {
    return Buffer.alloc(0);
  }
}

/**
 * The collector's frames in a job's output. A frame came when the node's clock of uptime says so, told by ours: what was
 * printed at `endedAt` of it was seen here at `seenAt`, in milliseconds since the epoch.
 */
export function jobFrames(output: JobOutput, nonce: string, seenAt: number): Frame[] {
  const reader = new FrameReader(nonce, largestSection, () => seenAt);
  reader.push(output.bytes);
  reader.end();
  return reader.frames.map((frame) => {
    const [, uptime, command] = /^@(\d+\.\d+) (.*)$/s.exec(frame.command) ?? [];
    if (command === undefined) return frame;
    const ago = output.endedAt === undefined ? 0 : output.endedAt - Number(uptime);
    return {...frame, command, arrivedAt: seenAt - Math.round(ago * 1000)};
  });
}
