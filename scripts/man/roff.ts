/** Text for man pages: requests of man(7), which groff and mandoc read. */

const special: Record<string, string> = {
  '\\': '\\e',
  "'": '\\(aq',
  '`': '\\(ga',
  '^': '\\(ha',
  '~': '\\(ti',
  '-': '\\-',
};

/** One line of running text, in which nothing is a request. */
export function escaped(text: string): string {
  const safe = text
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/[\\'`^~-]/g, (character) => special[character] ?? character)
    .replace(/[^\x20-\x7e]/gu, (character) => `\\[u${codePoint(character)}]`);
  return safe.replace(/^(?=[.'])/, '\\&');
}

function codePoint(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
}

export function bold(text: string): string {
  return `\\fB${escaped(text)}\\fR`;
}

export function italic(text: string): string {
  return `\\fI${escaped(text)}\\fR`;
}

/** The head of a page. `section` is that of the manual, `date` is YYYY-MM-DD. */
export function head(
  name: string,
  section: number,
  {date, version}: {date: string; version: string},
): string {
  return `.TH ${name.toUpperCase()} ${section} ${date} "ovdiag ${version}" "ovdiag manual"`;
}

export function section(title: string, lines: string[]): string[] {
  return lines.length === 0 ? [] : [`.SH ${title}`, ...lines];
}

/** Paragraphs, which blank lines part. */
export function paragraphs(text: string): string[] {
  return text
    .split(/\n\s*\n/)
    .filter((paragraph) => paragraph.trim() !== '')
    .flatMap((paragraph, index) => [...(index === 0 ? [] : ['.PP']), escaped(paragraph)]);
}

/** A term and, indented below it, what it means; both are roff already. */
export function item(term: string, meaning: string): string[] {
  return ['.TP', term, meaning === '' ? '\\&' : meaning];
}

/** Lines as they are typed, with what each does above it. */
export function examples(all: readonly {description?: string | undefined; command: string}[]): string[] {
  return all.flatMap(({description, command}, index) => [
    ...(index === 0 ? [] : ['.PP']),
    ...(description === undefined ? [] : [`${escaped(description)}:`, '.PP']),
    '.in +4n',
    '.EX',
    ...command.split('\n').map((line, at) => `${at === 0 ? '' : '    '}${escaped(line)}`),
    '.EE',
    '.in',
  ]);
}

const widest = 78;

/** A page of lines: long ones are broken at blanks, which changes nothing but how the source reads. */
export function page(lines: readonly string[]): string {
  let isTyped = false;
  const broken = lines.flatMap((line) => {
    if (/^\.E[XE]$/.test(line)) isTyped = line === '.EX';
    return isTyped || line.startsWith('.') ? [line] : wrapped(line);
  });
  return `${broken.join('\n')}\n`;
}

function wrapped(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= widest)
      lines[lines.length - 1] = `${last} ${word}`;
    // A word that begins with a dot must not become a request.
    else lines.push(lines.length > 0 && word.startsWith('.') ? `\\&${word}` : word);
  }
  return lines;
}
