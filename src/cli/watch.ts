import {OvdiagError, usageError} from '../base/errors.js';
import type {Answered} from './answered.js';
import type {Interruption} from './interruption.js';

const defaultSeconds = 5;
const longestSeconds = 86_400;

/** `--watch` alone is `--watch=5`: a flag whose value may be left out is nothing that oclif knows. */
export function watchWords(argv: readonly string[]): string[] {
  const end = argv.indexOf('--');
  return argv.map((word, index) =>
    word === '--watch' && (end < 0 || index < end) ? `--watch=${defaultSeconds}` : word,
  );
}

/** Seconds between readings; undefined without --watch. Throws where there is nothing to watch. */
export function watchSeconds(flags: {
  watch?: string | undefined;
  snapshot?: string[] | undefined;
}): number | undefined {
  if (flags.watch === undefined) return undefined;
  if (flags.snapshot !== undefined)
    throw usageError('watch-and-snapshot', '--watch reads live hosts again; a snapshot does not change.');
  const seconds = Number(flags.watch.replace(/s$/, ''));
  if (/^\d+(\.\d+)?s?$/.test(flags.watch) && seconds >= 1 && seconds <= longestSeconds) return seconds;
  throw usageError('invalid-flag', `--watch takes seconds from 1 to ${longestSeconds}, as in --watch=10.`);
}

interface Watching<T> {
  round: () => Promise<Answered<T>>;
  /** Undefined where only the last answer is printed. */
  text: ((answer: Answered<T>) => Promise<string>) | undefined;
  problem: (error: OvdiagError) => string;
}

/**
 * Asks again and again, until the answer holds, and gives that one. Shows each answer that differs from the one before.
 * Whatever fails after the first round (a container that is being replaced, a host that starts) is shown, and waited for.
 */
export async function watch<T>(
  seconds: number,
  interruption: Interruption,
  watching: Watching<T>,
): Promise<Answered<T>> {
  let before: string | undefined;
  for (let number = 1; ; number++) {
    const {answer, shown} = await look(watching, number === 1);
    if (watching.text) {
      const isNew = shown !== before;
      process.stdout.write(`${head(number)}${isNew ? '' : '  unchanged'}\n${isNew ? shown : ''}`);
    }
    before = shown;
    if (answer && (answer.holds ?? (answer.status ?? 0) === 0)) return answer;
    await interruption.pause(seconds * 1000);
  }
}

interface Look<T> {
  answer?: Answered<T>;
  shown: string;
}

async function look<T>({round, text, problem}: Watching<T>, isFirst: boolean): Promise<Look<T>> {
  try {
    const answer = await round();
    return {answer, shown: (await text?.(answer)) ?? ''};
  } catch (error) {
    if (isFirst || !(error instanceof OvdiagError)) throw error;
    return {shown: problem(error)};
  }
}

/** `[14:05:30] reading 3`: local time. */
function head(number: number): string {
  const now = new Date();
  const [hours, minutes, seconds] = [now.getHours(), now.getMinutes(), now.getSeconds()].map((part) =>
    String(part).padStart(2, '0'),
  );
  return `[${hours}:${minutes}:${seconds}] reading ${number}`;
}
