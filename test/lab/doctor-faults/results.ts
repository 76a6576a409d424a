import {appendFileSync, mkdirSync, readFileSync, rmSync} from 'node:fs';
import path from 'node:path';

/** What was tried and passed: seconds until it was found, by `keyOf` the fault. */
export type Passed = Map<string, number>;

/** Where `npm run faults` keeps what has passed, so that a run that was cut goes on; set by scripts/faults.ts. */
export const resultsVariable = 'OVDIAG_FAULTS_RESULTS';

/** Faults share codes, but not what is done. */
export const keyOf = ({code, about}: {readonly code: string; readonly about: string}): string =>
  `${code}: ${about}`;

/**
 * The results of one state of the sources and one engine: a line each, written as they come, so that a killed run loses none.
 *
 * @param engine its version
 * @returns nothing where no results are kept
 */
export function resultsOf(
  engine: string,
): {passed: Passed; add(key: string, seconds: number): void; remove(): void} | undefined {
  const start = process.env[resultsVariable];
  if (!start) return undefined;
  const file = `${start}-${engine.replaceAll(/[^\w.]/g, '_')}.jsonl`;
  mkdirSync(path.dirname(file), {recursive: true});
  const passed: Passed = new Map();
  for (const line of linesOf(file)) {
    try {
      const {key, seconds} = JSON.parse(line) as {key: string; seconds: number};
      passed.set(key, seconds);
    } catch {
      // The run was killed within this line.
    }
  }
  return {
    passed,
    add: (key, seconds) => {
      passed.set(key, seconds);
      appendFileSync(file, `\n${JSON.stringify({key, seconds})}`);
    },
    remove: () => rmSync(file, {force: true}),
  };
}

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n').filter(Boolean);
  } catch {
    return [];
  }
}
