/** Many findings, a line each or a line for many alike, so that those of a large swarm fit on a screen. */
import type {ReportedFinding} from '../answers/merge-hosts.js';
import type {Severity} from '../findings/severity.js';
import {hostList} from './host-list.js';
import type {Paint, Tone} from './paint.js';
import {type Column, renderTable} from './table.js';
import type {Terminal} from './terminal.js';
import {plural, wrapText} from './text.js';

export const tones: Record<Severity, Tone> = {error: 'bad', warning: 'warn', info: 'plain'};

/** More of one code than this are told in one line. */
const mostAlike = 3;
/** Lines that are shown without being asked for. */
const mostLines = 30;

const columns: Column[] = [
  {head: 'severity', priority: 8, shrink: 'never'},
  {head: 'code', priority: 10, shrink: 'never'},
  {head: 'network', priority: 7, shrink: 'middle'},
  {head: 'host', priority: 11, shrink: 'middle'},
  {head: 'what', priority: 6, shrink: 'end'},
  {head: 'folded', priority: 5, shrink: 'never', align: 'right'},
];

export async function findingsList(
  findings: readonly ReportedFinding[],
  terminal: Terminal,
  paint: Paint,
): Promise<string> {
  const all = linesOf(findings);
  const shown = all.slice(0, mostLines);
  const table = await renderTable(columns, shown.map(rowOf), terminal, paint);
  const rest = all.slice(mostLines).reduce((sum, group) => sum + group.length, 0);
  const left = rest > 0 ? `and ${plural(rest, 'finding')} more. ` : '';
  const hint = `${left}Evidence and fixes: --verbose, or --only CODE`;
  return `${table}${wrapText(hint, terminal.width, 4).join('\n')}\n`;
}

/** In their order; those of one code and severity that are many are together where the first of them is. */
function linesOf(findings: readonly ReportedFinding[]): ReportedFinding[][] {
  const groups = new Map<string, ReportedFinding[]>();
  for (const finding of findings) {
    const key = `${finding.severity} ${finding.code}`;
    const group = groups.get(key);
    if (group) group.push(finding);
    else groups.set(key, [finding]);
  }
  const lines = [...groups.values()].flatMap((group) =>
    group.length > mostAlike ? [group] : group.map((finding) => [finding]),
  );
  const placeOf = new Map(findings.map((finding, place) => [finding, place]));
  const place = ([first]: ReportedFinding[]) => (first && placeOf.get(first)) ?? 0;
  return lines.sort((a, b) => place(a) - place(b));
}

function rowOf(group: ReportedFinding[]) {
  const [first] = group;
  if (!first) return [];
  const {severity, code, subject} = first;
  const names = (key: 'network' | 'host') =>
    hostList(
      [...new Set(group.flatMap((finding) => (key === 'host' ? finding.hosts : (finding.network ?? []))))],
      1,
    ) || '-';
  const same = group.every((other) => other.subject === subject);
  const folded = group.reduce((sum, finding) => sum + finding.folded.length, 0);
  return [
    {text: severity, tone: tones[severity]},
    {text: code, tone: 'strong' as const},
    names('network'),
    names('host'),
    group.length > 1 ? `${group.length} findings${same ? `: ${subject}` : ''}` : subject,
    folded > 0 ? `+${folded}` : '',
  ];
}
