import {usageError} from '../base/errors.js';
import {quoteText} from '../base/escape.js';

const units: Record<string, number> = {ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000};

/** Milliseconds of `10s`, `500ms`, `2m` or `1h`; a bare number is seconds. `flag` is named where it is none. */
export function parseDuration(flag: string, text: string): number {
  const match = /^(\d{1,9}(?:\.\d+)?)(ms|s|m|min|h)?$/.exec(text);
  const milliseconds = match ? Number(match[1]) * (units[match[2] ?? 's'] ?? 1000) : Number.NaN;
  // Timers of Node hold 31 bits.
  if (milliseconds > 0 && milliseconds < 2 ** 31) return milliseconds;
  throw usageError(
    'invalid-flag',
    `--${flag} takes a time such as 10s, 500ms or 2m; "${quoteText(text)}" is not.`,
  );
}
