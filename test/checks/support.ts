import {checks} from '../../src/checks/registry.js';
import {type Examination, Examiner} from '../../src/checks/run.js';
import type {Finding} from '../../src/findings/finding.js';
import {type HostModel, hostModel} from '../../src/model/host.js';
import type {HostEvidence} from '../../src/snapshot/snapshot.js';
import {recordedModel, sectionOf} from '../support/evidence.js';

/** What all checks say of these readings, in their order. */
export function examine(...readings: (HostEvidence | HostModel)[]): Examination {
  const examiner = new Examiner(checks);
  const models = readings.map((reading) => ('namespaces' in reading ? reading : hostModel(reading)));
  for (const model of models) examiner.add(model);
  for (const model of models) examiner.addAgain(model);
  return examiner.end();
}

/** What they find under one code. */
export function find(code: string, ...readings: (HostEvidence | HostModel)[]): Finding[] {
  return examine(...readings).findings.filter((finding) => finding.code === code);
}

/** What all checks say of recorded hosts, such as `stale/node1`. */
export function examineRecorded(...names: string[]): Examination {
  return examine(...names.map(recordedModel));
}

/** Codes with their hosts and subjects, for comparing. */
export function told(findings: Finding[]): string[] {
  return findings.map(({code, host, subject}) => `${code} ${host ?? '-'} ${subject}`).sort();
}

/** The lines of its fix, where it has some to type. */
export function fixOf(finding: Finding | undefined): string[] {
  return finding?.fix.by === 'commands' ? finding.fix.commands : [];
}

/** Everything that it prints to be typed. */
export function commandsOf(finding: Finding | undefined): string[] {
  const undo = finding?.fix.by === 'commands' ? (finding.fix.undo ?? []) : [];
  return [...(finding?.check ?? []).map(({command}) => command), ...fixOf(finding), ...undo];
}

/** The codes among those that match, in their order. */
export function codesOf(findings: Finding[], pattern: RegExp): string[] {
  return findings.map(({code}) => code).filter((code) => pattern.test(code));
}

/** Codes that are true of the lab in which the fixtures were recorded: its kernel has neither IPVS nor ESP. */
export const expectedInLab: ReadonlySet<string> = new Set<string>([
  // Without ESP an encrypted overlay gets its policies and no states.
  'xfrm-state-missing',
  // Nor is there IPVS.
  'ipvs-missing',
]);

/** Findings beyond those that the lab's kernel brings along. */
export function unexpected(findings: Finding[]): Finding[] {
  return findings.filter(({code}) => !expectedInLab.has(code));
}

/** Adds to a counter of a file that has a line of names and a line of numbers for each protocol. */
export function addToSnmp(
  draft: HostEvidence,
  netns: string,
  protocol: string,
  name: string,
  by: number,
): void {
  const section = sectionOf(draft, netns, 'proc');
  const prefix = `/proc/net/snmp:${protocol}:`;
  const lines = section.output.split('\n');
  const [names, numbers] = lines.flatMap((line, at) => (line.startsWith(prefix) ? [at] : []));
  if (names === undefined || numbers === undefined) throw new Error(`no ${protocol} of ${netns}`);
  const words = (lines[numbers] ?? '').split(' ');
  const at = (lines[names] ?? '').split(' ').indexOf(name);
  if (at < 1) throw new Error(`no ${protocol} ${name}`);
  words[at] = String(Number(words[at]) + by);
  lines[numbers] = words.join(' ');
  section.output = lines.join('\n');
}

/** What somebody heard in a namespace before it was read. */
export function heard(draft: HostEvidence, netns: string, ...lines: string[]): void {
  draft.sections.push({
    name: 'misses',
    netns,
    command: 'ip monitor neigh',
    at: draft.startedAt,
    status: 0,
    output: lines.map((line) => `${line} \n`).join(''),
  });
}
