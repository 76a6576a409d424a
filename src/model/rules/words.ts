/** The words of a saved rule, and where each begins and ends in it, quotes included. Three lists, as there may be many rules. */
export interface Words {
  rule: string;
  /** Without their quotes. */
  texts: string[];
  starts: number[];
  ends: number[];
}

const [space, quote, backslash] = [0x20, 0x22, 0x5c];

/** iptables-save puts " around what may hold spaces, and a backslash before a " in it (iptables, xtables_save_string). */
export function splitWords(rule: string): Words {
  const words: Words = {rule, texts: [], starts: [], ends: []};
  for (let at = 0; at < rule.length; ) {
    const code = rule.charCodeAt(at);
    if (code === space) {
      at++;
      continue;
    }
    const closing = code === quote ? closingQuote(rule, at) : -1;
    const next = rule.indexOf(' ', at);
    const end = closing >= 0 ? closing + 1 : next < 0 ? rule.length : next;
    words.texts.push(closing >= 0 ? rule.slice(at + 1, closing) : rule.slice(at, end));
    words.starts.push(at);
    words.ends.push(end);
    at = end;
  }
  return words;
}

/** Below 0 where it has none. */
function closingQuote(text: string, opening: number): number {
  for (let at = opening + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === backslash) at++;
    else if (code === quote) return at;
  }
  return -1;
}

export function isQuoted({texts, starts, ends}: Words, at: number): boolean {
  return (ends[at] ?? 0) - (starts[at] ?? 0) > (texts[at] ?? '').length;
}

/** A piece of a rule, as it was printed. */
export function wordsBetween({rule, starts, ends}: Words, from: number, to: number): string {
  return rule.slice(starts[from], ends[to - 1]);
}
