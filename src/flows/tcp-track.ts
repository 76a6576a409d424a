import {get16} from '../packet/bytes.js';
import type {Frame} from '../packet/frame.js';
import {hasTcpHeader, TcpFlag, tcpChecksum, tcpDataLength, tcpFlags, tcpSeq} from '../packet/tcp.js';

/** One direction of a TCP conversation. */
export interface TcpSide {
  seen: boolean;
  /** The sequence number that comes next (RFC 9293: SND.NXT as far as the capture shows it). */
  next: number;
  /** When that was set, in nanoseconds. */
  nextAt: number;
  /** A hole in the sequence that later segments may fill; equal where there is none. */
  gapFrom: number;
  gapTo: number;
  syn: boolean;
  fin: boolean;
  rst: boolean;
  /** Whether it acknowledged something: the other side did send, whether that was captured or not. */
  acked: boolean;
  /** Whether all its segments were SYNs: the handshake was not seen to go on. */
  onlySyn: boolean;
  /** The newest segment, to tell a packet that was captured twice from one that was sent twice. */
  lastSeq: number;
  lastId: number;
  lastChecksum: number;
  lastAt: number;
}

/** What is followed of a TCP conversation; side 0 is its end `a`, side 1 its end `b`. */
export interface TcpTrack {
  sides: [TcpSide, TcpSide];
  retransmissions: number;
  outOfOrder: number;
  /** Packets that were captured more than once, as on both sides of a router. */
  duplicates: number;
  /** Segments that were missing when a later one came. */
  gaps: number;
  keepAlives: number;
  synAt: number;
  /** From the SYN to the ACK that ends the handshake, in nanoseconds; -1 where it wasn't seen. */
  handshake: number;
}

/** A hole that is filled this fast was a reordering; a retransmission takes a round trip (Wireshark's 3 ms). */
const reorderWindow = 3e6;
/** A second copy of a packet from another interface follows within this time. */
const copyWindow = 5e6;

const newSide = (): TcpSide => ({
  seen: false,
  next: 0,
  nextAt: 0,
  gapFrom: 0,
  gapTo: 0,
  syn: false,
  fin: false,
  rst: false,
  acked: false,
  onlySyn: true,
  lastSeq: -1,
  lastId: -1,
  lastChecksum: -1,
  lastAt: 0,
});

export const newTcpTrack = (): TcpTrack => ({
  sides: [newSide(), newSide()],
  retransmissions: 0,
  outOfOrder: 0,
  duplicates: 0,
  gaps: 0,
  keepAlives: 0,
  synAt: -1,
  handshake: -1,
});

/** Follows one segment, sent by side 0 or 1 at `now` nanoseconds. */
export function noteTcp(track: TcpTrack, frame: Frame, direction: 0 | 1, now: number): void {
  if (!hasTcpHeader(frame)) return;
  const side = track.sides[direction];
  const other = track.sides[1 - direction] as TcpSide;
  const flags = tcpFlags(frame);
  const seq = tcpSeq(frame);
  if (isCopy(side, frame, seq, now)) {
    track.duplicates++;
    return;
  }
  const isSyn = (flags & TcpFlag.syn) !== 0;
  const isFin = (flags & TcpFlag.fin) !== 0;
  noteHandshake(track, side, other, flags, now);
  const length = tcpDataLength(frame);
  const span = length + (isSyn ? 1 : 0) + (isFin ? 1 : 0);
  if (!side.seen) start(side, seq, span, now);
  else if (span > 0) noteSequence(track, side, seq, span, length, isSyn || isFin, now);
  if (isFin) side.fin = true;
  if (!isSyn) side.onlySyn = false;
  if ((flags & TcpFlag.rst) !== 0) side.rst = true;
  if ((flags & TcpFlag.ack) !== 0) side.acked = true;
}

/** The time from the first SYN to the first segment after both. */
function noteHandshake(track: TcpTrack, side: TcpSide, other: TcpSide, flags: number, now: number): void {
  if ((flags & TcpFlag.syn) !== 0) {
    if (side.syn) return;
    side.syn = true;
    if (!other.syn) track.synAt = now;
    return;
  }
  if (track.handshake >= 0 || track.synAt < 0 || !side.syn || !other.syn) return;
  if ((flags & TcpFlag.rst) === 0) track.handshake = now - track.synAt;
}

function start(side: TcpSide, seq: number, span: number, now: number): void {
  side.seen = true;
  side.next = (seq + span) >>> 0;
  side.nextAt = now;
}

function noteSequence(
  track: TcpTrack,
  side: TcpSide,
  seq: number,
  span: number,
  length: number,
  isControl: boolean,
  now: number,
): void {
  // Differences of sequence numbers are signed 32-bit numbers (RFC 1982).
  const ahead = (seq - side.next) | 0;
  const end = (seq + span) >>> 0;
  if (ahead >= 0) {
    if (ahead > 0) {
      track.gaps++;
      side.gapFrom = side.next;
      side.gapTo = seq;
    }
    side.next = end;
    side.nextAt = now;
    return;
  }
  if (ahead === -1 && length <= 1 && !isControl) {
    track.keepAlives++;
    return;
  }
  const fillsGap = ((seq - side.gapFrom) | 0) >= 0 && ((side.gapTo - seq) | 0) > 0;
  if (fillsGap && now - side.nextAt <= reorderWindow) track.outOfOrder++;
  else track.retransmissions++;
  if (fillsGap) side.gapFrom = ((end - side.gapTo) | 0) < 0 ? end : side.gapTo;
  if (((end - side.next) | 0) > 0) {
    side.next = end;
    side.nextAt = now;
  }
}

/**
 * The same packet again, as a capture on several interfaces has it. Linux gives a retransmission another IPv4
 * identification; IPv6 has none, but the checksum covers a time stamp option that has moved on.
 */
function isCopy(side: TcpSide, frame: Frame, seq: number, now: number): boolean {
  const id = frame.version === 4 ? get16(frame.data, frame.ip + 4) : 0;
  const checksum = tcpChecksum(frame);
  const copy =
    side.lastSeq === seq &&
    side.lastId === id &&
    side.lastChecksum === checksum &&
    (id !== 0 || frame.version === 6) &&
    now - side.lastAt <= copyWindow;
  side.lastSeq = seq;
  side.lastId = id;
  side.lastChecksum = checksum;
  side.lastAt = now;
  return copy;
}

export type TcpState =
  | 'no-answer'
  | 'refused'
  | 'half-open'
  | 'established'
  | 'ongoing'
  | 'closing'
  | 'closed'
  | 'reset';

/** The state at the end, as far as the capture shows it. */
export function tcpState({sides: [a, b], handshake}: TcpTrack): TcpState {
  if (a.rst || b.rst) return isRefused(a, b) || isRefused(b, a) ? 'refused' : 'reset';
  if (a.fin || b.fin) return a.fin && b.fin ? 'closed' : 'closing';
  if (a.syn && b.syn) return handshake >= 0 ? 'established' : 'half-open';
  return stateOfOne(a, b) ?? stateOfOne(b, a) ?? 'ongoing';
}

/** Where only one side was captured, and with its SYN: what it acknowledged shows how far the other went. */
function stateOfOne(side: TcpSide, other: TcpSide): TcpState | undefined {
  if (!side.syn || other.seen) return undefined;
  if (!side.acked) return 'no-answer';
  return side.onlySyn ? 'half-open' : 'established';
}

/** Whether only one direction of a conversation was captured that has two: one side acknowledges what isn't there. */
export const isOneSideCaptured = ({sides: [a, b]}: TcpTrack): boolean =>
  (a.acked && !b.seen) || (b.acked && !a.seen);

/** A SYN that a reset answered. */
const isRefused = (asking: TcpSide, asked: TcpSide): boolean => asking.syn && !asked.syn && asked.rst;
