import {readdir, readFile} from 'node:fs/promises';
import path from 'node:path';
import {run} from 'node:test';
import {inspect} from 'node:util';

export interface FileResult {
  file: string;
  passed: number;
  /** What failed, as text to print. */
  failures: string[];
  /** Why, once for each test or suite that was skipped. */
  skipped: string[];
  milliseconds: number;
  /** What its processes took of the machine, but for those that outlive it, such as a lab's engines. */
  processorSeconds: number;
}

export interface TestGroups {
  unit: string[];
  /** Files `*.long.test.ts`, which ask about every fixture or a large swarm, and the artefacts of a release. */
  long: string[];
  /** They spawn the program. */
  cli: string[];
  /** They start a browser. */
  browser: string[];
  lab: string[];
}

/** The test files below a folder whose path holds one of the words, or any without words, sorted into groups. */
export async function testGroups(folder: string, words: readonly string[]): Promise<TestGroups> {
  const files = (await readdir(folder, {recursive: true}))
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => path.posix.join(folder, file))
    .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
    .sort();
  const inside = (file: string, ...names: string[]) =>
    names.some((name) => file.startsWith(`${folder}/${name}/`));
  const browsing = new Set<string>();
  for (const file of files)
    if ((await readFile(file, 'utf8')).includes('/support/browser.js')) browsing.add(file);
  const isLong = (file: string) => file.endsWith('.long.test.ts') || inside(file, 'release');
  const isOther = (file: string) =>
    browsing.has(file) || isLong(file) || inside(file, 'cli', 'lab', 'lab-suite', 'lab-full');
  return {
    unit: files.filter((file) => !isOther(file)),
    long: files.filter((file) => isLong(file) && !browsing.has(file)),
    cli: files.filter((file) => inside(file, 'cli') && !browsing.has(file)),
    browser: files.filter((file) => browsing.has(file)),
    lab: [
      // First what takes longest, so that whoever shares the files ends at about the same time.
      ...files.filter((file) => file.endsWith('/doctor-faults.test.ts')),
      ...files.filter((file) => inside(file, 'lab')),
      ...files.filter((file) => inside(file, 'lab-suite') && !file.endsWith('/doctor-faults.test.ts')),
      ...files.filter((file) => inside(file, 'lab-full')),
    ],
  };
}

/**
 * Milliseconds a file may be silent, with no test begun or ended, before it is taken to hang and its process is ended. No
 * file has a limit as a whole, since machines differ: this is more than ten times what any single test or hook takes alone on
 * two cores.
 */
const longestSilence = 1_800_000;

/**
 * Runs one file in a process of its own and tells what came of it.
 *
 * @param file the test's source, which the result is told of
 * @param script its JavaScript
 */
export async function runFile(file: string, script: string, signal: AbortSignal): Promise<FileResult> {
  const start = Date.now();
  const result: FileResult = {
    file,
    passed: 0,
    failures: [],
    skipped: [],
    milliseconds: 0,
    processorSeconds: 0,
  };
  const said: string[] = [];
  const names: string[] = [];
  const silence = new AbortController();
  const onSilence = () => {
    result.failures.push(
      `nothing was heard of it for ${longestSilence / 60_000} minutes: ${names.join(' > ')}`,
    );
    silence.abort();
  };
  let timer = setTimeout(onSilence, longestSilence);
  for await (const {type, data} of run({
    files: [script],
    signal: AbortSignal.any([signal, silence.signal]),
  })) {
    clearTimeout(timer);
    timer = setTimeout(onSilence, longestSilence);
    if (type === 'test:start') {
      names.length = data.nesting;
      names[data.nesting] = data.name;
    } else if (type === 'test:stdout' || type === 'test:stderr') said.push(data.message);
    else if (type === 'test:pass') {
      if (data.skip !== undefined) result.skipped.push(data.skip === true ? 'no reason given' : data.skip);
      else if (isTest(data, script)) result.passed += 1;
    } else if (type === 'test:fail' && data.todo === undefined) {
      // A suite or file that failed because something in it did is no failure of its own.
      if (isOwnFailure(data.details.error)) {
        result.failures.push(
          `${[...names.slice(0, data.nesting), data.name].join(' > ')}\n${reasonOf(data.details.error)}`,
        );
      }
    }
  }
  clearTimeout(timer);
  if (result.failures.length > 0 && said.length > 0)
    result.failures.push(`it printed:\n${said.join('').slice(-8000)}`);
  result.milliseconds = Date.now() - start;
  return result;
}

/** Not a suite, and not the file itself, which counts as a test where it holds none. */
function isTest(
  {name, details}: {name: string; details: {type?: string | undefined}},
  file: string,
): boolean {
  return details.type !== 'suite' && !file.endsWith(name);
}

function isOwnFailure(error: unknown): boolean {
  return (error as {failureType?: string}).failureType !== 'subtestsFailed';
}

/** node:test wraps what a test threw in an error of its own. */
function reasonOf(error: unknown): string {
  const {cause} = error as {cause?: unknown};
  if (cause instanceof Error) return cause.stack ?? cause.message;
  return typeof cause === 'string' ? cause : inspect(error);
}
