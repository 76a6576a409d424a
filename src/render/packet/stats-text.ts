import type {TimeSpan} from '../../flows/time-span.js';
import {absolute} from '../../flows/time-span.js';
import type {Count, Totals} from '../../flows/totals.js';
import {kindRows, portRows} from '../../flows/totals-report.js';
import {errorText} from '../../flows/tunnel-errors.js';
import {addressText} from '../../packet/address.js';
import {Checksum, checksumNames} from '../../packet/checksum.js';
import type {Names} from '../../packet/names.js';
import type {Paint, Toned} from '../paint.js';
import {type Column, renderTable} from '../table.js';
import type {Terminal} from '../terminal.js';
import {bytes, duration, plural} from '../text.js';
import {dateText} from './clock.js';
import {sparkline, squeeze} from './sparkline.js';

const counted: Column[] = [
  {head: 'packets', priority: 5, shrink: 'never', align: 'right'},
  {head: 'bytes', priority: 4, shrink: 'never', align: 'right'},
  {head: 'share', priority: 1, shrink: 'never', align: 'right'},
];

/** Nobody reads more rows than this. */
const mostRows = 1000;

/** Totals by VNI, by VTEP pair and by kind, and packets over time. */
export async function statsText(
  totals: Totals,
  span: TimeSpan,
  names: Names | undefined,
  terminal: Terminal,
  paint: Paint,
): Promise<string> {
  const table = async (title: string, columns: Column[], rows: Toned[][]): Promise<string> => {
    if (rows.length === 0) return '';
    const shown = await renderTable([...columns, ...counted], rows.slice(0, mostRows), terminal, paint);
    const left = rows.length > mostRows ? `and ${rows.length - mostRows} more (--json lists all)\n` : '';
    return `${paint('strong', title)}\n${shown}${left}\n`;
  };
  const cells = ({packets, bytes: size}: Count): Toned[] => [
    String(packets),
    bytes(size),
    share(packets, totals.all.packets),
  ];
  const vnis = totals.byVni.toSorted((a, b) => a.vni - b.vni);
  return [
    `${headLine(totals, span)}\n`,
    overTime(totals, terminal),
    await table(
      'By VNI',
      [
        {head: 'vni', priority: 9, shrink: 'never'},
        ...(names === undefined ? [] : [{head: 'network', priority: 8, shrink: 'middle'} as const]),
      ],
      vnis.map((count) => [
        count.vni < 0 ? 'others' : String(count.vni),
        ...(names === undefined
          ? []
          : [names.network(count.vni) ?? ({text: 'unknown', tone: 'warn'} as const)]),
        ...cells(count),
      ]),
    ),
    await table('By VTEP pair', pairColumns, pairRows(totals, names, cells)),
    await table(
      'Inside VXLAN',
      [{head: 'kind', priority: 9, shrink: 'end'}],
      kindRows(totals.inner, totals).map((row) => [row.name, ...cells(row)]),
    ),
    await table(
      'Not VXLAN',
      [{head: 'kind', priority: 9, shrink: 'end'}],
      kindRows(totals.other, totals).map((row) => [row.name, ...cells(row)]),
    ),
    await checksumTable(totals, terminal, paint),
    await errorTable(totals, terminal, paint),
    await portTable(totals, terminal, paint),
    remarks(totals, paint),
  ]
    .join('')
    .replace(/\n\n$/, '\n');
}

const pairColumns: Column[] = [
  {head: 'from', priority: 9, shrink: 'never'},
  {head: 'to', priority: 9, shrink: 'never'},
  {head: 'kind', priority: 8, shrink: 'never'},
];

function pairRows({pairs}: Totals, names: Names | undefined, cells: (count: Count) => Toned[]): Toned[][] {
  const name = (address: string): string => {
    const node = names?.node(address);
    return node === undefined ? address : `${address} (${node})`;
  };
  return pairs
    .toSorted((a, b) => b.packets + b.esp.packets - a.packets - a.esp.packets)
    .flatMap((pair) => {
      const ends = [
        name(addressText(pair.src, 0, pair.version)),
        name(addressText(pair.dst, 0, pair.version)),
      ];
      return [
        ...(pair.packets > 0 ? [[...ends, 'VXLAN', ...cells(pair)]] : []),
        ...(pair.esp.packets > 0 ? [[...ends, 'ESP, encrypted', ...cells(pair.esp)]] : []),
      ];
    });
}

const share = (part: number, whole: number): string =>
  whole === 0 ? '' : `${((part / whole) * 100).toFixed(1)} %`;

function headLine(totals: Totals, span: TimeSpan): string {
  const what = `${plural(totals.all.packets, 'packet')}, ${bytes(totals.all.bytes)}`;
  if (span.base < 0) return what;
  const first = absolute(span, span.first);
  const last = absolute(span, span.last);
  const length = duration((span.last - span.first) / 1e9);
  return `${what}, ${dateText(first.seconds, first.nanos)} to ${dateText(last.seconds, last.nanos)} (${length})`;
}

function overTime({timeline, all}: Totals, terminal: Terminal): string {
  if (all.packets < 2) return '\n';
  const used = timeline.counts.findLastIndex((count) => count > 0) + 1;
  const counts = Array.from(timeline.counts.subarray(0, used));
  const room = Number.isFinite(terminal.width) ? Math.min(terminal.width, 64) : 64;
  const marks = squeeze(counts, Math.max(1, room));
  const each = duration((Math.ceil(counts.length / marks.length) * timeline.step) / 1e9);
  return `${sparkline(marks, terminal.unicode)}\neach mark is ${each}, the highest ${plural(Math.max(...marks), 'packet')}\n\n`;
}

async function checksumTable({pairs}: Totals, terminal: Terminal, paint: Paint): Promise<string> {
  const rows = pairs.flatMap(({src, dst, version, checksums}): Toned[][] =>
    checksums === undefined
      ? []
      : [
          [
            addressText(src, 0, version),
            addressText(dst, 0, version),
            checksumCell(checksums.outer),
            checksumCell(checksums.inner),
          ],
        ],
  );
  if (rows.length === 0) return '';
  const columns: Column[] = [
    {head: 'from', priority: 9, shrink: 'never'},
    {head: 'to', priority: 9, shrink: 'never'},
    {head: 'outer', priority: 8, shrink: 'end'},
    {head: 'inner', priority: 8, shrink: 'end'},
  ];
  const shown = await renderTable(columns, rows.slice(0, mostRows), terminal, paint);
  return `${paint('strong', 'Checksums by VTEP pair')}\n${shown}\n`;
}

function checksumCell(counts: Uint32Array): Toned {
  const parts = checksumNames.flatMap((name, status) => {
    const count = counts[status] ?? 0;
    return name === '' || count === 0 ? [] : [`${count} ${name}`];
  });
  return {text: parts.join(', '), tone: (counts[Checksum.bad] ?? 0) > 0 ? 'warn' : 'plain'};
}

async function errorTable({tunnelErrors}: Totals, terminal: Terminal, paint: Paint): Promise<string> {
  if (tunnelErrors.length === 0) return '';
  const columns: Column[] = [
    {head: 'packets', priority: 8, shrink: 'never', align: 'right'},
    {head: 'error', priority: 9, shrink: 'never'},
    {head: 'about', priority: 7, shrink: 'end'},
  ];
  const rows = tunnelErrors.map((error): Toned[] => [
    String(error.packets),
    {text: errorText(error), tone: 'warn'},
    `${error.src} > ${error.dst}`,
  ]);
  const title = paint('strong', 'ICMP errors about packets between VTEPs');
  return `${title}\n${await renderTable(columns, rows, terminal, paint)}\n`;
}

async function portTable(totals: Totals, terminal: Terminal, paint: Paint): Promise<string> {
  const rows = portRows(totals).map(({proto, port, packets, likeVxlan}): Toned[] => [
    `${proto} ${port}`,
    String(packets),
    likeVxlan > 0 ? {text: `${likeVxlan} look like VXLAN: try --vxlan-port ${port}`, tone: 'warn'} : '',
  ]);
  if (rows.length === 0) return '';
  const columns: Column[] = [
    {head: 'port', priority: 9, shrink: 'never'},
    {head: 'packets', priority: 8, shrink: 'never', align: 'right'},
    {head: 'remark', priority: 7, shrink: 'end'},
  ];
  return `${paint('strong', 'Busiest ports outside VXLAN')}\n${await renderTable(columns, rows, terminal, paint)}\n`;
}

function remarks(totals: Totals, paint: Paint): string {
  const lines: string[] = [];
  if (totals.invalid > 0) {
    lines.push(
      `${plural(totals.invalid, 'packet')} on the data path's port without a valid VNI (I flag clear, or cut).`,
    );
  }
  if (totals.cut > 0)
    lines.push(`${plural(totals.cut, 'packet')} cut by the snap length within the headers.`);
  if (totals.pairOverflow > 0)
    lines.push(`${plural(totals.pairOverflow, 'packet')} of further VTEP pairs are left out above.`);
  return lines.map((line) => `${paint('warn', line)}\n`).join('');
}
