import type {NamespaceRow} from '../answers/namespace-rows.js';
import type {NamespaceState} from '../model/namespace-files.js';
import type {Paint, Tone} from './paint.js';
import {type Column, renderTable} from './table.js';
import type {Terminal} from './terminal.js';

const tones: Record<NamespaceState, Tone> = {
  live: 'plain',
  'torn-down': 'dim',
  dead: 'warn',
  'other-mount': 'warn',
  gone: 'dim',
  foreign: 'warn',
  unreadable: 'bad',
};

const columns: Column[] = [
  // It alone tells the rows of one network on two hosts apart.
  {head: 'host', priority: 11, shrink: 'middle'},
  {head: 'namespace', priority: 10, shrink: 'never'},
  {head: 'kind', priority: 9, shrink: 'never'},
  {head: 'network', priority: 8, shrink: 'middle'},
  {head: 'container', priority: 8, shrink: 'middle'},
  {head: 'vni', priority: 7, shrink: 'never'},
  {head: 'subnet', priority: 5, shrink: 'never'},
  {head: 'state', priority: 9, shrink: 'never'},
  {head: 'inode', priority: 3, shrink: 'never'},
  {head: 'links', priority: 2, shrink: 'never', align: 'right'},
  {head: 'fdb', priority: 2, shrink: 'never', align: 'right'},
  {head: 'neigh', priority: 2, shrink: 'never', align: 'right'},
  {head: 'note', priority: 4, shrink: 'end'},
];

export function renderNamespaces(rows: NamespaceRow[], terminal: Terminal, paint: Paint): Promise<string> {
  if (rows.length === 0) return Promise.resolve('');
  const count = (value: number | null) => (value === null ? '-' : String(value));
  const many = new Set(rows.map(({host}) => host)).size > 1;
  const noted = rows.some(({note}) => note !== null);
  const shown = columns.map((_, index) => (index !== 0 || many) && (index !== columns.length - 1 || noted));
  const only = <T>(cells: readonly T[]) => cells.filter((_, index) => shown[index]);
  return renderTable(
    only(columns),
    rows.map((row) =>
      only([
        row.host,
        {text: row.netns, tone: 'strong' as const},
        row.kind,
        row.networks.join(', ') || '-',
        row.containers.join(', ') || '-',
        row.vnis.join(', ') || '-',
        row.subnets.join(', ') || '-',
        {text: row.state, tone: tones[row.state]},
        row.inode === null ? '-' : String(row.inode),
        count(row.linkCount),
        count(row.fdbCount),
        count(row.neighbourCount),
        row.note ?? '',
      ]),
    ),
    terminal,
    paint,
    {wideFlag: '--wide'},
  );
}
