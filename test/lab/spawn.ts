import {spawn} from 'node:child_process';
import {open} from 'node:fs/promises';
import {LabError} from './error.js';
import {identify, type ProcessId} from './process.js';

/** Starts a program that outlives this process; its output goes to the file. */
export async function spawnDetached(argv: readonly string[], output: string): Promise<ProcessId> {
  const [file, ...args] = argv;
  if (file === undefined) throw new LabError('nothing to start');
  const log = await open(output, 'a', 0o600);
  try {
    const child = spawn(file, args, {
      detached: true,
      cwd: '/',
      // A clean environment: a proxy of the caller's, for instance, is out of a node's reach.
      env: {PATH: process.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root'},
      stdio: ['ignore', log.fd, log.fd],
    });
    child.on('error', () => {}); // Seen below as a missing pid.
    child.unref();
    const id = child.pid === undefined ? undefined : await identify(child.pid);
    if (id === undefined) throw new LabError(`cannot start ${argv.join(' ')}, see ${output}`);
    return id;
  } finally {
    await log.close();
  }
}
