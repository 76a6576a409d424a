/**
 * A process that runs test files on a lab of its own (OVDIAG_LAB), one at a time, as its parent names them. A process,
 * because node:test starts its children with the environment of whoever calls it.
 */
import process from 'node:process';
import {runFile} from './test-files.js';

const interrupt = new AbortController();
process.once('SIGTERM', () => interrupt.abort());
process.on('message', async (file: string) => {
  process.send?.(await runFile(file, interrupt.signal));
});
process.once('disconnect', () => {
  interrupt.abort();
  process.exit();
});
