import type {Frame} from './frame.js';

/** Puts IP fragments together: RFC 791 3.2, RFC 8200 4.5. Everything that waits is bounded. */
export interface Reassembler {
  /**
   * Takes a fragment whose bytes are all captured. Gives the whole datagram's payload when this was the missing
   * part. `context` keeps equal addresses of different overlays apart; `now` is in seconds.
   */
  add(frame: Frame, context: number, now: number): Datagram | undefined;
  readonly counts: ReassemblyCounts;
  /** Datagrams that still wait for a part. */
  waiting(): number;
}

export interface Datagram {
  bytes: Buffer;
  /** Frames it came in. */
  fragments: number;
}

export interface ReassemblyCounts {
  completed: number;
  /** Given up for time or room. */
  abandoned: number;
  /** Given up because parts overlapped differently, which only attacks do (RFC 5722; Linux ip_fragment.c). */
  overlapping: number;
}

/** linux/net/ipv4/ip_fragment.c waits 30 seconds, and holds up to 4 MiB. */
const maxAge = 30;
const maxDatagrams = 1024;
const maxBytes = 4 * 1024 * 1024;
const maxDatagram = 65_535;
/** 64 KiB in fragments of the smallest MTU that IPv4 asks for (576) are 119. */
const maxParts = 256;

interface Part {
  from: number;
  to: number;
}

interface Waiting {
  since: number;
  bytes: Buffer;
  parts: Part[];
  /** Length of the whole, known from the last part; -1 before. */
  length: number;
  held: number;
}

export function newReassembler(): Reassembler {
  const table = new Map<string, Waiting>();
  const counts: ReassemblyCounts = {completed: 0, abandoned: 0, overlapping: 0};
  let held = 0;

  function drop(key: string, entry: Waiting): void {
    table.delete(key);
    held -= entry.bytes.length;
  }

  function makeRoom(now: number): void {
    // A Map keeps the order of insertion: the oldest comes first.
    for (const [key, entry] of table) {
      if (table.size < maxDatagrams && held < maxBytes && now - entry.since <= maxAge) return;
      drop(key, entry);
      counts.abandoned++;
    }
  }

  return {
    counts,
    waiting: () => table.size,
    add(frame, context, now) {
      const from = frame.fragmentOffset;
      const to = from + frame.l4End - frame.l4;
      if (to > maxDatagram || to === from) return undefined;
      makeRoom(now);
      const key = keyOf(frame, context);
      let entry = table.get(key);
      if (entry === undefined) {
        entry = {since: now, bytes: Buffer.alloc(0), parts: [], length: -1, held: 0};
        table.set(key, entry);
      }
      const known = entry.parts.some((part) => part.from === from && part.to === to);
      if (known) return undefined;
      if (entry.parts.length >= maxParts || contradicts(entry, from, to, frame.fragmentMore)) {
        drop(key, entry);
        counts.overlapping++;
        return undefined;
      }
      held += store(entry, frame, from, to);
      if (entry.length < 0 || entry.held < entry.length) return undefined;
      drop(key, entry);
      counts.completed++;
      return {bytes: entry.bytes.subarray(0, entry.length), fragments: entry.parts.length};
    },
  };
}

/** RFC 791: addresses, protocol and identification together name a datagram. */
function keyOf(frame: Frame, context: number): string {
  const size = frame.version === 4 ? 4 : 16;
  const addresses = frame.data.toString('latin1', frame.src, frame.src + size * 2);
  return `${context} ${frame.fragmentId} ${frame.version === 4 ? frame.proto : 6} ${addresses}`;
}

function contradicts(entry: Waiting, from: number, to: number, more: boolean): boolean {
  if (entry.parts.some((part) => part.from < to && from < part.to)) return true;
  if (more) return entry.length >= 0 && to > entry.length;
  return (entry.length >= 0 && entry.length !== to) || entry.parts.some((part) => part.to > to);
}

/** Copies the part in; gives by how many bytes the store grew. */
function store(entry: Waiting, frame: Frame, from: number, to: number): number {
  const before = entry.bytes.length;
  if (to > before) {
    const grown = Buffer.alloc(Math.min(maxDatagram, Math.max(to, before * 2, 4096)));
    entry.bytes.copy(grown);
    entry.bytes = grown;
  }
  frame.data.copy(entry.bytes, from, frame.l4, frame.l4End);
  entry.parts.push({from, to});
  entry.held += to - from;
  if (!frame.fragmentMore) entry.length = to;
  return entry.bytes.length - before;
}
