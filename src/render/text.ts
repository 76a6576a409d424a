import {type Paint, type Toned, tonedText} from './paint.js';
import type {Terminal} from './terminal.js';
import {displayWidth, pieces} from './width.js';

/** `1 row`, `2 rows`; numbers without separators, the same in every locale. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

const units: readonly (readonly [name: string, seconds: number])[] = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
];

/** The two largest units, the second only if there is something of it: `3 s`, `2 min 5 s`, `3 h`, `250 ms`. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return 'unknown';
  if (seconds < 0) return `-${duration(-seconds)}`;
  if (seconds > 0 && seconds < 0.9995) return `${Math.round(seconds * 1000)} ms`;
  const whole = Math.round(seconds);
  const first = units.findIndex(([, size]) => whole >= size);
  if (first < 0) return '0 s';
  let rest = whole;
  const parts = units.slice(first, first + 2).map(([name, size]) => {
    const amount = Math.floor(rest / size);
    rest -= amount * size;
    return amount === 0 ? '' : `${amount} ${name}`;
  });
  return parts.filter((part) => part !== '').join(' ');
}

const byteUnits = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** `512 B`, `1.5 KiB`: in steps of 1024, with one decimal place. */
export function bytes(count: number): string {
  if (Math.abs(count) < 1024) return `${count} B`;
  let amount = count;
  let unit = -1;
  // 1023.96 would be rounded to 1024.0 of the smaller unit.
  while (Math.abs(amount) >= 1023.95 && unit < byteUnits.length - 1) {
    amount /= 1024;
    unit++;
  }
  return `${amount.toFixed(1)} ${byteUnits[unit]}`;
}

/**
 * Lines of at most `width` columns, broken between words, or inside one that is longer than a line. Lines after
 * the first are indented; the first keeps the spaces it begins with, where a word fits behind them. Paint the lines afterwards, not the text before.
 */
export function wrapText(text: string, width: number, indent = 0): string[] {
  if (displayWidth(text) <= width) return [text];
  const hanging = indent < width ? ' '.repeat(indent) : '';
  const [, spaces = '', first = ''] = /^( *)([^ ]*)/.exec(text) ?? [];
  const lead = displayWidth(first) <= width - spaces.length ? spaces : '';
  const page: Page = {lines: [], line: lead, used: lead.length, start: lead};
  for (const word of text.slice(spaces.length).split(' ')) putWord(page, word, width, hanging);
  if (page.line.trim() !== '' || page.lines.length === 0) page.lines.push(page.line.trimEnd());
  return page.lines;
}

/** Lines that are full, and the one that words are put on. */
interface Page {
  lines: string[];
  line: string;
  /** Columns of that line. */
  used: number;
  /** What that line began with. */
  start: string;
}

function putWord(page: Page, word: string, width: number, hanging: string): void {
  const size = displayWidth(word);
  if (page.line !== page.start) {
    if (page.used + 1 + size > width) breakLine(page, hanging);
    else append(page, ' ');
  }
  const parts = page.used + size <= width ? [word] : pieces(word, width - hanging.length);
  for (const [index, part] of parts.entries()) {
    if (index > 0) breakLine(page, hanging);
    append(page, part);
  }
}

function append(page: Page, text: string): void {
  page.line += text;
  page.used += displayWidth(text);
}

function breakLine(page: Page, hanging: string): void {
  page.lines.push(page.line.trimEnd());
  page.line = hanging;
  page.used = hanging.length;
  page.start = hanging;
}

/** A value never starts further right than this; a longer key takes a line of its own. */
const widestKey = 24;

/** `key: value` lines with the values under each other, wrapped to the terminal, ending with a newline. */
export function columnsOf(
  pairs: readonly (readonly [key: string, value: Toned])[],
  terminal: Terminal,
  paint: Paint,
): string {
  const keys = pairs.map(([key]) => `${tonedText(key).text}:`);
  const limit = Math.min(widestKey, Math.floor(terminal.width / 2));
  const start = Math.max(0, ...keys.map(displayWidth).filter((width) => width < limit)) + 1;
  return pairs
    .flatMap(([, value], index) => {
      const key = keys[index] ?? '';
      const {text, tone} = tonedText(value);
      const values = wrapText(text, terminal.width - start).map((line) => paint(tone, line));
      const isShort = displayWidth(key) < start;
      const heads = isShort ? [] : wrapText(key, terminal.width);
      const lines = values.map((line, row) => {
        const lead = row === 0 && isShort ? key : '';
        return `${lead}${' '.repeat(start - displayWidth(lead))}${line}`.trimEnd();
      });
      return [...heads, ...lines];
    })
    .map((line) => `${line}\n`)
    .join('');
}
