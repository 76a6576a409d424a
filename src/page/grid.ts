/** Matrices: arrow keys move in them, Enter or a click opens the walk behind a cell. */
import type {PageData, Walks} from '../render/report/data.js';
import {all, element, reveal} from './dom.js';
import {cut, showWalk} from './hops.js';
import {walksOf} from './packed.js';

export function enableGrids(data: PageData): void {
  for (const place of all('[data-reach]')) if (!place.querySelector('table')) void fill(place, data);
  for (const grid of all<HTMLTableElement>('[role=grid]')) enableGrid(grid, data);
  for (const button of all<HTMLButtonElement>('button[data-walk]')) {
    button.hidden = false;
    button.addEventListener('click', () => void showWalk(data, Number(button.dataset['walk'])));
  }
}

async function fill(place: HTMLElement, data: PageData): Promise<void> {
  const grid = makeGrid(data, await walksOf(data), Number(place.dataset['reach']));
  place.append(grid);
  enableGrid(grid, data);
}

function enableGrid(grid: HTMLTableElement, data: PageData): void {
  const cellOf = (event: Event) => (event.target as Element).closest<HTMLTableCellElement>('td');
  grid.addEventListener('click', (event) => {
    const cell = cellOf(event);
    if (!cell) return;
    moveTo(grid, cell);
    open(cell, data);
  });
  grid.addEventListener('keydown', (event) => {
    const cell = cellOf(event);
    if (!cell) return;
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      open(cell, data);
      return;
    }
    const next = neighbour(cell, event.key);
    if (!next) return;
    event.preventDefault();
    moveTo(grid, next);
    next.focus();
  });
}

function open(cell: HTMLTableCellElement, data: PageData): void {
  const {walk, pair} = cell.dataset;
  if (walk !== undefined) void showWalk(data, Number(walk));
  if (pair === undefined) return;
  const line = all('[data-of]').find((one) => one.dataset['of'] === pair);
  if (line) reveal(line);
}

/** One cell of a grid is reached by the tab key, the others by arrows (ARIA Authoring Practices, grid). */
function moveTo(grid: HTMLTableElement, cell: HTMLTableCellElement): void {
  for (const before of all('td[tabindex="0"]', grid)) before.setAttribute('tabindex', '-1');
  cell.setAttribute('tabindex', '0');
}

function neighbour(cell: HTMLTableCellElement, key: string): HTMLTableCellElement | null {
  const row = cell.parentElement as HTMLTableRowElement;
  const inRow = (other: Element | null | undefined) =>
    (other?.children[cell.cellIndex] as HTMLTableCellElement | undefined) ?? null;
  const cells = all<HTMLTableCellElement>('td', row);
  const at = cells.indexOf(cell);
  switch (key) {
    case 'ArrowRight':
      return cells[at + 1] ?? null;
    case 'ArrowLeft':
      return cells[at - 1] ?? null;
    case 'ArrowDown':
      return inRow(row.nextElementSibling);
    case 'ArrowUp':
      return inRow(row.previousElementSibling);
    case 'Home':
      return cells[0] ?? null;
    case 'End':
      return cells.at(-1) ?? null;
    default:
      return null;
  }
}

const outcomes = {
  passes: ['good', '✓'],
  open: ['warn', '?'],
  fails: ['bad', '✕'],
} as const;

/** In the form of src/render/report/reach.tsx: for networks that had no room in the page. */
function makeGrid({reach}: PageData, {walks}: Walks, index: number): HTMLTableElement {
  const {network = '', ends = [], cells = []} = reach[index] ?? {};
  const heads = ends.map((end) => element('th', {scope: 'col'}, element('span', {}, cut(end, 22))));
  const rows = cells.map((row, from) =>
    element(
      'tr',
      {},
      element('th', {scope: 'row'}, cut(ends[from] ?? '', 22)),
      ...row.map((number, to) =>
        makeCell({number, walk: walks[number ?? -1], from, to}, [ends[from] ?? '', ends[to] ?? '']),
      ),
    ),
  );
  const corner = element('th', {scope: 'col', class: 'corner'}, 'from ↓ to →');
  return element(
    'table',
    {class: 'matrix', role: 'grid', 'aria-label': `${cut(network, 60)}: row reaches column`},
    element('thead', {}, element('tr', {}, corner, ...heads)),
    element('tbody', {}, ...rows),
  );
}

interface GridCell {
  number: number | null;
  walk: Walks['walks'][number] | undefined;
  from: number;
  to: number;
}

function makeCell({number, walk, from, to}: GridCell, [source, destination]: [string, string]): HTMLElement {
  const isSelf = from === to;
  const [tone, text] = walk ? outcomes[walk.outcome] : ['plain', isSelf ? '' : '–'];
  const label = walk?.disposition ?? (isSelf ? 'itself' : 'not walked');
  const attributes = {
    role: 'gridcell',
    tabindex: from === 0 && to === 0 ? '0' : '-1',
    class: `tone-${tone}`,
    'data-walk': walk ? String(number) : undefined,
    'aria-label': `${cut(source, 60)} to ${cut(destination, 60)}: ${label}`,
  };
  return element('td', attributes, text);
}
