import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {chmod, mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, before, describe, it} from 'node:test';
import {execa} from 'execa';
import {Terminal} from '../support/terminal.js';
import {ovdiag, ovdiagProcess, root} from './support.js';

const snapshot = 'fixtures/recorded/node1.json.gz';

const has = (program: string) => spawnSync('which', [program]).status === 0;

/** How each shell is started without the user's configuration, and sets up the completion. */
const shells = {
  bash: {
    start: 'bash --norc --noprofile',
    setUp: 'source <(ovdiag completion bash)',
    check: ['bash', '-n'],
  },
  zsh: {
    start: 'zsh -f',
    setUp: 'autoload -Uz compinit; compinit -u -D; source <(ovdiag completion zsh)',
    check: ['zsh', '-n'],
  },
  fish: {
    start: 'fish --no-config',
    setUp: 'ovdiag completion fish | source',
    check: ['fish', '-n'],
  },
} as const;

describe('ovdiag completion', () => {
  let folder = '';
  let env: Record<string, string> = {};
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'ovdiag-completion-'));
    const program = path.join(folder, 'ovdiag');
    await writeFile(program, `#!/bin/sh\nexec '${process.execPath}' '${root}/bin/run.js' "$@"\n`);
    await chmod(program, 0o755);
    env = {
      PATH: `${folder}:${process.env['PATH']}`,
      HOME: folder,
      TERM: 'xterm',
      LC_ALL: 'C.UTF-8',
      SHELL: '/bin/sh',
    };
  });
  after(() => rm(folder, {recursive: true, force: true}));

  for (const [shell, {start, setUp, check}] of Object.entries(shells)) {
    it(`prints a script that ${shell} can read`, async (context) => {
      const {stdout, stderr, status} = await ovdiag(['completion', shell]);
      assert.deepEqual([stderr, status], ['', 0]);
      if (!has(shell)) return context.skip(`${shell} is not installed`);
      const file = path.join(folder, `script.${shell}`);
      await writeFile(file, stdout);
      const [program, ...args] = check;
      await execa(program, [...args, file], {timeout: 30_000});
    });

    it(`completes in ${shell}`, async (context) => {
      for (const program of ['tmux', shell])
        if (!has(program)) return context.skip(`${program} is not installed`);
      const terminal = new Terminal(path.join(folder, `${shell}.sock`), env);
      try {
        await terminal.start(start, root);
        await terminal.type(`${setUp}; echo rea''dy\n`, /^ready/m);
        await terminal.type('ovdiag fd\t', /ovdiag fdb(?= |$)/m, '--stat\t', /ovdiag fdb --status/);
        await terminal.type(`ovdiag fdb --snapshot ${snapshot} uber\t`, /node1\.json\.gz uber-net/);
        await terminal.type(`ovdiag trace -s ${snapshot} service:ap\t`, /service:app(?= |$)/m);
        await terminal.type('ovdiag fdb --status=loc\t', /--status=local/);
        await terminal.type(
          'ovdiag doctor --snapshot fixtures/recorded/node1\t',
          /recorded\/node1\.json\.gz/,
        );
        await terminal.type('ovdiag fdb -H ss\tx', /-H ssh:\/\/x/);
      } finally {
        await terminal.end();
      }
    });
  }

  it('refuses another shell', async () => {
    const {status, stderr} = await ovdiagProcess(['completion', 'csh']);
    assert.equal(status, 2);
    assert.match(stderr, /bash, zsh, fish/);
  });

  it('says nothing where Docker is down, and succeeds', async () => {
    const none = {DOCKER_HOST: `unix://${folder}/none.sock`};
    const {stdout, stderr, status} = await ovdiagProcess(['__complete', 'fdb', ''], {env: none});
    assert.deepEqual([stdout, stderr, status], [':4\n', '', 0]);
  });
});
