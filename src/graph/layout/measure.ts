/** How wide text is drawn, for any of the generic fonts: rather too wide than too narrow. */
import stringWidth from 'string-width';

/** Heights of letters in pixels. */
export const sizes = {
  /** What a picture is of. */
  head: 17,
  /** Of a lane, of a list. */
  title: 13.5,
  /** Of a box. */
  name: 12,
  /** Sentences. */
  prose: 12,
  /** What is said of a box. */
  small: 10.5,
  /** Numbers at a corner. */
  tiny: 9.5,
} as const;

export type TextSize = keyof typeof sizes;

/**
 * Width of a column for the height of a letter: the fixed-width fonts of common systems have 0.55 to 0.61. Bold letters of
 * proportional ones are seldom wider on average.
 */
const perColumn = 0.615;

/** Signs that every one of those fonts has in the same width. */
const plain = /^[\u0020-\u007e…·⇄→←]*$/;

/** Foreign text is cut to so many characters before anything else: what has no width could be endless. */
const mostCharacters = 160;

export interface Fitted {
  text: string;
  /** Room that it needs, in pixels. */
  width: number;
  /** Whether it must be drawn in exactly that room, as a font may have its signs in any width. */
  isForced: boolean;
}

/** Text of at most so many columns, shortened in the middle. It must be escaped. */
export function fitText(text: string, size: TextSize, mostColumns: number): Fitted {
  const cut = shorten(text, Math.min(mostColumns, mostCharacters));
  return {text: cut, width: widthOf(stringWidth(cut), size), isForced: !plain.test(cut)};
}

function widthOf(columns: number, size: TextSize): number {
  return Math.ceil(Math.max(columns, 1) * sizes[size] * perColumn);
}

/** How many columns of letters have room in so many pixels. */
export function columnsIn(width: number, size: TextSize): number {
  return Math.max(1, Math.floor(width / (sizes[size] * perColumn)));
}

function shorten(text: string, most: number): string {
  const characters = [...text.slice(0, 4 * mostCharacters)];
  const isWhole = characters.length <= mostCharacters && characters.join('') === text;
  if (isWhole && stringWidth(text) <= most) return text;
  const room = most - 1;
  const head = taken(characters, Math.ceil(room / 2));
  const end = taken([...text.slice(-4 * mostCharacters)].reverse(), Math.floor(room / 2)).reverse();
  return `${head.join('')}…${end.join('')}`;
}

function taken(characters: readonly string[], columns: number): string[] {
  const found: string[] = [];
  let left = columns;
  for (const character of characters) {
    left -= stringWidth(character);
    if (left < 0 || found.length >= columns) break;
    found.push(character);
  }
  return found;
}

/** Lines of at most so many columns, broken between words; a word that is longer than a line is shortened. */
export function wrap(text: string, size: TextSize, columns: number, mostLines: number): Fitted[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.slice(0, 4000).split(/\s+/)) {
    const next = line === '' ? word : `${line} ${word}`;
    if (line !== '' && stringWidth(next) > columns) {
      lines.push(line);
      line = word;
    } else line = next;
  }
  lines.push(line);
  const shown =
    lines.length > mostLines ? [...lines.slice(0, mostLines - 1), `${lines[mostLines - 1]} …`] : lines;
  return shown.map((one) => fitText(one, size, columns));
}
