import {usageError} from '../base/errors.js';
import {quoteText} from '../base/escape.js';

/** A moment as `--since` and `--until` take it. */
export type TimeLimit =
  /** Seconds since the epoch. */
  | {kind: 'absolute'; seconds: number; nanos: number}
  /** Nanoseconds after the first packet. */
  | {kind: 'after-first'; nanos: number}
  /** A local time of day on the day of the first packet. */
  | {kind: 'time-of-day'; seconds: number; nanos: number};

const nanosOf = (fraction: string | undefined): number => Number((fraction ?? '').padEnd(9, '0').slice(0, 9));

/** Seconds since the epoch, an ISO 8601 date and time, a time of day as lines show it, or `+2.5` seconds. */
export function parseTime(flag: string, text: string): TimeLimit {
  const after = /^\+(\d{1,9})(?:\.(\d+))?s?$/.exec(text);
  if (after) return {kind: 'after-first', nanos: Number(after[1]) * 1e9 + nanosOf(after[2])};
  const epoch = /^(\d{5,12})(?:\.(\d+))?$/.exec(text);
  if (epoch) return {kind: 'absolute', seconds: Number(epoch[1]), nanos: nanosOf(epoch[2])};
  const day = /^([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:\.(\d+))?)?$/.exec(text);
  if (day) {
    const seconds = Number(day[1]) * 3600 + Number(day[2]) * 60 + Number(day[3] ?? 0);
    return {kind: 'time-of-day', seconds, nanos: nanosOf(day[4])};
  }
  const iso = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:\.(\d+))?(Z|[+-]\d\d:?\d\d)?)?$/.exec(text);
  const milliseconds = iso ? Date.parse(`${iso[1]}T${iso[2] ?? '00:00:00'}${iso[4] ?? ''}`) : Number.NaN;
  if (iso && !Number.isNaN(milliseconds)) {
    return {kind: 'absolute', seconds: Math.floor(milliseconds / 1000), nanos: nanosOf(iso[3])};
  }
  throw usageError('invalid-flag', `${flag} doesn't understand the time "${quoteText(text)}".`, [
    `${flag} 14:05:30.5           a time of day, on the day of the first packet`,
    `${flag} 2026-11-21T14:05:30Z a date and time; local without Z or an offset`,
    `${flag} 1795269930.5         seconds since the epoch`,
    `${flag} +2.5                 seconds after the first packet`,
  ]);
}

/** The limit in whole seconds and nanoseconds since the epoch, once the first packet's time is known. */
export function resolveTime(
  limit: TimeLimit,
  first: {seconds: number; nanos: number},
): {seconds: number; nanos: number} {
  switch (limit.kind) {
    case 'absolute':
      return limit;
    case 'after-first': {
      const nanos = first.nanos + limit.nanos;
      return {seconds: first.seconds + Math.floor(nanos / 1e9), nanos: nanos % 1e9};
    }
    default: {
      const day = new Date(first.seconds * 1000);
      day.setHours(
        Math.floor(limit.seconds / 3600),
        Math.floor(limit.seconds / 60) % 60,
        limit.seconds % 60,
        0,
      );
      return {seconds: Math.floor(day.getTime() / 1000), nanos: limit.nanos};
    }
  }
}
