import {readdir, readFile, rm, rmdir, stat} from 'node:fs/promises';
import path from 'node:path';
import {LabError} from './error.js';
import {run} from './exec.js';
import {type LabNames, netnsDirectory} from './names.js';
import {identify, type ProcessId, processesIn, signal} from './process.js';
import {until} from './wait.js';

/**
 * Removes whatever there is of a lab, be it healthy, half built or half dead. It needs no state file: the processes
 * are found by where they live, which is in the lab's own network namespaces or in the cgroups of the containers
 * that the lab's own data directories list. There is no orderly end, because every trace of the lab is dropped
 * anyway: the nodes' mounts go with their last process, the links with their namespaces.
 */
export async function cleanUp(names: LabNames): Promise<void> {
  const namespaces = await listNamespaces(names);
  const cgroups = await containerCgroups(await containerIds(names));

  await until({what: `the end of lab ${names.lab}'s processes`}, async () => {
    const left = await labProcesses(namespaces, cgroups);
    if (left.length === 0) return true;
    await Promise.all(left.map((one) => signal(one, 'SIGKILL')));
    throw new LabError(`still there: ${left.map(({pid}) => pid).join(' ')}`);
  });
  for (const file of namespaces) await run(['ip', 'netns', 'del', path.basename(file)]);
  for (const cgroup of cgroups) await removeCgroup(cgroup);
  await rm(names.directory, {recursive: true, force: true, maxRetries: 5});
}

async function listNamespaces(names: LabNames): Promise<string[]> {
  const files = await readdir(netnsDirectory).catch(() => []);
  return files
    .filter((file) => file.startsWith(names.netnsPrefix))
    .map((file) => path.join(netnsDirectory, file));
}

async function labProcesses(namespaces: readonly string[], cgroups: readonly string[]): Promise<ProcessId[]> {
  const inodes = new Set<number>();
  for (const file of namespaces) {
    const {ino, dev} = await stat(file);
    // A run that died within `ip netns add` leaves a plain file, and its inode number means nothing.
    if (dev !== (await stat(netnsDirectory)).dev) inodes.add(ino);
  }
  const pids = await Promise.all(cgroups.map(cgroupPids));
  const inCgroups = await Promise.all([...new Set(pids.flat())].map(identify));
  return [...(await processesIn(inodes)), ...inCgroups.filter((one) => one !== undefined)];
}

/** The containers of this lab's engines, running or not, even if the engines are dead. */
async function containerIds(names: LabNames): Promise<string[]> {
  const nodes = await readdir(names.directory).catch(() => []);
  const lists = nodes.map((node) =>
    readdir(path.join(names.nodeDirectory(node), 'docker/containers')).catch(() => []),
  );
  return (await Promise.all(lists)).flat().filter((id) => /^[0-9a-f]{64}$/.test(id));
}

/** One directory a container and controller (cgroup v1), or one a container (v2). */
async function containerCgroups(ids: readonly string[]): Promise<string[]> {
  const root = '/sys/fs/cgroup';
  const parents = [root, ...(await readdir(root)).map((name) => path.join(root, name))];
  const found: string[] = [];
  for (const parent of parents) {
    const present = new Set(await readdir(path.join(parent, 'docker')).catch(() => []));
    found.push(...ids.filter((id) => present.has(id)).map((id) => path.join(parent, 'docker', id)));
  }
  return found;
}

async function cgroupPids(directory: string): Promise<number[]> {
  const text = await readFile(path.join(directory, 'cgroup.procs'), 'utf8').catch(() => '');
  return text.split('\n').filter(Boolean).map(Number);
}

/** A leftover cgroup does no harm, so one that can't go yet is left. */
async function removeCgroup(directory: string): Promise<void> {
  await rmdir(directory).catch(() => {});
}
