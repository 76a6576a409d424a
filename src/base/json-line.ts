/**
 * The line, from 1, on which the value at a path begins in a JSON text that JSON.parse accepts; that of the last object or
 * list on the way where the path leads nowhere.
 */
export function lineOfPath(text: string, path: readonly string[]): number {
  const scan = new Scan(text);
  let at = scan.blank(0);
  let found = at;
  for (const key of path) {
    const next = scan.child(at, key);
    if (next === undefined) break;
    at = next.value;
    found = next.key;
  }
  return lineAt(text, found);
}

/** The line, from 1, of an offset in a text. */
export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

/** Steps through the tokens of a JSON text that is known to be right. */
class Scan {
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** The offset of the next token. */
  blank(at: number): number {
    let next = at;
    while (/[\s,:]/.test(this.text[next] ?? 'x')) next++;
    return next;
  }

  /** Where the member or element of that key begins, and its value, in the object or list at `at`. */
  child(at: number, key: string): {key: number; value: number} | undefined {
    const opening = this.text[at];
    if (opening !== '{' && opening !== '[') return undefined;
    let next = this.blank(at + 1);
    for (let index = 0; !/[\]}]/.test(this.text[next] ?? ']'); index++) {
      const start = next;
      let name = String(index);
      if (opening === '{') {
        const end = this.skip(start);
        name = JSON.parse(this.text.slice(start, end)) as string;
        next = this.blank(end);
      }
      if (name === key) return {key: start, value: next};
      next = this.blank(this.skip(next));
    }
    return undefined;
  }

  /** The offset behind the value at `at`. */
  private skip(at: number): number {
    const string = /"(?:[^"\\]|\\.)*"/sy;
    const plain = /[^\s,:[\]{}"]+/y;
    let depth = 0;
    let next = at;
    do {
      const character = this.text[next] ?? '';
      if (/[[{]/.test(character)) depth++;
      else if (/[\]}]/.test(character)) depth--;
      const token = character === '"' ? string : plain;
      token.lastIndex = next;
      next = token.test(this.text) ? token.lastIndex : next + 1;
      if (depth > 0) next = this.blank(next);
    } while (depth > 0 && next < this.text.length);
    return next;
  }
}
