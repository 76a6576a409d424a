import assert from 'node:assert/strict';
import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtemp, readdir, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, before, describe, it} from 'node:test';
import {ovdiag, root} from '../cli/support.js';
import {importCollectorImage} from '../lab/collector-image.js';
import {run} from '../lab/exec.js';
import type {LabNode} from '../lab/lab.js';
import {labSuite, useLargeLab} from '../lab/use.js';
import {until} from '../lab/wait.js';
import {document, reading} from './live.js';

interface Answer {
  hosts: {name: string; source: string}[];
  problems: {code: string; host?: string; message: string}[];
}

const image = 'ovdiag-collector:lab';

describe('--via service', labSuite(), () => {
  let folder = '';
  after(() => rm(folder, {recursive: true, force: true}));
  const lab = useLargeLab();
  let [manager, two, three]: [LabNode, LabNode, LabNode] = [] as never;
  const directory = (name: string) => path.join(folder, name);
  const call = (name: string, ...more: string[]) => [
    'snapshot',
    ...reading(manager),
    '--swarm',
    '--via',
    'service',
    '--image',
    image,
    '-o',
    directory(name),
    ...more,
  ];

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'ovdiag-service-'));
    [manager, two, three] = lab().nodes as [LabNode, LabNode, LabNode];
    await importCollectorImage(lab(), image);
  });

  const services = async () =>
    (await manager.docker(['service', 'ls', '--format', '{{.Name}}'])).stdout.split('\n');

  /** Services, tasks and containers of ours, anywhere in the swarm; agents remove containers a moment later. */
  async function nothingLeft(): Promise<void> {
    await until({what: 'nothing of the job to be left'}, async () => {
      const left = (await services()).filter((name) => name.startsWith('ovdiag'));
      for (const node of lab().nodes) {
        const {stdout} = await node.docker([
          'ps',
          '-a',
          '--filter',
          `ancestor=${image}`,
          '--format',
          '{{.Names}}',
        ]);
        left.push(...stdout.split('\n').filter(Boolean));
      }
      const {stdout} = await manager.run([
        'curl',
        '-s',
        '--unix-socket',
        '/run/docker.sock',
        'http://docker/tasks',
      ]);
      left.push(...(stdout.includes(image) ? ['a task'] : []));
      if (left.length > 0) throw new Error(`left: ${left.join(', ')}`);
      return true;
    });
  }

  it('reads every node from the manager alone, names included, and leaves nothing behind', async () => {
    const {hosts, problems, status, stderr} = await document<Answer>(call('all', '--yes'));
    assert.equal(status, 0, stderr);
    assert.match(stderr, /docker service create .*--mode global .*--cap-add CAP_SYS_ADMIN/);
    assert.deepEqual(
      hosts.map(({name, source}) => [name, source.replace(/ .*/, '')]),
      [
        ['node1', 'exec:nsenter'],
        ['node2', 'service:node2'],
        ['node3', 'service:node3'],
      ],
    );
    assert.deepEqual([...new Set(problems.map(({code}) => code))], ['docker-lent']);
    await nothingLeft();

    const {rows, faults} = await fdb('all');
    assert.deepEqual([rows > 20, faults], [true, []]);
    const names = await ovdiag(['namespaces', '-s', directory('all')]);
    assert.match(names.stdout, /node2 .*container +\S+ +web2/);
    assert.match(names.stdout, /node3 .*container +\S+ +web3/);
    const trace = await document<{disposition: string}>(['trace', 'web2', 'web3', '-s', directory('all')]);
    assert.match(trace.disposition, /^deliver/);
    const alone = await ovdiag(['inspect', 'web2', '-s', path.join(directory('all'), 'node2.json.gz')]);
    assert.match(alone.stdout, /uber-net \(overlay, VNI 4097\)/);
  });

  async function fdb(name: string): Promise<{rows: number; faults: string[]}> {
    const {entries} = await document<{entries: {host: string; address: string; status: string}[]}>([
      'fdb',
      'uber-net',
      '-s',
      directory(name),
    ]);
    const faults = entries.filter(({status}) => !['ok', 'local', 'unknown'].includes(status));
    return {
      rows: entries.length,
      faults: faults.map(({host, address, status}) => `${host} ${address} ${status}`),
    };
  }

  it('reads the manager’s own kernel by the job as well, where the caller may only ask its engine', async () => {
    const user = `exec:${manager.prefix.join(' ')} setpriv --reuid=1500 --regid=1400 --clear-groups`;
    const args = call('user', '--yes').map((word) => (word.startsWith('exec:') ? user : word));
    const {hosts, problems, status} = await document<Answer>(args);
    assert.deepEqual(
      [status, hosts.map(({source}) => source)],
      [0, ['service:node1', 'service:node2', 'service:node3']],
    );
    assert.deepEqual(
      problems.filter(({host}) => host === 'node1'),
      [],
    );
    const {rows, faults} = await fdb('user');
    assert.deepEqual([rows > 20, faults], [true, []]);
    await nothingLeft();
  });

  it('names the nodes that it lacks, keeps the others, and leaves nothing of its failures', async () => {
    await three.docker(['rmi', image]);
    await manager.docker(['node', 'update', '--availability', 'drain', 'node2']);
    try {
      const {status, problems} = await document<Answer>(call('partly', '--yes'));
      assert.equal(status, 3);
      assert.deepEqual(
        problems.map(({host, code}) => [host, code]),
        [
          ['node2', 'host-not-served'],
          ['node3', 'host-task-failed'],
        ],
      );
      assert.match(problems[0]?.message ?? '', /its availability is drain/);
      assert.match(problems[1]?.message ?? '', new RegExp(`No such image: ${image}`));
      assert.deepEqual((await readdir(directory('partly'))).length, 4);
      await nothingLeft();
      const nowhere = await document<Answer>(call('nowhere', '--yes', '--netns-dir', '/nonexistent'));
      assert.match(
        nowhere.problems.map(({message}) => message).join('\n'),
        /bind source path does not exist/,
      );
    } finally {
      await manager.docker(['node', 'update', '--availability', 'active', 'node2']);
      await importCollectorImage(lab(), image);
    }
    await nothingLeft();
  });

  it('asks before it creates anything, and takes no for an answer', async () => {
    const command = [process.execPath, path.join(root, 'bin/run.js'), ...call('asked')];
    const words = command.map((word) => `'${word}'`).join(' ');
    const {stdout, exitCode} = await run(['script', '-qec', words, '/dev/null'], {
      input: 'n\n',
      reject: false,
    });
    assert.equal(exitCode, 3, stdout);
    assert.match(stdout, /docker service create[\s\S]*Create it\? \[y\/N\][\s\S]*Nothing was created/);
    assert.ok(!(await readdir(folder)).includes('asked'));
    await nothingLeft();
    const silent = await ovdiag(call('asked'));
    assert.deepEqual([silent.status, /--yes/.test(silent.stderr)], [2, true]);
  });

  /** A run whose service has been created. */
  async function running(name: string): Promise<ChildProcess> {
    const child = spawn(process.execPath, [path.join(root, 'bin/run.js'), ...call(name, '--yes')], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    await until({what: 'the service'}, async () =>
      (await services()).some((one) => one.startsWith('ovdiag-collector-')) ? true : undefined,
    );
    return child;
  }

  it('removes the service on Ctrl-C', async () => {
    const child = await running('interrupted');
    child.kill('SIGINT');
    const [code] = await once(child, 'exit');
    assert.equal(code, 130);
    assert.ok(!(await services()).some((name) => name.startsWith('ovdiag')), 'gone before the command ends');
    await nothingLeft();
    assert.ok(!(await readdir(folder)).includes('interrupted'));
  });

  it('has the service removed also where it is killed itself', async () => {
    const child = await running('killed');
    child.kill('SIGKILL');
    await once(child, 'exit');
    await nothingLeft();
  });

  it('removes what a dead run has left, and leaves alone what another run may use', async () => {
    const make = (name: string, ends: number) =>
      manager.docker([
        ...[
          'service',
          'create',
          '-d',
          '--no-resolve-image',
          '--name',
          name,
          '--label',
          `ovdiag.ends=${ends}`,
        ],
        ...['--constraint', 'node.hostname==nowhere', image, 'sh'],
      ]);
    await make('ovdiag-collector-dead', 1000);
    await make('ovdiag-collector-live', 9_000_000_000);
    try {
      const {stderr, status} = await ovdiag(call('again', '--yes'));
      assert.equal(status, 0, stderr);
      assert.match(stderr, /Removed ovdiag-collector-dead/);
      assert.match(stderr, /ovdiag-collector-live of another run.*docker service rm ovdiag-collector-live/);
      assert.deepEqual(
        (await services()).filter((name) => name.startsWith('ovdiag')),
        ['ovdiag-collector-live'],
      );
    } finally {
      await manager.docker(['service', 'rm', 'ovdiag-collector-live']);
    }
    await nothingLeft();
  });

  it('is an image of the collector’s programs, their licences and nothing else', async () => {
    const container = (await two.docker(['create', image, 'sh'])).stdout;
    try {
      const {stdout} = await two.run(['sh', '-c', `docker export ${container} | tar -t`]);
      const files = stdout.split('\n').filter((name) => name !== '' && !name.endsWith('/'));
      const programs = files.filter((name) => /^(\.\/)?bin\//.test(name)).map((name) => path.basename(name));
      const script = await readFile(path.join(root, 'docker/collector/gather.sh'), 'utf8');
      const listed = /programs='([^']*)'/.exec(script)?.[1]?.split(/\s+/) ?? [];
      assert.deepEqual(programs.sort(), listed.sort());
      // What docker itself puts into every container.
      const docker = /^(\.dockerenv|etc\/(hostname|hosts|mtab|resolv\.conf)|dev\/console)$/;
      const others = files
        .map((name) => name.replace(/^\.\//, ''))
        .filter((name) => !/^bin\/|\.so(\.[\d.]+)?$|^var\/run$/.test(name) && !docker.test(name));
      // And the licences of what is in it, a file a package.
      assert.deepEqual(
        others.filter((name) => !/^licences\/[a-z\d.+-]+$/.test(name)),
        [],
      );
    } finally {
      await two.docker(['rm', container]);
    }
  });
});
