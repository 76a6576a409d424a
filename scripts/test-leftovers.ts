/** What test processes leave behind, found in /proc; where there is none, nothing is found. */
import {readdir, readFile} from 'node:fs/promises';
import {setTimeout as sleep} from 'node:timers/promises';

export interface Running {
  pid: number;
  command: string;
}

/** In the environment of everything that a run starts; the value is the run's `runMark`. */
export const markName = 'OVDIAG_TEST_RUN';

/** How long processes that were asked to end may take, in milliseconds. */
const grace = 5000;

/** The processes of a group but its leader; those that only wait to be reaped don't count. */
export async function groupMembers(leader: number): Promise<Running[]> {
  return await runningWhere(async (pid) => pid !== leader && (await statOf(pid))?.group === leader);
}

/** Asks the other processes of a group to end, and makes those end that don't. */
export async function endGroup(leader: number): Promise<void> {
  await endAll(() => groupMembers(leader));
}

/** Names this process among all there ever were since boot: a pid alone may be another's by tomorrow. */
export async function runMark(): Promise<string> {
  return `${process.pid}-${(await statOf(process.pid))?.startTime ?? 0}`;
}

/** Ends what is left of runs that were killed: processes with the mark of one that is no more. */
export async function endOrphans(): Promise<void> {
  await endAll(() =>
    runningWhere(async (pid) => {
      const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
      const mark = environment.split('\0').find((line) => line.startsWith(`${markName}=`));
      return mark !== undefined && !(await runIsAlive(mark.slice(markName.length + 1)));
    }),
  );
}

/** Whether the process that a mark names is still the same one. */
export async function runIsAlive(mark: string): Promise<boolean> {
  const [pid = '', startTime] = mark.split('-');
  return (await statOf(Number(pid)))?.startTime === startTime;
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

async function statOf(pid: number): Promise<{state: string; group: number; startTime: string} | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // proc_pid_stat(5): the name in brackets may hold anything; state, ppid and pgrp follow it, starttime is field 22.
  const [state, , group, ...more] = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const startTime = more[16];
  return state === undefined || startTime === undefined
    ? undefined
    : {state, group: Number(group), startTime};
}
