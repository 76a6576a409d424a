/**
 * The test command: builds, then runs the groups of `test-files.ts`: the unit tests, those that take long, those of the
 * command line, those in a browser, and, where the machine can, those on a real swarm. `npm test -- WORD…` runs the files
 * whose path holds one of the words; `--unit` runs the unit tests and those of the command line (`npm run test:unit`),
 * `--built` takes dist/ as it is, `--one-lab` has all files share one lab.
 *
 * Files that start the program or a swarm and fail are run once more (`--once`: they are not).
 *
 * Its last line is `N passed, N failed, N skipped`. With OVDIAG_LAB_REQUIRED=1 a machine that can't run the swarm
 * fails; otherwise what was skipped is said, with the reason.
 */
import {fork, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {chmod, mkdtemp, readdir, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {fileURLToPath} from 'node:url';
import {labUnavailable} from '../test/lab/available.js';
import {chooseEngine} from '../test/lab/engines.js';
import {defaultLabName} from '../test/lab/names.js';
import {orphanedLabs, ownedBy, ownerVariable} from '../test/lab/owner.js';
import {down} from '../test/lab/swarm.js';
import {batchOf, bundled, bundleTests} from './test-bundle.js';
import {emptyResult, type FileResult, sharing, testGroups} from './test-files.js';
import {endOrphans, isAlive, processMark} from './test-leftovers.js';
import type {Job} from './test-worker.js';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);

const workerSource = 'scripts/test-worker.ts';
const markerSource = 'scripts/test-marker.ts';

/** Runs files in one process. */
type RunFiles = (files: readonly string[]) => Promise<FileResult[]>;
type RunAll = (files: readonly string[]) => Promise<FileResult[]>;

interface Runner {
  run: RunFiles;
  /** Ends its process, with what tests have left running. */
  end: () => Promise<void>;
}

/** Runs the batches of a group, one at a time by each runner, and prints a line for each file of one that ends. */
async function runGroup(
  batches: readonly (readonly string[])[],
  runners: readonly RunFiles[],
  signal: AbortSignal,
): Promise<FileResult[]> {
  const waiting = [...batches];
  const results: FileResult[] = [];
  const work = async (run: RunFiles) => {
    for (let files = waiting.shift(); files !== undefined && !signal.aborted; files = waiting.shift()) {
      const ended = await run(files);
      if (signal.aborted) break;
      results.push(...ended);
      for (const result of ended) printResult(result);
    }
  };
  await Promise.all(runners.map(work));
  return results;
}

function printResult({file, passed, failures, skipped, milliseconds, processorSeconds}: FileResult): void {
  const skips = skipped.length > 0 ? `, ${skipped.length} skipped` : '';
  const mark = failures.length > 0 ? 'FAILED' : 'ok    ';
  console.log(
    `${mark} ${file}  ${passed} passed${skips}  ${seconds(milliseconds)}, ${processorSeconds.toFixed(1)} s of a processor`,
  );
  for (const failure of failures) console.log(failure.replace(/^/gm, '    '));
}

/**
 * Runs files by a process of its own, which tests of a lab need: two labs take little longer than one for half of the
 * files each, because such tests mostly wait.
 */
function startRunner(folder: string, env: Record<string, string> = {}): Runner {
  const worker = fork(bundled(folder, workerSource), {
    // Not those of this process, which loads TypeScript. The worker's children inherit them.
    execArgv: ['--enable-source-maps'],
    env: {...process.env, ...env},
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const ended = once(worker, 'exit');
  return {
    run: async (files) => {
      const [file = ''] = files;
      const script =
        files.length === 1 ? bundled(folder, file) : await batchOf(folder, files, file.replaceAll('/', '-'));
      worker.send({files, script} satisfies Job);
      const [results] = await Promise.race([
        once(worker, 'message'),
        ended.then(() => [files.map((one) => ({...emptyResult(one), failures: ['its process ended']}))]),
      ]);
      return results as FileResult[];
    },
    end: async () => {
      if (worker.connected) worker.disconnect();
      await ended;
    },
  };
}

/** Starts runners, has them run the batches, and ends them, also when interrupted. */
async function runWith(
  batches: readonly (readonly string[])[],
  start: () => Runner[],
  signal: AbortSignal,
): Promise<FileResult[]> {
  if (batches.length === 0 || signal.aborted) return [];
  const runners = start();
  const endAll = () => Promise.all(runners.map(({end}) => end()));
  signal.addEventListener('abort', endAll, {once: true});
  try {
    return await runGroup(
      batches,
      runners.map(({run}) => run),
      signal,
    );
  } finally {
    await endAll();
  }
}

/** Labs are built where they are first needed; one that somebody has built by hand is used and left standing. */
async function runLabGroup(
  files: readonly string[],
  folder: string,
  signal: AbortSignal,
  oneLab: boolean,
): Promise<FileResult[]> {
  if (files.length === 0) return [];
  const first = defaultLabName();
  const names = oneLab || files.length === 1 ? [first] : [first, `${first}2`];
  const owner = await processMark();
  const start = () => names.map((name) => startRunner(folder, {OVDIAG_LAB: name, [ownerVariable]: owner}));
  try {
    return await runWith(each(files), start, signal);
  } finally {
    for (const name of await ownedBy(owner)) await down(name);
  }
}

/**
 * Runs files that failed once more: real engines and many processes on a busy machine do not always settle. What fails
 * twice has failed. What passes the second time is named in the summary, with the first failure above it, because an
 * unsteady test is a fault too.
 */
async function twice(files: readonly string[], runAll: RunAll, unsteady: string[]): Promise<FileResult[]> {
  const first = await runAll(files);
  const failed = first.filter(({failures}) => failures.length > 0).map(({file}) => file);
  if (failed.length === 0) return first;
  console.log(`once more: ${failed.join(', ')}`);
  const second = new Map((await runAll(failed)).map((result) => [result.file, result]));
  for (const {file, failures} of second.values()) if (failures.length === 0) unsteady.push(file);
  return first.map((result) => second.get(result.file) ?? result);
}

/** Each file in a process of its own. */
function each(files: readonly string[]): string[][] {
  return files.map((file) => [file]);
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}

function summary(results: readonly FileResult[], milliseconds: number): void {
  const reasons = new Map<string, string[]>();
  for (const {file, skipped} of results) {
    for (const reason of skipped) reasons.set(reason, [...(reasons.get(reason) ?? []), file]);
  }
  for (const [reason, files] of reasons) {
    const names = [...new Set(files)];
    console.log(
      `skipped ${files.length} in ${names.slice(0, 6).join(', ')}${names.length > 6 ? ', …' : ''}: ${reason}`,
    );
  }
  const failed = results.filter(({failures}) => failures.length > 0);
  if (failed.length > 0) console.log(`failed: ${failed.map(({file}) => file).join(', ')}`);
  const slowest = [...results].sort((a, b) => b.milliseconds - a.milliseconds).slice(0, 5);
  console.log(`slowest: ${slowest.map((one) => `${one.file} ${seconds(one.milliseconds)}`).join(', ')}`);
  const processor = results.reduce((sum, one) => sum + one.processorSeconds, 0);
  console.log(
    `all in ${seconds(milliseconds)}, ${processor.toFixed(0)} s of a processor without the labs' engines`,
  );
}

async function main(args: readonly string[]): Promise<number> {
  const start = Date.now();
  const words = args.filter((word) => !word.startsWith('--'));
  const interrupt = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => interrupt.abort());
  await endOrphans();
  await chooseEngine(console.log);
  if (labUnavailable() === undefined) for (const name of await orphanedLabs()) await down(name);
  if (!args.includes('--built')) {
    const built = spawnSync(process.execPath, ['--import', 'tsx', 'scripts/build.ts'], {stdio: 'inherit'});
    if (built.status !== 0) throw new Error('the build failed');
  }

  const groups = await testGroups('test', words);
  if (args.includes('--unit')) Object.assign(groups, {long: [], browser: [], lab: []});
  // Each of these runs two processes at a time itself.
  const alone = [...groups.cli, ...groups.browser];
  const files = [...groups.unit, ...groups.long, ...alone, ...groups.lab];
  const scratch = await makeScratch();
  process.env['TMPDIR'] = scratch;
  const folder = await bundleTests([workerSource, markerSource, ...files]);
  const results: FileResult[] = [];
  const unsteady: string[] = [];
  const again = (group: string[], run: RunAll) => twice(group, run, unsteady);
  try {
    const {signal} = interrupt;
    const together = [...each(groups.long), ...(await sharing(groups.unit))];
    results.push(...(await runWith(together, () => [startRunner(folder), startRunner(folder)], signal)));
    const more = args.includes('--once') ? (group: string[], run: RunAll) => run(group) : again;
    results.push(
      ...(await more(alone, (files) => runWith(each(files), () => [startRunner(folder)], signal))),
    );
    const oneLab = args.includes('--one-lab');
    results.push(...(await more(groups.lab, (files) => runLabGroup(files, folder, signal, oneLab))));
  } finally {
    await rm(folder, {recursive: true, force: true});
    await rm(scratch, {recursive: true, force: true});
  }

  summary(results, Date.now() - start);
  if (unsteady.length > 0) console.log(`passed at the second run only: ${unsteady.join(', ')}`);
  const count = (of: (result: FileResult) => number) => results.reduce((sum, result) => sum + of(result), 0);
  const failed = count(({failures}) => failures.length) + (interrupt.signal.aborted ? 1 : 0);
  const passed = count((result) => result.passed);
  if (interrupt.signal.aborted) console.log('interrupted: not all files ran');
  console.log(`${passed} passed, ${failed} failed, ${count(({skipped}) => skipped.length)} skipped`);
  return failed > 0 || passed === 0 ? 1 : 0;
}

/** A folder for all temporary files of this run; those of runs that were killed are removed. */
async function makeScratch(): Promise<string> {
  for (const name of await readdir(tmpdir())) {
    const mark = /^ovdiag-test-(\d+-\d+)-/.exec(name)?.[1];
    if (mark !== undefined && !(await isAlive(mark)))
      await rm(path.join(tmpdir(), name), {recursive: true, force: true}).catch(() => {});
  }
  const folder = await mkdtemp(path.join(tmpdir(), `ovdiag-test-${await processMark()}-`));
  // Some tests look with another user's eyes.
  await chmod(folder, 0o755);
  return folder;
}

process.exitCode = await main(process.argv.slice(2));
