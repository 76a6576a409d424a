import stringWidth from 'string-width';

// Letters and signs of one column each, our own ellipsis too: nearly all there is, and much faster to see.
const narrow = /^[\u0020-\u007e\u00c0-\u02ff\u2026]*$/;

/** Terminal columns of escaped text. cli-table3 measures with the same package, so that columns agree. */
export function displayWidth(text: string): number {
  return narrow.test(text) ? text.length : stringWidth(text);
}

export function ellipsisOf(unicode: boolean): string {
  return unicode ? '…' : '...';
}

/** Keeps the beginning. */
export function cutEnd(text: string, width: number, ellipsis: string): string {
  if (displayWidth(text) <= width) return text;
  const room = width - ellipsis.length;
  return room < 1 ? headOf(text, width) : headOf(text, room) + ellipsis;
}

/** Keeps both ends: names of one service differ in their last letters, names of several in their first. */
export function cutMiddle(text: string, width: number, ellipsis: string): string {
  if (displayWidth(text) <= width) return text;
  const room = width - ellipsis.length;
  if (room < 2) return cutEnd(text, width, ellipsis);
  const head = headOf(text, Math.ceil(room / 2));
  return head + ellipsis + tailOf(text, Math.floor(room / 2));
}

/** Breaks into pieces of at most `width` columns; nothing is lost. */
export function pieces(text: string, width: number): string[] {
  const found: string[] = [];
  let rest = text;
  while (displayWidth(rest) > width) {
    // A character wider than the whole room has to stand somewhere.
    const head = headOf(rest, width) || String.fromCodePoint(rest.codePointAt(0) ?? 0);
    found.push(head);
    rest = rest.slice(head.length);
  }
  found.push(rest);
  return found;
}

function headOf(text: string, width: number): string {
  if (narrow.test(text)) return text.slice(0, width);
  return taken(text, width).join('');
}

function tailOf(text: string, width: number): string {
  if (narrow.test(text)) return text.slice(text.length - width);
  return taken(Array.from(text).reverse(), width).reverse().join('');
}

/** Characters measured one by one: a sequence drawn as one sign is never wider than its parts. */
function taken(characters: Iterable<string>, width: number): string[] {
  const found: string[] = [];
  let left = width;
  for (const character of characters) {
    left -= displayWidth(character);
    if (left < 0) break;
    found.push(character);
  }
  return found;
}
