import {documentVersion} from '../base/document-version.js';
import {type ExitStatus, exitStatus, OvdiagError, usageError} from '../base/errors.js';
import {nearNames} from '../base/near.js';
import type {Check} from '../checks/check.js';
import {type Examination, Examiner, type Sample} from '../checks/run.js';
import {everything, isOfPart, lean, type Part, parts, type Wanted, without} from '../collect/wanted.js';
import {type Acceptance, type Acceptances, acceptanceOf} from '../findings/acceptance.js';
import type {Finding, FoldedFinding, NetworkHealth, NotChecked} from '../findings/finding.js';
import {foldFindings} from '../findings/fold.js';
import {atLeast, type Severity} from '../findings/severity.js';
import {type HostDocument, secondLookMs} from '../hosts/document.js';
import {type HostFacts, hostFacts} from '../hosts/host-facts.js';
import {statusOfProblems} from '../hosts/host-problems.js';
import {skew} from '../hosts/readings.js';
import type {HostModel} from '../model/host.js';
import {sameHostKey} from '../model/host-key.js';
import type {Problem} from '../model/problem.js';
import {knownHost} from '../topology/known-host.js';
import {asksForIds} from '../topology/veths.js';
import {cautioned, type Read} from './caution.js';
import type {ContractState} from './contract.js';
import {doctorVerdict} from './doctor-verdict.js';
import {mergeHosts, type ReportedFinding} from './merge-hosts.js';
import type {EachReader} from './reader.js';
import {unreadParts} from './unread-parts.js';

export interface DoctorQuestion {
  /** Only what concerns this network or whole hosts: a name, an id prefix, or NAME@HOST. */
  network?: string | undefined;
  /** Report only these codes. */
  only?: readonly string[] | undefined;
  /** Report none of these codes, nor what follows from them. */
  skip?: readonly string[] | undefined;
  /** Known findings: those that fall under one are counted apart. */
  accepted?: Acceptances | undefined;
  /** Read live hosts twice, so many seconds apart, and listen to them meanwhile. */
  listenSeconds?: number | undefined;
  /** Whether a second look may read only what the findings rest on: nobody else uses the readings. */
  spare?: boolean | undefined;
  /** Seconds that the readings of several hosts may be apart without a word. */
  maxSkew: number;
  /** Also the rows of moby's specification, each with what was found of it. */
  contract?: boolean | undefined;
}

export interface AcceptedFinding extends Pick<Acceptance, 'reason' | 'until'> {
  finding: ReportedFinding;
}

/** What `doctor` found, in the names of its JSON. */
export interface Diagnosis {
  /** The answer in one line, which text shows first. */
  verdict: string;
  findings: ReportedFinding[];
  /** Known and accepted by the configuration; not among the findings. */
  accepted: AcceptedFinding[];
  notChecked: NotChecked[];
  networks: NetworkHealth[];
  samples: Sample[];
  /** How many checks ran. */
  checkCount: number;
  /** How often the hosts were read: three times where the second reading showed what the first did not. */
  readings: number;
  /** Seen in the last reading only, and therefore not reported. */
  transient: Finding[];
  /** Where it was asked for: what moby's specification promises, row by row. */
  contract?: ContractState[];
}

export interface DoctorDocument extends HostDocument, Diagnosis {}

/** What is known when the hosts were looked at: their models are gone by then. */
interface Seen {
  examination: Examination;
  hosts: HostFacts[];
  readings: number;
}

/**
 * Looks at all hosts with the given checks. Throws where the network that was asked for is on none of them.
 *
 * @param told is given what is kept of each host, for answers that say more of them
 */
export async function diagnose(
  reader: EachReader,
  question: DoctorQuestion,
  checks: readonly Check[],
  told: (hosts: readonly HostFacts[]) => void = () => {},
): Promise<DoctorDocument> {
  const {examination, hosts, readings} = await examined(reader, question, checks);
  told(hosts);
  const network = networkNamed(hosts, question.network);
  if (examination.findings.length === 0 && hosts.length > 0 && hosts.every(isBlind)) throw nothingChecked();
  const ofNetwork = (of: string | null) => network === undefined || of === null || of === network;
  const {only} = question;
  const isWanted = ({code, network: of}: Finding) =>
    (only === undefined || only.includes(code)) && ofNetwork(of);
  const isSkipped = skippedBy(question);
  const document = documentOf(hosts, question.maxSkew);
  // Skipped after folding: what follows from something that is known and accepted is not told either.
  const read = hosts.map(({summary, redacted}) => ({
    ...summary,
    ...(redacted ? {redacted: true as const} : {}),
  }));
  const folded = withoutSkipped(foldFindings(examination.findings.filter(isWanted)), isSkipped);
  const {held = [], ended = []} = question.accepted ?? {};
  const isAccepted = (finding: Finding) => acceptanceOf(finding, held) !== undefined;
  const report = (some: FoldedFinding[]) => mergeHosts(some).map((finding) => withCaution(finding, read));
  const findings = report(folded.filter((finding) => !isAccepted(finding)));
  const accepted = report(folded.filter(isAccepted)).flatMap((finding) => withAcceptance(finding, held));
  const problems = [...document.problems, ...endedProblems(findings, ended)];
  return {
    ...document,
    problems,
    verdict: doctorVerdict({
      ...document,
      findings,
      acceptedCount: accepted.length,
      checks: checks.length,
    }),
    findings,
    accepted,
    notChecked: examination.notChecked.filter((gap) => ofNetwork(gap.network)),
    networks: examination.networks.filter((health) => ofNetwork(health.network)),
    samples: examination.samples,
    checkCount: checks.length,
    readings,
    transient: examination.transient.filter((finding) => isWanted(finding) && !isSkipped(finding)),
    ...(question.contract ? {contract: await contractOf(examination, hosts, checks)} : {}),
  };
}

async function contractOf(
  {findings, notChecked, samples}: Examination,
  hosts: HostFacts[],
  checks: readonly Check[],
): Promise<ContractState[]> {
  const {contractStates} = await import('./contract.js');
  return contractStates({
    findings,
    notChecked,
    checks,
    hosts: hosts.length,
    managers: hosts.filter(({lists}) => lists).length,
    samples: samples.length,
  });
}

function withAcceptance(finding: ReportedFinding, held: readonly Acceptance[]): AcceptedFinding[] {
  const acceptance = acceptanceOf(finding, held);
  return acceptance ? [{finding, reason: acceptance.reason, until: acceptance.until}] : [];
}

/** What is reported again because it was accepted until a day that has passed. */
function endedProblems(findings: readonly ReportedFinding[], ended: readonly Acceptance[]): Problem[] {
  const met = ended.filter((one) => findings.some((finding) => acceptanceOf(finding, [one])));
  return met.map(({code, reason, until}) => ({
    code: 'acceptance-ended',
    subject: code,
    message: `it was accepted until ${until} (${reason})`,
  }));
}

/** Whether neither the namespaces of a host could be entered nor its engine be asked. */
function isBlind({problems}: HostFacts): boolean {
  const has = (code: RegExp) => problems.some((problem) => code.test(problem.code));
  return has(/^permission$/) && has(/^docker-/);
}

/** "Nothing found" would be said of hosts of which nothing was seen. */
function nothingChecked(): OvdiagError {
  return new OvdiagError({
    code: 'nothing-checked',
    message: 'No check could run: neither the network namespaces nor Docker could be read.',
  });
}

/** The finding and those that are folded under it. */
function withCaution(finding: ReportedFinding, read: readonly Read[]): ReportedFinding {
  const folded = finding.folded.map(({because, finding: other}) => ({
    because,
    finding: cautioned(other, read),
  }));
  return {...cautioned(finding, read), folded};
}

/** 1 with a finding of this severity or a worse one, else 3 where something needed could not be read. */
export function statusOfDiagnosis(document: DoctorDocument, failOn: Severity | 'never'): ExitStatus {
  const fails = failOn !== 'never' && document.findings.some(({severity}) => atLeast(severity, failOn));
  return fails ? exitStatus.problemFound : statusOfProblems(document);
}

/** Reads the hosts, and live ones again: what was found must stand in a second reading, and some faults show only there. */
async function examined(
  reader: EachReader,
  question: DoctorQuestion,
  checks: readonly Check[],
): Promise<Seen> {
  const examiner = new Examiner(checks);
  const hosts: HostFacts[] = [];
  let isUnproven = false;
  const unread = new Set<Part>();
  const take = (model: HostModel) => {
    examiner.add(model);
    hosts.push(hostFacts(model));
    if (!reader.live) return;
    const known = knownHost(model);
    isUnproven ||= asksForIds(known);
    for (const part of unreadParts(known)) unread.add(part);
  };
  await lookAtAll(reader, examiner, hosts, take);
  await lookAtNamesakes(reader, examiner, hosts);
  const {listenSeconds} = question;
  const wanted = isUnproven ? everything : lean;
  if (listenSeconds !== undefined) await reader.readEach({...wanted, listenSeconds}, take);
  else if (reader.live) {
    const isSkipped = skippedBy(question);
    const {findings, undecided} = examiner.end();
    const open = findings.filter((finding) => !isSkipped(finding));
    const spare = question.spare === true && !isUnproven;
    // What is skipped is looked at again too: it may have gone, and what would follow from it with it.
    const sparable = parts.filter((part) => spare && !unread.has(part));
    const left = examiner.spared(sparable, {findings, undecided});
    if (isUnproven || undecided.length > 0 || open.length > 0)
      await lookAgain(reader, {examiner, isSkipped, wanted, left, hosts}, take);
  }
  await lookAtNamesakes(reader, examiner, hosts);
  return {
    examination: examiner.end(),
    hosts: latestOf(hosts, examiner),
    readings: countReadings(hosts, examiner),
  };
}

/** How often a host was read: live, or in the snapshots that were given. */
function countReadings(facts: readonly HostFacts[], examiner: Examiner): number {
  const times = new Map<string, Set<string>>();
  for (const one of facts) {
    const {key} = examiner.identityOf(one);
    times.set(key, (times.get(key) ?? new Set()).add(one.summary.startedAt));
  }
  return Math.max(1, ...[...times.values()].map(({size}) => size));
}

interface LookAgain {
  examiner: Examiner;
  isSkipped: IsSkipped;
  wanted: Wanted;
  /** What the second look leaves out. */
  left: readonly Part[];
  /** What is known of each reading so far. */
  hosts: HostFacts[];
}

/**
 * A second look, and a third where the second shows what the first did not: an outage that begins between two looks differs
 * from one to the other. The third is at everything; the second may leave out what no finding rests on.
 */
async function lookAgain(
  reader: EachReader,
  {examiner, isSkipped, wanted, left, hosts}: LookAgain,
  take: (model: HostModel) => void,
): Promise<void> {
  await reader.pause(secondLookMs);
  let isKnown = true;
  const takePartly = (model: HostModel) => {
    if (examiner.addPartly(model, left)) hosts.push(withProblemsOfLeft(hostFacts(model), hosts, left));
    else isKnown = false;
  };
  await reader.readEach(without(wanted, left), left.length > 0 ? takePartly : take);
  if (isKnown && examiner.end().transient.every(isSkipped)) return;
  await reader.pause(secondLookMs);
  await reader.readEach(wanted, take);
}

/** What could not be read of the parts of a host that a later reading leaves out counts on. */
function withProblemsOfLeft(
  facts: HostFacts,
  earlier: readonly HostFacts[],
  left: readonly Part[],
): HostFacts {
  const known = earlier.findLast(({key}) => sameHostKey(key, [facts.key]) === facts.key)?.problems ?? [];
  const ofLeft = known.filter(({subject}) => left.some((part) => isOfPart(subject, part)));
  return {...facts, problems: [...facts.problems, ...ofLeft]};
}

/** Hosts that share a name are numbered, and who shares one is known only when all were read: these are read once more. */
async function lookAtNamesakes(reader: EachReader, examiner: Examiner, hosts: HostFacts[]): Promise<void> {
  if (!examiner.outdated()) return;
  await reader.readEach(lean, (model) => {
    if (examiner.addAgain(model)) hosts.push(hostFacts(model));
  });
}

/** Of each host what its last reading tells, under the name that it has among the others. */
function latestOf(facts: HostFacts[], examiner: Examiner): HostFacts[] {
  const latest = new Map<string, HostFacts>();
  for (const one of facts) {
    const {key, name} = examiner.identityOf(one);
    const known = latest.get(key);
    if (known && known.summary.startedAt > one.summary.startedAt) continue;
    latest.set(key, {...one, key, summary: {...one.summary, name}});
  }
  return [...latest.values()].sort((a, b) => (a.summary.name < b.summary.name ? -1 : 1));
}

/** Many snapshot files are looked at in threads, each host by itself; all else host by host. */
async function lookAtAll(
  reader: EachReader,
  examiner: Examiner,
  hosts: HostFacts[],
  take: (model: HostModel) => void,
): Promise<void> {
  const files = await reader.files();
  if (files.length > 1) {
    const {examineFiles, threadsFor} = await import('./examine-files.js');
    if (threadsFor(files.length) > 0) {
      const keep = (facts: HostFacts) => hosts.push(facts);
      await reader.watched((signal, onProgress) => examineFiles(files, examiner, keep, signal, onProgress));
      return;
    }
  }
  await reader.readEach(lean, take);
}

type IsSkipped = (finding: Finding) => boolean;

function skippedBy({skip = []}: DoctorQuestion): IsSkipped {
  return ({code}) => skip.includes(code);
}

function withoutSkipped(findings: FoldedFinding[], isSkipped: IsSkipped): FoldedFinding[] {
  return findings
    .filter((finding) => !isSkipped(finding))
    .map((finding) => ({...finding, folded: finding.folded.filter(({finding: other}) => !isSkipped(other))}));
}

function documentOf(facts: HostFacts[], maxSkew: number): HostDocument {
  const summaries = facts.map(({summary}) => summary);
  return {
    schemaVersion: documentVersion,
    hosts: summaries,
    problems: [
      ...skew(summaries, maxSkew),
      ...facts.flatMap(({summary: {name}, problems}) =>
        problems.map((problem) => ({host: name, ...problem})),
      ),
    ],
  };
}

/** The name of the network that was typed: a name, an id prefix, or NAME@HOST. */
function networkNamed(hosts: HostFacts[], typed: string | undefined): string | undefined {
  if (typed === undefined) return undefined;
  const [name = '', host] = typed.split('@');
  const known = hosts
    .filter(({summary}) => host === undefined || summary.name === host)
    .flatMap(({networks}) => networks);
  const found =
    known.find((network) => network.name === name) ??
    known.find(({id}) => name.length >= 4 && id.startsWith(name));
  if (found) return found.name;
  const near = nearNames(
    name,
    known.map((network) => network.name),
  );
  throw usageError('unknown-network', `No network named ${typed}.`, [
    ...near.map((one) => `Did you mean: ${one}`),
    'List: ovdiag networks',
  ]);
}
