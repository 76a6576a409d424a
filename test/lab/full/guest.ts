import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {createReadStream} from 'node:fs';
import {readFile, rename, rm, writeFile} from 'node:fs/promises';
import {tmpdir, totalmem} from 'node:os';
import path from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {HopelessError, LabError} from '../error.js';
import {until} from '../wait.js';
import type {Kernel} from './kernel.js';
import {ownFolder} from './own-folder.js';

const init = fileURLToPath(new URL('./init.sh', import.meta.url));

/** A running kernel of the lab's own. Its root shows the machine's files, and what it writes is gone with it. */
export interface Guest {
  /** Runs lines of sh as root, passes on what they print as it comes, and gives their exit status. */
  run(command: string, output: (text: Buffer) => void): Promise<number>;
  /** A folder of the machine's that the guest has as /mnt; it is gone with the guest. */
  readonly shared: string;
  /** Ends it at once; nothing is left of it. */
  end(): Promise<void>;
}

/** MiB of the guest's memory, where all that it writes lies: half of the machine's, and no more than two nodes can use. */
function memoryMegabytes(): number {
  return Math.min(6144, Math.floor(totalmem() / 2 ** 21));
}

/**
 * Boots the kernel. It ends with this process, in whatever way that ends: all of its processes live in a process namespace
 * whose first one is killed with its parent, and its memory is a file in a mount of its own.
 *
 * @param checkout a folder of the machine's that the guest sees wherever it lies; of /tmp, /run and the like it sees nothing else
 * @throws LabError where it does not come up
 */
export async function boot({file}: Kernel, checkout: string): Promise<Guest> {
  const memory = memoryMegabytes();
  const shared = await ownFolder(tmpdir(), 'ovdiag-guest');
  await writeFile(path.join(shared, 'checkout'), checkout);
  const child = spawn(
    'setpriv',
    [
      ...['--pdeathsig', 'KILL', '--'],
      // What is unmounted on the machine is to go here too: a copy would keep other labs' namespaces.
      ...[
        'unshare',
        '--pid',
        '--fork',
        '--kill-child',
        '--mount',
        '--propagation',
        'slave',
        '--mount-proc',
        '--',
      ],
      ...[
        'sh',
        '-c',
        'mount -t tmpfs -o "size=$0M,mode=1777" tmpfs /dev/shm && exec "$@"',
        String(memory + 64),
      ],
      ...[file, ...kernelArguments(shared, memory)],
    ],
    // Not in the terminal's group: a Ctrl-C is this process's, which then ends the guest.
    {cwd: '/', detached: true, stdio: ['ignore', 'pipe', 'pipe'], env: {PATH: process.env['PATH'] ?? ''}},
  );
  const console_ = lastWords(child);
  const end = async () => {
    child.kill('SIGKILL');
    await console_.closed;
    await rm(shared, {recursive: true, force: true});
  };
  const explain = () => Promise.resolve(`the guest's console:\n${console_.text()}`);
  try {
    await until({what: 'the guest to be up', explain}, async () => {
      if (hasEnded(child)) throw new HopelessError('the kernel has ended');
      const state = await readFile(path.join(shared, 'state'), 'utf8').catch(() => '');
      return state === 'up\n' ? true : undefined;
    });
  } catch (error) {
    await end();
    throw error;
  }
  let calls = 0;
  return {
    shared,
    run: (command, output) => {
      calls += 1;
      return runCommand(path.join(shared, String(calls)), command, output, () => {
        if (hasEnded(child)) throw new LabError(`the guest has ended\n${console_.text()}`);
      });
    },
    end,
  };
}

function kernelArguments(shared: string, memory: number): string[] {
  return [
    ...['root=/dev/root', 'rootfstype=hostfs', 'rootflags=/', 'ro', `init=${init}`],
    ...[`mem=${memory}M`, 'ncpus=2', 'seccomp=on', `uml_dir=${shared}/`],
    ...['con0=null,fd:1', 'con=null', 'ssl=null', 'quiet'],
    `ovdiag.shared=${shared}`,
  ];
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** The end of what the kernel printed; `closed` once no process of the guest is left that could print. */
function lastWords(child: ChildProcess): {text: () => string; closed: Promise<unknown>} {
  const closed = once(child, 'close');
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => {
      text = (text + chunk.toString()).slice(-8000);
    });
  return {text: () => text, closed};
}

/** Milliseconds between two looks at what a command has printed. */
const lookEvery = 100;

/** The guest sees `BASE.command`, writes to `BASE.out`, and at last to `BASE.status`. */
async function runCommand(
  base: string,
  command: string,
  output: (text: Buffer) => void,
  checkAlive: () => void,
): Promise<number> {
  await writeFile(`${base}.new`, command);
  await rename(`${base}.new`, `${base}.command`);
  let read = 0;
  const passOn = async () => {
    try {
      for await (const chunk of createReadStream(`${base}.out`, {start: read})) {
        read += (chunk as Buffer).length;
        output(chunk as Buffer);
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  };
  for (;;) {
    const status = await readFile(`${base}.status`, 'utf8').catch(() => undefined);
    await passOn();
    if (status !== undefined) return Number(status);
    checkAlive();
    await sleep(lookEvery);
  }
}
