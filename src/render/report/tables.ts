/** The large tables of a report as data: the first rows stand in the page, all others in its JSON. */
import type {ReportedFinding} from '../../answers/merge-hosts.js';
import type {ReportDocument, ReportHost} from '../../answers/report.js';
import type {CaptureReport} from '../../answers/report-capture.js';
import type {ReportRow} from '../../answers/report-rows.js';
import {isFine} from '../../rows/fdb-matrix.js';
import {isFault} from '../../rows/status.js';
import {bytes, duration, plural} from '../text.js';
import {
  findingId,
  type ReportModel,
  shorten,
  type Tone,
  timeText,
  titleOf,
  toneOf,
  whereText,
} from './model.js';

export interface TableColumn {
  label: string;
  /** Addresses and the like are monospaced; numbers stand right. */
  kind?: 'mono' | 'number';
}

export interface TableCell {
  text: string;
  /** Where it leads in the page. */
  href?: string;
  tone?: Tone;
  /** What it is sorted by, if not its text. */
  order?: number;
}

export interface TableRow {
  cells: (TableCell | string)[];
  /** A fault, which the filter of a table keeps. */
  faulty?: boolean;
}

export interface ReportTable {
  id: string;
  /** What the table has, for those who can't see it. */
  caption: string;
  columns: TableColumn[];
  rows: TableRow[];
}

/** So many rows of a table stand in the page; the script adds others when they are asked for. */
export const mostShown = 150;

export interface ReportTables {
  rows: ReportTable;
  hosts: ReportTable;
  /** Findings behind those that are shown one by one. */
  findings: ReportTable;
  flows: ReportTable | undefined;
}

export function tablesOf(model: ReportModel, shownFindings: number): ReportTables {
  const {document} = model;
  return {
    rows: rowTable(model, document.rows),
    hosts: hostTable(document),
    findings: findingTable(document.diagnosis.findings, shownFindings),
    flows: document.capture && flowTable(document.capture),
  };
}

function rowTable({findingOf}: ReportModel, rows: readonly ReportRow[]): ReportTable {
  return {
    id: 'rows',
    caption: 'FDB entries, neighbour entries and gossip of each endpoint, as each host has them',
    columns: [
      {label: 'Status'},
      {label: 'Host'},
      {label: 'Network'},
      {label: 'Endpoint'},
      {label: 'Address', kind: 'mono'},
      {label: 'MAC', kind: 'mono'},
      {label: 'VTEP', kind: 'mono'},
      {label: 'FDB'},
      {label: 'Neighbour'},
      {label: 'Gossip'},
      {label: 'Reason'},
    ],
    rows: [...rows].sort((a, b) => rank(a) - rank(b)).map((row) => rowOf(row, findingOf)),
  };
}

/** Faults first, then what is not known. */
function rank({status}: ReportRow): number {
  return isFault(status) ? 0 : status === 'unknown' || status === 'transient' ? 1 : 2;
}

/** The entries themselves: of an endpoint of the host it is the port of the bridge, and no neighbour entry is needed. */
function entriesOf({status, vtep, self, master, neighbour}: ReportRow): string[] {
  if (status === 'local') return ['this host', master ?? '–', '–'];
  return [vtep ?? '–', self ?? 'none', neighbour ?? 'none'];
}

function rowOf(row: ReportRow, findingOf: ReportModel['findingOf']): TableRow {
  const {status, host, network, name, address, mac, gossip, reason} = row;
  const faulty = isFault(status);
  const finding = faulty ? findingOf(host, address) : undefined;
  return {
    faulty,
    cells: [
      {
        text: status,
        tone: faulty ? 'bad' : isFine(status) ? 'good' : 'warn',
        ...(finding === undefined ? {} : {href: findingId(finding)}),
        order: rank(row),
      },
      host,
      network,
      shorten(name),
      address ?? '–',
      mac ?? '–',
      ...entriesOf(row),
      gossip === null ? 'not read' : gossip ? 'yes' : 'no',
      shorten(reason, 300),
    ],
  };
}

function findingTable(findings: readonly ReportedFinding[], shown: number): ReportTable {
  return {
    id: 'more-findings',
    caption: 'Further findings',
    columns: [
      {label: 'Severity'},
      {label: 'Code', kind: 'mono'},
      {label: 'What'},
      {label: 'Where'},
      {label: 'Cause'},
    ],
    rows: findings.slice(shown).map((finding, index) => ({
      faulty: finding.severity === 'error',
      cells: [
        {text: finding.severity, tone: toneOf(finding.severity), order: index},
        finding.code,
        titleOf(finding),
        shorten(whereText(finding)),
        shorten(finding.cause, 400),
      ],
    })),
  };
}

function flowTable({flows}: CaptureReport): ReportTable {
  return {
    id: 'flows',
    caption: 'Conversations of the capture, the largest first',
    columns: [
      {label: 'Network'},
      {label: 'Protocol'},
      {label: 'Client', kind: 'mono'},
      {label: 'Server', kind: 'mono'},
      {label: 'Packets', kind: 'number'},
      {label: 'Bytes', kind: 'number'},
      {label: 'Time', kind: 'number'},
      {label: 'Lost', kind: 'number'},
      {label: 'Round trip', kind: 'number'},
      {label: 'Notes'},
    ],
    rows: flows.map((flow) => ({
      faulty: flow.notes.length > 0,
      cells: [
        vniText(flow),
        flow.protocol,
        named(flow.client, flow.clientName),
        named(flow.server, flow.serverName),
        {text: String(flow.packets), order: flow.packets},
        {text: bytes(flow.bytes), order: flow.bytes},
        {text: duration(flow.seconds), order: flow.seconds},
        {text: flow.lost === 0 ? '–' : String(flow.lost), order: flow.lost},
        {
          text: flow.roundTripSeconds === null ? '–' : millisecondsText(flow.roundTripSeconds),
          order: flow.roundTripSeconds ?? -1,
        },
        {
          text: [flow.state, ...flow.notes].filter((part) => part !== null).join(', ') || '–',
          ...(flow.notes.length > 0 ? {tone: 'warn' as const} : {}),
        },
      ],
    })),
  };
}

export function vniText({vni, network}: {vni: number | 'other' | null; network: string | null}): string {
  if (vni === null) return 'no VNI';
  if (vni === 'other') return 'other VNIs';
  return network === null ? `VNI ${vni}` : `${shorten(network, 60)} (${vni})`;
}

export function millisecondsText(seconds: number): string {
  const milliseconds = seconds * 1000;
  return `${milliseconds < 10 ? milliseconds.toFixed(2) : milliseconds.toFixed(0)} ms`;
}

function named(end: string, name: string | null): string {
  return name === null ? end : `${end} ${shorten(name, 60)}`;
}

/** `150 of 2300 rows are shown`; undefined where all of them are. */
export function restText({rows}: ReportTable): string | undefined {
  return rows.length > mostShown ? `${mostShown} of ${plural(rows.length, 'row')}` : undefined;
}

function hostTable({hostRows, diagnosis}: ReportDocument): ReportTable {
  const failed = new Map<string, number>();
  for (const {hosts} of diagnosis.findings)
    for (const host of hosts) failed.set(host, (failed.get(host) ?? 0) + 1);
  return {
    id: 'host-rows',
    caption: 'Hosts that were read',
    columns: [
      {label: 'Host'},
      {label: 'Findings', kind: 'number'},
      {label: 'Engine'},
      {label: 'Kernel'},
      {label: 'Uplink', kind: 'mono'},
      {label: 'MTU', kind: 'number'},
      {label: 'Clock'},
      {label: 'Read'},
    ],
    rows: hostRows.map((host): TableRow => {
      const count = failed.get(host.name) ?? 0;
      return {
        faulty: count > 0,
        cells: [
          shorten(host.name, 80),
          {text: String(count), order: count},
          host.engine === null ? 'not read' : shorten(host.engine, 60),
          host.kernel === null ? 'not read' : shorten(host.kernel, 60),
          host.uplink === null ? '–' : `${shorten(host.uplink.device, 20)} ${host.uplink.address}`,
          {text: String(host.uplink?.mtu ?? '–'), order: host.uplink?.mtu ?? 0},
          clockText(host),
          {text: timeText(host.startedAt), order: Date.parse(host.startedAt) || 0},
        ],
      };
    }),
  };
}

/** How far a clock is off, as well as can be told: a reading takes a while. */
function clockText({clock}: ReportHost): string {
  if (clock === null) return 'not read';
  const {leastSeconds: least, mostSeconds: most} = clock;
  if (least > 1) return `at least ${duration(Math.round(least))} ahead`;
  if (most < -1) return `at least ${duration(Math.round(-most))} behind`;
  return `within ${duration(Math.max(1, Math.ceil(Math.max(-least, most))))}`;
}
