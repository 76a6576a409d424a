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
 * JSON of printable ASCII alone: foreign text in it stays valid however bytes are written, and reaches a terminal
 * neither as a control sequence nor in another order. A parser gives back what went in.
 */
export function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[^\0-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
