import type {FdbShown} from '../answers/fdb.js';
import {escapeText} from '../base/escape.js';
import type {Network} from '../model/docker-types.js';
import type {FdbEntry} from '../rows/entry.js';
import {nameOf, type RawFdbRow} from '../rows/fdb-raw.js';
import type {FdbStatus} from '../rows/status.js';
import {hostList} from './host-list.js';
import type {Paint, Tone} from './paint.js';
import {type Column, renderTable} from './table.js';
import type {Terminal} from './terminal.js';
import {duration, plural, wrapText} from './text.js';

const tones: Record<FdbStatus, Tone> = {
  ok: 'good',
  local: 'dim',
  'fdb-row-missing': 'bad',
  'neighbour-missing': 'bad',
  'neighbour-wrong-mac': 'bad',
  'fdb-learned-only': 'warn',
  'fdb-wrong-vtep': 'bad',
  'fdb-points-home': 'bad',
  'fdb-local-as-remote': 'warn',
  'fdb-stale': 'bad',
  unknown: 'warn',
  transient: 'warn',
};

const columns: Column[] = [
  {head: 'host', priority: 11, shrink: 'middle'},
  {head: 'endpoint', priority: 10, shrink: 'middle'},
  {head: 'address', priority: 9, shrink: 'never'},
  {head: 'mac', priority: 8, shrink: 'never'},
  {head: 'vtep', priority: 8, shrink: 'never'},
  {head: 'node', priority: 6, shrink: 'middle'},
  {head: 'vni', priority: 3, shrink: 'never'},
  {head: 'self', priority: 5, shrink: 'never'},
  {head: 'master', priority: 4, shrink: 'never'},
  {head: 'neigh', priority: 5, shrink: 'never'},
  {head: 'updated', priority: 2, shrink: 'never', align: 'right'},
  {head: 'status', priority: 10, shrink: 'never'},
];

/** @param all leave out no pair of a matrix */
export async function renderFdbAnswer(
  shown: FdbShown,
  terminal: Terminal,
  paint: Paint,
  {all, verdict}: {all: boolean; verdict?: string | undefined},
): Promise<string> {
  if (shown.kind === 'rows') return renderRawFdb(shown.rows, terminal, paint);
  const first =
    verdict === undefined ? '' : `${wrapText(escapeText(verdict), terminal.width, 4).join('\n')}\n\n`;
  return `${first}${await renderShown(shown, terminal, paint, all)}`;
}

async function renderShown(
  shown: Exclude<FdbShown, {kind: 'rows'}>,
  terminal: Terminal,
  paint: Paint,
  all: boolean,
): Promise<string> {
  const {network} = shown;
  if (shown.kind === 'matrix') {
    const {renderFdbMatrix} = await import('./fdb-matrix.js');
    const title = `${network.name}, VNI ${network.vnis.join(', ') || 'unknown'}`;
    return renderFdbMatrix(title, shown.matrix, terminal, paint, {all});
  }
  return `${await renderFdb(shown.entries, terminal, paint)}${encryptionNote(network)}`;
}

function encryptionNote({encrypted, name}: Network): string {
  if (!encrypted) return '';
  return `${name} is encrypted; IPsec states are not part of these tables: ovdiag trace checks them.\n`;
}

/** One row an endpoint; below it a sentence for each row that is not as it should be. */
export async function renderFdb(entries: FdbEntry[], terminal: Terminal, paint: Paint): Promise<string> {
  const many = new Set(entries.map(({host}) => host)).size > 1;
  const only = <T>(cells: readonly T[]) => (many ? cells : cells.slice(1));
  const table = await renderTable(
    only(columns),
    entries.map((entry) =>
      only([
        entry.host,
        {text: nameOf(entry), tone: 'strong' as const},
        entry.address ?? '-',
        entry.mac ?? '-',
        entry.vtep ?? '-',
        entry.node ?? '-',
        entry.vni === null ? '-' : String(entry.vni),
        entry.self ?? '-',
        entry.master ?? '-',
        entry.neighbour?.toLowerCase() ?? '-',
        entry.updatedSeconds === null ? '-' : duration(entry.updatedSeconds),
        {text: entry.status, tone: tones[entry.status]},
      ]),
    ),
    terminal,
    paint,
    {wideFlag: '--wide'},
  );
  const {renderTree} = await import('./tree.js');
  const odd = entries.filter(({status}) => status !== 'ok' && status !== 'local');
  const explained = alike(odd).map((group) => ({
    text: reasonLine(group, many),
    tone: tones[group[0].status],
  }));
  return `${table}${explained.length > 0 ? `\n${renderTree(explained, terminal, paint)}` : ''}\n${wrapText(summary(entries), terminal.width, 4).join('\n')}\n`;
}

type Alike = [FdbEntry, ...FdbEntry[]];

/** Entries of one host with one status for one reason together, whichever endpoint it names. */
function alike(entries: readonly FdbEntry[]): Alike[] {
  const groups = new Map<string, Alike>();
  for (const entry of entries) {
    const {host, status, address, mac, reason} = entry;
    const own = [nameOf(entry), address, mac].filter((word) => word !== null && word !== '') as string[];
    const key = [host, status, own.reduce((text, word) => text.replaceAll(word, '*'), reason)].join('\n');
    const group = groups.get(key);
    if (group) group.push(entry);
    else groups.set(key, [entry]);
  }
  return [...groups.values()];
}

/** As many names as say which endpoints are meant; the table has all. */
const mostNames = 3;

function reasonLine([first, ...more]: Alike, many: boolean): string {
  const names = hostList([first, ...more].map(nameOf), mostNames);
  const count = more.length < mostNames ? '' : `${more.length + 1} endpoints, `;
  return `${first.status}: ${count}${names}${many ? ` on ${first.host}` : ''}: ${first.reason}`;
}

/** `7 endpoints: 3 ok, 3 local, 1 fdb-row-missing`. */
function summary(entries: FdbEntry[]): string {
  const counts = new Map<FdbStatus, number>();
  for (const {status} of entries) counts.set(status, (counts.get(status) ?? 0) + 1);
  const parts = (Object.keys(tones) as FdbStatus[]).flatMap((status) =>
    counts.has(status) ? [`${counts.get(status)} ${status}`] : [],
  );
  return `${plural(entries.length, 'endpoint')}${parts.length > 0 ? `: ${parts.join(', ')}` : ''}`;
}

const rawColumns: Column[] = [
  {head: 'host', priority: 11, shrink: 'middle'},
  {head: 'namespace', priority: 4, shrink: 'never'},
  {head: 'mac', priority: 10, shrink: 'never'},
  {head: 'dev', priority: 10, shrink: 'never'},
  {head: 'dst', priority: 9, shrink: 'never'},
  {head: 'plane', priority: 9, shrink: 'never'},
  {head: 'state', priority: 8, shrink: 'never'},
  {head: 'vlan', priority: 1, shrink: 'never'},
  {head: 'used', priority: 2, shrink: 'never', align: 'right'},
  {head: 'updated', priority: 2, shrink: 'never', align: 'right'},
  {head: 'meaning', priority: 9, shrink: 'end'},
];

export function renderRawFdb(rows: RawFdbRow[], terminal: Terminal, paint: Paint): Promise<string> {
  const many = new Set(rows.map(({host}) => host)).size > 1;
  const only = <T>(cells: readonly T[]) => (many ? cells : cells.slice(1));
  const age = (seconds: number | undefined) => (seconds === undefined ? '-' : duration(seconds));
  return renderTable(
    only(rawColumns),
    rows.map((row) =>
      only([
        row.host,
        row.netns,
        row.mac,
        row.device,
        row.vtep ?? '-',
        row.plane === 'master' ? `master ${row.master ?? ''}` : 'self',
        row.state === 'reachable' ? 'dynamic' : row.state,
        row.vlan === undefined ? '-' : String(row.vlan),
        age(row.usedSeconds),
        age(row.updatedSeconds),
        row.note,
      ]),
    ),
    terminal,
    paint,
    {wideFlag: '--wide'},
  );
}
