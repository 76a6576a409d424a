import {type ChildProcess, fork} from 'node:child_process';
import {once} from 'node:events';
import {fileURLToPath} from 'node:url';

/** What a call of the command line printed, and how it ended. */
export interface CallAnswer {
  stdout: string;
  stderr: string;
  status: number;
}

const worker = fileURLToPath(new URL('./call-worker.mjs', import.meta.url));

/**
 * A process in which the program of one built checkout answers calls, in the order in which they come: for tests of
 * answers, not of starts, signals, terminals or standard input, which is empty.
 */
export class Caller {
  private readonly child: ChildProcess;
  private readonly ended: Promise<unknown>;
  private last: Promise<unknown>;

  constructor(checkout: string, options: {env: Record<string, string>; cwd: string}) {
    this.child = fork(worker, [checkout], {
      ...options,
      execArgv: [],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.ended = once(this.child, 'exit');
    this.last = once(this.child, 'message');
  }

  call(args: readonly string[]): Promise<CallAnswer> {
    const answer = this.last.then(async () => {
      this.child.send(args);
      const [given] = await Promise.race([
        once(this.child, 'message'),
        this.ended.then(() => {
          throw new Error(`the process that answered ${args.join(' ')} ended`);
        }),
      ]);
      return given as CallAnswer;
    });
    this.last = answer.catch(() => {});
    return answer;
  }

  async end(): Promise<void> {
    if (this.child.connected) this.child.disconnect();
    await this.ended;
  }
}
