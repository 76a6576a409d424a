/** Search over everything: what stands in the page, rows and walks of its JSON, and the evidence. */
import type {PageData} from '../render/report/data.js';
import {all, element, reveal} from './dom.js';
import type {PageEvidence} from './evidence.js';
import {cut, showWalk} from './hops.js';
import {walksOf} from './packed.js';
import {type PageTable, wordsOf} from './tables.js';

const mostEach = 12;

interface Hit {
  text: string;
  where: string;
  go(): void;
}

export function enableSearch(data: PageData, tables: PageTable[], evidence: PageEvidence): void {
  const input = element('input', {
    type: 'search',
    'aria-label': 'Search this report',
    spellcheck: 'false',
    autocomplete: 'off',
  });
  const results = element('ul', {class: 'results'});
  const status = element('p', {class: 'note', role: 'status'});
  const close = element('button', {type: 'button', class: 'close'}, 'Close');
  const dialog = element(
    'dialog',
    {class: 'panel search-panel', 'aria-label': 'Search'},
    element('header', {}, input, close),
    status,
    results,
  );
  document.body.append(dialog);
  close.addEventListener('click', () => dialog.close());
  openBy(dialog, input);
  moveBy(input, results);
  let latest = 0;
  input.addEventListener('input', () => {
    latest += 1;
    const asked = latest;
    void hitsOf(wordsOf(input.value), data, tables, evidence).then((hits) => {
      if (asked !== latest) return;
      const count = hits.length === 0 ? 'Nothing found' : `${hits.length} found`;
      status.textContent = input.value.trim() === '' ? '' : count;
      results.replaceChildren(...hits.map((hit) => resultOf(hit, dialog)));
    });
  });
}

/** The button, and the key `/` wherever nobody types. */
function openBy(dialog: HTMLDialogElement, input: HTMLInputElement): void {
  const open = () => {
    for (const other of all<HTMLDialogElement>('dialog[open]')) if (other !== dialog) other.close();
    if (!dialog.open) dialog.showModal();
    input.select();
  };
  for (const button of all<HTMLButtonElement>('button[data-search]')) {
    button.hidden = false;
    button.addEventListener('click', open);
  }
  addEventListener('keydown', (event) => {
    if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey) return;
    if ((event.target as Element).matches?.('input:not([type=checkbox])')) return;
    event.preventDefault();
    open();
  });
}

/** Arrow keys lead from the words to the results and through them; Enter takes the first. */
function moveBy(input: HTMLInputElement, results: HTMLElement): void {
  input.addEventListener('keydown', (event) => {
    const first = results.querySelector('button');
    if (!first || (event.key !== 'ArrowDown' && event.key !== 'Enter')) return;
    event.preventDefault();
    if (event.key === 'Enter') first.click();
    else first.focus();
  });
  results.addEventListener('keydown', (event) => {
    const item = (event.target as Element).closest('li');
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
    event.preventDefault();
    const next = event.key === 'ArrowDown' ? item?.nextElementSibling : item?.previousElementSibling;
    (next?.querySelector('button') ?? (event.key === 'ArrowUp' ? input : undefined))?.focus();
  });
}

async function hitsOf(
  words: string[],
  data: PageData,
  tables: PageTable[],
  evidence: PageEvidence,
): Promise<Hit[]> {
  if (words.length === 0) return [];
  const inTables = tables.flatMap((table) =>
    table
      .find(words, mostEach)
      .map(({text, show}): Hit => ({text, where: titleAbove(table.id), go: () => reveal(show())})),
  );
  const inEvidence = (await evidence.find(words, mostEach)).map(
    ({text, where, show}): Hit => ({text, where, go: () => reveal(show())}),
  );
  return [...inPage(words), ...inTables, ...(await inWalks(words, data)), ...inEvidence];
}

function titleAbove(id: string): string {
  return all(`[data-table="${id}"]`)[0]?.closest('section')?.querySelector('h2')?.textContent ?? '';
}

/** Parts of the page that are found as a whole. */
const units =
  '.finding, .service .chain-group, .contract .row, .gaps li, .pairs li, #networks tbody tr, .hero .answer';

function inPage(words: readonly string[]): Hit[] {
  const hits: Hit[] = [];
  for (const unit of all(units)) {
    const text = unit.textContent ?? '';
    const lower = text.toLowerCase();
    if (!words.every((word) => lower.includes(word))) continue;
    const where = unit.closest('section')?.querySelector('h1, h2')?.textContent ?? '';
    hits.push({
      text: unit.querySelector('h3, h4, strong, th, dd')?.textContent ?? text,
      where: `${where}: ${around(text, words[0] ?? '')}`,
      go: () => reveal(unit),
    });
    if (hits.length === mostEach * 2) break;
  }
  return hits;
}

/** Some words before and behind a word. */
function around(text: string, word: string): string {
  const plain = text.replace(/\s+/g, ' ').trim();
  const at = Math.max(0, plain.toLowerCase().indexOf(word) - 40);
  return `${at > 0 ? '…' : ''}${plain.slice(at, at + 110)}`;
}

async function inWalks(words: readonly string[], data: PageData): Promise<Hit[]> {
  const hits: Hit[] = [];
  for (const [number, {verdict}] of (await walksOf(data)).walks.entries()) {
    const lower = verdict.toLowerCase();
    if (!words.every((word) => lower.includes(word))) continue;
    hits.push({text: verdict, where: 'Reachability', go: () => void showWalk(data, number)});
    if (hits.length === mostEach) break;
  }
  return hits;
}

function resultOf({text, where, go}: Hit, dialog: HTMLDialogElement): HTMLElement {
  const button = element(
    'button',
    {type: 'button'},
    element('span', {}, cut(text.trim(), 200)),
    element('span', {class: 'note'}, cut(where, 120)),
  );
  button.addEventListener('click', () => {
    dialog.close();
    go();
  });
  return element('li', {}, button);
}
