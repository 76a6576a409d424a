import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {setTimeout as sleep} from 'node:timers/promises';
import {closeSession, collectStderr, endSession, startShell} from '../../src/collect/shell-session.js';
import type {Transport} from '../../src/collect/transport.js';

const transport: Transport = {kind: 'exec', label: 'test', argv: ['sh', '-s']};
const never = new AbortController().signal;

/** The number of a process that the shell has started, as soon as it has told it. */
async function told(session: ReturnType<typeof startShell>): Promise<number> {
  for await (const chunk of session.stdout) return Number(String(chunk));
  throw new Error('the shell has said nothing');
}

/** Resolves when there is no such process any more. */
async function gone(pid: number): Promise<void> {
  for (let looked = 0; looked < 500; looked++) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await sleep(20);
  }
  throw new Error(`process ${pid} is still there`);
}

describe('the session of a shell', () => {
  it('ends all that it started, even what minds no SIGTERM', async () => {
    const session = startShell(transport, never);
    session.stdin.write(`trap '' TERM\n(trap '' TERM; sleep 300) &\necho $!\nwait\n`);
    const child = await told(session);
    endSession(session);
    await session.ended;
    await gone(child);
  });

  it('ends with the signal of its caller, and is not begun with one that was given', async () => {
    const controller = new AbortController();
    const session = startShell(transport, controller.signal);
    session.stdin.write('sleep 300 &\necho $!\nwait\n');
    const child = await told(session);
    controller.abort();
    await session.ended;
    await gone(child);
    assert.throws(() => startShell(transport, controller.signal), /abort/i);
  });

  it('may end by itself when it is closed', async () => {
    const session = startShell(transport, never);
    closeSession(session);
    assert.equal((await session.ended).exitCode, 0);
  });

  it('tells what went to standard error, up to a limit', async () => {
    const session = startShell(transport, never);
    const said = collectStderr(session, 10);
    session.stdin.end("printf '%s' 'twelve chars and more' >&2\n");
    await session.ended;
    assert.equal(said(), 'twelve cha');
  });

  it('is told as ended where the shell itself can not be run', async () => {
    const session = startShell({...transport, argv: ['/no/such/program']}, never);
    assert.deepEqual(await session.ended, {code: 'ENOENT'});
  });
});
