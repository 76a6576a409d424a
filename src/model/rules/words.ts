/** A word of a saved rule, without its quotes. */
export interface Word {
  text: string;
  /** Where it is in the rule, quotes included. */
  start: number;
  end: number;
  quoted: boolean;
}

const [space, quote, backslash] = [0x20, 0x22, 0x5c];

/** Words of a rule; iptables-save puts " around what may hold spaces, and a backslash before a " in it (xtables_save_string). */
export function splitWords(text: string): Word[] {
  const words: Word[] = [];
  for (let at = 0; at < text.length; ) {
    if (text.charCodeAt(at) === space) {
      at++;
      continue;
    }
    const word = quotedAt(text, at) ?? plainAt(text, at);
    words.push(word);
    at = word.end;
  }
  return words;
}

function plainAt(text: string, start: number): Word {
  const next = text.indexOf(' ', start);
  const end = next < 0 ? text.length : next;
  return {text: text.slice(start, end), start, end, quoted: false};
}

/** Undefined where no quoted word begins, or it has no end. */
function quotedAt(text: string, start: number): Word | undefined {
  if (text.charCodeAt(start) !== quote) return undefined;
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === backslash) at++;
    else if (code === quote) return {text: text.slice(start + 1, at), start, end: at + 1, quoted: true};
  }
  return undefined;
}
