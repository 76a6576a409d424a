import assert from 'node:assert/strict';
import {execFileSync, spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, before, describe, it} from 'node:test';
import {readKernel} from '../../src/collect/read-kernel.js';
import type {Wanted} from '../../src/collect/wanted.js';
import {parseTables} from '../../src/model/netns-tables.js';
import {waitingSockets} from '../../src/model/sockets.js';
import type {Section} from '../../src/snapshot/snapshot.js';
import {
  type NamespaceFolder,
  namespaceFolder,
  namespacesUnavailable,
  overlayLike,
} from '../support/namespaces.js';

const wanted: Wanted = {
  netns: ['overlay', 'container', 'balancer', 'processes'],
  netnsTables: ['addr', 'route', 'neigh', 'rule', 'fdb', 'nsid', 'proc', 'netfilter'],
  hostTables: ['addr', 'route', 'proc', 'xfrm'],
  docker: {containers: false, networks: 'none', cluster: false},
};
const {signal} = new AbortController();
const installed = (program: string) => !spawnSync(program, ['--help']).error;

interface Run {
  sections: Section[];
  failure: {code: string; message: string} | undefined;
  of(netns: string | undefined, name: string): Section | undefined;
  about: Record<string, string>;
}

/** Runs the collector with a shell, in a network namespace of its own, perhaps behind more words. */
async function run(shell: string[], netnsDir: string, prefix: string[] = [], wants = wanted): Promise<Run> {
  const argv = [...prefix, 'unshare', '-n', ...shell, '-s'];
  const {sections, failure} = await readKernel({kind: 'exec', label: 'test', argv}, wants, {
    signal,
    netnsDir,
  });
  const of = (netns: string | undefined, name: string) =>
    sections.find((section) => section.netns === netns && section.name === name);
  const lines = (of(undefined, 'about')?.output ?? '').split('\n').filter(Boolean);
  const about = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
  return {sections, failure, of, about};
}

const macs = (text: string | undefined) =>
  [...new Set((text ?? '').match(/\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b/g))].sort();

describe('the collector in every shell', {skip: namespacesUnavailable()}, () => {
  let spaces: NamespaceFolder;
  let bin = '';
  before(async () => {
    spaces = namespaceFolder('shells');
    bin = mkdtempSync(path.join(tmpdir(), 'ovdiag-bin-'));
    await spaces.add('1-live000001', overlayLike(1).ip, overlayLike(1).bridge);
    await spaces.add('2-live00002', overlayLike(2).ip, overlayLike(2).bridge);
    await spaces.add('aabbccddeeff', ['link set lo up']);
    await spaces.add('lb_live00001');
    await spaces.add('foreign name');
    await spaces.add('-n');
    writeFileSync(spaces.file('1-dead000003'), '');
    writeFileSync(spaces.file('two\nlines'), '');
    writeFileSync(spaces.file('many\n\nlines\n'), 'xyz');
    mkdirSync(spaces.file('directory'));
    execFileSync('mkfifo', [spaces.file('1-fifo00000')]);
    symlinkSync('/nowhere', spaces.file('1-dangling0'));
  });
  after(() => {
    spaces.remove();
    rmSync(bin, {recursive: true, force: true});
  });

  /** A folder to be put first in PATH, with these programs. */
  function programs(name: string, files: Record<string, string>): string[] {
    const folder = path.join(bin, name);
    mkdirSync(folder);
    for (const [program, text] of Object.entries(files))
      writeFileSync(path.join(folder, program), text, {mode: 0o755});
    return ['env', `PATH=${folder}:${process.env['PATH']}`];
  }

  /** Takes programs away, in a mount namespace of its own. */
  const without = (...files: string[]) => [
    'unshare',
    '-m',
    'sh',
    '-c',
    `for file in ${files.join(' ')}; do if [ -e "$file" ]; then mount --bind /dev/null "$file"; fi; done; exec "$@"`,
    'without',
  ];

  for (const shell of [['dash'], ['bash'], ['bash', '--posix'], ['busybox', 'sh'], ['ksh'], ['mksh']]) {
    const [program = ''] = shell;
    it(`${shell.join(' ')} reads all, and is stopped by nothing`, {
      skip: installed(program) ? false : `${program} is not installed`,
    }, async () => {
      const {sections, failure, of, about} = await run(shell, spaces.folder);
      assert.equal(failure, undefined);
      assert.deepEqual(
        [about['uid'], about['enter'], about['netnsState'], about['ipJson'], about['bridgeJson']],
        ['0', '1', 'ok', '1', '1'],
      );
      for (const netns of ['1-live000001', '2-live00002']) {
        for (const name of ['addr', 'route', 'neigh', 'rule', 'fdb', 'nsid', 'proc'])
          assert.ok(of(netns, name), `${name} of ${netns}`);
        assert.equal(macs(of(netns, 'fdb')?.output).filter((mac) => mac.startsWith('02:42')).length, 10);
        assert.ok(JSON.parse(of(netns, 'addr')?.output ?? '').length > 5);
      }
      for (const netns of ['aabbccddeeff', 'lb_live00001']) {
        assert.ok(of(netns, 'addr') && of(netns, 'rule') && of(netns, 'proc'), netns);
        assert.equal(of(netns, 'fdb'), undefined);
      }
      assert.equal(of('1-dead000003', 'enter')?.status, 1);
      assert.match(of('1-dead000003', 'enter')?.output ?? '', /Invalid argument/);
      assert.ok(of('@host', 'addr') && of('@host', 'proc'));
      const entered = new Set(sections.map(({netns}) => netns));
      for (const name of ['-n', 'foreign name', '1-fifo00000', '1-dangling0', 'directory'])
        assert.ok(!entered.has(name), name);

      const rows = (of(undefined, 'files')?.output ?? '').trimEnd().split('\n');
      const shown = (name: string) => rows.filter((row) => row.endsWith(`${spaces.folder}/${name}`));
      for (const name of [
        '1-live000001',
        '1-dead000003',
        'foreign name',
        '-n',
        '1-fifo00000',
        'two\\012lines',
        'many\\012\\012lines\\012',
      ])
        assert.equal(shown(name).length, 1, `${name} among\n${rows.join('\n')}`);
      for (const row of rows) assert.match(row, /^([0-9a-f]+ \d+ [0-7]+ \d+ \d+ \/|stat: .*1-dangling0)/);
    });
  }

  const counted: Wanted = {
    ...wanted,
    netnsTables: ['fdb', 'proc', 'netfilter'],
    hostTables: ['vtep'],
  };

  it('sockets are listed only where the namespace has some, and read by all shells', async () => {
    await spaces.add('c0ffeec0ffee', ['link set lo up']);
    const file = spaces.file('c0ffeec0ffee');
    const script = `require('node:net').createServer().listen(8080, '127.0.0.1', () => console.log('listens'))`;
    const server = spawn('nsenter', [`--net=${file}`, process.execPath, '-e', script]);
    try {
      await once(server.stdout, 'data');
      for (const shell of ['dash', 'bash', 'busybox sh', 'ksh', 'mksh'].map((one) => one.split(' '))) {
        if (!installed(shell[0] ?? '')) continue;
        const {of} = await run(shell, spaces.folder, [], counted);
        const procs = (netns: string) => of(netns, 'proc')?.output ?? '';
        assert.match(procs('c0ffeec0ffee'), /^\/proc\/net\/tcp: +0: 0100007F:1F90 00000000:0000 0A /m);
        assert.doesNotMatch(procs('c0ffeec0ffee'), /^\/proc\/net\/sockstat:TCP: /m);
        for (const netns of ['c0ffeec0ffee', 'aabbccddeeff']) {
          assert.match(procs(netns), /^\/proc\/net\/sockstat6:TCP6: inuse 0$/m);
          assert.match(procs(netns), /^\/proc\/net\/sockstat:UDP: inuse 0 /m);
          assert.doesNotMatch(procs(netns), /^\/proc\/net\/(tcp6|udp6?):/m);
        }
        assert.match(procs('aabbccddeeff'), /^\/proc\/net\/sockstat:TCP: inuse 0 /m);
        const {proc} = parseTables([of('aabbccddeeff', 'proc')].flatMap((section) => section ?? []));
        assert.deepEqual(waitingSockets(proc, 'tcp'), []);
      }
    } finally {
      server.kill('SIGKILL');
    }
  });

  it('iptables is asked where nft shows a table of IPv4, or does not answer', {
    skip: ['nft', 'iptables-nft'].every(installed) ? false : 'nft or iptables-nft is not installed',
  }, async () => {
    execFileSync('nsenter', [
      `--net=${spaces.file('aabbccddeeff')}`,
      'iptables-nft',
      '-A',
      'OUTPUT',
      '-j',
      'ACCEPT',
    ]);
    execFileSync('nsenter', [`--net=${spaces.file('lb_live00001')}`, 'nft', 'add table ip6 filter']);
    const {of} = await run(['dash'], spaces.folder, [], counted);
    if (of('aabbccddeeff', 'nft') === undefined) return;
    assert.match(of('aabbccddeeff', 'iptables-nft')?.output ?? '', /-A OUTPUT -j ACCEPT/);
    for (const netns of ['lb_live00001', '1-live000001']) {
      const {status, output, command} = of(netns, 'iptables-nft') ?? {};
      assert.deepEqual([status, output], [0, '']);
      assert.match(command ?? '', /not run/);
    }
    assert.match(of('lb_live00001', 'nft')?.output ?? '', /"ip6"/);
    const prefix = programs('mute', {nft: '#!/bin/sh\nexit 1\n'});
    const mute = await run(['dash'], spaces.folder, prefix, counted);
    assert.equal(mute.of('aabbccddeeff', 'nft')?.status, 1);
    assert.match(mute.of('aabbccddeeff', 'iptables-nft')?.output ?? '', /-A OUTPUT -j ACCEPT/);
    assert.doesNotMatch(mute.of('lb_live00001', 'iptables-nft')?.command ?? '', /not run/);
  });

  it('the routes of all VTEPs in the FDBs are asked for, in every shell', async () => {
    const text = programs('old bridge', {
      bridge:
        '#!/bin/sh\nfor word; do case $word in -j) exit 255 ;; esac; done\nexec /usr/sbin/bridge "$@"\n',
    });
    for (const shell of ['dash', 'bash', 'busybox sh', 'ksh', 'mksh'].map((one) => one.split(' '))) {
      if (!installed(shell[0] ?? '')) continue;
      for (const prefix of [[], text]) {
        const {of} = await run(shell, spaces.folder, prefix, counted);
        const answers = (of(undefined, 'route-get') ?? of('@host', 'route-get'))?.output ?? '';
        // The namespace has no route: a refusal a VTEP.
        assert.equal(answers.match(/unreachable/g)?.length, 10, answers);
        assert.equal(
          macs(of('1-live000001', 'fdb')?.output).filter((mac) => mac.startsWith('02:42')).length,
          10,
        );
      }
    }
  });

  it('the directory is that of the engine, wherever it was told to keep it', async () => {
    const config = path.join(bin, 'daemon config.json');
    writeFileSync(config, '{\n  "debug": true, "exec-root" : "/run/by config"\n}\n');
    // A script's process is named after its file; it ends by itself should nobody end it.
    writeFileSync(path.join(bin, 'dockerd'), '#!/bin/sh\nfor second in 1 2 3 4 5 6 7 8; do sleep 1; done\n', {
      mode: 0o755,
    });
    const start = `
      mount -t tmpfs tmpfs /run
      "$0" $ENGINE_OPTIONS "$1" >/dev/null 2>&1 & printf %s $! >/run/docker.pid
      shift; exec "$@"`;
    const cases: [options: string, last: string, expected: string][] = [
      ['', '--debug', '/run/docker/netns'],
      ['', '--exec-root=/run/with space', '/run/with space/netns'],
      ['--exec-root', '/run/a * b', '/run/a * b/netns'],
      ['--exec-root=/var/run/other', '--debug', '/run/other/netns'],
      ['', `--config-file=${config}`, '/run/by config/netns'],
      ['--config-file', config, '/run/by config/netns'],
    ];
    for (const shell of ['dash', 'bash']) {
      for (const [options, last, expected] of cases) {
        const argv = [
          'env',
          `ENGINE_OPTIONS=${options}`,
          'unshare',
          '-m',
          '-n',
          'sh',
          '-c',
          start,
          path.join(bin, 'dockerd'),
          last,
          shell,
          '-s',
        ];
        const {sections} = await readKernel({kind: 'exec', label: 'x', argv}, wanted, {signal});
        const about = sections.find(({name}) => name === 'about')?.output ?? '';
        const pid = Number(/^dockerdPid=(\d+)$/m.exec(about)?.[1]);
        assert.ok(pid > 1, about);
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          // The end of the run may have ended it, being of the same process group.
        }
        // /run is a place of its own only where /var/run leads to it.
        const directory = /^netnsDir=(.*)$/m.exec(about)?.[1]?.replace(/^\/var\/run\//, '/run/');
        assert.equal(directory, expected, `${shell}: ${options} ${last}`);
        assert.match(about, /^netnsState=missing$/m);
      }
    }
  });

  it('a directory that is empty, missing or a file is told apart', async () => {
    const empty = path.join(bin, 'empty directory');
    mkdirSync(empty);
    assert.equal((await run(['dash'], empty)).about['netnsState'], 'ok');
    const missing = await run(['dash'], path.join(bin, 'nowhere'));
    assert.deepEqual([missing.about['netnsState'], missing.failure], ['missing', undefined]);
    writeFileSync(path.join(bin, 'file'), '');
    assert.equal((await run(['dash'], path.join(bin, 'file'))).about['netnsState'], 'no-directory');
    for (const {output} of [missing.of(undefined, 'files')].flatMap((section) => section ?? []))
      assert.doesNotMatch(output, /\*/);
  });

  it('without root it says so and goes on', {
    skip: installed('setpriv') ? false : 'setpriv is not installed',
  }, async () => {
    const closed = path.join(bin, 'closed');
    mkdirSync(closed, {mode: 0o700});
    execFileSync('chmod', ['755', bin]);
    const argv = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', 'sh', '-s'];
    for (const netnsDir of [closed, path.join(closed, 'netns')]) {
      const {sections, failure} = await readKernel({kind: 'exec', label: 'x', argv}, wanted, {
        signal,
        netnsDir,
      });
      assert.equal(failure, undefined);
      const about = sections.find(({name}) => name === 'about')?.output ?? '';
      assert.match(about, /^uid=65534$/m);
      assert.match(about, /^enter=0$/m);
      assert.match(about, /^netnsState=unreadable$/m);
    }
  });

  it('text mode brings the same rows as JSON', async () => {
    const refusing = (tool: string) =>
      `#!/bin/sh\nfor word; do case $word in -j*|-batch) echo 'Option "-j" is unknown' >&2; exit 255 ;; esac; done\nexec ${tool} "$@"\n`;
    const old = programs('text', {ip: refusing('/usr/sbin/ip'), bridge: refusing('/usr/sbin/bridge')});
    const [json, text] = [await run(['dash'], spaces.folder), await run(['dash'], spaces.folder, old)];
    assert.deepEqual([text.about['ipJson'], text.about['bridgeJson']], ['0', '0']);
    for (const netns of ['1-live000001', '2-live00002']) {
      for (const name of ['addr', 'neigh', 'fdb']) {
        assert.equal(text.of(netns, name)?.status, 0);
        assert.deepEqual(
          macs(text.of(netns, name)?.output),
          macs(json.of(netns, name)?.output),
          `${name} of ${netns}`,
        );
      }
      assert.match(text.of(netns, 'route')?.output ?? '', /dev br0/);
    }
  });

  it('the ip of BusyBox gives links and addresses', async () => {
    const folder = path.join(bin, 'busybox');
    mkdirSync(folder);
    symlinkSync('/usr/bin/busybox', path.join(folder, 'ip'));
    const {of, about, failure} = await run(['busybox', 'sh'], spaces.folder, [
      ...without('/usr/sbin/bridge'),
      'env',
      `PATH=${folder}:${process.env['PATH']}`,
    ]);
    assert.equal(failure, undefined);
    assert.deepEqual(
      [about['ipJson'], about['ipVersion'], about['tool.bridge']],
      ['0', undefined, undefined],
    );
    assert.match(of('1-live000001', 'addr')?.output ?? '', /br0: <.*UP/);
    assert.equal(of('1-live000001', 'addr')?.status, 0);
    assert.equal(of('1-live000001', 'fdb'), undefined);
  });

  it('a missing tool costs only what it would have told', async () => {
    const folders = ['/usr/sbin', '/sbin', '/usr/bin', '/bin'];
    const gone = (tool: string) => without(...folders.map((folder) => `${folder}/${tool}`));
    const noIp = await run(['dash'], spaces.folder, gone('ip'));
    assert.equal(noIp.failure, undefined);
    assert.equal(noIp.about['tool.ip'], undefined);
    assert.ok((noIp.of('1-live000001', 'addr')?.status ?? 0) >= 126);
    assert.equal(noIp.of('1-live000001', 'fdb')?.status, 0);
    const noBridge = await run(['dash'], spaces.folder, gone('bridge'));
    assert.deepEqual([noBridge.failure, noBridge.about['tool.bridge']], [undefined, undefined]);
    assert.equal(noBridge.of('1-live000001', 'addr')?.status, 0);
    assert.equal(noBridge.of('1-live000001', 'fdb'), undefined);
    const noStat = await run(['dash'], spaces.folder, gone('stat'));
    assert.deepEqual([noStat.failure, noStat.about['tool.stat']], [undefined, undefined]);
    assert.ok((noStat.of(undefined, 'files')?.status ?? 0) >= 126);
    assert.equal(noStat.of('1-live000001', 'addr')?.status, 0);
    const noNsenter = await run(['dash'], spaces.folder, gone('nsenter'));
    assert.deepEqual(
      [noNsenter.failure, noNsenter.about['tool.nsenter'], noNsenter.about['enter']],
      [undefined, undefined, '0'],
    );
    assert.ok(noNsenter.of(undefined, 'files') && noNsenter.of('@host', 'addr'));
  });

  it('a namespace that vanishes while it is being read is a row that says so', async () => {
    await spaces.add('1-vanishing');
    const file = spaces.file('1-vanishing');
    const prefix = programs('vanish', {
      nsenter: `#!/bin/sh\ncase $1 in *1-vanishing) umount -l '${file}'; rm '${file}' ;; esac\nexec /usr/bin/nsenter "$@"\n`,
    });
    const {of, failure} = await run(['dash'], spaces.folder, prefix);
    assert.equal(failure, undefined);
    assert.match(of('1-vanishing', 'enter')?.output ?? '', /No such file/);
    assert.ok(of('2-live00002', 'fdb'));
  });

  it('a reader that is killed leaves its half, and the others', async () => {
    const prefix = programs('killed', {
      bridge: '#!/bin/sh\ncase $* in *-d*) printf half; kill -KILL $PPID ;; *) echo "[]" ;; esac\n',
    });
    const {of, failure, sections} = await run(['dash'], spaces.folder, prefix);
    assert.equal(failure, undefined);
    assert.deepEqual([of('1-live000001', 'fdb')?.status, of('1-live000001', 'fdb')?.output], [null, 'half']);
    assert.equal(of('1-live000001', 'enter')?.status, 137);
    assert.ok(sections.some(({netns}) => netns === 'lb_live00001'));
  });

  it('a batch that fails in one command is read singly', async () => {
    const prefix = programs('batch', {
      ip: '#!/bin/sh\ncase $* in *-batch*) /usr/sbin/ip "$@" | head -n 2; exit 1 ;; esac\nexec /usr/sbin/ip "$@"\n',
    });
    const {of, sections} = await run(['dash'], spaces.folder, prefix);
    assert.ok(!sections.some(({name}) => name === 'batch'));
    for (const name of ['addr', 'route', 'neigh', 'rule']) {
      assert.equal(of('1-live000001', name)?.status, 0);
      assert.ok(Array.isArray(JSON.parse(of('1-live000001', name)?.output ?? '')));
      assert.doesNotMatch(of('1-live000001', name)?.command ?? '', /--/);
    }
  });

  it('keys of encrypted networks never leave the host', async () => {
    const key = `0x${'ab'.repeat(20)}`;
    const prefix = programs('keys', {
      // An old ip that knows no `nokeys` would fail; this one ignores it, which is worse.
      ip: `#!/bin/sh\ncase $* in *'xfrm state'*) echo 'aead rfc4106(gcm(aes)) ${key} 64'; echo 'proto esp spi 0x90ebe9b7' ;; *) exec /usr/sbin/ip "$@" ;; esac\n`,
    });
    const {of, sections} = await run(['dash'], spaces.folder, prefix);
    if (of('@host', 'xfrm-state') === undefined) return;
    assert.match(of('@host', 'xfrm-state')?.output ?? '', /\[key removed\] 64\nproto esp spi 0x90ebe9b7/);
    assert.doesNotMatch(JSON.stringify(sections), /abababab/);
  });

  it('many namespaces come in whole frames, two read at a time', async () => {
    const many = namespaceFolder('many');
    try {
      const names = Array.from({length: 37}, (_, index) => `1-many${String(index).padStart(6, '0')}`);
      for (const [index, name] of names.entries()) {
        const {ip, bridge} = overlayLike(index);
        await many.add(name, ip, bridge);
      }
      for (const shell of ['dash', 'bash']) {
        const {sections, failure} = await run([shell], many.folder, [], {
          ...wanted,
          netns: ['overlay'],
          netnsTables: ['addr', 'fdb'],
          hostTables: [],
        });
        assert.equal(failure, undefined);
        for (const name of ['addr', 'fdb']) {
          const found = sections.filter((section) => section.name === name);
          assert.deepEqual(found.map(({netns}) => netns).sort(), names);
          for (const section of found) JSON.parse(section.output);
        }
      }
    } finally {
      many.remove();
    }
  });
});
