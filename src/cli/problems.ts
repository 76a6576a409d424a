import {escapeText} from '../base/escape.js';
import {problemLines} from '../hosts/host-problems.js';
import type {Problem} from '../model/problem.js';

/** Says on stderr what could not be looked at, below the answer. `moreRights` is what to type to see all. */
export function tellProblems(document: {problems: Problem[]}, moreRights: string): void {
  for (const line of problemLines(document, moreRights)) process.stderr.write(`${escapeText(line)}\n`);
}
