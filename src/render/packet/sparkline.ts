const blocks = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const ascii = ['.', ':', '-', '=', '+', '*', '#', '@'];

/** Counts as one row of bars; an empty step is blank. */
export function sparkline(columns: readonly number[], unicode: boolean): string {
  const marks = unicode ? blocks : ascii;
  const most = Math.max(...columns, 1);
  return columns
    .map((count) =>
      count === 0
        ? ' '
        : (marks[Math.min(marks.length - 1, Math.floor((count / most) * marks.length))] ?? ' '),
    )
    .join('');
}

/** Sums neighbours up until there are at most `width` of them. */
export function squeeze(counts: readonly number[], width: number): number[] {
  if (counts.length <= width) return [...counts];
  const each = Math.ceil(counts.length / width);
  return Array.from({length: Math.ceil(counts.length / each)}, (_, column) =>
    counts.slice(column * each, (column + 1) * each).reduce((sum, count) => sum + count, 0),
  );
}
