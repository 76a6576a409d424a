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

/** Optimal string alignment distance (edits, with swapped neighbours as one); 1 where one name begins the other. */
function nearness(a: string, b: string): number {
  if (a.length > 2 && b.startsWith(a)) return 1;
  if (Math.abs(a.length - b.length) > 8 || a.length > 64) return Number.POSITIVE_INFINITY;
  let beforeLast: number[] = [];
  let last = Array.from({length: b.length + 1}, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let cost = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      );
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        cost = Math.min(cost, (beforeLast[column - 2] ?? 0) + 1);
      }
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length] ?? 0;
}
