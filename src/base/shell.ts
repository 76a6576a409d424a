/** One word of a POSIX shell's command line (POSIX.1-2017, Shell Command Language, 2.2 Quoting): names are foreign. */

/** Quoted whatever it holds: for scripts. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Quoted only where a shell would take something in it for its own: for commands that people read. */
export function shellWord(text: string): string {
  return /^[A-Za-z0-9_.@:/-]+$/.test(text) ? text : shellQuote(text);
}
