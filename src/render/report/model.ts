/** What the sections of a report need of its document, found once: headline, anchors of findings, links to them. */
import type {ReportedFinding} from '../../answers/merge-hosts.js';
import type {ReportDocument} from '../../answers/report.js';
import {explanationOf} from '../../findings/catalogue.js';
import type {Finding} from '../../findings/finding.js';
import {type Severity, severities} from '../../findings/severity.js';
import {hostList} from '../host-list.js';
import {plural} from '../text.js';

export interface Headline {
  /** In a few words: what is wrong, or that nothing was found. */
  title: string;
  /** Where it is. */
  where: string | null;
  tone: Tone;
  /** `4 errors, 1 warning on 2 hosts`. */
  counts: string;
}

export type Tone = 'bad' | 'warn' | 'info' | 'good' | 'plain';

export interface ReportModel {
  document: ReportDocument;
  headline: Headline;
  /** The finding on the first screen, which is the first. */
  first: ReportedFinding | undefined;
  /** Number of the finding that speaks of an endpoint as a host has it. */
  findingOf: (host: string, address: string | null) => number | undefined;
}

const tones: Record<Severity, Tone> = {error: 'bad', warning: 'warn', info: 'info'};

export function toneOf(severity: Severity): Tone {
  return tones[severity];
}

/** The id of a finding in the page, by its place in the list. */
export function findingId(index: number): string {
  return `finding-${index + 1}`;
}

export function modelOf(document: ReportDocument): ReportModel {
  const {findings} = document.diagnosis;
  const byPlace = new Map<string, number>();
  for (const [index, finding] of findings.entries()) {
    for (const {host, at} of [finding, ...finding.folded.map((one) => one.finding)]) {
      for (const name of new Set([host, ...finding.hosts])) {
        const key = JSON.stringify([name, at.address ?? null]);
        if (name !== null && at.address !== undefined && !byPlace.has(key)) byPlace.set(key, index);
      }
    }
  }
  return {
    document,
    headline: headlineOf(document),
    first: findings[0],
    findingOf: (host, address) => byPlace.get(JSON.stringify([host, address])),
  };
}

function headlineOf({diagnosis, hosts, verdict}: ReportDocument): Headline {
  const {findings, accepted} = diagnosis;
  const on = `on ${plural(hosts.length, 'host')}`;
  const [first] = findings;
  if (!first) {
    const [title = '', rest] = splitOnce(verdict, ', but incomplete: ');
    return {
      title: hosts.length === 0 ? 'No host could be read' : capital(title.replace(/ \(\d+ checks\)$/, '')),
      where: rest === undefined ? null : `Incomplete: ${rest}`,
      tone: rest === undefined && hosts.length > 0 ? 'good' : 'warn',
      counts: plural(diagnosis.checkCount, 'check'),
    };
  }
  const counts = severities.flatMap((severity) => {
    const count = findings.filter((finding) => finding.severity === severity).length;
    return count === 0 ? [] : [severity === 'info' ? `${count} info` : plural(count, severity)];
  });
  const known = accepted.length > 0 ? [`${accepted.length} accepted`] : [];
  return {
    title: titleOf(first),
    where: whereText(first),
    tone: toneOf(first.severity),
    counts: `${[...counts, ...known].join(', ')} ${on}`,
  };
}

function splitOnce(text: string, by: string): [string, string | undefined] {
  const at = text.indexOf(by);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + by.length)];
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

export function titleOf({code}: Pick<Finding, 'code'>): string {
  return capital(explanationOf(code)?.title ?? code);
}

/** `web2, network uber-net, on node1`. */
export function whereText(finding: Finding & {hosts?: readonly string[]}): string {
  const {subject, network, host, hosts = host === null ? [] : [host]} = finding;
  return [
    subject,
    ...(network === null ? [] : [`network ${network}`]),
    ...(hosts.length === 0 ? [] : [`on ${hostList(hosts, 4)}`]),
  ]
    .filter((part) => part !== '')
    .join(', ');
}

/** Foreign names may be of any length: as many characters of them as a page has room for. */
export function shorten(text: string, most = 160): string {
  return text.length > most ? `${text.slice(0, most)}…` : text;
}

/** `2026-11-21 09:51:03 UTC`; what is no time stays as it is. */
export function timeText(iso: string): string {
  const [, date, time] = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)/.exec(iso) ?? [];
  return date === undefined ? shorten(iso, 40) : `${date} ${time} UTC`;
}
