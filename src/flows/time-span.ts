import type {PacketView} from '../packet/view.js';

/**
 * The times of what was counted. Times of conversations are nanoseconds since `base`, whole seconds before the
 * first packet: numbers hold them exactly for 104 days around it.
 */
export interface TimeSpan {
  /** Seconds since the epoch, or -1 before the first packet that has a time. */
  base: number;
  first: number;
  last: number;
}

export const newTimeSpan = (): TimeSpan => ({base: -1, first: 0, last: 0});

/** Takes the time of a packet in; gives its nanoseconds since the base. Packets without a time get the last one. */
export function noteTime(span: TimeSpan, view: PacketView): number {
  if (!view.hasTime) return span.last;
  if (span.base < 0) {
    span.base = view.seconds;
    span.first = view.nanos;
    span.last = view.nanos;
    return view.nanos;
  }
  const now = (view.seconds - span.base) * 1e9 + view.nanos;
  if (now > span.last) span.last = now;
  else if (now < span.first) span.first = now;
  return now;
}

/** Seconds and nanoseconds since the epoch. */
export function absolute(span: TimeSpan, relative: number): {seconds: number; nanos: number} {
  const seconds = Math.floor(relative / 1e9);
  return {seconds: span.base + seconds, nanos: relative - seconds * 1e9};
}
