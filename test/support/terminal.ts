import assert from 'node:assert/strict';
import {setTimeout as sleep} from 'node:timers/promises';
import {execa} from 'execa';

/**
 * A shell in a terminal of its own (tmux).
 *
 * `prefix`: words before the command, for a terminal in other namespaces.
 */
export class Terminal {
  private readonly socket: string;
  private readonly env: Record<string, string>;
  private readonly prefix: readonly string[];

  constructor(socket: string, env: Record<string, string>, prefix: readonly string[] = []) {
    this.socket = socket;
    this.env = env;
    this.prefix = prefix;
  }

  private async tmux(...args: string[]): Promise<string> {
    const [file = 'tmux', ...words] = [...this.prefix, 'tmux'];
    const {stdout} = await execa(file, [...words, '-f', '/dev/null', '-S', this.socket, ...args], {
      env: this.env,
      extendEnv: false,
      timeout: 30_000,
    });
    return stdout;
  }

  async start(command: string, directory: string): Promise<void> {
    await this.tmux('new-session', '-d', '-x', '150', '-y', '40', '-c', directory, command);
  }

  /** Types texts, waits after each until the screen shows what it must, and clears line and screen. */
  async type(...steps: (string | RegExp)[]): Promise<void> {
    for (const step of steps) {
      if (typeof step === 'string') await this.tmux('send-keys', '-l', '--', step);
      else await this.shows(step);
    }
    await this.tmux('send-keys', 'C-u');
    await this.tmux('send-keys', 'C-l');
  }

  private async shows(expected: RegExp): Promise<void> {
    let screen = '';
    for (let attempt = 0; attempt < 300; attempt++) {
      screen = await this.tmux('capture-pane', '-p');
      if (expected.test(screen)) return;
      await sleep(100);
    }
    assert.fail(`${expected} is not on the screen:\n${screen.trimEnd()}`);
  }

  async end(): Promise<void> {
    await this.tmux('kill-server').catch(() => undefined);
  }
}
