import assert from 'node:assert/strict';
import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {type FileHandle, open, readdir, readFile, stat} from 'node:fs/promises';
import path from 'node:path';
import {after, afterEach, describe, it} from 'node:test';
import {fileURLToPath} from 'node:url';
import {processesWith} from '../support/processes.js';
import {HopelessError} from './error.js';
import {defaultLabName, labNames, netnsDirectory} from './names.js';
import {processesIn} from './process.js';
import {down} from './swarm.js';
import {labSuite} from './use.js';
import {until} from './wait.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** In the environment of all that a run of these tests starts. */
const mark = `OVDIAG_TEST_CUT=${process.pid}`;

/** A process that has ended since it was seen needs no signal. */
function signalAll(processes: readonly {pid: number}[], signal: NodeJS.Signals): void {
  for (const {pid} of processes) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

describe('a run of the tests that is cut while it builds its lab', labSuite(), () => {
  const names = labNames(`${defaultLabName()}cut`);
  /** Of the cut lab's namespaces. */
  const held: FileHandle[] = [];
  afterEach(async () => {
    await Promise.all(held.splice(0).map((handle) => handle.close()));
  });
  after(async () => {
    // A test that failed half-way may have left its run standing still.
    signalAll(processesWith(mark), 'SIGKILL');
    await down(names.lab);
  });

  function startRun(word: string): ChildProcess {
    const [variable = '', value] = mark.split('=');
    return spawn(process.execPath, ['--import', 'tsx', 'scripts/test.ts', '--built', word], {
      cwd: root,
      // With its context a runner within a test would run nothing.
      env: {...process.env, NODE_TEST_CONTEXT: undefined, OVDIAG_LAB: names.lab, [variable]: value},
      stdio: 'ignore',
    });
  }

  const namespaces = async () =>
    (await readdir(netnsDirectory)).filter((file) => file.startsWith(names.netnsPrefix));

  /** Waits until engines run in its namespaces, and gives the inodes of these. */
  async function begun(run: ChildProcess): Promise<Set<number>> {
    const files = await until({what: 'the engines of a lab'}, async () => {
      if (run.exitCode !== null) throw new HopelessError(`the run has ended with ${run.exitCode}`);
      const found = await namespaces();
      const stats = await Promise.all(found.map((file) => stat(path.join(netnsDirectory, file))));
      return (await processesIn(new Set(stats.map(({ino}) => ino)))).length >= 4 ? found : undefined;
    });
    // The number of a namespace that is gone is given to the next one, perhaps of the lab beside this; held open, it is not free.
    held.push(...(await Promise.all(files.map((file) => open(path.join(netnsDirectory, file))))));
    return new Set((await Promise.all(held.map((handle) => handle.stat()))).map(({ino}) => ino));
  }

  /** All that there is of the run and its lab, in words. */
  async function left(inodes: Set<number>): Promise<string[]> {
    const mounts = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n');
    return [
      ...(await namespaces()),
      ...(await processesIn(inodes)).map(({pid}) => `process ${pid} of the lab`),
      ...processesWith(mark).map(({pid, command}) => `${pid} ${command}`),
      ...mounts.filter((line) => line.includes(names.directory) || line.includes(names.netnsPrefix)),
      ...(await stat(names.directory).then(
        () => [names.directory],
        () => [],
      )),
    ];
  }

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`leaves nothing after ${signal}`, async () => {
      const run = startRun('lab-suite/redact');
      const inodes = await begun(run);
      run.kill(signal);
      const [status] = (await once(run, 'exit')) as [number | null];
      assert.deepEqual(await left(inodes), []);
      assert.equal(status, 1);
    });
  }

  it('leaves nothing that the next run does not remove, when all its processes were killed', async () => {
    const run = startRun('lab-suite/redact');
    const inodes = await begun(run);
    // Whoever is left could otherwise end the others.
    signalAll(processesWith(mark), 'SIGSTOP');
    const stopped = processesWith(mark).filter(({command}) => /scripts\/test/.test(command));
    assert.ok(stopped.length >= 2, 'the run and a worker');
    signalAll(stopped, 'SIGKILL');
    signalAll(processesWith(mark), 'SIGCONT');
    await once(run, 'exit');
    assert.notDeepEqual(await left(inodes), [], 'something is there to be removed');
    const next = startRun('model/xfrm');
    const [status] = (await once(next, 'exit')) as [number | null];
    assert.equal(status, 0);
    assert.deepEqual(await left(inodes), []);
  });
});
