import {readdirSync, readFileSync} from 'node:fs';
import {setTimeout as sleep} from 'node:timers/promises';

export interface Found {
  pid: number;
  command: string;
}

/** Running processes whose arguments or environment hold a text; the test's own process is not among them. */
export function processesWith(text: string): Found[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((name) => {
      try {
        const [command, environment, status] = ['cmdline', 'environ', 'status'].map((file) =>
          readFileSync(`/proc/${name}/${file}`, 'utf8').replaceAll('\0', ' '),
        );
        const ended = /^State:\s+[ZX]/m.test(status ?? '');
        return !ended && `${command}${environment}`.includes(text)
          ? [{pid: Number(name), command: command ?? ''}]
          : [];
      } catch {
        return [];
      }
    });
}

/** Waits until processes with this text are there, or are gone, at most so many milliseconds; says after how many. */
export async function untilProcesses(
  text: string,
  there: (found: Found[]) => boolean,
  limitMs = 900_000,
): Promise<number> {
  const start = Date.now();
  for (;;) {
    const found = processesWith(text);
    const elapsed = Date.now() - start;
    if (there(found)) return elapsed;
    if (elapsed > limitMs) {
      const list = found.map(({pid, command}) => `${pid} ${command.slice(0, 100)}`).join('\n');
      throw new Error(`after ${elapsed} ms there are with "${text}":\n${list}`);
    }
    await sleep(20);
  }
}

export const some = (found: Found[]) => found.length > 0;
export const none = (found: Found[]) => found.length === 0;
