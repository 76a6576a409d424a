import {once} from '../base/once.js';
import {columnGap} from './fit.js';

/** Two ways to the same text: cli-table3 for what a person reads, plain padding for what is long. */

/** A cell ready to be drawn: already escaped, shortened and painted. */
export interface DrawnCell {
  text: string;
  /** Columns that the text takes, without its colours. */
  width: number;
}

export interface DrawnColumn {
  width: number;
  right: boolean;
}

/** A few milliseconds for 10,000 rows. A cell wider than its column pushes the rest of its own line only. */
export function drawPlain(
  rows: readonly (readonly DrawnCell[])[],
  columns: readonly DrawnColumn[],
): string[] {
  return rows.map((row) => {
    const cells = columns.map(({width, right}, index) => {
      const cell = row[index] ?? {text: '', width: 0};
      const padding = ' '.repeat(Math.max(0, width - cell.width));
      return right ? padding + cell.text : cell.text + padding;
    });
    return withoutPadding(cells.join(' '.repeat(columnGap)));
  });
}

const noBorders = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: ' '.repeat(columnGap),
};

const cliTable = once(() => import('cli-table3'));

/**
 * For short tables only: time grows with the square of the rows, and 10,000 take seconds even in chunks. The
 * empty styles matter: cli-table3 colours heads and borders by itself otherwise, NO_COLOR or not.
 */
export async function drawWithCliTable(
  rows: readonly (readonly DrawnCell[])[],
  columns: readonly DrawnColumn[],
): Promise<string[]> {
  const {default: CliTable} = await cliTable();
  const table = new CliTable({
    chars: noBorders,
    style: {head: [], border: [], 'padding-left': 0, 'padding-right': 0},
    colWidths: columns.map(({width}) => width),
    colAligns: columns.map(({right}) => (right ? 'right' : 'left')),
  });
  for (const row of rows) table.push(columns.map((_, index) => row[index]?.text ?? ''));
  return table.toString().split('\n').map(withoutPadding);
}

/** By hand, as / +$/ takes quadratic time on a line of many spaces. */
function withoutPadding(line: string): string {
  let end = line.length;
  while (line[end - 1] === ' ') end--;
  return line.slice(0, end);
}
