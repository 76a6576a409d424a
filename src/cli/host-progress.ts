import type {Progress} from '../hosts/fan-out.js';
import {terminalOf} from '../render/terminal.js';
import {unguarded} from './output.js';

export interface HostProgress {
  update(progress: Progress): void;
  done(): void;
}

/**
 * Says on a TTY's stderr which hosts are being waited for; undefined where nobody would see it.
 *
 * @param listenSeconds how long each host is listened to before it answers
 */
export async function hostProgress(listenSeconds?: number): Promise<HostProgress | undefined> {
  if (!process.stderr.isTTY) return undefined;
  const [{statusLine}, {progressText}] = await Promise.all([
    import('../render/status.js'),
    import('../render/progress.js'),
  ]);
  const line = statusLine(unguarded(process.stderr), terminalOf(process.stderr));
  const first = listenSeconds === undefined ? '' : `listening for ${listenSeconds} s, then `;
  return {update: (progress) => line.update(first + progressText(progress)), done: () => line.done()};
}
