import {type ExitStatus, exitStatus} from '../base/errors.js';
import type {HostModel} from '../model/host.js';
import type {Problem} from '../model/problem.js';

/** Which host an answer speaks of, and when it was read. */
export interface HostSummary {
  name: string;
  source: string;
  startedAt: string;
  finishedAt: string;
  engine: string | null;
  kernel: string | null;
}

export function hostSummaries(hosts: HostModel[]): HostSummary[] {
  return hosts.map(({name, source, startedAt, finishedAt, docker, kernel}) => ({
    name,
    source,
    startedAt,
    finishedAt,
    engine: docker?.engine.version ?? null,
    kernel: kernel ?? null,
  }));
}

/** Problems that leave the question without its answer, or without half of it. */
const blinding =
  /^(permission|tool-missing|not-linux|netns-dir-missing|netns-unreadable|section-failed|section-cut|engine-elsewhere|program-missing|host-|ssh-|docker-needed|node-elsewhere|service-left)/;

/** Whether an answer may lack what this problem hides: what was asked for, or what only Docker tells. */
export function leavesGap({code}: Problem): boolean {
  return blinding.test(code) || code.startsWith('docker-');
}

/** Whether a problem is that namespaces could not be entered for want of rights. */
export function needsRoot({code}: Problem): boolean {
  return code === 'permission';
}

/** The first line of an answer for which rights were missing: `needs root on node1: …`; undefined where none were. */
export function rightsLine(problems: readonly Problem[]): string | undefined {
  const missing = problems.filter(needsRoot);
  const [first] = missing;
  if (first === undefined) return undefined;
  const hosts = [...new Set(missing.flatMap(({host}) => host ?? []))];
  const more = hosts.length - mostHosts;
  const named = hosts.slice(0, mostHosts).join(', ') + (more > 0 ? ` and ${more} more` : '');
  return `needs root${named === '' ? '' : ` on ${named}`}: ${first.message}`;
}

/** 3 where something that was needed could not be looked at, else 0: viewers find nothing, they only show. */
export function statusOfProblems({problems}: {problems: Problem[]}): ExitStatus {
  return problems.some(({code}) => blinding.test(code)) ? exitStatus.cannotLook : exitStatus.ok;
}

/**
 * What to print below the answer: one line a problem, however many hosts have it, then what to type, so that the useful
 * line is the last. `fitting` chooses among the steps those that fit where the hosts come from.
 */
export function problemLines(
  {problems}: {problems: Problem[]},
  sudoLine: string,
  fitting: (steps: string[]) => string[] = (steps) => steps,
): string[] {
  const alike = new Map<string, Problem[]>();
  // Missing rights are the line above the answer.
  for (const problem of problems.filter((one) => !needsRoot(one))) {
    const key = JSON.stringify([problem.code, problem.subject, problem.message]);
    alike.set(key, [...(alike.get(key) ?? []), problem]);
  }
  const lines = [...new Set([...alike.values()].flatMap(problemLine))];
  // The line to type with more rights stands last of all.
  const byRights = [...problems].sort(
    (a, b) => Number(a.code === 'permission') - Number(b.code === 'permission'),
  );
  const steps = [...new Set(byRights.flatMap((problem) => fitting(nextSteps(problem, sudoLine))))];
  const left = lines.length - mostLines;
  return [
    ...lines.slice(0, mostLines),
    ...(left > 0 ? [`ovdiag: and ${left} more problems (all are in --json)`] : []),
    ...(steps.length > mostSteps ? steps.slice(0, mostSteps - 1) : steps.slice(0, -1)),
    ...steps.slice(-1),
  ];
}

const mostLines = 12;
const mostSteps = 8;
const mostHosts = 5;

/** The same problem of one host or of several. */
function problemLine(alike: Problem[]): string[] {
  const [first] = alike;
  if (!first) return [];
  const {host, message, subject, code} = first;
  const hosts = [...new Set(alike.flatMap(({host: name}) => name ?? []))];
  const more = hosts.length - mostHosts;
  const named = hosts.slice(0, mostHosts).join(', ') + (more > 0 ? ` and ${more} more` : '');
  // A host that could not be reached has no name but where it was sought, which its message begins with.
  const begins = (part: string | undefined) => part !== undefined && message.startsWith(part);
  const where = [
    ...(hosts.length === 1 && begins(host) ? [] : [named]),
    // Where it was sought says no more than its name: `service:node3` of node3.
    ...(begins(subject) || (begins(host) && subject.endsWith(host ?? '')) || subject === named
      ? []
      : [subject]),
  ];
  return [`ovdiag: ${[...where.filter((part) => part !== ''), message].join(': ')} [${code}]`];
}

function nextSteps({code, message, suggestions = []}: Problem, sudoLine: string): string[] {
  const missing = code === 'tool-missing' ? /\(package (\S+)\)/.exec(message)?.[1] : undefined;
  return [
    ...suggestions,
    ...(missing === undefined ? [] : [`Install there: apt-get install ${missing}`]),
    ...(code === 'permission' ? [`To see all: ${sudoLine}`] : []),
  ];
}
