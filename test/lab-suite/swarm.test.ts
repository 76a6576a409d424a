import assert from 'node:assert/strict';
import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtemp, readdir, readFile, rm, stat, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, before, describe, it} from 'node:test';
import {ovdiag, root} from '../cli/support.js';
import type {LabNode} from '../lab/lab.js';
import {processesIn, signal as signalProcess} from '../lab/process.js';
import {type Sshd, startSshd} from '../lab/sshd.js';
import {labSuite, useLargeLab} from '../lab/use.js';
import {until} from '../lab/wait.js';
import {document, reading} from './live.js';

interface Answer {
  hosts: {name: string; source: string}[];
  problems: {code: string; host?: string; message: string}[];
}

/** The processes in a node's network namespace, its engine's and containers' among them. */
async function processesOn(node: LabNode): Promise<Set<number>> {
  const inode = (await stat(`/proc/${node.dockerd.pid}/ns/net`)).ino;
  return new Set((await processesIn(new Set([inode]))).map(({pid}) => pid));
}

describe('--swarm', labSuite(), () => {
  let folder = '';
  const sshds: Sshd[] = [];
  // Before the lab's own, which may take the nodes down.
  after(async () => {
    for (const sshd of sshds) await sshd.stop();
    await rm(folder, {recursive: true, force: true});
  });
  const lab = useLargeLab();
  let env: Record<string, string> = {};
  let manager: LabNode;
  let [two, three]: LabNode[] = [];
  const node = (one: LabNode | undefined): LabNode => {
    assert.ok(one);
    return one;
  };
  const sshdOf = (number: 2 | 3): Sshd => {
    const found = sshds[number - 1];
    assert.ok(found);
    return found;
  };
  const swarm = () => [...reading(manager), '--swarm'];

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'ovdiag-swarm-'));
    [manager, two, three] = lab().nodes as [LabNode, LabNode, LabNode];
    for (const one of lab().nodes) sshds.push(await startSshd(lab(), one));
    // Each configuration knows its node by the address too, which is what the manager tells.
    const config = path.join(folder, 'ssh_config');
    await writeFile(config, sshds.map(({configFile}) => `Include ${configFile}\n`).join(''));
    env = {OVDIAG_SSH: `ssh -F ${config}`};
  });

  it('reads the manager directly and the others over ssh, each under its own name', async () => {
    const {hosts, problems, status} = await document<Answer>(['networks', ...swarm()], {env});
    assert.deepEqual([status, problems], [0, []]);
    assert.deepEqual(
      hosts.map(({name, source}) => [name, source.replace(/ .*/, '')]),
      [
        ['node1', 'exec:nsenter'],
        ['node2', `ssh://${two?.address}`],
        ['node3', `ssh://${three?.address}`],
      ],
    );
  });

  it('asks only for the nodes that the filters let pass, and says whom else to ask', async () => {
    await manager.docker(['node', 'update', '--label-add', 'zone=far', 'node3']);
    const chosen = async (...filters: string[]) => {
      const flags = filters.flatMap((filter) => ['--filter', filter]);
      const {hosts} = await document<Answer>(['networks', ...swarm(), ...flags], {env});
      return hosts.map(({name}) => name);
    };
    assert.deepEqual(await chosen('label=zone=far'), ['node3']);
    assert.deepEqual(await chosen('role=worker', 'name=node2', 'availability=active'), ['node2']);
    const none = await ovdiag(['networks', ...swarm(), '--filter', 'name=nobody'], {env});
    assert.match(none.stderr, /None of the swarm's 3 nodes/);
    const worker = await ovdiag(['networks', ...reading(node(two)), '--swarm'], {env});
    assert.equal(worker.status, 3);
    assert.match(worker.stderr, new RegExp(`--host ssh://root@${manager.address} --swarm`));
  });

  it('answers as one snapshot of all, and the directory of it answers the same', async () => {
    const directory = path.join(folder, 'all');
    const made = await ovdiag(['snapshot', ...swarm(), '-o', directory], {env});
    assert.deepEqual([made.status, made.stderr], [0, '']);
    assert.deepEqual((await readdir(directory)).sort(), [
      'index.json',
      'node1.json.gz',
      'node2.json.gz',
      'node3.json.gz',
    ]);
    const index = JSON.parse(await readFile(path.join(directory, 'index.json'), 'utf8'));
    assert.deepEqual(
      index.hosts.map(({node: {name, role, state}}: {node: Record<string, string>}) => [name, role, state]),
      [
        ['node1', 'manager', 'ready'],
        ['node2', 'worker', 'ready'],
        ['node3', 'worker', 'ready'],
      ],
    );
    const files = ['node1', 'node2', 'node3'].flatMap((name) => [
      '-s',
      path.join(directory, `${name}.json.gz`),
    ]);
    for (const command of [['fdb', 'uber-net'], ['namespaces'], ['trace', 'web1', 'web3']]) {
      const [one, each] = await Promise.all([
        ovdiag([...command, '--json', '-s', directory]),
        ovdiag([...command, '--json', ...files]),
      ]);
      assert.deepEqual(one, each, command.join(' '));
    }
    const {entries} = JSON.parse((await ovdiag(['fdb', 'uber-net', '--json', '-s', directory])).stdout);
    const faults = entries.filter(({status}: {status: string}) => !['ok', 'local'].includes(status));
    assert.deepEqual([entries.length > 20, faults], [true, []]);
  });

  it('keeps what the others tell where one host hangs, and says which', async () => {
    await sshdOf(2).freeze();
    try {
      const start = Date.now();
      const answer = await document<Answer>(['networks', ...swarm(), '--host-timeout', '3s'], {env});
      assert.ok(Date.now() - start < 60_000, `${Date.now() - start} ms`);
      assert.equal(answer.status, 3);
      assert.deepEqual(
        answer.hosts.map(({name}) => name),
        ['node1', 'node2', 'node3'],
      );
      assert.deepEqual(
        answer.problems.filter(({host}) => host !== 'node2'),
        [],
      );
      assert.match(answer.problems.map(({code}) => code).join(' '), /host-timeout/);
      const text = await ovdiag(['networks', ...swarm(), '--host-timeout', '3s'], {env});
      assert.match(text.stderr, /node2.*\[host-timeout\]\n.*--host-timeout 2m/s);
    } finally {
      await sshdOf(2).thaw();
    }
  });

  describe('with a node whose engine hangs', () => {
    before(async () => {
      await signalProcess(node(three).dockerd, 'SIGSTOP');
      await until({what: 'the manager to call node3 down'}, async () =>
        /down/i.test((await manager.docker(['node', 'inspect', '-f', '{{.Status.State}}', 'node3'])).stdout)
          ? true
          : undefined,
      );
    });
    after(async () => {
      await signalProcess(node(three).dockerd, 'SIGCONT');
      await until({what: 'node3 to be ready again'}, async () =>
        /ready/i.test((await manager.docker(['node', 'inspect', '-f', '{{.Status.State}}', 'node3'])).stdout)
          ? true
          : undefined,
      );
    });

    it('reads its kernel nevertheless, as its ssh answers', async () => {
      const answer = await document<Answer & {entries: {host: string}[]}>(['fdb', 'uber-net', ...swarm()], {
        env,
      });
      const codes = answer.problems.filter(({host}) => host === 'node3').map(({code}) => code);
      assert.ok(codes.length > 0 && !codes.includes('host-down'), codes.join(' '));
      assert.ok(answer.hosts.some(({name}) => name === 'node3'));
    });

    it('ends every child here and there on Ctrl-C', async () => {
      const [here, mark] = [await processesOn(node(three)), `OVDIAG_TEST=${folder}`];
      const child: ChildProcess = spawn(
        process.execPath,
        [path.join(root, 'bin/run.js'), 'snapshot', ...swarm(), '-o', path.join(folder, 'interrupted')],
        {env: {...process.env, ...env, OVDIAG_TEST: folder}, stdio: 'ignore'},
      );
      // Its engine hangs, so the relay to it waits.
      const relay = async () => {
        const now = [...(await processesOn(node(three)))].filter((pid) => !here.has(pid));
        const commands = await Promise.all(
          now.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
        );
        return commands.filter((text) => /sh\0-s|dial-stdio/.test(text));
      };
      await until({what: 'the far side to wait'}, async () =>
        (await relay()).some((text) => text.includes('dial-stdio')) ? true : undefined,
      );
      const start = Date.now();
      child.kill('SIGINT');
      const [code] = await once(child, 'exit');
      assert.equal(code, 130);
      assert.ok(Date.now() - start < 20_000, `${Date.now() - start} ms`);
      await until({what: 'the far side to end'}, async () =>
        (await relay()).length === 0 ? true : undefined,
      );
      const {processesWith} = await import('../support/processes.js');
      assert.deepEqual(processesWith(mark), []);
      assert.ok(!(await readdir(folder)).includes('interrupted'), 'no half of a snapshot');
    });

    it('names it as down, after a short try, where nothing else answers either', async () => {
      await sshdOf(3).freeze();
      try {
        const answer = await document<Answer>(['networks', ...swarm()], {env});
        assert.equal(answer.status, 3);
        assert.ok(answer.problems, answer.stdout);
        const [problem] = answer.problems.filter(({host}) => host === 'node3');
        assert.equal(problem?.code, 'host-down');
        assert.match(problem?.message ?? '', /calls this node down; ssh:\/\//);
      } finally {
        await sshdOf(3).thaw();
      }
    });
  });

  it('tells a host that refuses from one that hangs', async () => {
    // The first value that the client meets counts: a port where nothing listens.
    const config = path.join(folder, 'refusing');
    await writeFile(
      config,
      `Host ${three?.address}\n  Port 9\nHost *\nInclude ${path.join(folder, 'ssh_config')}\n`,
    );
    const answer = await document<Answer>(['networks', ...swarm()], {env: {OVDIAG_SSH: `ssh -F ${config}`}});
    assert.equal(answer.status, 3);
    assert.deepEqual(
      answer.problems.map(({host, code}) => [host, code]),
      [['node3', 'ssh-refused']],
    );
  });

  it('comes through to every host behind a jump host that turns connections away', async () => {
    const [jump, far] = sshds;
    assert.ok(jump && far);
    const config = path.join(folder, 'jumping');
    // sshd's own limit: from ten connections on that have not logged in, some are closed. These are twice 30.
    await writeFile(
      config,
      `Host far*
  HostName ${far.host}
  Port ${far.port}
  User root
  IdentityFile ${far.identityFile}
  IdentitiesOnly yes
  UserKnownHostsFile ${far.knownHostsFile}
  GlobalKnownHostsFile /dev/null
  ProxyCommand ssh -F ${jump.configFile} -o BatchMode=yes -W %h:%p ${jump.hosts.root}
`,
    );
    const hosts = Array.from({length: 30}, (_, index) => ['--host', `ssh://far${index}`]).flat();
    const answer = await document<Answer>(['networks', ...hosts, '--parallel', '30'], {
      env: {OVDIAG_SSH: `ssh -F ${config}`},
    });
    assert.deepEqual([answer.status, answer.problems], [0, []]);
  });

  it('takes hosts from a file as well', async () => {
    const file = path.join(folder, 'hosts');
    await writeFile(file, `# the lab\nexec:${manager.prefix.join(' ')}\nssh://${two?.address}  # node2\n`);
    const {hosts, status} = await document<Answer>(['networks', '--hosts-file', file], {env});
    assert.deepEqual([status, hosts.map(({name}) => name)], [0, ['node1', 'node2']]);
  });
});
