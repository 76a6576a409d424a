import type {ContractState} from '../answers/contract.js';
import type {AcceptedFinding, Diagnosis} from '../answers/doctor.js';
import type {ReportedFinding} from '../answers/merge-hosts.js';
import {escapeText} from '../base/escape.js';
import type {Sample} from '../checks/run.js';
import type {Finding, FoldedFinding, NetworkHealth, NotChecked} from '../findings/finding.js';
import {severities} from '../findings/severity.js';
import {adviceLines} from './advice.js';
import {findingsList, tones} from './findings-list.js';
import {hostList} from './host-list.js';
import type {Paint} from './paint.js';
import {type Column, renderTable} from './table.js';
import type {Terminal} from './terminal.js';
import {duration, plural, wrapText} from './text.js';

/** More findings than this are shown in a line each, unless all is asked for. */
const mostBlocks = 5;
/** More networks than this are shown only where something is not well. */
const mostNetworks = 8;
/** Lines about what was not checked, without being asked for. */
const mostGapLines = 6;
/** Hosts of which counters were compared, one by one. */
const mostSamples = 4;
/** Folded findings that are named without being asked for. */
const mostFolded = 3;

/** The verdict, the findings with their proof and fix, how each network stands, and last what was not checked. */
export async function renderDiagnosis(
  diagnosis: Diagnosis,
  verbose: boolean,
  terminal: Terminal,
  paint: Paint,
): Promise<string> {
  const {verdict, findings, accepted, networks, notChecked, samples, checkCount: checks} = diagnosis;
  const {readings, transient} = diagnosis;
  const many = !verbose && findings.length > mostBlocks;
  const found = many
    ? [await findingsList(findings, terminal, paint)]
    : findings.map((finding) => findingBlock(finding, verbose, terminal, paint));
  const budget = verbose ? Number.POSITIVE_INFINITY : gapBudget(found.join('').split('\n').length - 1);
  const worst = severities.find((one) => findings.some(({severity}) => severity === one));
  const tone = worst ? tones[worst] : 'plain';
  const details = findings.length > 0 ? '. Details of a code: ovdiag explain CODE' : '';
  const parts = [
    `${wrapText(escapeText(verdict), terminal.width, 4)
      .map((line) => paint(tone, line))
      .join('\n')}\n`,
    ...found,
    ...(accepted.length > 0 ? [acceptedLines(accepted, terminal)] : []),
    ...(networks.length > 0 ? [await healthTable(networks, findings, verbose, terminal, paint)] : []),
    ...(samples.length > 0 ? [sampleLines(samples, terminal)] : []),
    ...(diagnosis.contract ? [await contractPart(diagnosis.contract, verbose, terminal, paint)] : []),
    ...(readings > 2 || transient.length > 0 ? [unsteady(readings, transient, terminal)] : []),
    `${wrapText(`${plural(checks, 'check')}${details}`, terminal.width, 4).join('\n')}\n`,
    ...(notChecked.length > 0 ? [gapBlock(notChecked, budget, terminal, paint)] : []),
  ];
  return parts.join('\n');
}

async function contractPart(
  rows: readonly ContractState[],
  verbose: boolean,
  terminal: Terminal,
  paint: Paint,
): Promise<string> {
  const {contractTable} = await import('./contract.js');
  return contractTable(rows, verbose, terminal, paint);
}

/** One line each, however many are folded under it. */
function acceptedLines(accepted: readonly AcceptedFinding[], terminal: Terminal): string {
  const lines = accepted.flatMap(({finding, reason, until}) => {
    const where = [
      whereOf({host: finding.hosts.join(', ') || null, network: finding.network}),
      finding.subject,
    ];
    const below = finding.folded.length;
    const more = below > 0 ? `, with ${plural(below, 'finding')} folded under it` : '';
    const named = `${finding.code} ${where.filter(Boolean).join(': ')}`;
    return wrapText(escapeText(`Accepted until ${until}: ${named} (${reason})${more}`), terminal.width, 4);
  });
  return `${lines.join('\n')}\n`;
}

/** What was not the same in all readings, as an outage that begins or ends differs from one to the next. */
function unsteady(readings: number, transient: readonly Finding[], terminal: Terminal): string {
  const named = transient
    .slice(0, mostFolded)
    .map((one) => `${one.code} ${[whereOf(one), one.subject].filter(Boolean).join(': ')}`);
  const rest = transient.length - named.length;
  const lines = [
    ...(readings > 2 ? ['Read 3 times: not all readings showed the same.'] : []),
    ...(named.length > 0
      ? [
          `In the last reading only, not reported: ${named.join('; ')}${rest > 0 ? `; ${rest} more (--json)` : ''}. Run doctor again.`,
        ]
      : []),
  ];
  return `${lines.flatMap((line) => wrapText(escapeText(line), terminal.width, 4)).join('\n')}\n`;
}

/** What was not checked takes no more lines than what was found, and few of them. */
function gapBudget(found: number): number {
  return Math.min(mostGapLines, Math.max(2, found));
}

function findingBlock(finding: ReportedFinding, verbose: boolean, terminal: Terminal, paint: Paint): string {
  const {code, severity, subject, cause, evidence, folded, network, hosts} = finding;
  const host = hosts.length > 0 ? hostList(hosts, verbose ? hosts.length : 4) : null;
  const head = `${severity}  ${code}  ${[whereOf({host, network}), subject].filter(Boolean).join(': ')}`;
  const body = (label: string, text: string) =>
    indented(`${label}${escapeText(text)}`, terminal, label.length);
  const lines = [
    ...wrapText(escapeText(head), terminal.width, 4).map((line) => paint(tones[severity], line)),
    ...body('', cause),
    ...(verbose ? evidence : evidence.slice(0, 3)).flatMap((row) => body('evidence: ', row)),
    ...(evidence.length > 3 && !verbose
      ? body('          ', `and ${plural(evidence.length - 3, 'more row')} (--verbose)`)
      : []),
    ...adviceLines(finding, {host, verbose}, terminal, paint),
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
  {head: 'entries ok', priority: 8, shrink: 'never', align: 'right'},
  {head: 'unknown', priority: 7, shrink: 'never', align: 'right'},
  {head: 'findings', priority: 9, shrink: 'never', align: 'right'},
  {head: 'host-wide', priority: 9, shrink: 'never', align: 'right'},
];

/**
 * FDB and neighbour entries may all be right on a network that carries nothing, so what was found on the network itself and
 * what was found on its hosts as a whole (filters, routes, uplinks, IPsec) counts beside them.
 */
async function healthTable(
  networks: NetworkHealth[],
  findings: FoldedFinding[],
  verbose: boolean,
  terminal: Terminal,
  paint: Paint,
): Promise<string> {
  const found = new Map<string | null, number>();
  const counted = findings
    .flatMap((one) => [one, ...one.folded.map(({finding}) => finding)])
    .filter(({network, severity}) => network !== null || severity !== 'info');
  for (const {network} of counted) found.set(network, (found.get(network) ?? 0) + 1);
  const ofHosts = found.get(null) ?? 0;
  const well = ({network, endpointCount: endpoints, healthy}: NetworkHealth) =>
    healthy === endpoints && !found.has(network);
  const brief = !verbose && networks.length > mostNetworks;
  const healthy = brief ? networks.filter(well) : [];
  const shown = brief ? networks.filter((network) => !well(network)) : networks;
  const rows = shown.map(
    ({network, hostCount: hosts, endpointCount: endpoints, checked, healthy, unknown}) => [
      {text: network, tone: 'strong' as const},
      ...[hosts, endpoints, checked, healthy, unknown, found.get(network) ?? 0, ofHosts].map(String),
    ],
  );
  const table = rows.length > 0 ? await renderTable(healthColumns, rows, terminal, paint) : '';
  if (healthy.length === 0) return table;
  const endpoints = healthy.reduce((sum, network) => sum + network.endpointCount, 0);
  const rest = `On ${rows.length > 0 ? `${healthy.length} other` : 'all'} networks the entries of all ${endpoints} endpoints are right${ofHosts > 0 ? `, but ${plural(ofHosts, 'finding')} of whole hosts may hit them` : ''} (--verbose)`;
  return `${table}${wrapText(rest, terminal.width, 4).join('\n')}\n`;
}

/**
 * What was not checked, folded by what is missing: a line or two for all that lack the same. No more lines than `budget`, so
 * that they never bury the findings; without one, each with its reason.
 */
function gapBlock(notChecked: NotChecked[], budget: number, terminal: Terminal, paint: Paint): string {
  const verbose = budget === Number.POSITIVE_INFINITY;
  const all = gapGroups(notChecked, verbose);
  const lines: string[] = [];
  let shown = 0;
  for (const gaps of all) {
    const next = verbose ? gapLines(gaps, terminal, paint) : foldedGapLines(gaps, terminal);
    // The head, and the line for the rest where there is one, count as well.
    const beside = shown + 1 < all.length ? 2 : 1;
    if (lines.length + next.length + beside > budget) break;
    lines.push(...next);
    shown += 1;
  }
  const rest = all.slice(shown);
  const checks = [...new Set(rest.flat().map(({checkName}) => checkName))];
  const left = `${shown > 0 ? 'and ' : ''}${hostList(checks, 3)} (reasons: --verbose)`;
  if (shown === 0) return `${wrapText(`Not checked: ${left}`, terminal.width, 4).join('\n')}\n`;
  return [
    paint('strong', 'Not checked'),
    ...lines,
    ...(rest.length > 0 ? indented(left, terminal, 2) : []),
    '',
  ].join('\n');
}

function gapLines(gaps: NotChecked[], terminal: Terminal, paint: Paint): string[] {
  const [first] = gaps;
  if (!first) return [];
  const places = [...new Set(gaps.map(whereOf))].filter((place) => place !== '');
  const where = places.length > 0 ? ` (${hostList(places, 3)})` : '';
  return [
    ...indented(escapeText(`${first.checkName}${where}: ${first.reason}`), terminal, 2),
    ...(first.add ? indented(`  ${escapeText(first.add)}`, terminal, 2) : []).map((line) =>
      paint('dim', line),
    ),
  ];
}

/** Gaps of which the same is missing; with `verbose` those of one check and one reason. */
function gapGroups(notChecked: NotChecked[], verbose: boolean): NotChecked[][] {
  const groups = new Map<string, NotChecked[]>();
  for (const gap of notChecked) {
    const add = gap.host === null ? gap.add : gap.add.replaceAll(gap.host, '');
    const key = JSON.stringify(verbose ? [gap.checkName, gap.add, gap.reason] : [add]);
    const group = groups.get(key);
    if (group) group.push(gap);
    else groups.set(key, [gap]);
  }
  return [...groups.values()];
}

function foldedGapLines(gaps: NotChecked[], terminal: Terminal): string[] {
  const [first] = gaps;
  if (!first) return [];
  const checks = [...new Set(gaps.map(({checkName}) => checkName))].join(', ');
  const places = [...new Set(gaps.map(whereOf))].filter((place) => place !== '');
  const where = places.length > 0 ? ` (${hostList(places, 3)})` : '';
  const add =
    first.host === null || places.length < 2 ? first.add : first.add.replaceAll(first.host, 'these hosts');
  return indented(escapeText(`${checks}${where}: ${add || first.reason}`), terminal, 2);
}

/** How far apart the readings were, which is what "rising" means in the findings. */
function sampleLines(samples: Sample[], terminal: Terminal): string {
  const listening = (count: number) =>
    count > 0 ? `, listening in ${plural(count, 'overlay sandbox', 'overlay sandboxes')}` : '';
  const told =
    samples.length > mostSamples
      ? [samplesTogether(samples, listening)]
      : samples.map(({host, seconds, listened}) => `${host} ${duration(seconds)}${listening(listened)}`);
  const text = `Sample interval: ${told.join('; ')}`;
  return `${wrapText(escapeText(text), terminal.width, 4).join('\n')}\n`;
}

function samplesTogether(samples: Sample[], listening: (count: number) => string): string {
  const seconds = samples.map((sample) => sample.seconds);
  const [least, most] = [duration(Math.min(...seconds)), duration(Math.max(...seconds))];
  const listened = samples.reduce((sum, sample) => sum + sample.listened, 0);
  return `${least === most ? least : `${least} to ${most}`} on ${samples.length} hosts${listening(listened)}`;
}
