import {type ColumnSize, type Fit, fitColumns} from './fit.js';
import {type Paint, type Tone, type Toned, tonedText} from './paint.js';
import {type DrawnCell, drawPlain, drawWithCliTable} from './table-draw.js';
import type {Terminal} from './terminal.js';
import {wrapText} from './text.js';
import {cutEnd, cutMiddle, displayWidth, ellipsisOf, pieces} from './width.js';

export interface Column {
  head: string;
  /** Columns with lower numbers are left out first when the terminal is too narrow. */
  priority: number;
  /** Where a cell may be shortened. Addresses and MACs: `never`, as half of one is worse than none. */
  shrink: 'middle' | 'end' | 'never';
  align?: 'right';
}

export interface TableOptions {
  /** The flag that shows every column (`--wide`), named when some were left out. */
  wideFlag?: string;
}

interface Measured {
  text: string;
  width: number;
  tone: Tone;
}

/** cli-table3 draws a screenful or two; a big FDB would take it a hundred times as long as plain padding. */
const mostDrawnByCliTable = 100;
/** The longest address is an IPv6 one with its prefix length. What is longer may be cut in any column. */
const longestAddress = 43;
/** Off a TTY nothing is cut, but a column isn't made wider than this for a single cell of kilobytes. */
const widestPadding = 64;

/**
 * Columns without borders under upper-case heads, fit to the terminal, ending with a newline. Give
 * `{...terminal, width: Infinity}` to show everything.
 */
export async function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly Toned[])[],
  terminal: Terminal,
  paint: Paint,
  options: TableOptions = {},
): Promise<string> {
  if (columns.length === 0) return '';
  const measured = [headsOf(columns), ...rows.map((row) => columns.map((_, index) => measure(row[index])))];
  const limited = Number.isFinite(terminal.width);
  const fit = limited
    ? fitColumns(sizesOf(columns, measured), terminal.width)
    : unlimitedFit(columns, measured);
  const shown = fit.kept.map((index) => columns[index]).filter((column) => column !== undefined);
  const [only] = fit.widths;
  if (limited && shown.length === 1 && only !== undefined && only > terminal.width) {
    return foldedColumn(measured, fit, terminal, paint);
  }
  const ellipsis = ellipsisOf(terminal.unicode);
  const drawn = measured.map((row) =>
    fit.kept.map((index, place) => {
      const cell = row[index] ?? measure('');
      const width = limited ? (fit.widths[place] ?? 0) : Number.POSITIVE_INFINITY;
      return drawCell(cell, width, shown[place]?.shrink ?? 'end', ellipsis, paint);
    }),
  );
  const layout = shown.map(({align}, place) => ({width: fit.widths[place] ?? 1, right: align === 'right'}));
  const lines =
    limited && rows.length <= mostDrawnByCliTable
      ? await drawWithCliTable(drawn, layout)
      : drawPlain(drawn, layout);
  return endLines([...lines, ...leftOut(columns, fit, terminal, paint, options)]);
}

function measure(cell: Toned | undefined): Measured {
  const {text, tone} = tonedText(cell ?? '');
  return {text, width: displayWidth(text), tone};
}

function headsOf(columns: readonly Column[]): Measured[] {
  return columns.map(({head}) => measure({text: head.toUpperCase(), tone: 'strong'}));
}

function sizesOf(columns: readonly Column[], measured: readonly (readonly Measured[])[]): ColumnSize[] {
  const naturals = naturalWidths(columns, measured);
  return columns.map(({head, priority, shrink}, index) => {
    const headWidth = displayWidth(head);
    const natural = naturals[index] ?? headWidth;
    const canShrink = shrink !== 'never';
    return {
      priority,
      canShrink,
      head: headWidth,
      natural: canShrink ? natural : Math.min(natural, Math.max(headWidth, longestAddress)),
    };
  });
}

function naturalWidths(columns: readonly Column[], measured: readonly (readonly Measured[])[]): number[] {
  const widths = columns.map(() => 1);
  for (const row of measured) {
    row.forEach(({width}, index) => {
      if (width > (widths[index] ?? 0)) widths[index] = width;
    });
  }
  return widths;
}

function unlimitedFit(columns: readonly Column[], measured: readonly (readonly Measured[])[]): Fit {
  const widths = naturalWidths(columns, measured);
  return {
    kept: columns.map((_, index) => index),
    widths: widths.map((width) => Math.min(width, widestPadding)),
  };
}

function drawCell(
  {text, width, tone}: Measured,
  room: number,
  shrink: Column['shrink'],
  ellipsis: string,
  paint: Paint,
): DrawnCell {
  if (width <= room) return {text: paint(tone, text), width};
  const cut = shrink === 'middle' ? cutMiddle(text, room, ellipsis) : cutEnd(text, room, ellipsis);
  return {text: paint(tone, cut), width: displayWidth(cut)};
}

/** Last resort, for an address wider than the whole terminal: it goes on in the next line. */
function foldedColumn(
  measured: readonly (readonly Measured[])[],
  {kept: [index = 0]}: Fit,
  {width}: Terminal,
  paint: Paint,
): string {
  return endLines(
    measured.flatMap((row) => {
      const {text, tone} = row[index] ?? measure('');
      return pieces(text, width).map((piece) => paint(tone, piece));
    }),
  );
}

function leftOut(
  columns: readonly Column[],
  {kept}: Fit,
  {width}: Terminal,
  paint: Paint,
  {wideFlag}: TableOptions,
): string[] {
  const missing = columns.filter((_, index) => !kept.includes(index)).map(({head}) => head.toUpperCase());
  if (missing.length === 0) return [];
  const hint = wideFlag === undefined ? '' : ` (${wideFlag} shows all)`;
  return wrapText(`Not shown: ${missing.join(', ')}${hint}`, width).map((line) => paint('dim', line));
}

function endLines(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}
