import assert from 'node:assert/strict';
import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {before, describe, it} from 'node:test';
import {fileURLToPath} from 'node:url';
import {labUnavailable} from '../lab/available.js';
import {boot, type Guest} from '../lab/full/guest.js';
import {cachedKernel, type Kernel} from '../lab/full/kernel.js';
import {until} from '../lab/wait.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Why no guest is started here: nothing is fetched or built for these tests. */
async function unavailable(): Promise<string | false> {
  if (process.env['OVDIAG_GUEST'] === '1') return 'no guest in a guest';
  const reason = labUnavailable();
  if (reason !== undefined) return reason;
  return (await cachedKernel()) === undefined && 'no kernel is kept here: npm run lab:full builds one';
}

/** Processes of this machine that name the guest's folder: its kernel, whose mounts and memory go with its last process. */
async function processesOf(shared: string): Promise<string[]> {
  const lines = await Promise.all(
    (await readdir('/proc'))
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return lines.filter((line) => line.includes(shared));
}

const folders = async () => (await readdir(tmpdir())).filter((name) => name.startsWith('ovdiag-guest-'));

describe('a guest', {skip: await unavailable()}, () => {
  let kernel: Kernel;
  before(async () => {
    const kept = await cachedKernel();
    assert.ok(kept);
    kernel = kept;
  });

  async function said(guest: Guest, command: string): Promise<[number, string]> {
    let text = '';
    const status = await guest.run(command, (part) => {
      text += part.toString();
    });
    return [status, text];
  }

  it('runs commands, writes to its own memory alone, and is gone when it is ended', async () => {
    const guest = await boot(kernel, root);
    try {
      // A place of the machine that the guest has no memory of its own for, as it has for /tmp.
      const file = `/opt/ovdiag-written-in-a-guest-${process.pid}`;
      assert.deepEqual(await said(guest, `echo text >${file} && cat ${file}; hostname; false`), [
        1,
        'text\nguest\n',
      ]);
      await assert.rejects(readFile(file), {code: 'ENOENT'});
      assert.notDeepEqual(await processesOf(guest.shared), []);
    } finally {
      await guest.end();
    }
    assert.deepEqual(await processesOf(guest.shared), []);
    assert.ok(!(await folders()).some((name) => guest.shared.endsWith(name)));
  });

  it('shows a checkout below /tmp, of which it shows nothing else', async (t) => {
    const folders = await Promise.all(
      ['a checkout', 'other'].map((name) => mkdtemp(path.join(tmpdir(), name))),
    );
    t.after(() => Promise.all(folders.map((folder) => rm(folder, {recursive: true}))));
    const [checkout = '', other] = folders;
    await writeFile(path.join(checkout, 'file'), 'text\n');
    const guest = await boot(kernel, checkout);
    try {
      const seen = await said(guest, `cd '${checkout}' && cat file && touch new && ls; ls '${other}'`);
      assert.match(seen[1], /^text\nfile\nnew\nls: cannot access /);
    } finally {
      await guest.end();
    }
    assert.deepEqual(await readdir(checkout), ['file']);
  });

  /** `npm run lab:full` with a command that does not end; its folder is its own process's. */
  async function running(): Promise<{child: ChildProcess; shared: string}> {
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', 'test/lab/full/cli.ts', 'lab', 'sleep', '1000'],
      {cwd: root, stdio: ['ignore', 'ignore', 'pipe']},
    );
    child.stderr?.resume();
    const shared = await until({what: 'a guest at work'}, async () => {
      const own = (await folders()).find((name) => name.startsWith(`ovdiag-guest-${child.pid}-`));
      const ran = own && (await readFile(`${tmpdir()}/${own}/1.out`).catch(() => undefined));
      return ran && own;
    });
    return {child, shared};
  }

  it('is gone with its folder on Ctrl-C', async () => {
    const {child, shared} = await running();
    child.kill('SIGINT');
    const [code] = await once(child, 'exit');
    assert.equal(code, 130);
    assert.deepEqual([await processesOf(shared), (await folders()).includes(shared)], [[], false]);
  });

  it('is gone where its caller is killed, whose folder the next one removes', async () => {
    const {child, shared} = await running();
    child.kill('SIGKILL');
    await once(child, 'exit');
    await until({what: 'the end of the guest'}, async () =>
      (await processesOf(shared)).length === 0 ? true : undefined,
    );
    const next = await boot(kernel, root);
    await next.end();
    assert.ok(!(await folders()).includes(shared));
  });
});
