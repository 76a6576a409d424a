import type {Diagnosis} from '../answers/doctor.js';
import {escapeText} from '../base/escape.js';
import type {Sample} from '../checks/run.js';
import type {FoldedFinding, NetworkHealth, NotChecked} from '../findings/finding.js';
import type {Severity} from '../findings/severity.js';
import {adviceLines} from './advice.js';
import {findingsList, tones} from './findings-list.js';
import type {Paint} from './paint.js';
import {type Column, renderTable} from './table.js';
import type {Terminal} from './terminal.js';
import {duration, plural, wrapText} from './text.js';

/** More findings than this are told in a line each, unless all is asked for. */
const mostBlocks = 5;
/** More networks than this are shown only where something is not well. */
const mostNetworks = 8;
/** Gaps that are listed without being asked for, and beside many findings. */
const mostGaps = 6;
const mostGapsBesideMany = 3;
/** Hosts of which counters were compared, one by one. */
const mostSamples = 4;
/** Folded findings that are named without being asked for. */
const mostFolded = 3;

/** Findings first, then how each network stands, then what was not looked at. */
export async function renderDiagnosis(
  diagnosis: Diagnosis,
  verbose: boolean,
  terminal: Terminal,
  paint: Paint,
): Promise<string> {
  const {findings, networks, notChecked, samples, checks} = diagnosis;
  const many = !verbose && findings.length > mostBlocks;
  const gaps = verbose ? Number.POSITIVE_INFINITY : many ? mostGapsBesideMany : mostGaps;
  const parts = [
    ...(many
      ? [await findingsList(findings, terminal, paint)]
      : findings.map((finding) => findingBlock(finding, verbose, terminal, paint))),
    ...(networks.length > 0 ? [await healthTable(networks, findings, verbose, terminal, paint)] : []),
    ...(notChecked.length > 0 ? [gapBlock(notChecked, gaps, terminal, paint)] : []),
    ...(samples.length > 0 ? [sampleLines(samples, terminal)] : []),
    `${wrapText(verdict(findings, checks, notChecked.length > 0), terminal.width).join('\n')}\n`,
  ];
  return parts.join('\n');
}

function findingBlock(finding: FoldedFinding, verbose: boolean, terminal: Terminal, paint: Paint): string {
  const {code, severity, subject, cause, evidence, folded} = finding;
  const head = `${severity}  ${code}  ${[whereOf(finding), subject].filter(Boolean).join(': ')}`;
  const body = (label: string, text: string) =>
    indented(`${label}${escapeText(text)}`, terminal, label.length);
  const lines = [
    ...wrapText(escapeText(head), terminal.width, 4).map((line) => paint(tones[severity], line)),
    ...body('', cause),
    ...(verbose ? evidence : evidence.slice(0, 3)).flatMap((row) => body('evidence: ', row)),
    ...(evidence.length > 3 && !verbose
      ? body('          ', `and ${plural(evidence.length - 3, 'more row')} (--verbose)`)
      : []),
    ...adviceLines(finding, {host: finding.host, verbose}, terminal, paint),
    ...foldedLines(folded, verbose, terminal),
  ];
  return `${lines.join('\n')}\n`;
}

function foldedLines(folded: FoldedFinding['folded'], verbose: boolean, terminal: Terminal): string[] {
  if (folded.length === 0) return [];
  const shown = verbose ? folded : folded.slice(0, mostFolded);
  const named = shown.map(
    ({finding}) => `${finding.code} ${[whereOf(finding), finding.subject].filter(Boolean).join(': ')}`,
  );
  const follow = folded.filter(({because}) => because === 'follows').length;
  const alike = folded.length - follow;
  const count = [
    ...(follow > 0 ? [`${plural(follow, 'finding')} follow${follow === 1 ? 's' : ''} from it`] : []),
    ...(alike > 0 ? [`${alike} more of this kind`] : []),
  ].join(', ');
  const rest = folded.length - shown.length;
  return [
    ...indented(`${count}:`, terminal, 0),
    ...named.flatMap((name) => indented(`  ${escapeText(name)}`, terminal, 2)),
    ...(rest > 0 ? indented(`  and ${rest} more (--verbose)`, terminal, 2) : []),
  ];
}

/** Lines four columns in, broken ones further by `hang`. */
function indented(text: string, {width}: Terminal, hang: number): string[] {
  return wrapText(text, width - 4, hang).map((line) => `    ${line}`);
}

function whereOf({host, network}: {host: string | null; network: string | null}): string {
  return [network, host].filter((part) => part !== null).join(' on ');
}

const healthColumns: Column[] = [
  {head: 'network', priority: 10, shrink: 'middle'},
  {head: 'hosts', priority: 4, shrink: 'never', align: 'right'},
  {head: 'endpoints', priority: 9, shrink: 'never', align: 'right'},
  {head: 'checked', priority: 8, shrink: 'never', align: 'right'},
  {head: 'healthy', priority: 8, shrink: 'never', align: 'right'},
  {head: 'unknown', priority: 7, shrink: 'never', align: 'right'},
  {head: 'findings', priority: 9, shrink: 'never', align: 'right'},
];

/** What was found beside it counts too: rows may be right on a network that carries nothing. */
async function healthTable(
  networks: NetworkHealth[],
  findings: FoldedFinding[],
  verbose: boolean,
  terminal: Terminal,
  paint: Paint,
): Promise<string> {
  const found = new Map<string | null, number>();
  for (const {network} of findings.flatMap((one) => [one, ...one.folded.map(({finding}) => finding)]))
    found.set(network, (found.get(network) ?? 0) + 1);
  const well = ({network, endpoints, healthy}: NetworkHealth) => healthy === endpoints && !found.has(network);
  const brief = !verbose && networks.length > mostNetworks;
  const healthy = brief ? networks.filter(well) : [];
  const shown = brief ? networks.filter((network) => !well(network)) : networks;
  const rows = shown.map(({network, hosts, endpoints, checked, healthy, unknown}) => [
    {text: network, tone: 'strong' as const},
    ...[hosts, endpoints, checked, healthy, unknown, found.get(network) ?? 0].map(String),
  ]);
  const table = rows.length > 0 ? await renderTable(healthColumns, rows, terminal, paint) : '';
  if (healthy.length === 0) return table;
  const endpoints = healthy.reduce((sum, network) => sum + network.endpoints, 0);
  const rest = `On ${rows.length > 0 ? `${healthy.length} other` : 'all'} networks all ${endpoints} endpoints are healthy (--verbose)`;
  return `${table}${wrapText(rest, terminal.width, 4).join('\n')}\n`;
}

/** One entry a gap where all are wanted; else one for all that a check lacks for want of the same thing. */
function gapBlock(notChecked: NotChecked[], most: number, terminal: Terminal, paint: Paint): string {
  const verbose = most === Number.POSITIVE_INFINITY;
  const groups = new Map<string, NotChecked[]>();
  for (const gap of notChecked) {
    const key = JSON.stringify([gap.check, gap.add, ...(verbose ? [gap.why] : [])]);
    const group = groups.get(key);
    if (group) group.push(gap);
    else groups.set(key, [gap]);
  }
  const all = [...groups.values()];
  const shown = all.slice(0, most);
  const rest = all.length - shown.length;
  return [
    paint('strong', 'Not checked'),
    ...shown.flatMap((gaps) => gapLines(gaps, terminal, paint)),
    ...(rest > 0 ? [`    and ${rest} more (--verbose)`] : []),
    '',
  ].join('\n');
}

function gapLines(gaps: NotChecked[], terminal: Terminal, paint: Paint): string[] {
  const [first] = gaps;
  if (!first) return [];
  const places = [...new Set(gaps.map(whereOf))].filter((place) => place !== '');
  const more = places.length > 3 ? ` and ${places.length - 3} more` : '';
  const where = places.length > 0 ? ` (${places.slice(0, 3).join(', ')}${more})` : '';
  const like = new Set(gaps.map(({why}) => why)).size - 1;
  const text = `${first.check}${where}: ${first.why}${like > 0 ? `; and ${like} like it` : ''}`;
  return [
    ...indented(escapeText(text), terminal, 2),
    ...(first.add ? indented(`  ${escapeText(first.add)}`, terminal, 2) : []).map((line) =>
      paint('dim', line),
    ),
  ];
}

/** How far apart the readings were, which is what "rising" means in the findings. */
function sampleLines(samples: Sample[], terminal: Terminal): string {
  const listening = (count: number) =>
    count > 0 ? `, listening in ${plural(count, 'overlay sandbox', 'overlay sandboxes')}` : '';
  const told =
    samples.length > mostSamples
      ? [samplesTogether(samples, listening)]
      : samples.map(({host, seconds, listened}) => `${host} ${duration(seconds)}${listening(listened)}`);
  const text = `Counters compared over: ${told.join('; ')}`;
  return `${wrapText(escapeText(text), terminal.width, 4).join('\n')}\n`;
}

function samplesTogether(samples: Sample[], listening: (count: number) => string): string {
  const seconds = samples.map((sample) => sample.seconds);
  const [least, most] = [duration(Math.min(...seconds)), duration(Math.max(...seconds))];
  const listened = samples.reduce((sum, sample) => sum + sample.listened, 0);
  return `${least === most ? least : `${least} to ${most}`} on ${samples.length} hosts${listening(listened)}`;
}

function verdict(findings: FoldedFinding[], checks: number, gaps: boolean): string {
  if (findings.length === 0)
    return `${plural(checks, 'check')}: nothing found${gaps ? ', but not all could be checked' : ''}`;
  const count = (wanted: Severity) => findings.filter(({severity}) => severity === wanted).length;
  const words = [
    plural(count('error'), 'error'),
    plural(count('warning'), 'warning'),
    `${count('info')} info`,
  ].filter((word) => !word.startsWith('0 '));
  return `${plural(checks, 'check')}: ${words.join(', ')}. What a code means: ovdiag explain CODE`;
}
