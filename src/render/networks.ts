import type {NetworkRow} from '../join/network-rows.js';
import type {Paint} from './paint.js';
import {type Column, renderTable} from './table.js';
import type {Terminal} from './terminal.js';

const columns: Column[] = [
  {head: 'network', priority: 10, shrink: 'middle'},
  {head: 'driver', priority: 9, shrink: 'never'},
  {head: 'scope', priority: 6, shrink: 'never'},
  {head: 'subnets', priority: 8, shrink: 'never'},
  {head: 'vnis', priority: 8, shrink: 'never'},
  {head: 'mtu', priority: 6, shrink: 'never', align: 'right'},
  {head: 'flags', priority: 7, shrink: 'end'},
  {head: 'here', priority: 7, shrink: 'middle'},
  {head: 'endpoints', priority: 3, shrink: 'never', align: 'right'},
  {head: 'id', priority: 4, shrink: 'never'},
  {head: 'note', priority: 2, shrink: 'end'},
];

export async function renderNetworks(
  rows: NetworkRow[],
  hostCount: number,
  terminal: Terminal,
  paint: Paint,
): Promise<string> {
  const table = await renderTable(
    columns,
    rows.map((row) => [
      {text: row.name, tone: 'strong' as const},
      row.driver,
      row.scope,
      row.subnets.join(', ') || '-',
      row.vnis.join(', ') || '-',
      row.mtu === null ? '-' : String(row.mtu),
      row.flags.join(', ') || '-',
      hostCount === 1 ? (row.instantiatedOn.length > 0 ? 'yes' : 'no') : row.instantiatedOn.join(', ') || '-',
      row.endpoints === null ? '-' : String(row.endpoints),
      row.id.slice(0, 12),
      row.note ?? '',
    ]),
    terminal,
    paint,
    {wideFlag: '--wide'},
  );
  const absent = rows.some(({note}) => note?.startsWith('not instantiated'));
  const hint =
    '"no" under HERE is normal for an overlay: a node builds its sandbox when a task there first needs it.';
  return absent && hostCount === 1 ? `${table}\n${paint('dim', hint)}\n` : table;
}
