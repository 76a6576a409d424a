/** One framed section as the collector printed it. */
export interface Frame {
  name: string;
  netns?: string;
  command: string;
  /** Exit status; null where the stream ended inside the section. */
  status: number | null;
  output: string;
  /** Milliseconds since the epoch when its first line arrived. */
  arrivedAt: number;
  truncated: boolean;
}

/** The head of a frame is some 1,500 bytes at most (the list of files that `proc` reads). */
const longestHead = 64 * 1024;

/** A frame that is being received. */
interface OpenFrame extends Omit<Frame, 'output'> {
  chunks: Buffer[];
  size: number;
}

interface Marker {
  at: number;
  begins: boolean;
}

/**
 * Takes the collector's byte stream apart.
 *
 * A frame is `\nNONCE< name netns command\n`, the output, `\nNONCE> status\n`. What stands outside frames is
 * noise (a login banner, a shell's start-up file) and is dropped. The nonce is made for each run, so output
 * that holds something like a frame can't end or forge one. A frame that begins inside another one shows that the
 * other's reader was killed: the other one is kept as far as it came, with status null.
 *
 * @param limit bytes of output that one section may have; the rest of a longer one is dropped and it is marked
 */
export class FrameReader {
  /** The sections that have ended, in their order. */
  readonly frames: Frame[] = [];
  private readonly limit: number;
  private readonly now: () => number;
  private readonly stem: Buffer;
  private rest: Buffer = Buffer.alloc(0);
  private current: OpenFrame | undefined;

  constructor(nonce: string, limit: number, now: () => number = Date.now) {
    this.stem = Buffer.from(`\n${nonce}`);
    this.limit = limit;
    this.now = now;
  }

  push(chunk: Buffer): void {
    this.rest = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    for (;;) {
      const marker = this.nextMarker();
      // The beginning of a marker may be the end of what has come.
      const safe = marker?.at ?? Math.max(0, this.rest.length - this.markerLength);
      const next = marker && this.take(marker);
      if (next === undefined) {
        this.keep(this.rest.subarray(0, safe));
        this.rest = this.rest.subarray(safe);
        return;
      }
      this.rest = this.rest.subarray(next);
    }
  }

  /** To be called at the end of the stream; gives up a section that was left open. */
  end(): void {
    this.keep(this.rest);
    this.rest = Buffer.alloc(0);
    this.close(null);
  }

  /** The section that is being received, for telling where a stalled run stands. */
  open(): string | undefined {
    const {current} = this;
    return current && `${current.name}${current.netns ? ` of ${current.netns}` : ''}`;
  }

  /** Of `\nNONCE< ` and `\nNONCE> `. */
  private get markerLength(): number {
    return this.stem.length + 2;
  }

  /** The next marker in `rest`; one that the stream has cut so far is looked for again when more has come. */
  private nextMarker(): Marker | undefined {
    const {rest, stem} = this;
    for (let at = rest.indexOf(stem); at >= 0; at = rest.indexOf(stem, at + 1)) {
      const kind = rest.toString('latin1', at + stem.length, at + this.markerLength);
      if (kind === '< ') return {at, begins: true};
      // An end is one only where something is open.
      if (kind === '> ' && this.current) return {at, begins: false};
    }
    return;
  }

  /** Acts on a marker whose line has come whole; says where the stream goes on, or nothing where it must wait. */
  private take({at, begins}: Marker): number | undefined {
    const {rest} = this;
    const start = at + this.markerLength;
    const newline = rest.indexOf(10, start);
    const endless = newline < 0 && rest.length - start > longestHead;
    if (newline < 0 && !endless) return;
    const end = endless ? start + longestHead : newline;
    const line = rest.toString('utf8', start, end);
    this.keep(rest.subarray(0, at));
    if (begins) {
      this.close(null);
      this.begin(line);
    } else this.close(/^\d{1,3}$/.test(line) ? Number(line) : null);
    // The newline stays where the next marker may begin with it.
    return endless ? end : newline + (begins ? 1 : 0);
  }

  private begin(head: string): void {
    const [name = '', netns = '', ...command] = head.split(' ');
    this.current = {
      name,
      ...(netns === '-' || netns === '' ? {} : {netns}),
      command: command.join(' '),
      status: null,
      arrivedAt: this.now(),
      truncated: false,
      chunks: [],
      size: 0,
    };
  }

  private keep(bytes: Buffer): void {
    const {current} = this;
    if (!current || bytes.length === 0) return;
    const room = this.limit - current.size;
    if (bytes.length > room) current.truncated = true;
    if (room > 0) {
      // Copied: a slice would keep the whole chunk alive.
      current.chunks.push(Buffer.from(bytes.subarray(0, room)));
      current.size += Math.min(room, bytes.length);
    }
  }

  private close(status: number | null): void {
    if (!this.current) return;
    const {chunks, size: _, ...head} = this.current;
    this.frames.push({...head, status, output: Buffer.concat(chunks).toString('utf8')});
    this.current = undefined;
  }
}
