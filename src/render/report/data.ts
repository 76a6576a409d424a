/** What the page's own script needs of a report, as JSON in the page. */
import {gzipSync} from 'node:zlib';
import type {EvidencePiece} from '../../answers/report-evidence.js';
import type {ReportHop, ReportWalk} from '../../answers/report-walks.js';
import type {ReportModel} from './model.js';
import {mostShown, type ReportTables, type TableColumn, type TableRow} from './tables.js';

export interface Walks {
  hops: ReportHop[];
  walks: ReportWalk[];
}

export interface PageData {
  createdAt: string;
  /** `Walks` as JSON, gzipped, in base64: of many containers they are most of the page. */
  walks: string;
  /** By network: names of the ends, and the walks from each to each. */
  reach: {network: string; ends: string[]; cells: (number | null)[][]}[];
  /** Rows that the page does not show until they are asked for, by the id of their table. */
  tables: Record<string, {columns: TableColumn[]; rows: TableRow[]}>;
  evidence: {host: string; packed: string; pieces: EvidencePiece[]}[];
}

export function pageData({document}: ReportModel, tables: ReportTables): PageData {
  return {
    createdAt: document.createdAt,
    walks: gzipSync(JSON.stringify({hops: document.hops, walks: document.walks} satisfies Walks)).toString(
      'base64',
    ),
    reach: document.networkReach.map(({network, ends, cells}) => ({
      network,
      ends: ends.map(({typed}) => typed),
      cells,
    })),
    tables: Object.fromEntries(
      Object.values(tables)
        .filter((table) => table !== undefined && table.rows.length > mostShown)
        .map(({id, columns, rows}) => [id, {columns, rows: rows.slice(mostShown)}]),
    ),
    evidence: document.evidence.map(({host, packed, pieces}) => ({
      host,
      packed,
      pieces,
    })),
  };
}

/** JSON that can stand in a `<script>`: nothing in it ends the element or begins a comment. */
export function scriptJson(value: unknown): string {
  return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
