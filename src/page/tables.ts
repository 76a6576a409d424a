/** Tables that sort and filter: rows that stand in the page, and those that its JSON has. */
import type {PageData} from '../render/report/data.js';
import type {TableCell, TableColumn, TableRow} from '../render/report/tables.js';
import {all, element, sign} from './dom.js';

/** So many rows are shown at once. */
const step = 150;

interface ModelRow {
  /** What is shown in each cell, and what it is sorted by. */
  texts: string[];
  orders: (number | string)[];
  text: string;
  faulty: boolean;
  made: HTMLTableRowElement | undefined;
  source: TableRow | undefined;
}

export interface PageTable {
  id: string;
  /** Rows whose text holds all of the words, by their number, with that text. */
  find(words: readonly string[], most: number): {text: string; show(): HTMLElement}[];
}

export function enableTables(data: PageData): PageTable[] {
  return all('[data-table]').map((box) => new LiveTable(box, data.tables[box.dataset['table'] ?? '']));
}

class LiveTable implements PageTable {
  readonly id: string;
  private readonly box: HTMLElement;
  private readonly body: HTMLTableSectionElement;
  private readonly columns: TableColumn[];
  private readonly rows: ModelRow[];
  private sorted: {column: number; descending: boolean} | undefined;
  private shown = step;
  private readonly more = element('button', {type: 'button', class: 'more'});

  constructor(box: HTMLElement, rest: PageData['tables'][string] | undefined) {
    this.box = box;
    this.id = box.dataset['table'] ?? '';
    this.body = box.querySelector('tbody') as HTMLTableSectionElement;
    this.columns = rest?.columns ?? [];
    this.rows = [
      ...all<HTMLTableRowElement>('tr', this.body).map(rowOfPage),
      ...(rest?.rows ?? []).map(rowOfData),
    ];
    box.querySelector('[data-rest]')?.replaceWith(this.more);
    if (!this.more.isConnected) box.append(this.more);
    this.listen();
    this.render();
  }

  find(words: readonly string[], most: number): {text: string; show(): HTMLElement}[] {
    const found: {text: string; show(): HTMLElement}[] = [];
    for (const row of this.rows) {
      if (!words.every((word) => row.text.includes(word))) continue;
      found.push({text: row.texts.join('  '), show: () => this.bring(row)});
      if (found.length === most) break;
    }
    return found;
  }

  /** Makes a row part of what is shown. */
  private bring(row: ModelRow): HTMLElement {
    const filter = this.box.querySelector<HTMLInputElement>('[data-filter]');
    const faults = this.box.querySelector<HTMLInputElement>('[data-faults]');
    if (filter) filter.value = '';
    if (faults) faults.checked = false;
    this.shown = Math.max(this.shown, this.wanted().indexOf(row) + 1);
    this.render();
    return this.madeOf(row);
  }

  private listen(): void {
    for (const tools of all('.tools', this.box)) tools.hidden = false;
    for (const input of all<HTMLInputElement>('input', this.box))
      input.addEventListener('input', () => {
        this.shown = step;
        this.render();
      });
    this.more.addEventListener('click', () => {
      this.shown += step;
      this.render();
    });
    for (const [column, head] of all('th', this.box.querySelector('thead') as HTMLElement).entries()) {
      const button = element('button', {type: 'button', class: 'sort'}, head.textContent ?? '');
      head.replaceChildren(button);
      button.addEventListener('click', () => {
        const again = this.sorted?.column === column;
        this.sorted = {
          column,
          descending: again ? !this.sorted?.descending : head.classList.contains('number'),
        };
        this.render();
      });
    }
  }

  private wanted(): ModelRow[] {
    const words = wordsOf(this.box.querySelector<HTMLInputElement>('[data-filter]')?.value ?? '');
    const onlyFaults = this.box.querySelector<HTMLInputElement>('[data-faults]')?.checked ?? false;
    const rows = this.rows.filter(
      ({text, faulty}) => (faulty || !onlyFaults) && words.every((word) => text.includes(word)),
    );
    const {sorted} = this;
    if (!sorted) return rows;
    const sign = sorted.descending ? -1 : 1;
    return rows.sort((a, b) => sign * compare(a.orders[sorted.column], b.orders[sorted.column]));
  }

  private render(): void {
    const rows = this.wanted();
    this.body.replaceChildren(...rows.slice(0, this.shown).map((row) => this.madeOf(row)));
    const left = rows.length - this.shown;
    this.more.hidden = left <= 0;
    this.more.textContent = `Show ${Math.min(step, left)} of ${left} more`;
    const count = this.box.querySelector('[data-count]');
    if (count)
      count.textContent =
        rows.length === this.rows.length
          ? `${rows.length} rows`
          : `${rows.length} of ${this.rows.length} rows`;
    for (const [column, head] of all('th', this.box.querySelector('thead') as HTMLElement).entries()) {
      if (this.sorted?.column === column)
        head.setAttribute('aria-sort', this.sorted.descending ? 'descending' : 'ascending');
      else head.removeAttribute('aria-sort');
    }
  }

  private madeOf(row: ModelRow): HTMLTableRowElement {
    row.made ??= makeRow(row.source, this.columns);
    return row.made;
  }
}

export function wordsOf(text: string): string[] {
  return text.toLowerCase().split(/\s+/).filter(Boolean);
}

function compare(a: number | string | undefined, b: number | string | undefined): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return String(a).localeCompare(String(b), 'en', {numeric: true});
}

function rowOfPage(made: HTMLTableRowElement): ModelRow {
  const cells = [...made.cells];
  const texts = cells.map((cell) =>
    [...cell.childNodes]
      .filter((node) => !(node instanceof Element && node.matches('.sign')))
      .map((node) => node.textContent ?? '')
      .join(''),
  );
  return {
    texts,
    orders: cells.map((cell, index) =>
      cell.dataset['order'] === undefined ? (texts[index] ?? '') : Number(cell.dataset['order']),
    ),
    text: texts.join(' ').toLowerCase(),
    faulty: made.classList.contains('faulty'),
    made,
    source: undefined,
  };
}

function rowOfData(source: TableRow): ModelRow {
  const texts = source.cells.map((cell) => (typeof cell === 'string' ? cell : cell.text));
  return {
    texts,
    orders: source.cells.map((cell) => (typeof cell === 'string' ? cell : (cell.order ?? cell.text))),
    text: texts.join(' ').toLowerCase(),
    faulty: source.faulty === true,
    made: undefined,
    source,
  };
}

/** In the form of src/render/report/table.tsx. */
function makeRow(source: TableRow | undefined, columns: TableColumn[]): HTMLTableRowElement {
  return element(
    'tr',
    {class: source?.faulty ? 'faulty' : undefined},
    ...(source?.cells ?? []).map((cell, index) => makeCell(cell, columns[index]?.kind)),
  );
}

function makeCell(cell: TableCell | string, kind: TableColumn['kind']): HTMLTableCellElement {
  if (typeof cell === 'string') return element('td', {class: kind}, cell);
  const {text, href, tone} = cell;
  const classes = [kind, tone && `tone-${tone}`].filter(Boolean).join(' ');
  return element(
    'td',
    {class: classes === '' ? undefined : classes},
    ...(tone ? [sign(tone)] : []),
    href === undefined ? text : element('a', {href: `#${href}`}, text),
  );
}
