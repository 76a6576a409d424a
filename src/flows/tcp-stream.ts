/** The packet that brought bytes. */
export interface Arrival {
  file: string;
  /** In its file, from 1 on. */
  number: number;
  hasTime: boolean;
  /** Seconds since the epoch, and nanoseconds within the second. */
  seconds: number;
  nanos: number;
}

/** What one direction of a conversation gives, in order. `seq` is the sequence number of the first byte; UDP has none. */
export type StreamPiece =
  /** Bytes of the application; only good during the call. */
  | {kind: 'bytes'; seq?: number; bytes: Buffer; arrival: Arrival}
  /** Bytes that the snap length cut off. */
  | {kind: 'cut'; seq?: number; length: number; arrival: Arrival}
  /** Bytes of the stream that no packet of the capture has. */
  | {kind: 'missing'; seq?: number; length: number};

/** One direction of a TCP connection, put in order by its sequence numbers (RFC 9293 3.4). */
export interface TcpStream {
  /** Takes a segment; its bytes may be used again afterwards. */
  segment(segment: Segment): void;
  /** The other end has everything before `ack`: what of it isn't here won't come any more. */
  acknowledged(ack: number): void;
  /** No more segments come. */
  end(): void;
}

/** Bytes and segments that wait for one that is missing; real windows are seldom larger. */
const mostWaiting = 1_048_576;
const mostSegments = 4096;

export interface Segment {
  /** Sequence number of the first byte. */
  seq: number;
  /** As many as were captured of the `length` that the wire had. */
  bytes: Buffer;
  length: number;
  arrival: Arrival;
}

/** How far `a` is behind `b` in a sequence of 32 bits: below 0 where it comes first. */
const distance = (a: number, b: number): number => (a - b) | 0;

/** `first` is the sequence number of the first byte. */
export function newTcpStream(first: number, emit: (piece: StreamPiece) => void): TcpStream {
  let next = first;
  let waiting: Segment[] = [];
  let waitingBytes = 0;

  function pass({seq, bytes, length, arrival}: Segment): void {
    const old = distance(next, seq);
    if (old >= length) return;
    const rest = bytes.subarray(old);
    if (rest.length > 0) emit({kind: 'bytes', seq: next, bytes: rest, arrival});
    const cut = length - old - rest.length;
    if (cut > 0) emit({kind: 'cut', seq: (next + rest.length) >>> 0, length: cut, arrival});
    next = (seq + length) >>> 0;
  }

  function passWaiting(): void {
    let passed = 0;
    for (const segment of waiting) {
      if (distance(segment.seq, next) > 0) break;
      pass(segment);
      waitingBytes -= segment.bytes.length;
      passed++;
    }
    if (passed > 0) waiting = waiting.slice(passed);
  }

  /** Goes on behind the gap. */
  function giveUp(): void {
    const [segment] = waiting;
    if (segment === undefined) return;
    emit({kind: 'missing', seq: next, length: distance(segment.seq, next)});
    next = segment.seq;
    passWaiting();
  }

  function keep(segment: Segment): void {
    const at = waiting.findLastIndex(({seq}) => distance(seq, segment.seq) <= 0) + 1;
    waiting.splice(at, 0, {...segment, bytes: Buffer.from(segment.bytes)});
    waitingBytes += segment.bytes.length;
    while (waitingBytes > mostWaiting || waiting.length > mostSegments) giveUp();
  }

  return {
    segment(segment) {
      if (segment.length === 0) return;
      if (distance(segment.seq, next) > 0) {
        keep(segment);
        return;
      }
      pass(segment);
      passWaiting();
    },
    acknowledged(ack) {
      while (waiting[0] !== undefined && distance(ack, waiting[0].seq) > 0) giveUp();
    },
    end() {
      while (waiting.length > 0) giveUp();
    },
  };
}
