/** Bytes of a printed line at most; what is longer goes on in the next. */
const longestLine = 1024;
const newline = 10;

const names: Record<number, string> = {9: '\\t', 10: '\\n', 13: '\\r', 92: '\\\\'};

/** Bytes as text of printable ASCII: all else is escaped as in C, and a line ends behind each `\n`. */
export function byteLines(bytes: Buffer, sign: string): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const found = bytes.indexOf(newline, at);
    const end = Math.min(found < 0 ? bytes.length : found + 1, at + longestLine);
    lines.push(`${sign}${escapeBytes(bytes, at, end)}\n`);
    at = end;
  }
  return lines.join('');
}

function escapeBytes(bytes: Buffer, from: number, to: number): string {
  return bytes.toString('latin1', from, to).replace(/[^\x20-\x5b\x5d-\x7e]/g, (character) => {
    const code = character.charCodeAt(0);
    return names[code] ?? `\\x${code.toString(16).padStart(2, '0')}`;
  });
}
