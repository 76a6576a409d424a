/** What test processes leave behind, found in /proc; where there is none, nothing is found. */
import {readdir, readFile} from 'node:fs/promises';
import {setTimeout as sleep} from 'node:timers/promises';

export interface Running {
  pid: number;
  command: string;
}

/** In the environment of everything that a test worker starts; the value is the worker's `processMark`. */
export const markName = 'OVDIAG_TEST_WORKER';

/** How long processes that were asked to end may take, in milliseconds. */
const grace = 5000;

/** Processor time of this process's children that have ended, and of theirs; proc_pid_stat(5), cutime and cstime, in ticks of 10 ms. */
export async function childrensSeconds(): Promise<number> {
  return ((await statOf(process.pid))?.childrensTicks ?? 0) / 100;
}

/** Names this process among all there ever were since boot: a pid alone may be another's by tomorrow. */
export async function processMark(): Promise<string> {
  return `${process.pid}-${(await statOf(process.pid))?.startTime ?? 0}`;
}

/** Whether the process that a mark names is still the same one. */
export async function isAlive(mark: string): Promise<boolean> {
  const [pid = '', startTime] = mark.split('-');
  return (await statOf(Number(pid)))?.startTime === startTime;
}

/** What a worker has started and still runs: what is of its process group, and what holds its mark. */
export async function startedBy(mark: string): Promise<Running[]> {
  const leader = Number.parseInt(mark, 10);
  return await runningWhere(
    async (pid) => pid !== leader && ((await statOf(pid))?.group === leader || (await markOf(pid)) === mark),
  );
}

/**
 * What a worker has started and does not end by itself: whoever ends a process group in two steps, as the collector does,
 * is still there for a moment after the file that read with it.
 */
export async function leftRunning(mark: string): Promise<Running[]> {
  const start = Date.now();
  let left = await startedBy(mark);
  while (left.length > 0 && Date.now() - start < 2 * grace) {
    await sleep(100);
    left = await startedBy(mark);
  }
  return left;
}

/** Asks all that a worker has started to end, and makes those end that don't. */
export async function endStartedBy(mark: string): Promise<void> {
  await endAll(() => startedBy(mark));
}

/** Ends what is left of workers that were killed themselves. */
export async function endOrphans(): Promise<void> {
  await endAll(() =>
    runningWhere(async (pid) => {
      const mark = await markOf(pid);
      return mark !== undefined && !(await isAlive(mark));
    }),
  );
}

async function endAll(find: () => Promise<Running[]>): Promise<void> {
  for (let start = Date.now(), left = await find(); left.length > 0; left = await find()) {
    for (const {pid} of left) signal(pid, Date.now() - start > grace ? 'SIGKILL' : 'SIGTERM');
    await sleep(50);
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended by itself.
  }
}

async function runningWhere(wanted: (pid: number) => Promise<boolean>): Promise<Running[]> {
  const names = await readdir('/proc').catch(() => []);
  const found: Running[] = [];
  for (const pid of names.filter((name) => /^\d+$/.test(name)).map(Number)) {
    if (!(await wanted(pid)) || 'ZX'.includes((await statOf(pid))?.state ?? 'X')) continue;
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    found.push({pid, command: command.replaceAll('\0', ' ').trim()});
  }
  return found;
}

async function statOf(
  pid: number,
): Promise<{state: string; group: number; startTime: string; childrensTicks: number} | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // proc_pid_stat(5): the name in brackets may hold anything; state, ppid and pgrp follow it, starttime is field 22.
  const [state, , group, ...more] = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const startTime = more[16];
  if (state === undefined || startTime === undefined) return undefined;
  return {state, group: Number(group), startTime, childrensTicks: Number(more[10]) + Number(more[11])};
}

async function markOf(pid: number): Promise<string | undefined> {
  const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
  const line = environment.split('\0').find((one) => one.startsWith(`${markName}=`));
  return line?.slice(markName.length + 1);
}
