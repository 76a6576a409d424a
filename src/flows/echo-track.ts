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
  /** Requests that wait, by sequence number modulo the ring: number and time. */
  sequences: Int32Array;
  times: Float64Array;
}

const ring = 32;

export const newEchoTrack = (): EchoTrack => ({
  requests: 0,
  replies: 0,
  matched: 0,
  least: 0,
  most: 0,
  sum: 0,
  sequences: new Int32Array(ring).fill(-1),
  times: new Float64Array(ring),
});

export function noteEcho(track: EchoTrack, frame: Frame, now: number): void {
  const sequence = icmpSequence(frame);
  const place = sequence % ring;
  if (isEchoRequest(frame)) {
    track.requests++;
    track.sequences[place] = sequence;
    track.times[place] = now;
    return;
  }
  track.replies++;
  if (track.sequences[place] !== sequence) return;
  track.sequences[place] = -1;
  const time = now - (track.times[place] ?? now);
  if (track.matched === 0 || time < track.least) track.least = time;
  if (time > track.most) track.most = time;
  track.sum += time;
  track.matched++;
}
