import {mkdir, readdir, readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {type LabNames, labNames, labsDirectory} from './names.js';
import {isAlive, type ProcessId} from './process.js';

/**
 * In the environment of a test run's processes, `PID-STARTTIME` of the run: what it builds it takes down, and if it was
 * killed, the next run does. A lab that somebody has built by hand has no owner, and stays.
 */
export const ownerVariable = 'OVDIAG_LAB_OWNER';

const fileOf = (names: LabNames) => path.join(names.directory, 'owner');

/** Notes whose lab it is, before anything of it is built. */
export async function noteOwner(names: LabNames): Promise<void> {
  const owner = process.env[ownerVariable];
  if (!owner) return;
  await mkdir(names.directory, {recursive: true, mode: 0o700});
  await writeFile(fileOf(names), owner);
}

async function ownerOf(names: LabNames): Promise<string | undefined> {
  return await readFile(fileOf(names), 'utf8').catch(() => undefined);
}

/** The names of all labs on this machine that belong to a run, be they whole or not. */
export async function ownedBy(run: string): Promise<string[]> {
  return await labsWhere((owner) => owner === run);
}

/** The names of all labs whose run is no more. */
export async function orphanedLabs(): Promise<string[]> {
  return await labsWhere(async (owner) => {
    const [pid = '', startTime = ''] = owner.split('-');
    return !(await isAlive({pid: Number(pid), startTime} satisfies ProcessId));
  });
}

async function labsWhere(wanted: (owner: string) => boolean | Promise<boolean>): Promise<string[]> {
  const found: string[] = [];
  for (const name of await readdir(labsDirectory).catch(() => [])) {
    const owner = await ownerOf(labNames(name));
    if (owner !== undefined && (await wanted(owner))) found.push(name);
  }
  return found;
}
