import assert from 'node:assert/strict';
import {type ChildProcess, spawn} from 'node:child_process';
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, before, describe, it} from 'node:test';
import {collect} from '../../src/collect/collect.js';
import type {Transport} from '../../src/collect/transport.js';
import {everything} from '../../src/collect/wanted.js';
import {type Sshd, startSshd} from '../lab/sshd.js';
import {labSuite, useLab} from '../lab/use.js';
import {type NamespaceFolder, namespaceFolder, namespacesUnavailable} from '../support/namespaces.js';
import {none, processesWith, some, untilProcesses} from '../support/processes.js';

const repository = path.resolve(import.meta.dirname, '../..');
/** Told by the number: no other program sleeps that long. */
let number = process.pid;
const longSleep = () => `31${number++}.5`;
/** Ending by force comes after half a second on a quiet machine; what is not ended would stay for hours. */
const atOnceMs = 20_000;

/** A process as a user would start it: it collects over a transport until it is ended. */
function collecting(transport: Transport, netnsDir: string, edit: string): ChildProcess {
  const program = `
    import {collect} from './src/collect/collect.ts';
    import {readKernel} from './src/collect/read-kernel.ts';
    import {everything} from './src/collect/wanted.ts';
    ${edit}
    await collect(${JSON.stringify(transport)}, everything, {signal: new AbortController().signal, netnsDir: ${JSON.stringify(netnsDir)}});
  `;
  return spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', program], {
    cwd: repository,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

describe('the lifeline on this host', {skip: namespacesUnavailable()}, () => {
  let spaces: NamespaceFolder;
  let bin = '';
  before(async () => {
    spaces = namespaceFolder('lifeline');
    bin = mkdtempSync(path.join(tmpdir(), 'ovdiag-lifeline-'));
    await spaces.add('1-hanging001');
    await spaces.add('1-hanging002');
  });
  after(() => {
    spaces.remove();
    rmSync(bin, {recursive: true, force: true});
  });

  /** A transport on which `ip` hangs as soon as a namespace is read. */
  function hanging(sleepTime: string, how: string): Transport {
    const folder = path.join(bin, sleepTime);
    mkdirSync(folder);
    writeFileSync(
      path.join(folder, 'ip'),
      `#!/bin/sh\ncase $* in *-batch*) ${how} sleep ${sleepTime} ;; *) exec /usr/sbin/ip "$@" ;; esac\n`,
      {mode: 0o755},
    );
    return {
      kind: 'exec',
      label: 'test',
      argv: ['env', `PATH=${folder}:${process.env['PATH']}`, 'unshare', '-n', 'sh', '-s'],
    };
  }

  for (const [what, how] of [
    ['a reader that hangs', 'exec'],
    ['a reader that hangs and minds no SIGTERM', "trap '' TERM;"],
  ] as const) {
    it(`ends ${what} when ovdiag is killed`, async () => {
      const mark = longSleep();
      const child = collecting(hanging(mark, how), spaces.folder, '');
      await untilProcesses(`sleep ${mark}`, some);
      assert.ok(processesWith(`${bin}/${mark}`).length > 2);
      child.kill('SIGKILL');
      await untilProcesses(`${bin}/${mark}`, none, atOnceMs);
    });

    it(`ends ${what} on Ctrl-C`, async () => {
      const mark = longSleep();
      const controller = new AbortController();
      const run = collect(hanging(mark, how), everything, {
        signal: controller.signal,
        netnsDir: spaces.folder,
      });
      const rejected = assert.rejects(run, /that is enough/);
      await untilProcesses(`sleep ${mark}`, some);
      const start = Date.now();
      controller.abort(new Error('that is enough'));
      await rejected;
      assert.ok(Date.now() - start < atOnceMs, `rejected after ${Date.now() - start} ms`);
      await untilProcesses(`${bin}/${mark}`, none, atOnceMs - (Date.now() - start));
    });
  }

  it('ends all when only its stdin ends', async () => {
    const mark = longSleep();
    const {argv} = hanging(mark, 'exec');
    const {collectorScript} = await import('../../src/collect/script.js');
    const [program = '', ...args] = argv;
    const shell = spawn(program, args, {stdio: ['pipe', 'ignore', 'inherit'], detached: true});
    shell.stdin.write(collectorScript(everything, {nonce: 'n', netnsDir: spaces.folder, lifeline: true}));
    await untilProcesses(`sleep ${mark}`, some);
    shell.stdin.end();
    await untilProcesses(`${bin}/${mark}`, none, atOnceMs);
  });

  it('aborted before it begins, it starts nothing', async () => {
    const mark = longSleep();
    const signal = AbortSignal.abort(new Error('too late'));
    await assert.rejects(collect(hanging(mark, 'exec'), everything, {signal}), /too late/);
    assert.deepEqual(processesWith(`${bin}/${mark}`), []);
  });

  it('aborted at any moment, it rejects with the reason and leaves nothing', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', note);
    const argv = ['env', `OVDIAG_TEST=${bin}`, 'unshare', '-n', 'sh', '-s'];
    for (const delay of [0, 1, 3, 5, 8, 12, 16, 20, 30, 40, 60, 80, 120]) {
      const signal = AbortSignal.timeout(delay);
      const run = collect({kind: 'exec', label: 'x', argv}, everything, {signal, netnsDir: spaces.folder});
      await run.then(
        () => undefined,
        (error: unknown) => assert.equal(error, signal.reason),
      );
      await untilProcesses(bin, none, atOnceMs);
    }
    process.off('unhandledRejection', note);
    assert.deepEqual(unhandled, []);
  });
});

describe('the lifeline over ssh', labSuite(), () => {
  const lab = useLab();
  let sshd: Sshd | undefined;
  before(async () => {
    sshd = await startSshd(lab(), lab().node('node1'));
  });
  after(() => sshd?.stop());

  /** Makes the far side's script sleep once its lifeline stands. */
  const sleeping = (mark: string, ignoring = false) => `
    import {syncBuiltinESMExports} from 'node:module';
    import fs from 'node:fs';
    const read = fs.readFileSync;
    fs.readFileSync = (file, ...rest) => {
      const text = read(file, ...rest);
      return String(file).endsWith('collector.sh')
        ? text.replace('  know_kernel\\n', '  know_kernel\\n  ${ignoring ? "(trap \\'\\' TERM; sleep MARK)" : 'sleep MARK'}\\n'.replace('MARK', '${mark}'))
        : text;
    };
    syncBuiltinESMExports();
  `;

  for (const ignoring of [false, true]) {
    it(`ends the far side when ovdiag is killed${ignoring ? ', whatever it does with SIGTERM' : ''}`, async () => {
      assert.ok(sshd);
      const mark = longSleep();
      process.env['OVDIAG_SSH'] = `ssh -F ${sshd.configFile}`;
      const {parseHost} = await import('../../src/collect/transport.js');
      const child = collecting(parseHost(`ssh://${sshd.hosts.root}`), '', sleeping(mark, ignoring));
      await untilProcesses(`sleep ${mark}`, (found) =>
        found.some(({command}) => command.startsWith('sleep')),
      );
      child.kill('SIGKILL');
      await untilProcesses(mark, none, atOnceMs);
      await untilProcesses(sshd.configFile, none, atOnceMs);
    });
  }
});
