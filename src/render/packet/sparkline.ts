const blocks = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const ascii = ['.', ':', '-', '=', '+', '*', '#', '@'];

/** Counts as one row of bars, as many as fit; an empty step is blank. */
export function sparkline(counts: readonly number[], width: number, unicode: boolean): string {
  const marks = unicode ? blocks : ascii;
  const columns = squeeze(counts, Math.max(1, width));
  const most = Math.max(...columns, 1);
  return columns
    .map((count) =>
      count === 0
        ? ' '
        : (marks[Math.min(marks.length - 1, Math.floor((count / most) * marks.length))] ?? ' '),
    )
    .join('');
}

function squeeze(counts: readonly number[], width: number): number[] {
  if (counts.length <= width) return [...counts];
  const each = Math.ceil(counts.length / width);
  return Array.from({length: Math.ceil(counts.length / each)}, (_, column) =>
    counts.slice(column * each, (column + 1) * each).reduce((sum, count) => sum + count, 0),
  );
}
