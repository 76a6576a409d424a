/**
 * Damages captures and decodes each in every view, whole and in pieces: `npm run fuzz -- --count N --seed S`.
 *
 * Ends with an error that holds the input where the views differ, where something raw would reach a terminal, where JSON
 * is none, or where an input crashes; with 1 where 20 in a row took more than 2 s of CPU time or the process more than 200 MB.
 */
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {rm} from 'node:fs/promises';
import process from 'node:process';
import {parseArgs} from 'node:util';
import {bundled, bundleTests} from './test-bundle.js';

const worker = 'scripts/fuzz-worker.ts';

const {values} = parseArgs({
  options: {
    count: {type: 'string', default: '20000'},
    seed: {type: 'string', default: String(Date.now() & 0xffff)},
  },
});
const [count, seed] = [Number(values.count), Number(values.seed)];
if (!(Number.isInteger(count) && count > 0 && Number.isInteger(seed))) {
  console.error('usage: npm run fuzz -- --count N --seed S');
  process.exit(2);
}
const folder = await bundleTests([worker]);
try {
  const args = [bundled(folder, worker), String(count), String(seed)];
  const [status] = await once(spawn(process.execPath, args, {stdio: 'inherit'}), 'exit');
  // Without a status where a signal ended it.
  process.exitCode = status ?? 1;
} finally {
  await rm(folder, {recursive: true, force: true});
}
