import {chmod} from 'node:fs/promises';
import {fileURLToPath} from 'node:url';
import {run} from '../test/lab/exec.js';
import type {Lab} from '../test/lab/lab.js';

const program = fileURLToPath(new URL('../bin/run.js', import.meta.url));

/** One snapshot of one node, by the program as it is installed. */
export async function takeSnapshot(lab: Lab, node: string, file: string): Promise<void> {
  const prefix = lab.node(node).prefix.join(' ');
  await run([process.execPath, program, 'snapshot', '--host', `exec:${prefix}`, '-o', file]);
  // The program keeps a snapshot for its owner alone; a fixture is for all.
  await chmod(file, 0o644);
}
