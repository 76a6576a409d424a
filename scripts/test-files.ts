import {readdir, readFile} from 'node:fs/promises';
import path from 'node:path';
import {run} from 'node:test';
import {inspect} from 'node:util';
import {marker} from './test-marker.js';

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
  /** Files `*.long.test.ts`, which ask about every fixture, row of the contract or host of a swarm, and the artefacts of a release. */
  long: string[];
  /** They spawn the program. */
  cli: string[];
  /** They start a browser. */
  browser: string[];
  lab: string[];
}

/** Of the files with a swarm, the one that takes longest, and others that take minutes. */
const longestInLab = 'lab-suite/doctor-faults';
const longInLab = ['trace-faults', 'scenes', 'trace-probes', 'doctor-quiet'].map(
  (name) => `lab-suite/${name}`,
);

/** The test files below a folder whose path holds one of the words, or any without words, sorted into groups. */
export async function testGroups(folder: string, words: readonly string[]): Promise<TestGroups> {
  const files = (await readdir(folder, {recursive: true}))
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => path.posix.join(folder, file))
    .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
    .sort();
  const inside = (file: string, ...names: string[]) =>
    names.some((name) => file.startsWith(`${folder}/${name}/`));
  const named = (name: string) => files.filter((file) => file.endsWith(`/${name}.test.ts`));
  const [first, long] = [named(longestInLab), longInLab.flatMap(named)];
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
      ...first,
      // These look at a lab as it was built.
      ...files.filter((file) => inside(file, 'lab')),
      ...long,
      ...files.filter((file) => inside(file, 'lab-suite') && ![...first, ...long].includes(file)),
      ...files.filter((file) => inside(file, 'lab-full')),
    ],
  };
}

/** Words of a test that changes its process, or asks how the process is. */
const ownProcess =
  /process\.env\[[^\]]*\] *=|process\.(chdir|memoryUsage|cpuUsage|exitCode|on\(|once\()|\bmock\.|globalThis/;
/** Files in one process, so that no process is a large part of the run. */
const mostTogether = 20;

/**
 * Test files that may share a process, which takes half as long as a process for each: modules are loaded and compiled once.
 * They are of one room, and none changes the process.
 */
export async function sharing(files: readonly string[]): Promise<string[][]> {
  const alone: string[][] = [];
  const rooms = new Map<string, string[]>();
  for (const file of files) {
    const room = file.split('/')[1] ?? '';
    if (ownProcess.test(await readFile(file, 'utf8'))) alone.push([file]);
    else rooms.set(room, [...(rooms.get(room) ?? []), file]);
  }
  const parts = [...rooms.values()].flatMap((all) => {
    const count = Math.ceil(all.length / mostTogether);
    return Array.from({length: count}, (_, part) => all.filter((_, index) => index % count === part));
  });
  // First what is most, so that who shares the work ends at about the same time.
  return [...parts.sort((a, b) => b.length - a.length), ...alone];
}

/**
 * Milliseconds a file may be silent, with no test begun or ended, before it is taken to hang and its process is ended. No
 * file has a limit as a whole, since machines differ: this is more than ten times what any single test or hook takes alone on
 * two cores.
 */
const longestSilence = 1_800_000;

/**
 * Runs files in a process of their own and tells what came of each.
 *
 * @param files the tests' sources, which the results are told of
 * @param script their JavaScript: of one file, or a batch
 */
export async function runFiles(
  files: readonly string[],
  script: string,
  signal: AbortSignal,
): Promise<FileResult[]> {
  const results = files.map(emptyResult);
  const batch = new BatchPlace(results);
  const said: string[] = [];
  const names: string[] = [];
  const silence = new AbortController();
  const onSilence = () => {
    batch.current.failures.push(
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
    else if (type === 'test:diagnostic') batch.diagnostic(data.message);
    else if (type === 'test:pass') {
      if (batch.begins(data.name)) continue;
      const {current} = batch;
      if (data.skip !== undefined) current.skipped.push(data.skip === true ? 'no reason given' : data.skip);
      else if (isTest(data, script)) current.passed += 1;
    } else if (type === 'test:fail' && data.todo === undefined) {
      // A suite or file that failed because something in it did is no failure of its own.
      if (isOwnFailure(data.details.error)) {
        batch.current.failures.push(
          `${[...names.slice(0, data.nesting), data.name].join(' > ')}\n${reasonOf(data.details.error)}`,
        );
      }
    }
  }
  clearTimeout(timer);
  batch.end(signal.aborted);
  const failed = results.find(({failures}) => failures.length > 0);
  if (said.length > 0) failed?.failures.push(`it printed:\n${said.join('').slice(-8000)}`);
  return results;
}

export function emptyResult(file: string): FileResult {
  return {file, passed: 0, failures: [], skipped: [], milliseconds: 0, processorSeconds: 0};
}

/** Which file of a batch the tests that end now belong to. */
class BatchPlace {
  private readonly begun: Set<FileResult>;
  private readonly results: readonly FileResult[];
  private since = Date.now();
  private seconds = 0;
  /** Of which file the last diagnostic of a marker ends the time. */
  private before: FileResult | undefined;
  private hasEnded: boolean;
  current: FileResult;

  constructor(results: readonly FileResult[]) {
    const [first] = results;
    if (first === undefined) throw new Error('no file');
    this.results = results;
    this.current = first;
    // One file alone has no marker.
    this.begun = new Set(results.length === 1 ? [first] : []);
    this.hasEnded = results.length === 1;
  }

  /** Whether a test is the marker that begins a file, or ends the last. */
  begins(name: string): boolean {
    if (!name.startsWith(marker)) return false;
    this.stop();
    const next = this.results.find(({file}) => file === name.slice(marker.length));
    this.before = this.begun.size > 0 ? this.current : undefined;
    if (name === marker) this.hasEnded = true;
    if (next === undefined) return true;
    this.current = next;
    this.begun.add(next);
    return true;
  }

  /** What a marker says of the processor's time; other diagnostics are not meant. */
  diagnostic(message: string): void {
    const seconds = Number(message);
    if (Number.isNaN(seconds) || this.results.length === 1) return;
    if (this.before) this.before.processorSeconds += seconds - this.seconds;
    this.before = undefined;
    this.seconds = seconds;
  }

  /** Files that did not begin have failed, unless the run was cut off. */
  end(aborted: boolean): void {
    this.stop();
    if (aborted) return;
    if (!this.hasEnded) this.current.failures.push('its process ended with it');
    for (const result of this.results)
      if (!this.begun.has(result)) result.failures.push('it did not run: a file before it ended the process');
  }

  private stop(): void {
    this.current.milliseconds += Date.now() - this.since;
    this.since = Date.now();
  }
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
