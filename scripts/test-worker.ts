/**
 * A process that runs test files, one at a time, as its parent names them. It leads a process group of its own and marks
 * what it starts, so that whatever a test leaves running is found, and ended with it, even if the parent was killed. Labs need a process anyway:
 * node:test starts its children with the environment of whoever calls it, and OVDIAG_LAB is one's own.
 */
import process from 'node:process';
import {runFile} from './test-files.js';
import {childrensSeconds, endStartedBy, leftRunning, markName, processMark} from './test-leftovers.js';

/** What the parent sends: a test file, and its JavaScript. */
export interface Job {
  file: string;
  script: string;
}

const interrupt = new AbortController();
// The group gets what ends it; its leader stays until the others have gone.
for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(name, () => interrupt.abort());

const mark = processMark();
process.on('message', async ({file, script}: Job) => {
  process.env[markName] = await mark;
  const before = await childrensSeconds();
  const result = await runFile(file, script, interrupt.signal);
  result.processorSeconds = (await childrensSeconds()) - before;
  const left = interrupt.signal.aborted ? [] : await leftRunning(await mark);
  if (left.length > 0) {
    result.failures.push(`it left running:\n${left.map(({pid, command}) => `${pid} ${command}`).join('\n')}`);
    await endStartedBy(await mark);
  }
  // Who was cut off has nobody to tell.
  if (process.connected) process.send?.(result);
});
process.once('disconnect', async () => {
  interrupt.abort();
  await endStartedBy(await mark);
  process.exit();
});
