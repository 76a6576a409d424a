import {documentVersion} from '../base/document-version.js';
import {asciiJson} from '../base/escape.js';
import {once} from '../base/once.js';
import type {FlowRow} from '../flows/flow-report.js';
import type {FlowTable} from '../flows/flow-table.js';
import type {HostSummary} from '../hosts/host-problems.js';
import type {Names} from '../packet/names.js';
import type {LeftOut} from '../render/packet/flow-text.js';
import type {Paint} from '../render/paint.js';
import type {Terminal} from '../render/terminal.js';
import type {AskedViews} from './options.js';
import type {DecodeResult} from './run.js';
import type {Sink} from './stdout.js';

/** The views are loaded when they are asked for. */
const flowReport = once(() => import('../flows/flow-report.js'));
const flowJson = once(() => import('../render/packet/flow-json.js'));
const flowText = once(() => import('../render/packet/flow-text.js'));
const statsJson = once(() => import('../render/packet/stats-json.js'));
const statsAsText = once(() => import('../render/packet/stats-text.js'));

export interface SummaryRequest {
  result: DecodeResult;
  table: FlowTable | undefined;
  views: AskedViews;
  files: readonly string[];
  hosts: readonly HostSummary[];
  names: Names | undefined;
  sink: Sink;
  terminal: Terminal;
  paint: Paint;
}

/** Prints `--stats` and `--flows` after the last packet: as one document under --json, else as tables. */
export async function printSummaries(request: SummaryRequest): Promise<void> {
  const {result, table} = request;
  const rows = table === undefined ? undefined : (await flowReport()).reportFlows(table.flows());
  const left = {
    overflow: table?.overflow() ?? 0,
    fragments: result.scanner.incompleteFragments().fragments,
  };
  await (request.views.json ? printJson(request, rows, left) : printText(request, rows, left));
}

type Rows = readonly FlowRow[] | undefined;

async function printJson(request: SummaryRequest, rows: Rows, left: LeftOut): Promise<void> {
  const {result, views, names, sink} = request;
  const {flowsJson} = await flowJson();
  const {statsDocument} = await statsJson();
  const head = {schemaVersion: documentVersion, hosts: request.hosts, files: request.files};
  // In pieces, as tens of thousands of conversations are more than should be one text.
  await sink.write(asciiJson(head).slice(0, -1));
  if (views.stats)
    await sink.write(`,"stats":${asciiJson(statsDocument(result.totals, result.span, names))}`);
  if (rows !== undefined) {
    await sink.write(',');
    for (const piece of flowsJson(rows, left, result.span, names)) await sink.write(piece);
  }
  await sink.write('}\n');
}

async function printText(request: SummaryRequest, rows: Rows, left: LeftOut): Promise<void> {
  const {result, views, names, sink, terminal, paint} = request;
  if (views.stats) {
    const {statsText} = await statsAsText();
    await sink.write(await statsText(result.totals, result.span, names, terminal, paint));
  }
  if (rows === undefined) return;
  const {flowsText} = await flowText();
  if (views.stats) await sink.write('\n');
  for await (const piece of flowsText(rows, left, result.span, names, terminal, paint))
    await sink.write(piece);
}
