/**
 * The test command: builds, then runs the unit tests, the tests of the command line, and, where the machine can,
 * the tests on a real swarm. `npm test -- WORD…` runs the files whose path holds one of the words.
 *
 * Its last line is `N passed, N failed, N skipped`. With OVDIAG_LAB_REQUIRED=1 a machine that can't run the swarm
 * fails; otherwise what was skipped is said, with the reason.
 */
import {fork, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import path from 'node:path';
import process from 'node:process';
import {fileURLToPath} from 'node:url';
import {labUnavailable} from '../test/lab/available.js';
import {defaultLabName, labNames} from '../test/lab/names.js';
import {readState} from '../test/lab/state.js';
import {down} from '../test/lab/swarm.js';
import {type FileResult, runFile, testGroups} from './test-files.js';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);

type RunFile = (file: string) => Promise<FileResult>;

/** Runs the files of a group, one at a time by each runner, and prints a line for each that ends. */
async function runGroup(
  files: readonly string[],
  runners: readonly RunFile[],
  signal: AbortSignal,
): Promise<FileResult[]> {
  const waiting = [...files];
  const results: FileResult[] = [];
  const work = async (run: RunFile) => {
    for (let file = waiting.shift(); file !== undefined && !signal.aborted; file = waiting.shift()) {
      const result = await run(path.join(root, file));
      results.push({...result, file});
      const skipped = result.skipped.length > 0 ? `, ${result.skipped.length} skipped` : '';
      const mark = result.failures.length > 0 ? 'FAILED' : 'ok    ';
      console.log(`${mark} ${file}  ${result.passed} passed${skipped}  ${seconds(result.milliseconds)}`);
      for (const failure of result.failures) console.log(failure.replace(/^/gm, '    '));
    }
  };
  await Promise.all(runners.map(work));
  return results;
}

/**
 * Runs files in a process that has a lab of its own. Tests of the lab mostly wait, so two labs take little longer than
 * one for half of the files each.
 */
function labRunner(lab: string, signal: AbortSignal): {run: RunFile; end: () => void} {
  const worker = fork(path.join(root, 'scripts/lab-worker.ts'), {
    execArgv: ['--import', 'tsx'],
    env: {...process.env, OVDIAG_LAB: lab},
  });
  signal.addEventListener('abort', () => worker.kill('SIGTERM'), {once: true});
  return {
    run: async (file) => {
      worker.send(file);
      const [result] = await Promise.race([
        once(worker, 'message'),
        once(worker, 'exit').then((): [FileResult] => [
          {file, passed: 0, failures: ['its process ended'], skipped: [], milliseconds: 0},
        ]),
      ]);
      return result as FileResult;
    },
    end: () => worker.disconnect(),
  };
}

/** Labs are built where they are first needed; one that somebody has built by hand is used and left standing. */
async function runLabGroup(files: readonly string[], signal: AbortSignal): Promise<FileResult[]> {
  if (files.length === 0) return [];
  const names = files.length === 1 ? [defaultLabName()] : [defaultLabName(), `${defaultLabName()}2`];
  const stood = await Promise.all(names.map(async (name) => (await readState(labNames(name))) !== undefined));
  const runners = names.map((name) => labRunner(name, signal));
  try {
    return await runGroup(
      files,
      runners.map(({run}) => run),
      signal,
    );
  } finally {
    for (const {end} of runners) end();
    if (labUnavailable() === undefined) {
      for (const [index, name] of names.entries()) if (!stood[index]) await down(name);
    }
  }
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
  console.log(`all in ${seconds(milliseconds)}`);
}

async function main(words: readonly string[]): Promise<number> {
  const start = Date.now();
  const built = spawnSync(process.execPath, ['--import', 'tsx', 'scripts/build.ts'], {stdio: 'inherit'});
  if (built.status !== 0) throw new Error('the build failed');

  const groups = await testGroups('test', words);
  const interrupt = new AbortController();
  process.once('SIGINT', () => interrupt.abort());
  process.once('SIGTERM', () => interrupt.abort());
  const inProcess: RunFile = (file) => runFile(file, interrupt.signal);
  const results = [
    ...(await runGroup(groups.unit, [inProcess, inProcess], interrupt.signal)),
    // Each of these runs two processes at a time itself.
    ...(await runGroup(groups.cli, [inProcess], interrupt.signal)),
    ...(await runLabGroup(groups.lab, interrupt.signal)),
  ];

  summary(results, Date.now() - start);
  const count = (of: (result: FileResult) => number) => results.reduce((sum, result) => sum + of(result), 0);
  const failed = count(({failures}) => failures.length) + (interrupt.signal.aborted ? 1 : 0);
  const passed = count((result) => result.passed);
  if (interrupt.signal.aborted) console.log('interrupted: not all files ran');
  console.log(`${passed} passed, ${failed} failed, ${count(({skipped}) => skipped.length)} skipped`);
  return failed > 0 || passed === 0 ? 1 : 0;
}

process.exitCode = await main(process.argv.slice(2));
