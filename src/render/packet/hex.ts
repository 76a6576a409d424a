/** Bytes as tcpdump -X and xxd show them, 16 a line, with the offset of each line. */
export function hexDump(data: Buffer, start: number, end: number, indent = '    '): string {
  const lines: string[] = [];
  for (let at = start; at < end; at += 16) {
    const stop = Math.min(at + 16, end);
    const hex = data.toString('hex', at, stop).replace(/(.{4})(?=.)/g, '$1 ');
    const text = data.toString('latin1', at, stop).replace(/[^\x20-\x7e]/g, '.');
    lines.push(`${indent}0x${(at - start).toString(16).padStart(4, '0')}  ${hex.padEnd(39)}  ${text}\n`);
  }
  return lines.join('');
}
