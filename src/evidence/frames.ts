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

/**
 * Takes the collector's byte stream apart.
 *
 * A frame is `\nNONCE< name netns command\n`, the output, `\nNONCE> status\n`. What stands outside frames is
 * noise (a login banner, a shell's start-up file) and is dropped. The nonce is made for each run, so output
 * that holds something like a frame can't end or forge one.
 *
 * @param limit bytes of output that one section may have; the rest of a longer one is dropped and it is marked
 */
export function frameReader(nonce: string, limit: number, now: () => number = Date.now): FrameReader {
  const frames: Frame[] = [];
  let rest: Buffer = Buffer.alloc(0);
  let current: (Omit<Frame, 'output'> & {chunks: Buffer[]; size: number}) | undefined;
  const begin = Buffer.from(`\n${nonce}< `);
  const finish = Buffer.from(`\n${nonce}> `);
  // A marker may be cut between two chunks; this much of the end is kept back until more is known.
  const marker = Math.max(begin.length, finish.length);

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

  /** Consumes one marker line at `at`, if it is there whole; says how far it reached. */
  function line(at: number, skip: number): {text: string; next: number} | undefined {
    const end = rest.indexOf(10, at + skip);
    return end < 0 ? undefined : {text: rest.toString('utf8', at + skip, end), next: end + 1};
  }

  function push(chunk: Buffer): void {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (;;) {
      const at = rest.indexOf(current ? finish : begin);
      if (at < 0) {
        const safe = Math.max(0, rest.length - marker);
        keep(rest.subarray(0, safe));
        rest = rest.subarray(safe);
        return;
      }
      const head = line(at, marker);
      if (!head) {
        keep(rest.subarray(0, at));
        rest = rest.subarray(at);
        return;
      }
      if (current) {
        keep(rest.subarray(0, at));
        close(/^\d{1,3}$/.test(head.text) ? Number(head.text) : null);
      } else {
        const [name = '', netns = '', ...command] = head.text.split(' ');
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
      rest = rest.subarray(head.next);
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
