/** Names that look like `typed`, nearest first: what to offer after an unknown name. */
export function nearNames(typed: string, known: Iterable<string>, most = 3): string[] {
  const limit = Math.max(2, Math.ceil(typed.length / 3));
  const wanted = typed.toLowerCase();
  return [...new Set(known)]
    .map((name) => ({name, distance: nearness(wanted, name.toLowerCase())}))
    .filter(({distance}) => distance <= limit)
    .sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, most)
    .map(({name}) => name);
}

/** Names longer than this are not looked at letter by letter. */
const longest = 64;
/** Names whose lengths differ by more are not alike. */
const mostMore = 8;

/** Optimal string alignment distance (edits, with swapped neighbours as one); 1 where one name begins the other. */
function nearness(a: string, b: string): number {
  if (a.length > 2 && b.startsWith(a)) return 1;
  if (Math.abs(a.length - b.length) > mostMore || a.length > longest) return Number.POSITIVE_INFINITY;
  let beforeLast: number[] = [];
  let last = Array.from({length: b.length + 1}, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = a[row - 1] === b[column - 1] ? 0 : 1;
      const costs = [at(last, column) + 1, at(current, column - 1) + 1, at(last, column - 1) + replaced];
      if (areSwapped(a, row, b, column)) costs.push(at(beforeLast, column - 2) + 1);
      current.push(Math.min(...costs));
    }
    beforeLast = last;
    last = current;
  }
  return at(last, b.length);
}

function at(costs: readonly number[], column: number): number {
  return costs[column] ?? 0;
}

/** Whether the two letters that end at `row` and at `column` are the same two, the other way round. */
function areSwapped(a: string, row: number, b: string, column: number): boolean {
  return row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
}
