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
  /** Datagrams that never became complete, and fragments of them, as if nothing more came. */
  incomplete(): {datagrams: number; fragments: number};
}

export interface Datagram {
  bytes: Buffer;
  /** Frames it came in. */
  fragments: number;
}

export interface ReassemblyCounts {
  completed: number;
  /** Given up for time or room; their fragments. */
  abandoned: number;
  abandonedFragments: number;
  /** Fragments that the snap length cut, so that they can't be put together. */
  cut: number;
  /** Copies of fragments of datagrams that were put together before: captured on a second interface. */
  copies: number;
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
  /** Of its bytes (FNV-1a), to know a copy of it again. */
  hash: number;
}

interface Waiting {
  since: number;
  bytes: Buffer;
  parts: Part[];
  /** Length of the whole, known from the last part; -1 before. */
  length: number;
  held: number;
}

const noCounts: ReassemblyCounts = {
  completed: 0,
  abandoned: 0,
  abandonedFragments: 0,
  cut: 0,
  copies: 0,
  overlapping: 0,
};

export function newReassembler(): Reassembler {
  const table = new Map<string, Waiting>();
  const completed = newCompleted();
  const counts = {...noCounts};
  let held = 0;

  function abandon(key: string, entry: Waiting): void {
    drop(key, entry);
    if (completed.hasAll(key, entry.parts)) counts.copies += entry.parts.length;
    else {
      counts.abandoned++;
      counts.abandonedFragments += entry.parts.length;
    }
  }

  function drop(key: string, entry: Waiting): void {
    table.delete(key);
    held -= entry.bytes.length;
  }

  function makeRoom(now: number): void {
    // A Map keeps the order of insertion: the oldest comes first.
    for (const [key, entry] of table) {
      if (table.size < maxDatagrams && held < maxBytes && now - entry.since <= maxAge) return;
      abandon(key, entry);
    }
  }

  function incomplete(): {datagrams: number; fragments: number} {
    const whole = {datagrams: counts.abandoned, fragments: counts.abandonedFragments + counts.cut};
    for (const [key, entry] of table) {
      if (completed.hasAll(key, entry.parts)) continue;
      whole.datagrams++;
      whole.fragments += entry.parts.length;
    }
    return whole;
  }

  return {
    counts,
    waiting: () => table.size,
    incomplete,
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
      if (entry.parts.some((part) => part.from === from && part.to === to)) return undefined;
      if (entry.parts.length >= maxParts || contradicts(entry, from, to, frame.fragmentMore)) {
        drop(key, entry);
        counts.overlapping++;
        return undefined;
      }
      held += store(entry, frame, from, to);
      if (entry.length < 0 || entry.held < entry.length) return undefined;
      drop(key, entry);
      counts.completed++;
      completed.add(key, entry.parts);
      return {bytes: entry.bytes.subarray(0, entry.length), fragments: entry.parts.length};
    },
  };
}

/** The parts of the newest datagrams that were put together. */
interface Completed {
  add(key: string, parts: Part[]): void;
  /** Whether all these parts came before, with a datagram that became complete. */
  hasAll(key: string, parts: readonly Part[]): boolean;
}

function newCompleted(): Completed {
  const table = new Map<string, Part[]>();
  return {
    add(key, parts) {
      table.delete(key);
      table.set(key, parts);
      const [oldest] = table.keys();
      if (table.size > maxDatagrams && oldest !== undefined) table.delete(oldest);
    },
    hasAll(key, parts) {
      const known = table.get(key);
      return known !== undefined && parts.every((part) => known.some((other) => isSamePart(part, other)));
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

const isSamePart = (a: Part, b: Part): boolean => a.from === b.from && a.to === b.to && a.hash === b.hash;

function hashOf(data: Buffer, from: number, to: number): number {
  let hash = 0x811c9dc5;
  for (let at = from; at < to; at++) hash = Math.imul(hash ^ (data[at] ?? 0), 0x01000193);
  return hash;
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
  entry.parts.push({from, to, hash: hashOf(frame.data, frame.l4, frame.l4End)});
  entry.held += to - from;
  if (!frame.fragmentMore) entry.length = to;
  return entry.bytes.length - before;
}
