import {documentVersion} from '../base/document-version.js';
import {type ExitStatus, exitStatus, type OvdiagError, usageError} from '../base/errors.js';
import {beginDiff, type Diff} from '../diff/diff.js';
import type {Difference, HostMatch, NotCompared} from '../diff/types.js';
import type {HostDocument} from '../hosts/document.js';
import {type HostSummary, hostSummaries, statusOfProblems} from '../hosts/host-problems.js';
import type {HostModel} from '../model/host.js';
import type {Problem} from '../model/problem.js';
import type {DiffSide} from './diff-side.js';

/** One difference, in the names of the JSON: what is not known or does not apply is null. */
export interface DifferenceRow extends Pick<Difference, 'change' | 'kind' | 'name' | 'facts'> {
  host: string | null;
  place: string;
  network: string | null;
  detail: string | null;
  /** Index of the difference that it comes with. */
  follows: number | null;
}

export interface DiffDocument extends HostDocument {
  /** The hosts of the first snapshot; `hosts` are those of the second. */
  hostsBefore: HostSummary[];
  matches: {host: string; before: string; by: HostMatch}[];
  differences: DifferenceRow[];
  notCompared: (Omit<NotCompared, 'host'> & {host: string | null})[];
}

export interface DiffAnswer {
  document: DiffDocument;
  /** The same as it was found, for a view. */
  diff: Diff;
  /** 1 with a difference, 3 where there is none but not all that one snapshot has could be compared. */
  status: ExitStatus;
}

/** What differs between two snapshots. Throws where they have no host in common. */
export async function diffAnswer(first: DiffSide, second: DiffSide): Promise<DiffAnswer> {
  const comparing = beginDiff(first.hosts, second.hosts);
  if (comparing.pairs.length === 0) throw noCommonHost(first.hosts, second.hosts);
  for (const pair of comparing.pairs)
    comparing.compare(pair, await first.anew(pair.before), await second.anew(pair.after));
  const diff = comparing.end();
  const document = documentOf(diff, first.hosts, second.hosts);
  return {document, diff, status: statusOf(diff, document)};
}

function documentOf({pairs, differences, notCompared}: Diff, before: HostModel[], after: HostModel[]) {
  return {
    schemaVersion: documentVersion,
    hosts: hostSummaries(after),
    hostsBefore: hostSummaries(before),
    problems: problemsOf([...before, ...after]),
    matches: pairs.map(({label, before: {name}, match}) => ({host: label, before: name, by: match})),
    differences: differences.map(rowOf),
    notCompared: notCompared.map(({host, ...rest}) => ({host: host ?? null, ...rest})),
  };
}

function rowOf({change, kind, place, name, detail, facts, follows}: Difference): DifferenceRow {
  return {
    change,
    kind,
    host: place.host ?? null,
    place: place.title,
    network: place.network ?? null,
    name,
    detail: detail ?? null,
    facts,
    follows: follows ?? null,
  };
}

function statusOf({differences, notCompared}: Diff, document: DiffDocument): ExitStatus {
  if (differences.length > 0) return exitStatus.problemFound;
  const isPartial = notCompared.some(({missingIn}) => missingIn !== 'both');
  return isPartial ? exitStatus.cannotLook : statusOfProblems(document);
}

/** Those of both snapshots; the same of both is told once. */
function problemsOf(hosts: HostModel[]): Problem[] {
  const all = hosts.flatMap(({name, problems}) => problems.map((problem) => ({host: name, ...problem})));
  return [...new Map(all.map((problem) => [JSON.stringify(problem), problem])).values()];
}

function noCommonHost(first: HostModel[], second: HostModel[]): OvdiagError {
  const names = (hosts: HostModel[]) =>
    hosts
      .map(({name}) => name)
      .slice(0, 5)
      .join(', ') || 'none';
  const namesakes = first.filter(({name}) => second.some((host) => host.name === name));
  return usageError(
    'no-common-host',
    `The two snapshots have no host in common: the first has ${names(first)}, the second ${names(second)}.`,
    [
      ...(namesakes.length > 0
        ? ['One name is no proof: these differ in swarm node, engine and network namespace.']
        : []),
      'Compare two readings of the same host: ovdiag snapshot -o before.json.gz, and again later',
    ],
  );
}
