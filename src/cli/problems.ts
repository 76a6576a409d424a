import {escapeText} from '../base/escape.js';
import {problemLines, rightsLine} from '../hosts/host-problems.js';
import type {Problem} from '../model/problem.js';
import {adviceFor} from './advice.js';
import type {HostFlags} from './host-flags.js';

/** Says on stderr, above the answer, that it can't be whole for want of rights. */
export function tellMissingRights(problems: readonly Problem[]): void {
  const line = rightsLine(problems);
  if (line !== undefined) say(`ovdiag: ${line} [permission]`);
}

/** Says on stderr what could not be looked at, below the answer. `moreRights` is what to type to see all. */
export function tellProblems(
  document: {problems: Problem[]},
  moreRights: string,
  flags: Partial<HostFlags>,
): void {
  const lines = problemLines(document, moreRights, (steps) => adviceFor(flags, steps));
  for (const line of lines) say(line);
}

function say(line: string): void {
  process.stderr.write(`${escapeText(line)}\n`);
}
