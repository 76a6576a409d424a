import {readdir, readFile, stat} from 'node:fs/promises';

/** A pid alone may be another process by tomorrow; with its start time it can't be. */
export interface ProcessId {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat: clock ticks since boot. */
  readonly startTime: string;
}

interface Stat extends ProcessId {
  readonly state: string;
  readonly parent: number;
}

async function readStat(pid: number): Promise<Stat | undefined> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The program's name stands in brackets and may hold anything, brackets too: count from the last one.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const [state, parent] = fields;
    const startTime = fields[19];
    if (state === undefined || parent === undefined || startTime === undefined) return undefined;
    return {pid, startTime, state, parent: Number(parent)};
  } catch {
    return undefined;
  }
}

/** The identity of a running process; a zombie has ended already. */
export async function identify(pid: number): Promise<ProcessId | undefined> {
  const found = await readStat(pid);
  if (found === undefined || found.state === 'Z' || found.state === 'X') return undefined;
  return {pid, startTime: found.startTime};
}

export async function isAlive(id: ProcessId): Promise<boolean> {
  return (await identify(id.pid))?.startTime === id.startTime;
}

/** Signals that very process, or nothing. */
export async function signal(id: ProcessId, name: NodeJS.Signals): Promise<void> {
  if (!(await isAlive(id))) return;
  try {
    process.kill(id.pid, name);
  } catch {
    // It ended in between, which is what was wanted.
  }
}

async function runningProcesses(): Promise<Stat[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const stats = await Promise.all(pids.map(readStat));
  return stats.filter((one) => one !== undefined && one.state !== 'Z' && one.state !== 'X') as Stat[];
}

async function netnsInode(pid: number): Promise<number | undefined> {
  try {
    return (await stat(`/proc/${pid}/ns/net`)).ino;
  } catch {
    return undefined;
  }
}

/**
 * Every process that lives in one of these network namespaces, and every descendant of such a process:
 * a node's engine, its containerd and shims, and the containers under the shims.
 * The calling process and its ancestors are never in the answer.
 */
export async function processesIn(netnsInodes: ReadonlySet<number>): Promise<ProcessId[]> {
  const all = await runningProcesses();
  const byPid = new Map(all.map((one) => [one.pid, one]));
  const own = new Set<number>();
  for (let pid = process.pid; pid > 0 && !own.has(pid); pid = byPid.get(pid)?.parent ?? 0) own.add(pid);

  const inside = new Set<number>();
  await Promise.all(
    all.map(async ({pid}) => {
      const inode = await netnsInode(pid);
      if (inode !== undefined && netnsInodes.has(inode)) inside.add(pid);
    }),
  );
  const belongs = (one: Stat): boolean => {
    const seen = new Set<number>();
    for (let at: Stat | undefined = one; at !== undefined && !seen.has(at.pid); at = byPid.get(at.parent)) {
      if (inside.has(at.pid)) return true;
      seen.add(at.pid);
    }
    return false;
  };
  return all.filter((one) => !own.has(one.pid) && belongs(one));
}
