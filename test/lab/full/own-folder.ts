import {mkdtemp, readdir, rm} from 'node:fs/promises';
import path from 'node:path';
import {identify, isAlive} from '../process.js';

/**
 * Makes a folder of this process's own, whose name says whose it is; those of processes that are dead, as what was killed leaves
 * them, are removed.
 *
 * @param name a word before the number of the process
 */
export async function ownFolder(parent: string, name: string): Promise<string> {
  for (const found of await readdir(parent)) {
    const [, word, pid, startTime = ''] = /^(.+)-(\d+)-(\d+)-[^-]*$/.exec(found) ?? [];
    if (word === name && !(await isAlive({pid: Number(pid), startTime})))
      await rm(path.join(parent, found), {recursive: true, force: true});
  }
  const {pid, startTime} = (await identify(process.pid)) ?? {pid: process.pid, startTime: '0'};
  return await mkdtemp(path.join(parent, `${name}-${pid}-${startTime}-`));
}
