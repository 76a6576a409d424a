import assert from 'node:assert/strict';
import {type ChildProcess, spawn} from 'node:child_process';
import {chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, before, describe, it} from 'node:test';
import {root} from '../cli/support.js';
import type {LabNode} from '../lab/lab.js';
import {type Sshd, startSshd} from '../lab/sshd.js';
import {labSuite, useLab} from '../lab/use.js';
import {none, some, untilProcesses} from '../support/processes.js';
import {document, reading} from './live.js';
import {nameOf, type ProbeJson, probing, way, withRule} from './probe.js';

/** Ending by force comes after half a second on either side, on a quiet machine. */
const endedMs = 25_000;

/** The program as a user starts it, with a mark in the environment that all its children inherit. */
function start(args: string[], env: Record<string, string>): ChildProcess & {said: () => string} {
  const child = spawn(process.execPath, [path.join(root, 'bin', 'run.js'), ...args], {
    env: {PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', LC_ALL: 'C.UTF-8', NO_COLOR: '1', ...env},
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString('utf8');
  });
  return Object.assign(child, {said: () => said});
}

const ended = (child: ChildProcess) =>
  new Promise<number | null>((resolve) => child.once('exit', (status) => resolve(status)));

describe('the ends of a probe', labSuite(), () => {
  const lab = useLab();
  const node1 = () => lab().node('node1');
  const node2 = () => lab().node('node2');
  const router = () => lab().router;
  let bin = '';
  before(() => {
    bin = mkdtempSync(path.join(tmpdir(), 'ovdiag-probe-'));
  });
  after(() => rmSync(bin, {recursive: true, force: true}));

  /** Flags for both nodes, by a prefix that marks all processes on the far side. */
  const marked = (mark: string) =>
    [node1(), node2()].flatMap(({prefix}) => ['--host', `exec:env OVDIAG_MARK=${mark} ${prefix.join(' ')}`]);

  for (const [what, signal, status] of [
    ['Ctrl-C', 'SIGINT', 130],
    ['SIGTERM', 'SIGTERM', 130],
    ['SIGKILL, by the end of its input', 'SIGKILL', null],
  ] as const) {
    it(`leaves nothing running on any side after ${what}`, async () => {
      const mark = `probe-${process.pid}-${signal}`;
      // Nothing is answered, so that it still waits when it is ended.
      await withRule(router().run, 'FORWARD', ['-p', 'udp', '--dport', '4789', '-j', 'DROP'], async () => {
        const child = start(['trace', 'web1', 'web2', '--probe', ...marked(mark)], {});
        const exit = ended(child);
        await untilProcesses(
          `OVDIAG_MARK=${mark}`,
          // Not the question for its version, which comes first.
          (found) => found.some(({command}) => command.includes('ping -n ')),
        );
        await untilProcesses(
          `OVDIAG_MARK=${mark}`,
          (found) => found.filter(({command}) => /tcpdump/.test(command)).length >= 8,
          2000,
        );
        child.kill(signal);
        assert.equal(await exit, status);
        await untilProcesses(`OVDIAG_MARK=${mark}`, none, signal === 'SIGKILL' ? endedMs : 2000);
      });
    });
  }

  it('leaves nothing running after it has answered', async () => {
    const mark = `probe-${process.pid}-whole`;
    const answer = await document<ProbeJson>(['trace', 'web1', 'web2', '--probe', ...marked(mark)]);
    assert.equal(answer.status, 0, answer.stderr);
    await untilProcesses(`OVDIAG_MARK=${mark}`, none, 100);
  });

  it('ends a far side by its own clock where nobody ends it', async () => {
    const mark = `probe-${process.pid}-clock`;
    const {probeScript} = await import('../../src/collect/script.js');
    const shell = spawn('env', [`OVDIAG_MARK=${mark}`, 'sh', '-s'], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    });
    shell.stdin?.write(probeScript({nonce: 'n', netnsDir: '/nonexistent', longestSeconds: 1}));
    await untilProcesses(`OVDIAG_MARK=${mark}`, some, 5000);
    await untilProcesses(`OVDIAG_MARK=${mark}`, none, 5000);
    shell.stdin?.destroy();
  });

  /** A node on which only these programs are found, beside those that `missing` does not name. */
  function without(node: LabNode, missing: string[]): string[] {
    const folder = mkdtempSync(path.join(bin, 'path-'));
    for (const directory of ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']) {
      for (const name of readdirSync(directory)) {
        if (missing.includes(name)) continue;
        try {
          symlinkSync(path.join(directory, name), path.join(folder, name));
        } catch {
          // An earlier folder has it.
        }
      }
    }
    // The script adds the usual folders to PATH; a mount over the program is the only way to hide it there.
    const hide = missing.map(
      (name) =>
        `for d in /usr/sbin /usr/bin /usr/local/bin; do [ -e $d/${name} ] && mount --bind /dev/null $d/${name}; done`,
    );
    const wrapper = path.join(folder, 'hiding');
    writeFileSync(wrapper, `#!/bin/sh\n${hide.join('\n')}\nexec "$@"\n`);
    chmodSync(wrapper, 0o755);
    return ['--host', `exec:${node.prefix.join(' ')} unshare -m ${wrapper}`];
  }

  it('names a tool that is missing, with its package', async () => {
    const answer = await document<{error?: {code: string; message: string; suggestions: string[]}}>([
      'trace',
      'web1',
      'web2',
      '--probe',
      ...without(node1(), ['ping']),
      ...reading(node2()),
    ]);
    assert.equal(answer.status, 3);
    assert.equal(answer.error?.code, 'probe-tool-missing');
    assert.match(answer.error?.message ?? '', /node1 can't send the probe: ping is not installed there/);
    assert.deepEqual(answer.error?.suggestions, ['Install there: apt-get install iputils-ping']);
  });

  it('still proves with a host that can not capture, and says so at its points', async () => {
    const answer = await document<ProbeJson>([
      'trace',
      'web1',
      'web2',
      '--probe',
      ...reading(node1()),
      ...without(node2(), ['tcpdump']),
    ]);
    assert.equal(answer.status, 0, answer.stderr);
    assert.equal(answer.probe.verdict.code, 'arrived');
    assert.deepEqual(
      answer.probe.points.filter(({failure}) => failure?.includes('(package tcpdump)')).map(nameOf),
      way.slice(4),
    );
  });

  it('needs no ping, and nothing else, in the container', async () => {
    // The image's own programs are hidden from the container for as long as this takes.
    const {stdout: pid} = await node1().docker(['inspect', '-f', '{{.State.Pid}}', 'web1']);
    const within = ['nsenter', '-t', pid, '-m'];
    await node1().run([...within, '/bin/busybox', 'mv', '/bin/ping', '/bin/hidden']);
    try {
      const answer = await probing(lab(), ['web1', 'web2']);
      assert.equal(answer.status, 0, answer.stderr);
    } finally {
      await node1().run([...within, '/bin/busybox', 'mv', '/bin/hidden', '/bin/ping']);
    }
  });
});

describe('a probe over ssh', labSuite(), () => {
  const lab = useLab();
  const servers: Sshd[] = [];
  const configs = mkdtempSync(path.join(tmpdir(), 'ovdiag-probe-ssh-'));
  let env: Record<string, string> = {};
  before(async () => {
    for (const node of lab().nodes) servers.push(await startSshd(lab(), node));
    mkdirSync(configs, {recursive: true});
    const both = path.join(configs, 'config');
    writeFileSync(both, servers.map(({configFile}) => `Include ${configFile}\n`).join(''));
    env = {OVDIAG_SSH: `ssh -F ${both}`};
  });
  after(async () => {
    await Promise.all(servers.map((server) => server.stop()));
    rmSync(configs, {recursive: true, force: true});
  });
  const hosts = () => servers.flatMap((server) => ['--host', `ssh://${server.hosts.root}`]);

  it('captures on both hosts and proves the way', async () => {
    const answer = await document<ProbeJson>(
      ['trace', 'web1', 'web2', '--probe', '--port', '80', ...hosts()],
      {env},
    );
    assert.equal(answer.status, 0, answer.stderr);
    assert.equal(answer.probe.verdict.code, 'arrived');
    assert.deepEqual(answer.probe.points.map(nameOf), way);
    for (const point of answer.probe.points)
      assert.deepEqual([point.forward.packets, point.reverse.packets], [2, 2]);
  });

  it('finds what the router drops', async () => {
    const rule = ['-d', lab().node('node2').address, '-p', 'udp', '--dport', '4789', '-j', 'DROP'];
    const answer = await withRule(lab().router.run, 'FORWARD', rule, () =>
      document<ProbeJson>(['trace', 'web1', 'web2', '--probe', ...hosts()], {env}),
    );
    assert.equal(answer.status, 1);
    assert.equal(nameOf(answer.probe.lastSeen.forward), 'node1 uplink');
  });

  for (const signal of ['SIGINT', 'SIGKILL'] as const) {
    it(`leaves nothing running on the far sides after ${signal}`, async () => {
      const rule = ['-p', 'udp', '--dport', '4789', '-j', 'DROP'];
      await withRule(lab().router.run, 'FORWARD', rule, async () => {
        const {probe: plain} = await document<ProbeJson>(['trace', 'web1', 'web2', '--probe', ...hosts()], {
          env,
        });
        assert.equal(plain.verdict.code, 'lost-after');
        const child = start(['trace', 'web1', 'web2', '--probe', ...hosts()], env);
        const exit = ended(child);
        const ours = '--immediate-mode -s 192 -c 600';
        await untilProcesses(ours, (found) => found.length >= 8);
        child.kill(signal);
        await exit;
        await untilProcesses(ours, none, endedMs);
        await untilProcesses(configs, none, endedMs);
      });
    });
  }
});
