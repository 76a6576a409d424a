/**
 * A process that runs test files, one or a batch at a time, as its parent names them. It leads a process group of its own and marks
 * what it starts, so that whatever a test leaves running is found, and ended with it, even if the parent was killed. Labs need a process anyway:
 * node:test starts its children with the environment of whoever calls it, and OVDIAG_LAB is one's own.
 */
import process from 'node:process';
import {runFiles} from './test-files.js';
import {childrensSeconds, endStartedBy, leftRunning, markName, processMark} from './test-leftovers.js';

/** What the parent sends: test files that share a process, and the JavaScript that runs them. */
export interface Job {
  files: readonly string[];
  script: string;
}

const interrupt = new AbortController();
// The group gets what ends it; its leader stays until the others have gone.
for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(name, () => interrupt.abort());

const mark = processMark();
process.on('message', async ({files, script}: Job) => {
  process.env[markName] = await mark;
  const before = await childrensSeconds();
  const results = await runFiles(files, script, interrupt.signal);
  const taken = (await childrensSeconds()) - before;
  // What is no file's own, such as their children's, is added to each by its share.
  const known = results.reduce((sum, {processorSeconds}) => sum + processorSeconds, 0);
  for (const one of results)
    one.processorSeconds = known > 0 ? (one.processorSeconds / known) * taken : taken / results.length;
  const left = interrupt.signal.aborted ? [] : await leftRunning(await mark);
  if (left.length > 0) {
    results[0]?.failures.push(
      `it${results.length > 1 ? ', or another of its process,' : ''} left running:\n${left.map(({pid, command}) => `${pid} ${command}`).join('\n')}`,
    );
    await endStartedBy(await mark);
  }
  // Who was cut off has nobody to tell.
  if (process.connected) process.send?.(results);
});
process.once('disconnect', async () => {
  interrupt.abort();
  await endStartedBy(await mark);
  process.exit();
});
