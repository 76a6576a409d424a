import {type Output, put, putNumber, putPadded} from '../../packet/output.js';

/** The local time of day, as tcpdump prints it; the part that changes once a second is made once a second. */
export interface Clock {
  second: number;
  text: string;
  /** The packet that was shown before; seconds are NaN before the first. */
  before: {seconds: number; nanos: number};
}

export const newClock = (): Clock => ({
  second: Number.NaN,
  text: '',
  before: {seconds: Number.NaN, nanos: 0},
});

export function putTimeOfDay(out: Output, clock: Clock, seconds: number, nanos: number): void {
  if (clock.second !== seconds) {
    clock.second = seconds;
    clock.text = timeOfDay(seconds);
  }
  put(out, clock.text);
  put(out, '.');
  putPadded(out, Math.floor(nanos / 1000), 6);
}

/** Seconds since the packet that was shown before, below 0 where that is later: `+0.000123`. */
export function putDelta(out: Output, {before}: Clock, seconds: number, nanos: number): void {
  const isFirst = Number.isNaN(before.seconds);
  // Whole microseconds of each, as the times of day that tcpdump prints differ.
  const micros = Math.floor(nanos / 1000) - Math.floor(before.nanos / 1000);
  const delta = isFirst ? 0 : (seconds - before.seconds) * 1e6 + micros;
  before.seconds = seconds;
  before.nanos = nanos;
  put(out, delta < 0 ? '-' : '+');
  const size = Math.abs(delta);
  putNumber(out, Math.floor(size / 1e6));
  put(out, '.');
  putPadded(out, size % 1e6, 6);
}

const two = (value: number): string => String(value).padStart(2, '0');

export function timeOfDay(seconds: number): string {
  const date = new Date(seconds * 1000);
  // Beyond the year 275760 there are no dates in JavaScript; hostile files get there.
  if (Number.isNaN(date.getTime())) return '??:??:??';
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** Date and time of day, local, for totals. */
export function dateText(seconds: number, nanos: number): string {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return `${seconds} s`;
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${timeOfDay(seconds)}.${String(Math.floor(nanos / 1000)).padStart(6, '0')}`;
}
