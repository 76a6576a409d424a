/** Deciding which columns of a table are shown, and how wide. */

export interface ColumnSize {
  /** Columns with lower numbers go first when there's no room. */
  priority: number;
  canShrink: boolean;
  head: number;
  /** The widest cell or the head. */
  natural: number;
}

export interface Fit {
  /** Indexes of the columns that stay, in their order. */
  kept: number[];
  /** One for each kept column. */
  widths: number[];
}

export const columnGap = 2;
/** While a name can keep this much, no less important column is given up for it. */
const comfortable = 12;
/** Below this a shortened name tells nothing any more. */
const least = 8;

/**
 * Less important columns go first, until the others have comfortable widths; the most important ones are then
 * narrowed, and go only when even the least widths are too much. One column always stays.
 */
export function fitColumns(columns: readonly ColumnSize[], width: number): Fit {
  const top = Math.max(...columns.map(({priority}) => priority));
  let kept = columns.map((_, index) => index);
  const needs = (room: number) => {
    const sizes = kept.map((index) => columns[index]).filter((column) => column !== undefined);
    return sizes.reduce((sum, column) => sum + floorOf(column, room), columnGap * (sizes.length - 1));
  };
  while (kept.some((index) => isBelow(columns[index], top)) && needs(comfortable) > width) {
    kept = withoutLeast(kept, columns);
  }
  while (kept.length > 1 && needs(least) > width) kept = withoutLeast(kept, columns);
  const sizes = kept.map((index) => columns[index]).filter((column) => column !== undefined);
  return {kept, widths: shareOut(sizes, width - columnGap * (kept.length - 1))};
}

function isBelow(column: ColumnSize | undefined, top: number): boolean {
  return column !== undefined && column.priority < top;
}

function floorOf(column: ColumnSize, room: number): number {
  return column.canShrink ? Math.max(column.head, Math.min(column.natural, room)) : column.natural;
}

/** Of equally unimportant ones the rightmost goes. */
function withoutLeast(kept: readonly number[], columns: readonly ColumnSize[]): number[] {
  const priorityOf = (index: number) => columns[index]?.priority ?? 0;
  const lowest = Math.min(...kept.map(priorityOf));
  const goes = kept.findLast((index) => priorityOf(index) === lowest);
  return kept.filter((index) => index !== goes);
}

/** One cap for all that can shrink, so that a single endless name can't take the room of the others. */
function shareOut(sizes: readonly ColumnSize[], room: number): number[] {
  const total = (cap: number) => sizes.reduce((sum, size) => sum + floorOf(size, cap), 0);
  let cap = Math.max(...sizes.map(({natural}) => natural));
  if (total(cap) > room) {
    let low = 0;
    while (low < cap - 1) {
      const middle = Math.floor((low + cap) / 2);
      if (total(middle) > room) cap = middle;
      else low = middle;
    }
    cap = low;
  }
  let spare = room - total(cap);
  return sizes.map((size) => {
    const width = floorOf(size, cap);
    const extra = size.canShrink && width < size.natural && spare > 0 ? 1 : 0;
    spare -= extra;
    return width + extra;
  });
}
