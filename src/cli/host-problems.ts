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
  /^(permission|tool-missing|not-linux|netns-dir-missing|netns-unreadable|section-failed|program-missing|host-|ssh-|docker-and-kernel-unread)/;

/** 3 where something that was needed could not be looked at, else 0: viewers find nothing, they only show. */
export function statusOfProblems({problems}: {problems: Problem[]}): ExitStatus {
  return problems.some(({code}) => blinding.test(code)) ? exitStatus.cannotLook : exitStatus.ok;
}

/** What to print below the answer: one line a problem, then what to type, so that the useful line is the last. */
export function problemLines(document: {problems: Problem[]}, sudoLine: string): string[] {
  const {problems} = document;
  const lines = problems.map(({host, message, subject, code}) => {
    // A host that could not be reached has no name but where it was sought, which its message begins with.
    const where = [host, subject].filter(
      (part, index, all) => part && !message.startsWith(part) && all.indexOf(part) === index,
    );
    return `ovdiag: ${[...where, message].join(': ')} [${code}]`;
  });
  const shown = [...new Set(lines)];
  const most = 12;
  const result = shown.slice(0, most);
  if (shown.length > most)
    result.push(`ovdiag: and ${shown.length - most} more problems (all are in --json)`);
  for (const suggestion of new Set(problems.flatMap(({suggestions}) => suggestions ?? [])))
    result.push(suggestion);
  if (problems.some(({code}) => code === 'permission')) result.push(`To see all: ${sudoLine}`);
  if (problems.some(({code, subject}) => code === 'docker-unreachable' && subject === 'docker')) {
    result.push('Names come from Docker; without it namespaces are shown by their file names.');
  }
  const packages = [
    ...new Set(
      problems.flatMap(({code, message}) =>
        code === 'tool-missing' ? (/\(package (\S+)\)/.exec(message)?.[1] ?? []) : [],
      ),
    ),
  ];
  if (packages.length > 0) result.push(`Install there: apt-get install ${packages.join(' ')}`);
  return result;
}
