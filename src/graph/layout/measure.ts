/** How wide text is drawn, for any of the generic fonts: rather too wide than too narrow. */
import stringWidth from 'string-width';

/** Heights of letters in pixels: a name, what is said of it, the title of a lane. */
export const sizes = {name: 12, small: 10.5, title: 14} as const;

export type TextSize = keyof typeof sizes;

/** Of the width of a letter: the fixed-width fonts of common systems have 0.55 to 0.61 of their height. */
const perColumn = 0.615;

/** Signs that every one of those fonts has in the same width. */
const plain = /^[\u0020-\u007e…·⇄→←]*$/;

/** Foreign text is cut to so many characters before anything else: what has no width could be endless. */
const mostCharacters = 80;

export interface Fitted {
  text: string;
  /** Room that it needs, in pixels. */
  width: number;
  /** Whether it must be drawn in exactly that room, as a font may have its signs in any width. */
  isForced: boolean;
  /** Whether something was left out. */
  isCut: boolean;
}

/** Text of at most so many columns, shortened in the middle. It must be escaped. */
export function fitText(text: string, size: TextSize, mostColumns: number): Fitted {
  const cut = shorten(text, mostColumns);
  const columns = stringWidth(cut);
  return {
    text: cut,
    width: Math.ceil(Math.max(columns, 1) * sizes[size] * perColumn),
    isForced: !plain.test(cut),
    isCut: cut !== text,
  };
}

function shorten(text: string, most: number): string {
  const characters = [...text.slice(0, 4 * mostCharacters)];
  const isWhole = characters.length <= mostCharacters && characters.join('') === text;
  if (isWhole && stringWidth(text) <= most) return text;
  const tail = [...text.slice(-4 * mostCharacters)];
  const room = most - 1;
  const head = taken(characters, Math.ceil(room / 2));
  const end = taken(tail.reverse(), Math.floor(room / 2)).reverse();
  return `${head.join('')}…${end.join('')}`;
}

function taken(characters: readonly string[], columns: number): string[] {
  const found: string[] = [];
  let left = columns;
  for (const character of characters) {
    left -= Math.max(stringWidth(character), 0);
    if (left < 0 || found.length >= columns) break;
    found.push(character);
  }
  return found;
}
