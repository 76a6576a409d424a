import assert from 'node:assert/strict';
import {open, readdir, readFile, stat} from 'node:fs/promises';
import {after, before, describe, it} from 'node:test';
import {run} from './exec.js';
import {attach, type Lab} from './lab.js';
import {labNames} from './names.js';
import {identify, isAlive, processesIn} from './process.js';
import {type Sshd, startSshd} from './sshd.js';
import {down, up} from './swarm.js';
import {labSuite, useLab} from './use.js';
import {until} from './wait.js';
import {containers} from './workload.js';

/** The file of a network's sandbox on a node. */
async function sandbox(lab: Lab, node: string, network: string): Promise<string> {
  const {stdout} = await lab.node(node).docker(['network', 'inspect', '-f', '{{.Id}}', network]);
  const files = (await lab.node(node).run(['ls', '/var/run/docker/netns'])).stdout.split('\n');
  const found = files.find(
    (file) => /^\d+-/.test(file) && stdout.startsWith(file.slice(file.indexOf('-') + 1)),
  );
  assert.ok(found, `a sandbox of ${network} on ${node}`);
  return found;
}

async function addressOf(lab: Lab, node: string, container: string, network: string): Promise<string> {
  const format = `{{(index .NetworkSettings.Networks "${network}").IPAddress}}`;
  return (await lab.node(node).docker(['inspect', '-f', format, container])).stdout;
}

const ping = (address: string) => ['ping', '-c', '1', '-W', '1', address];

describe('the lab', labSuite(), () => {
  const lab = useLab();

  it('has two engines, each a host of its own, in one swarm', async () => {
    const {nodes, router} = lab();
    assert.deepEqual(
      nodes.map(({name, address}) => [name, address]),
      [
        ['node1', '172.31.1.5'],
        ['node2', '192.168.1.5'],
      ],
    );
    const ids = new Set<string>();
    for (const node of nodes) {
      assert.equal((await node.run(['hostname'])).stdout, node.name);
      const [id = '', swarm] = (
        await node.docker(['info', '-f', '{{.ID}} {{.Swarm.LocalNodeState}}'])
      ).stdout.split(' ');
      assert.equal(swarm, 'active');
      ids.add(id);
    }
    assert.equal(ids.size, 2);
    const [one, two] = nodes;
    await one?.run(ping(two?.address ?? ''));
    assert.match(
      (await router.run(['ip', '-br', 'addr', 'show', 'dev', 'node2'])).stdout,
      /192\.168\.1\.1\/24/,
    );
  });

  it('takes a script through a node’s prefix', async () => {
    const {prefix} = lab().node('node2');
    const {stdout} = await run([...prefix, 'sh', '-s'], {input: 'hostname; pwd; exit 0'});
    assert.equal(stdout, 'node2\n/');
  });

  it('runs every container where it belongs', async () => {
    for (const node of lab().nodes) {
      const {stdout} = await node.docker(['ps', '-a', '--format', '{{.Names}} {{.State}}']);
      const lines = stdout.split('\n');
      for (const {name, runs} of containers(lab().nodes).filter((one) => one.node === node.name)) {
        assert.ok(lines.includes(`${name} ${runs ? 'running' : 'exited'}`), `${name} in\n${stdout}`);
      }
      // A task that Swarm had to start again leaves its first container behind, ended.
      const tasks = lines.filter((line) => line.startsWith('app.') && line.endsWith(' running'));
      assert.equal(tasks.length, 1, `one task of app on each node, in\n${stdout}`);
    }
  });

  it('carries web1 to web2 by address, by name and over TCP, in VXLAN', async () => {
    const [one, two] = [lab().node('node1'), lab().node('node2')];
    const address = await addressOf(lab(), 'node2', 'web2', 'uber-net');
    const count = async () => {
      const {stdout} = await lab().router.run(['iptables', '-t', 'raw', '-nvxL', 'PREROUTING']);
      return Number(/^\s*(\d+)[^\n]*dpt:4789/m.exec(stdout)?.[1]);
    };
    const rule = ['PREROUTING', '-p', 'udp', '--dport', '4789', '-s', one.address];
    await lab().router.run(['iptables', '-t', 'raw', '-A', ...rule]);
    try {
      await one.exec('web1', ping(address));
      assert.ok((await count()) >= 1, 'the router saw the outer packet');
    } finally {
      await lab().router.run(['iptables', '-t', 'raw', '-D', ...rule]);
    }
    assert.match(
      (await one.exec('web1', ['nslookup', 'web2'])).stdout,
      new RegExp(`Address.*${address.replaceAll('.', '\\.')}`),
    );
    assert.equal((await one.exec('web1', ['wget', '-qO-', 'http://web2/'])).stdout, 'hello from the lab');
    assert.equal((await two.exec('web2', ['wget', '-qO-', 'http://web1/'])).stdout, 'hello from the lab');
  });

  it('lists web2 in node1’s tables', async () => {
    const file = await sandbox(lab(), 'node1', 'uber-net');
    const address = await addressOf(lab(), 'node2', 'web2', 'uber-net');
    const node = lab().node('node1');
    const neighbours = (await node.inNetns(file, ['ip', 'neigh', 'show', address])).stdout;
    const mac = /lladdr (\S+)/.exec(neighbours)?.[1];
    assert.ok(mac, neighbours);
    const fdb = (await node.inNetns(file, ['bridge', 'fdb', 'show', 'dev', 'vxlan0'])).stdout;
    assert.match(fdb, new RegExp(`${mac} dst 192\\.168\\.1\\.5 .*self permanent`));
  });

  it('reaches both subnets of two-nets, on the other node as well as across', async () => {
    const node = lab().node('node1');
    for (const [from, to] of [
      ['ts1a', '10.50.1.12'],
      ['ts2a', '10.50.2.12'],
      ['ts1a', '10.50.2.11'],
      ['ts1a', '10.50.2.12'],
      ['ts2a', '10.50.1.12'],
    ] as const) {
      await node.exec(from, ping(to));
    }
  });

  it('gives each namespace the forwarding that a real host’s has, and leaves the machine’s alone', async () => {
    for (const node of lab().nodes) {
      const files = (
        await node.run(['find', '/var/run/docker/netns', '-type', 'f', '-perm', '0444', '-printf', '%f\\n'])
      ).stdout;
      for (const file of files.split('\n')) {
        assert.equal((await node.inNetns(file, ['sysctl', '-n', 'net.ipv4.ip_forward'])).stdout, '1', file);
      }
    }
  });

  it('keeps the internal overlay inside', async () => {
    const node = lab().node('node1');
    await node.exec('quiet1', ping(await addressOf(lab(), 'node2', 'quiet2', 'quiet-net')));
    assert.doesNotMatch((await node.exec('quiet1', ['ip', 'route'])).stdout, /default/);
    assert.match((await node.exec('web1', ['ip', 'route'])).stdout, /^default via 172\./m);
  });

  it('has an encrypted overlay that carries nothing where the kernel has no ESP', async (t) => {
    const node = lab().node('node1');
    const {stdout} = await node.run(['ip', 'xfrm', 'state', 'list', 'nokeys']);
    if (stdout !== '') return t.skip('this kernel has ESP, and the overlay works');
    const address = await addressOf(lab(), 'node2', 'secret2', 'secret-net');
    assert.notEqual((await node.exec('secret1', ping(address), {reject: false})).exitCode, 0);
    assert.match((await node.run(['ip', 'xfrm', 'policy'])).stdout, /dst 192\.168\.1\.5\/32/);
  });

  it('connects the other kinds of network', async () => {
    const node = lab().node('node1');
    const at = (container: string, network: string) => addressOf(lab(), 'node1', container, network);
    await node.exec('open1', ping(await at('open2', 'open-bridge')));
    await node.exec('mac1', ping(await at('mac2', 'mac-net')));
    await node.exec('mac1', ping('192.168.1.5'));
    assert.equal((await node.exec('on-host', ['hostname'])).stdout, 'node1');
    assert.match((await node.exec('on-host', ['ip', 'addr', 'show', 'eth0'])).stdout, /172\.31\.1\.5\/24/);
    assert.deepEqual((await node.exec('on-none', ['ls', '/sys/class/net'])).stdout.split('\n'), ['lo']);
    assert.equal(
      (await node.exec('sidecar', ['wget', '-qO-', 'http://127.0.0.1/'])).stdout,
      'hello from the lab',
    );
    assert.notEqual((await node.exec('closed1', ping('172.31.1.1'), {reject: false})).exitCode, 0);
  });

  it('is not built twice, and any process can attach to it', async () => {
    const [again, attached] = await Promise.all([up(), attach(lab().name)]);
    const pids = (one: Lab) => one.nodes.map(({dockerd}) => dockerd);
    assert.deepEqual(pids(again), pids(lab()));
    assert.deepEqual(pids(attached), pids(lab()));
  });
});

describe('sshd on a node', labSuite(), () => {
  const lab = useLab();
  let sshd: Sshd;
  before(async () => {
    sshd = await startSshd(lab(), lab().node('node1'));
  });
  after(() => sshd?.stop());

  const ssh = (host: string, argv: readonly string[], input = '') =>
    run(['ssh', '-F', sshd.configFile, '-o', 'BatchMode=yes', host, ...argv], {
      reject: false,
      input,
    });

  it('lets root in by key, with the node’s engine at hand', async () => {
    const {stdout} = await ssh(
      sshd.hosts.root,
      ['sh', '-s'],
      'hostname; id -u; docker info -f "{{.Swarm.NodeAddr}}"',
    );
    assert.equal(stdout, 'node1\n0\n172.31.1.5');
  });

  it('serves a caller who only knows the name of ssh', async () => {
    const path = `${sshd.binDirectory}:${process.env['PATH']}`;
    const {stdout} = await run(['ssh', `ssh://${sshd.user}@${sshd.host}:${sshd.port}`, 'hostname'], {
      env: {PATH: path},
    });
    assert.equal(stdout, 'node1');
  });

  it('has a user without rights', async () => {
    const {stdout, exitCode} = await ssh(sshd.hosts.operator, ['id -un; nsenter --net=/proc/1/ns/net true']);
    assert.equal(stdout, 'operator');
    assert.notEqual(exitCode, 0);
  });

  it('turns others away for the reason that their name tells', async () => {
    for (const [host, reason] of [
      [sshd.hosts.newKey, /Host key verification failed/],
      [sshd.hosts.changedKey, /REMOTE HOST IDENTIFICATION HAS CHANGED/],
      [sshd.hosts.password, /guest@172\.31\.1\.5: Permission denied \(publickey,password\)/],
      [sshd.hosts.refused, /Connection refused/],
    ] as const) {
      const {exitCode, stderr} = await ssh(host, ['true']);
      assert.equal(exitCode, 255, host);
      assert.match(stderr, reason);
    }
  });
});

/** What the machine shows of itself outside any lab, for a look before and after. */
async function machine(): Promise<Record<string, unknown>> {
  const read = async (...argv: string[]) => (await run(argv)).stdout;
  const without = (pattern: RegExp, text: string) => text.split('\n').filter((line) => !pattern.test(line));
  return {
    forwarding: await readFile('/proc/sys/net/ipv4/ip_forward', 'utf8'),
    links: await read('ip', '-o', 'link'),
    routes: await read('ip', 'route', 'show', 'table', 'all'),
    rules: without(/^#/, await read('iptables-save')),
    hostname: await read('hostname'),
    mounts: without(/^\/run\/netns\//, await read('cut', '-d', ' ', '-f', '5', '/proc/self/mountinfo')),
  };
}

describe('a lab of its own', labSuite(), () => {
  const name = 'selftest';
  const names = labNames(name);
  before(() => down(name));
  after(() => down(name));

  it('is rebuilt after its engine was killed, and leaves no trace in the end', async () => {
    await down(name);
    const first = await up(name);
    const [victim, other] = first.nodes;
    assert.ok(victim && other);
    const orphan = Number((await victim.docker(['inspect', '-f', '{{.State.Pid}}', 'web1'])).stdout);
    const container = await identify(orphan);
    process.kill(victim.dockerd.pid, 'SIGKILL');
    await until({what: 'the end of the engine'}, async () =>
      (await isAlive(victim.dockerd)) ? undefined : true,
    );
    assert.deepEqual(await identify(orphan), container, 'the engine’s containers live on without it');

    const second = await up(name);
    assert.notEqual(second.node('node1').dockerd.pid, victim.dockerd.pid);
    assert.equal(await identify(orphan), undefined, 'nothing of the dead run is left');
    await second.node('node1').exec('web1', ping('web2'));

    // Held open, for the number of a namespace that is gone is given to the next one, perhaps of another lab.
    const held = await Promise.all(['node1', 'node2', 'router'].map((part) => open(names.netnsFile(part))));
    const inodes = await Promise.all(held.map(async (handle) => (await handle.stat()).ino));
    const ids = await Promise.all(second.nodes.map(({docker}) => docker(['ps', '-aq', '--no-trunc'])));
    await down(name);
    assert.deepEqual(await processesIn(new Set(inodes)), []);
    await Promise.all(held.map((handle) => handle.close()));
    assert.deepEqual(
      (await readdir('/run/netns')).filter((file) => file.startsWith(names.netnsPrefix)),
      [],
    );
    await assert.rejects(stat(names.directory), {code: 'ENOENT'});
    const cgroups = (
      await run(['find', '/sys/fs/cgroup', '-maxdepth', '4', '-type', 'd', '-name', '[0-9a-f]*'])
    ).stdout;
    for (const id of ids.flatMap(({stdout}) => stdout.split('\n')))
      assert.ok(!cgroups.includes(id), `cgroup of ${id}`);
  });

  it('changes nothing on the machine', async () => {
    const before = await machine();
    await up(name);
    await down(name);
    assert.deepEqual(await machine(), before);
  });
});
