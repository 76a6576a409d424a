import {type ExitStatus, exitStatus} from '../errors.js';
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
  /^(permission|tool-missing|not-linux|netns-dir-missing|netns-unreadable|section-failed|section-cut|engine-elsewhere|program-missing|host-|ssh-|docker-needed|node-elsewhere)/;

/** 3 where something that was needed could not be looked at, else 0: viewers find nothing, they only show. */
export function statusOfProblems({problems}: {problems: Problem[]}): ExitStatus {
  return problems.some(({code}) => blinding.test(code)) ? exitStatus.cannotLook : exitStatus.ok;
}

/** What to print below the answer: one line a problem, then what to type, so that the useful line is the last. */
export function problemLines({problems}: {problems: Problem[]}, sudoLine: string): string[] {
  const lines = [...new Set(problems.map(problemLine))];
  // The line to type with more rights stands last of all.
  const byRights = [...problems].sort(
    (a, b) => Number(a.code === 'permission') - Number(b.code === 'permission'),
  );
  const left = lines.length - mostLines;
  return [
    ...lines.slice(0, mostLines),
    ...(left > 0 ? [`ovdiag: and ${left} more problems (all are in --json)`] : []),
    ...new Set(byRights.flatMap((problem) => nextSteps(problem, sudoLine))),
  ];
}

const mostLines = 12;

function problemLine({host, message, subject, code}: Problem): string {
  // A host that could not be reached has no name but where it was sought, which its message begins with.
  const where = [host, subject].filter(
    (part, index, all) => part && !message.startsWith(part) && all.indexOf(part) === index,
  );
  return `ovdiag: ${[...where, message].join(': ')} [${code}]`;
}

function nextSteps({code, message, suggestions = []}: Problem, sudoLine: string): string[] {
  const missing = code === 'tool-missing' ? /\(package (\S+)\)/.exec(message)?.[1] : undefined;
  return [
    ...suggestions,
    ...(missing === undefined ? [] : [`Install there: apt-get install ${missing}`]),
    ...(code === 'permission' ? [`To see all: ${sudoLine}`] : []),
  ];
}
