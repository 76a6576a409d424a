import type {Frame} from '../packet/frame.js';
import {icmpSequence, isEchoRequest} from '../packet/icmp.js';

/** Requests and replies of one ping (one ICMP id between two addresses). */
export interface EchoTrack {
  requests: number;
  replies: number;
  /** Replies whose request was seen. */
  matched: number;
  /** Round-trip times in nanoseconds. */
  least: number;
  most: number;
  sum: number;
  /** Packets that were captured more than once, as on both sides of a router. */
  duplicates: number;
  /** The newest requests, by sequence number modulo the ring: number, time, and whether the reply came. */
  sequences: Int32Array;
  times: Float64Array;
  answered: Uint8Array;
}

const ring = 32;
/** A second copy of a packet from another interface follows within this time; a second request doesn't. */
const copyWindow = 5e6;

export const newEchoTrack = (): EchoTrack => ({
  requests: 0,
  replies: 0,
  matched: 0,
  least: 0,
  most: 0,
  sum: 0,
  duplicates: 0,
  sequences: new Int32Array(ring).fill(-1),
  times: new Float64Array(ring),
  answered: new Uint8Array(ring),
});

export function noteEcho(track: EchoTrack, frame: Frame, now: number): void {
  const sequence = icmpSequence(frame);
  const place = sequence % ring;
  const isKnown = track.sequences[place] === sequence;
  const since = now - (track.times[place] ?? now);
  if (isEchoRequest(frame)) {
    if (isKnown && since <= copyWindow) {
      track.duplicates++;
      return;
    }
    track.requests++;
    track.sequences[place] = sequence;
    track.times[place] = now;
    track.answered[place] = 0;
    return;
  }
  if (isKnown && track.answered[place] === 1) {
    track.duplicates++;
    return;
  }
  track.replies++;
  if (!isKnown) return;
  track.answered[place] = 1;
  if (track.matched === 0 || since < track.least) track.least = since;
  if (since > track.most) track.most = since;
  track.sum += since;
  track.matched++;
}
