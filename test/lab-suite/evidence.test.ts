import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, before, describe, it} from 'node:test';
import {collect} from '../../src/collect/collect.js';
import {readDocker} from '../../src/collect/read-docker.js';
import {readKernel} from '../../src/collect/read-kernel.js';
import {parseHost, type Transport} from '../../src/collect/transport.js';
import {everything} from '../../src/collect/wanted.js';
import type {HostEvidence, Section} from '../../src/snapshot/snapshot.js';
import {image} from '../lab/image.js';
import type {LabNode} from '../lab/lab.js';
import {type Sshd, startSshd} from '../lab/sshd.js';
import {labSuite, useLab} from '../lab/use.js';
import {until} from '../lab/wait.js';
import {none, untilProcesses} from '../support/processes.js';

const {signal} = new AbortController();
const node = (on: LabNode, ...words: string[]): Transport => ({
  kind: 'exec',
  label: on.name,
  argv: [...on.prefix, ...words, 'sh', '-s'],
});

/** Takes programs away, in a mount namespace of its own. */
const without = (...files: string[]) => [
  'unshare',
  '-m',
  'sh',
  '-c',
  `for file in ${files.join(' ')}; do if [ -e "$file" ]; then mount --bind /dev/null "$file"; fi; done; exec "$@"`,
  'without',
];
const dockerFiles = ['/usr/local/bin/docker', '/usr/bin/docker', '/bin/docker'];
const curlFiles = ['/usr/local/bin/curl', '/usr/bin/curl', '/bin/curl'];

const about = (sections: Section[]) => sections.find(({name}) => name === 'about')?.output ?? '';
/** What was read, without what it said: `addr of 1-abc`. */
const shape = ({sections}: {sections: Section[]}) =>
  sections.map(({name, netns = ''}) => `${name} of ${netns}`).sort();
/** Docker's lists have no order of their own, so one is made. */
const ordered = (value: unknown): unknown => {
  if (Array.isArray(value)) {
    return value.map(ordered).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort()
      .map(([key, inner]) => [key, ordered(inner)]),
  );
};
const bodies = (docker: HostEvidence['docker']) =>
  ordered(docker.answers.map(({path, status, body}) => ({path, status, body: body ?? null})));

describe('evidence of the lab', labSuite(), () => {
  const lab = useLab();

  it('holds all of both nodes', async () => {
    for (const one of lab().nodes) {
      const evidence = await collect(node(one), everything, {signal});
      assert.deepEqual([evidence.failure, evidence.docker.failure], [undefined, undefined]);
      assert.match(about(evidence.sections), new RegExp(`^dockerdPid=${one.dockerd.pid}$`, 'm'));
      assert.match(about(evidence.sections), /^netnsState=ok$/m);
      const entered = new Set(evidence.sections.map(({netns}) => netns));
      const listed = (evidence.sections.find(({name}) => name === 'files')?.output ?? '')
        .split('\n')
        .map((row) => /\/docker\/netns\/([^/]+)$/.exec(row)?.[1])
        .filter((name) => name !== undefined && name !== 'default');
      assert.ok(listed.length > 5);
      // A file that the engine removed between the list and the entering is in the list alone.
      const left = await one.run(['ls', '/run/docker/netns']);
      const still = new Set<string | undefined>(left.stdout.split('\n'));
      for (const name of listed) assert.ok(entered.has(name) || !still.has(name), name);
      assert.ok(evidence.docker.answers.some(({path}) => path.endsWith('?verbose=true')));
      assert.equal(
        evidence.docker.answers.some(({path}) => path === '/nodes'),
        one === lab().nodes[0],
      );
      // A file that the engine has just left behind may lie there for a minute.
      const dead = new Set(evidence.sections.filter(({name}) => name === 'enter').map(({netns}) => netns));
      assert.ok(dead.size < listed.length / 2);
      for (const section of evidence.sections.filter(({netns}) => netns !== undefined && !dead.has(netns))) {
        // grep's 2: some of the files that `proc` reads are not on every kernel.
        assert.ok(section.status === 0 || section.name === 'proc', `${section.name} of ${section.netns}`);
      }
    }
  });

  it('holds no secret of a container', async () => {
    const [one] = lab().nodes;
    assert.ok(one);
    const name = `ovdiag-secret-${process.pid}`;
    const secret = 'hunter2-never-kept';
    await one.docker([
      'create',
      '--name',
      name,
      '-e',
      `PASSWORD=${secret}`,
      '-l',
      `token=${secret}`,
      '-l',
      'com.docker.kept=yes',
      '--mount',
      `type=tmpfs,dst=/${secret}`,
      image,
      '/bin/sleep',
      secret,
    ]);
    try {
      const inspected = await one.docker(['inspect', name]);
      assert.ok(inspected.stdout.split(secret).length > 4);
      const text = JSON.stringify(await collect(node(one), everything, {signal}));
      assert.ok(text.includes(name) && text.includes('com.docker.kept'));
      assert.ok(!text.includes(secret));
    } finally {
      await one.docker(['rm', '-f', name]);
    }
  });

  it('holds of the resolv.conf of a container what resolv.conf(5) knows, of a short one', async () => {
    const [one] = lab().nodes;
    assert.ok(one);
    const name = `ovdiag-resolv-${process.pid}`;
    const forged = '/proc/1/root/etc/resolv.conf:nameserver 192.0.2.9';
    const cases: [write: string, kept: string | undefined][] = [
      [
        `printf '# secret\\nnameserver 192.0.2.1\\nsecret\\noptions ndots:0' >$0`,
        'nameserver 192.0.2.1; options ndots:0',
      ],
      [`printf '%s\\nsearch a.test\\n' '${forged}' >$0`, 'search a.test'],
      [`(echo nameserver 192.0.2.1; head -c 3000 /dev/zero) >$0`, undefined],
    ];
    for (const [write, kept] of cases) {
      await one.docker([
        'run',
        '-d',
        '--name',
        name,
        '--network',
        'none',
        image,
        '/bin/sh',
        '-c',
        `${write}; echo >/ready; exec sleep 600`,
        '/etc/resolv.conf',
      ]);
      try {
        const pid = (await one.docker(['inspect', '-f', '{{.State.Pid}}', name])).stdout.trim();
        await until({what: 'the file to be written'}, () => one.exec(name, ['ls', '/ready']));
        const {sections} = await collect(node(one), everything, {signal});
        const rows = (sections.find((section) => section.name === 'processes')?.output ?? '').split('\n');
        assert.equal(
          rows.find((row) => row.startsWith(`resolver.${pid}=`)),
          kept === undefined ? undefined : `resolver.${pid}=${kept}`,
        );
        assert.ok(rows.some((row) => row.startsWith(`cgroup.${pid}=`)));
        assert.ok(!rows.some((row) => row.startsWith('resolver.1=')));
      } finally {
        await one.docker(['rm', '-f', name]);
      }
    }
  });

  it('is the same through curl, where there is no docker client', async () => {
    const [one] = lab().nodes;
    assert.ok(one);
    const byClient = await readDocker(node(one), everything.docker, signal);
    const byCurl = await readDocker(node(one, ...without(...dockerFiles)), everything.docker, signal);
    assert.deepEqual(
      [byClient.failure, byCurl.failure, byCurl.apiVersion],
      [undefined, undefined, byClient.apiVersion],
    );
    assert.deepEqual(bodies(byCurl), bodies(byClient));
  });

  it('is that of the kernel alone where Docker can not be asked', async () => {
    const [one] = lab().nodes;
    assert.ok(one);
    const nothing = await collect(node(one, ...without(...dockerFiles, ...curlFiles)), everything, {signal});
    assert.match(nothing.docker.failure ?? '', /neither a docker client nor curl/);
    const noSocket = await collect(node(one, ...without('/run/docker.sock')), everything, {signal});
    assert.match(noSocket.docker.failure ?? '', /docker\.sock/);
    for (const {failure, sections} of [nothing, noSocket]) {
      assert.equal(failure, undefined);
      assert.ok(sections.filter(({name}) => name === 'fdb').length > 2);
    }
  });

  it('without rights says which are missing', async () => {
    const [one] = lab().nodes;
    assert.ok(one);
    const user = ['setpriv', '--reuid=1500', '--regid=1500', '--clear-groups'];
    const start = Date.now();
    const evidence = await collect(node(one, ...user), everything, {signal});
    assert.ok(Date.now() - start < 100_000);
    assert.match(evidence.docker.failure ?? '', /permission denied/i);
    assert.match(about(evidence.sections), /^uid=1500$/m);
    assert.match(about(evidence.sections), /^enter=0$/m);
    const member = await collect(
      node(one, 'setpriv', '--reuid=1500', '--regid=1400', '--clear-groups'),
      everything,
      {signal},
    );
    assert.equal(member.docker.failure, undefined);
    assert.ok(member.docker.answers.length > 10);
  });

  it('of the kernel is not delayed by a daemon that hangs', async () => {
    const stopped = lab().nodes[1];
    assert.ok(stopped);
    const mark = `OVDIAG_TEST_HUNG=${process.pid}`;
    const transport: Transport = {
      kind: 'exec',
      label: 'hung',
      argv: ['env', mark, ...stopped.prefix, 'sh', '-s'],
    };
    const begun = Date.now();
    const whole = shape(await readKernel(transport, everything, {signal}));
    // On a busy machine everything takes longer; a delay by Docker would be its whole deadline more.
    const usual = Date.now() - begun;
    process.kill(stopped.dockerd.pid, 'SIGSTOP');
    try {
      const start = Date.now();
      const kernel = readKernel(transport, everything, {signal}).then((evidence) => ({
        evidence,
        after: Date.now() - start,
      }));
      const {failure, sections, docker} = await collect(transport, everything, {signal});
      const elapsed = Date.now() - start;
      const {evidence, after} = await kernel;
      assert.deepEqual(shape(evidence), whole);
      assert.deepEqual([failure, shape({sections})], [undefined, whole]);
      assert.match(docker.failure ?? '', /no answer within 5 s/);
      assert.ok(after < 4500 + 2 * usual, `the kernel's sections took ${after} ms`);
      assert.ok(elapsed < 8000 + 2 * usual, `all took ${elapsed} ms`);
      // The container behind a namespace is known without Docker, too.
      assert.match(
        sections.find(({name}) => name === 'processes')?.output ?? '',
        /^cgroup\.\d+=.*docker\/[0-9a-f]{64}/m,
      );
      await untilProcesses(mark, none, 20_000);
    } finally {
      process.kill(stopped.dockerd.pid, 'SIGCONT');
    }
  });
});

describe('evidence over ssh', labSuite(), () => {
  const lab = useLab();
  let sshd: Sshd | undefined;
  const ssh = process.env['OVDIAG_SSH'];
  before(async () => {
    sshd = await startSshd(lab(), lab().node('node1'));
    process.env['OVDIAG_SSH'] = `ssh -F ${sshd.configFile}`;
  });
  after(async () => {
    if (ssh === undefined) delete process.env['OVDIAG_SSH'];
    else process.env['OVDIAG_SSH'] = ssh;
    await sshd?.stop();
  });

  it('is the same as by a prefix', async () => {
    assert.ok(sshd);
    const bySsh = await collect(parseHost(`ssh://${sshd.hosts.root}`), everything, {signal});
    const byPrefix = await collect(node(lab().node('node1')), everything, {signal});
    assert.deepEqual([bySsh.failure, bySsh.docker.failure], [undefined, undefined]);
    assert.equal(bySsh.source, `ssh://${sshd.hosts.root}`);
    assert.deepEqual(shape(bySsh), shape(byPrefix));
    assert.deepEqual(bodies(bySsh.docker), bodies(byPrefix.docker));
    const output = (evidence: HostEvidence, name: string) =>
      evidence.sections.filter((section) => section.name === name).map((section) => section.output);
    assert.deepEqual(output(bySsh, 'rule'), output(byPrefix, 'rule'));
  });

  it('where the DOCKER_HOST here names it, is read there', async () => {
    assert.ok(sshd);
    const host = process.env['DOCKER_HOST'];
    process.env['DOCKER_HOST'] = `ssh://${sshd.hosts.root}`;
    try {
      const evidence = await collect(parseHost('local'), everything, {signal});
      assert.equal(evidence.source, `ssh://${sshd.hosts.root}`);
      assert.match(
        about(evidence.sections),
        new RegExp(`^dockerdPid=${lab().node('node1').dockerd.pid}$`, 'm'),
      );
      assert.equal(evidence.docker.failure, undefined);
      process.env['DOCKER_HOST'] = 'tcp://127.0.0.1:1';
      const far = await collect(parseHost('local'), everything, {signal});
      assert.deepEqual(
        [far.source, far.failure?.code, far.sections],
        ['tcp://127.0.0.1:1', 'engine-elsewhere', []],
      );
      assert.match(far.docker.failure ?? '', /127\.0\.0\.1:1/);
      // A prefix leads to a host that has an engine of its own; the caller's setting is not for it.
      const byPrefix = await collect(node(lab().node('node1')), everything, {signal});
      assert.equal(byPrefix.docker.failure, undefined);
    } finally {
      if (host === undefined) delete process.env['DOCKER_HOST'];
      else process.env['DOCKER_HOST'] = host;
    }
  });

  it('without rights there is what the user may see', async () => {
    assert.ok(sshd);
    const evidence = await collect(parseHost(`ssh://${sshd.hosts.operator}`), everything, {signal});
    assert.equal(evidence.failure, undefined);
    assert.match(about(evidence.sections), /^uid=1500$/m);
    assert.match(about(evidence.sections), /^enter=0$/m);
  });

  it('that can not be had says why, and what to do', async () => {
    assert.ok(sshd);
    const {hosts} = sshd;
    const cases: [string, string, RegExp][] = [
      [hosts.newKey, 'ssh-host-key-unknown', /accept the key once by hand: ssh \S+ true/],
      [hosts.changedKey, 'ssh-host-key-changed', /ssh-keygen -R/],
      [hosts.password, 'ssh-permission-denied', /ssh-copy-id/],
      [hosts.refused, 'ssh-refused', /ssh -v/],
      ['no-such-host.invalid', 'ssh-unknown-host', /spelling/],
    ];
    for (const [host, code, suggestion] of cases) {
      const start = Date.now();
      const {failure, sections, docker} = await collect(parseHost(`ssh://${host}`), everything, {signal});
      assert.equal(failure?.code, code, failure?.message);
      assert.match(failure?.suggestions.join('\n') ?? '', suggestion);
      assert.deepEqual(sections, []);
      assert.ok(docker.failure);
      assert.ok(Date.now() - start < 120_000, host);
    }
    const missing = process.env['OVDIAG_SSH'];
    process.env['OVDIAG_SSH'] = '/nonexistent/ssh';
    try {
      const {failure} = await collect(parseHost(`ssh://${hosts.root}`), everything, {signal});
      assert.equal(failure?.code, 'program-missing');
    } finally {
      process.env['OVDIAG_SSH'] = missing;
    }
  });

  const noSudo = spawnSync('sudo', ['-V']).error ? 'sudo is not installed' : false;
  it('takes sudo where it asks for nothing, and goes without where it would ask', {
    skip: noSudo,
  }, async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'ovdiag-sudo-'));
    try {
      const remote = parseHost('ssh://x').argv.at(-1) ?? '';
      const cases: [string, number][] = [
        ['operator ALL=(ALL) NOPASSWD: ALL\n', 0],
        ['operator ALL=(ALL) ALL\n', 1500],
        ['operator ALL=(ALL) NOPASSWD: /bin/true\n', 1500],
        ['', 1500],
      ];
      for (const [index, [rules, uid]] of cases.entries()) {
        const sudoers = path.join(folder, `sudoers-${index}`);
        writeFileSync(sudoers, `root ALL=(ALL) ALL\n${rules}`, {mode: 0o440});
        // As sshd would run it for the user, with rules of our own in a mount namespace of our own.
        const script = `mount --bind ${sudoers} /etc/sudoers && exec setpriv --reuid=1500 --regid=1500 --clear-groups sh -c "$1"`;
        const argv = [...lab().node('node1').prefix, 'unshare', '-m', 'sh', '-c', script, 'login', remote];
        const {sections, failure} = await readKernel({kind: 'exec', label: 'sudo', argv}, everything, {
          signal,
        });
        assert.equal(failure, undefined);
        assert.match(about(sections), new RegExp(`^uid=${uid}$`, 'm'), rules);
        assert.equal(
          sections.some(({name}) => name === 'fdb'),
          uid === 0,
        );
      }
    } finally {
      rmSync(folder, {recursive: true, force: true});
    }
  });
});
