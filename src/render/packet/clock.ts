import {type Output, put, putPadded} from '../../packet/output.js';

/** The local time of day, as tcpdump prints it; the part that changes once a second is made once a second. */
export interface Clock {
  second: number;
  text: string;
}

export const newClock = (): Clock => ({second: Number.NaN, text: ''});

export function putTimeOfDay(out: Output, clock: Clock, seconds: number, nanos: number): void {
  if (clock.second !== seconds) {
    clock.second = seconds;
    clock.text = timeOfDay(seconds);
  }
  put(out, clock.text);
  put(out, '.');
  putPadded(out, Math.floor(nanos / 1000), 6);
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
