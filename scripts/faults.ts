/**
 * Tries `doctor` on every fault of test/lab/doctor-faults in a lab, and writes docs/checks/faults.md when all have passed.
 *
 *   npm run faults -- [--part K/N] [--fresh] [WORD…]
 *
 * A run that was cut goes on where it stopped, as long as neither the sources nor the engine change: what has passed is kept
 * below node_modules/.cache/faults (--fresh forgets it). Words choose faults by their code or by what is done; --part 2/3
 * takes the second of three equal parts, for machines that share the work.
 */
import {execFileSync, spawn} from 'node:child_process';
import {createHash} from 'node:crypto';
import {once} from 'node:events';
import {readdir, rm} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {resultsVariable} from '../test/lab/doctor-faults/results.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const cache = path.join(root, 'node_modules/.cache/faults');

const {values, positionals} = parseArgs({
  options: {part: {type: 'string'}, fresh: {type: 'boolean', default: false}},
  allowPositionals: true,
});
if (values.part !== undefined && !/^[1-9]\d*\/[1-9]\d*$/.test(values.part))
  throw new Error('--part takes K/N, such as 2/3');

/** Names the sources as they are now: the commit, and what differs from it. */
function sources(): string {
  const git = (...args: string[]) => execFileSync('git', args, {cwd: root, maxBuffer: 1 << 28});
  const hash = createHash('sha256').update(git('diff', 'HEAD', '--', '.', ':!docs'));
  hash.update(git('ls-files', '--others', '--exclude-standard'));
  return `${git('rev-parse', '--short=12', 'HEAD').toString().trim()}-${hash.digest('hex').slice(0, 8)}`;
}

const name = sources();
for (const file of await readdir(cache).catch(() => [])) {
  if (values.fresh || !file.startsWith(`${name}-`)) await rm(path.join(cache, file));
}
const child = spawn(
  process.execPath,
  ['--import', 'tsx', 'scripts/test.ts', 'test/lab-suite/doctor-faults.test.ts'],
  {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      [resultsVariable]: path.join(cache, name),
      OVDIAG_FAULTS_PART: values.part ?? '1/1',
      OVDIAG_FAULTS_WORDS: JSON.stringify(positionals),
    },
  },
);
// The terminal sends them to the child as well, which ends in order.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
const [status] = (await once(child, 'exit')) as [number | null];
process.exitCode = status ?? 1;
