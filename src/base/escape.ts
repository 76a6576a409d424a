/**
 * Everything that comes from a container, a capture or another host passes through here before a terminal
 * sees it.
 */

// C0 and C1 controls, DEL, line and paragraph separators, and the bidirectional controls that can make a
// terminal show text in another order than it has (Unicode UAX #9).
const hostile = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** Escapes control and direction characters as `\xHH` or `\uHHHH`, so that text can only ever be shown as text. */
export function escapeText(text: string): string {
  return text.replace(hostile, (character) => {
    const code = character.charCodeAt(0);
    return code < 0x100
      ? `\\x${code.toString(16).padStart(2, '0')}`
      : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

/** Escapes, then cuts to `limit` characters with an ellipsis: for quoting foreign text inside a sentence. */
export function quoteText(text: string, limit = 120): string {
  const shown = escapeText(text.slice(0, limit + 1));
  return text.length > limit ? `${shown.slice(0, limit)}…` : shown;
}

/**
 * A copy of plain data in which every text, keys included, is escaped: what a view is given, so that none of its texts can
 * be shown raw. Objects that were one stay one. Dates, functions and the like are left as they are.
 */
export function escapedCopy<T>(data: T, copies = new Map<object, unknown>()): T {
  if (typeof data === 'string') return escapeText(data) as T;
  if (typeof data !== 'object' || data === null) return data;
  const before = copies.get(data);
  if (before !== undefined) return before as T;
  const keep = <C extends object>(copy: C): C => {
    copies.set(data, copy);
    return copy;
  };
  if (Array.isArray(data)) {
    const copy = keep<unknown[]>([]);
    for (const item of data) copy.push(escapedCopy(item, copies));
    return copy as T;
  }
  if (data instanceof Map) {
    const copy = keep(new Map<unknown, unknown>());
    for (const [key, value] of data) copy.set(escapedCopy(key, copies), escapedCopy(value, copies));
    return copy as T;
  }
  if (data instanceof Set) {
    const copy = keep(new Set<unknown>());
    for (const item of data) copy.add(escapedCopy(item, copies));
    return copy as T;
  }
  if (Object.getPrototypeOf(data) !== Object.prototype) return data;
  const copy = keep<Record<string, unknown>>({});
  for (const [key, value] of Object.entries(data)) copy[escapeText(key)] = escapedCopy(value, copies);
  return copy as T;
}

/**
 * JSON of printable ASCII alone: foreign text in it stays valid however bytes are written, and reaches a terminal
 * neither as a control sequence nor in another order. A parser gives back what went in.
 */
export function asciiJson(value: unknown, indent = 0): string {
  return JSON.stringify(value, null, indent).replace(
    /[^\0-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** What a stream can take besides printable characters and ends of lines. */
export interface Capable {
  /** Our own colours (`ownStyles`). */
  colour: boolean;
  /** Characters outside ASCII. */
  unicode: boolean;
}

/** The sequences that our colours are made of; no other one is ever let through. */
const ownStyles = /(\u001b\[(?:0|1|2|22|31|32|33|39)m)/;
/** What is written as it is without a closer look: nearly everything. */
const harmless = /^[\n\u0020-\u007e]*$/;
/** What stands for signs of ours where there is only ASCII. */
const asciiSigns: Readonly<Record<string, string>> = {
  '…': '...',
  '⇄': '<->',
  '→': '->',
  '←': '<-',
  '–': '-',
  '—': '-',
  '‘': "'",
  '’': "'",
  '“': '"',
  '”': '"',
  '·': '*',
  '×': 'x',
};

/**
 * The last filter before a terminal: ends of lines, printable characters and our own colours come through, anything else
 * is escaped, whatever a view forgot.
 */
export function terminalText(text: string, {colour, unicode}: Capable): string {
  if (harmless.test(text)) return text;
  return text
    .split(ownStyles)
    .map((part, index) => {
      if (index % 2 === 1) return colour ? part : '';
      const lines = part.split('\n').map(escapeText).join('\n');
      return unicode ? lines : lines.replace(/[^\n\u0020-\u007e]/gu, asciiOf);
    })
    .join('');
}

function asciiOf(character: string): string {
  const own = asciiSigns[character];
  if (own !== undefined) return own;
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x100) return `\\x${code.toString(16)}`;
  return code < 0x1_0000 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\u{${code.toString(16)}}`;
}
