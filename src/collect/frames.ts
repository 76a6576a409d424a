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

export interface FrameReader {
  push(chunk: Buffer): void;
  /** To be called at the end of the stream; gives up a section that was left open. */
  end(): void;
  frames: Frame[];
  /** The section that is being received, for telling where a stalled run stands. */
  open(): string | undefined;
}

/** The head of a frame is some 1,500 bytes at most (the list of files that `proc` reads). */
const longestHead = 64 * 1024;

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
export function frameReader(nonce: string, limit: number, now: () => number = Date.now): FrameReader {
  const frames: Frame[] = [];
  let rest: Buffer = Buffer.alloc(0);
  let current: (Omit<Frame, 'output'> & {chunks: Buffer[]; size: number}) | undefined;
  const stem = Buffer.from(`\n${nonce}`);
  /** `\nNONCE< ` or `\nNONCE> ` */
  const markerLength = stem.length + 2;

  function keep(bytes: Buffer): void {
    if (!current || bytes.length === 0) return;
    const room = limit - current.size;
    if (bytes.length > room) current.truncated = true;
    if (room > 0) {
      // Copied: a slice would keep the whole chunk alive.
      current.chunks.push(Buffer.from(bytes.subarray(0, room)));
      current.size += Math.min(room, bytes.length);
    }
  }

  function close(status: number | null): void {
    if (!current) return;
    const {chunks, size: _, ...head} = current;
    frames.push({...head, status, output: Buffer.concat(chunks).toString('utf8')});
    current = undefined;
  }

  function begin(head: string): void {
    const [name = '', netns = '', ...command] = head.split(' ');
    current = {
      name,
      ...(netns === '-' || netns === '' ? {} : {netns}),
      command: command.join(' '),
      status: null,
      arrivedAt: now(),
      truncated: false,
      chunks: [],
      size: 0,
    };
  }

  /** The next marker in `rest`; one that the stream has cut so far is looked for again when more has come. */
  function nextMarker(): Marker | undefined {
    for (let at = rest.indexOf(stem); at >= 0; at = rest.indexOf(stem, at + 1)) {
      const kind = rest.toString('latin1', at + stem.length, at + markerLength);
      if (kind === '< ') return {at, begins: true};
      // An end is one only where something is open.
      if (kind === '> ' && current) return {at, begins: false};
    }
    return;
  }

  /** Acts on a marker whose line has come whole; says where the stream goes on, or nothing where it must wait. */
  function take({at, begins}: Marker): number | undefined {
    const start = at + markerLength;
    const newline = rest.indexOf(10, start);
    const endless = newline < 0 && rest.length - start > longestHead;
    if (newline < 0 && !endless) return;
    const end = endless ? start + longestHead : newline;
    const line = rest.toString('utf8', start, end);
    keep(rest.subarray(0, at));
    if (begins) {
      close(null);
      begin(line);
    } else close(/^\d{1,3}$/.test(line) ? Number(line) : null);
    // The newline stays where the next marker may begin with it.
    return endless ? end : newline + (begins ? 1 : 0);
  }

  function push(chunk: Buffer): void {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (;;) {
      const marker = nextMarker();
      // The beginning of a marker may be the end of what has come.
      const safe = marker?.at ?? Math.max(0, rest.length - markerLength);
      const next = marker && take(marker);
      if (next === undefined) {
        keep(rest.subarray(0, safe));
        rest = rest.subarray(safe);
        return;
      }
      rest = rest.subarray(next);
    }
  }

  return {
    push,
    end() {
      keep(rest);
      rest = Buffer.alloc(0);
      close(null);
    },
    frames,
    open: () => (current ? `${current.name}${current.netns ? ` of ${current.netns}` : ''}` : undefined),
  };
}
