import type {NetworkRow} from '../answers/network-rows.js';
import type {NetworksAnswer} from '../answers/networks.js';
import {escapeText} from '../base/escape.js';
import type {Paint, Toned} from './paint.js';
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
  // It alone tells networks apart that every host has for itself.
  {head: 'here', priority: 9, shrink: 'end'},
  {head: 'endpoints', priority: 3, shrink: 'never', align: 'right'},
  {head: 'id', priority: 4, shrink: 'never'},
  {head: 'note', priority: 2, shrink: 'end'},
];

/** With more hosts than this, networks that every host has for itself are one row, and not all hosts are named. */
const fewHosts = 3;

export interface NetworksViewOptions {
  /** Fold nothing, and name all hosts. */
  all: boolean;
  /** What was asked for, to be told where there is none of it. */
  drivers?: readonly string[] | undefined;
}

export async function renderNetworks(
  {document: {networks: rows, hosts}, isAbsent}: NetworksAnswer,
  terminal: Terminal,
  paint: Paint,
  {all, drivers}: NetworksViewOptions,
): Promise<string> {
  if (rows.length === 0)
    return drivers ? `No network here has the driver ${escapeText(drivers.join(' or '))}.\n` : '';
  const hostCount = hosts.length;
  const fold = hostCount > fewHosts && !all;
  const table = await renderTable(
    columns,
    (fold ? folded(rows) : rows.map((row) => [row])).map((group) => rowOf(group, hostCount, fold)),
    terminal,
    paint,
    {wideFlag: '--wide'},
  );
  const hint =
    '"no" under HERE is normal for an overlay: a node builds its sandbox when a task there first needs it.';
  return isAbsent ? `${table}\n${paint('dim', hint)}\n` : table;
}

/** Local networks that differ in nothing but the host that has them. */
function folded(rows: NetworkRow[]): NetworkRow[][] {
  const groups = new Map<string, NetworkRow[]>();
  for (const row of rows) {
    const {networkId: id, network: name, driver, scope, subnets, mtu, flags} = row;
    const key = scope === 'local' ? JSON.stringify([name, driver, subnets, mtu, flags]) : id;
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  return [...groups.values()];
}

function rowOf(group: NetworkRow[], hostCount: number, fold: boolean): Toned[] {
  const [row] = group;
  if (!row) return [];
  const counts = group.flatMap(({endpointCount: endpoints}) => endpoints ?? []);
  const hosts = group.flatMap(({instantiatedOn}) => instantiatedOn).sort();
  return [
    {text: row.network, tone: 'strong' as const},
    row.driver,
    row.scope,
    row.subnets.join(', ') || '-',
    row.vnis.join(', ') || '-',
    row.mtu === null ? '-' : String(row.mtu),
    row.flags.join(', ') || '-',
    hostCount === 1 ? (hosts.length > 0 ? 'yes' : 'no') : hostsText(hosts, hostCount, fold),
    counts.length > 0 ? String(counts.reduce((sum, count) => sum + count, 0)) : '-',
    group.length > 1 ? `${group.length} ids` : row.networkId.slice(0, 12),
    row.note ?? '',
  ];
}

function hostsText(hosts: string[], hostCount: number, fold: boolean): string {
  if (hosts.length === 0) return '-';
  if (!fold || hosts.length <= fewHosts) return hosts.join(', ');
  if (hosts.length === hostCount) return `all ${hostCount}`;
  return `${hosts.length} of ${hostCount}: ${hosts.slice(0, fewHosts).join(', ')}, …`;
}
