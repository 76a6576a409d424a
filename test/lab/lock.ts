import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdir} from 'node:fs/promises';
import path from 'node:path';
import {LabError} from './error.js';
import type {LabNames} from './names.js';

/** Seconds, more than any build or removal of a lab takes, so that a second caller waits for the first one's result. */
const patience = 3600;

/**
 * Does the work while no other process builds or removes the same lab. The lock is flock(2)'s, held by a child
 * that lives as long as its input stays open: if this process dies in whatever way, the kernel frees the lock.
 */
export async function withLock<T>(names: LabNames, work: () => Promise<T>): Promise<T> {
  await mkdir(path.dirname(names.lockFile), {recursive: true, mode: 0o700});
  const holder = spawn('flock', ['-w', String(patience), names.lockFile, 'sh', '-c', 'echo held; exec cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(holder, 'exit');
  const held = await Promise.race([once(holder.stdout, 'data').then(() => true), ended.then(() => false)]);
  if (!held)
    throw new LabError(
      `lab ${names.lab} was in another process's hands for ${patience} s (${names.lockFile})`,
    );
  try {
    return await work();
  } finally {
    holder.stdin.end();
    await ended;
  }
}
