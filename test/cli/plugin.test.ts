import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {mkdir, mkdtemp, rm, symlink} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, before, describe, it} from 'node:test';
import {execa} from 'execa';
import {root} from './support.js';

const hasDocker = spawnSync('docker', ['--version']).status === 0;

describe('docker ovdiag', {skip: hasDocker ? false : 'there is no docker client'}, () => {
  let folder = '';
  let program = '';
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'ovdiag-plugin-'));
    await mkdir(path.join(folder, 'cli-plugins'));
    program = path.join(folder, 'cli-plugins', 'docker-ovdiag');
    await symlink(path.join(root, 'bin', 'run.js'), program);
  });
  after(() => rm(folder, {recursive: true}));

  const run = async (file: string, args: string[], more: Record<string, string> = {}) => {
    const {stdout, stderr, exitCode} = await execa(file, args, {
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: '/nonexistent',
        DOCKER_CONFIG: folder,
        NO_COLOR: '1',
        ...more,
      },
      extendEnv: false,
      reject: false,
      cwd: root,
      timeout: 60_000,
      stdin: 'ignore',
    });
    return {stdout, stderr, status: exitCode};
  };
  const docker = (...args: string[]) => run('docker', args);

  it('is known to the client by its metadata', async () => {
    assert.match(
      (await docker('--help')).stdout,
      /^ {2}ovdiag\* {2,}Inspect and troubleshoot overlay networks/m,
    );
    const {stdout, status} = await run(program, ['docker-cli-plugin-metadata']);
    assert.equal(status, 0);
    assert.equal((JSON.parse(stdout) as {SchemaVersion: string}).SchemaVersion, '0.1.0');
  });

  it('answers as ovdiag does, and help calls it so', async () => {
    const snapshot = ['--snapshot', 'fixtures/recorded/node1.json.gz'];
    const [plugin, own] = await Promise.all([
      docker('ovdiag', 'fdb', 'uber-net', ...snapshot),
      run(process.execPath, [path.join(root, 'bin/run.js'), 'fdb', 'uber-net', ...snapshot]),
    ]);
    assert.deepEqual(plugin, own);
    assert.equal(own.status, 0);
    assert.match((await docker('ovdiag', 'fdb', '--help')).stdout, /^ {2}\$ docker ovdiag fdb \[NETWORK\]/m);
    assert.match((await docker('ovdiag', '--help')).stdout, /^ {2}\$ sudo docker ovdiag doctor/m);
    const wrong = await docker('ovdiag', 'fbd');
    assert.equal(wrong.status, 2);
    assert.match(wrong.stderr, /Did you mean: docker ovdiag fdb/);
  });

  it('honours the options of the client before the name, which are not its own', async () => {
    const answer = await docker('-H', `unix://${folder}/none.sock`, 'ovdiag', 'networks', '--json');
    const {problems = []} = JSON.parse(answer.stdout) as {problems?: {code: string; message: string}[]};
    assert.ok(
      problems.some(({message}) => message.includes(`${folder}/none.sock`)),
      answer.stdout,
    );
    const far = await docker('-H', 'tcp://127.0.0.1:1', 'ovdiag', 'networks', '--json');
    assert.match(far.stdout, /tcp:\/\/127\.0\.0\.1:1/);
  });

  it('completes for the client', async () => {
    const {stdout} = await run(program, ['__complete', 'ovdiag', 'explain', 'vxlan-dow']);
    assert.equal(stdout, 'vxlan-down\n:4');
  });
});
