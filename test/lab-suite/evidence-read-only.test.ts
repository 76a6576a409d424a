import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {existsSync, readFileSync} from 'node:fs';
import {mkdtemp, readdir, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, before, describe, it} from 'node:test';
import {collect} from '../../src/collect/collect.js';
import {readDocker} from '../../src/collect/read-docker.js';
import {everything, type Wanted} from '../../src/collect/wanted.js';
import {labSuite, useLab} from '../lab/use.js';
import {namespaceFolder, overlayLike} from '../support/namespaces.js';
import {assertReadOnly, checkTrace, straceOptions} from '../support/read-only.js';
import {readStrace} from '../support/strace.js';

const built = path.resolve(import.meta.dirname, '../../dist/main.js');
const strace = spawnSync('strace', ['-V']).error ? 'strace is not installed' : false;
const {signal} = new AbortController();

/** What a look could change by accident: modules, and tables that come into being when asked for. */
function kernelState(): string {
  return ['/proc/modules', '/proc/net/ip_tables_names', '/proc/net/ip6_tables_names', '/proc/net/netlink']
    .map((file) => {
      try {
        const text = readFileSync(file, 'utf8');
        // Of the sockets only the protocols that the kernel serves.
        return file.endsWith('netlink')
          ? text.replace(/^\S+ +(\d+) +([1-9]\d*) .*\n/gm, '').replace(/^(\S+ +\d+ +0 ).*$/gm, '$1')
          : text.replace(/ \d+ \d+ .*$/gm, '');
      } catch {
        return '';
      }
    })
    .join('\n');
}

describe('the collector only reads', {...labSuite(), ...(strace ? {skip: strace} : {})}, () => {
  const lab = useLab();
  let folder = '';
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'ovdiag-strace-'));
  });
  after(() => rm(folder, {recursive: true, force: true}));

  it('on both nodes, for all that a snapshot wants, and while it listens', async () => {
    for (const node of lab().nodes) {
      const file = path.join(folder, node.name);
      const before = kernelState();
      const evidence = await collect(
        {
          kind: 'exec',
          label: node.name,
          argv: ['strace', ...straceOptions(file), ...node.prefix, 'sh', '-s'],
        },
        {...everything, listenSeconds: 1},
        {signal},
      );
      assert.equal(evidence.failure, undefined);
      assert.equal(evidence.docker.failure, undefined);
      assert.ok(evidence.sections.some(({name}) => name === 'misses'));
      assert.equal(kernelState(), before);
      const {programs, netlinkMessages, httpRequests} = await assertReadOnly(file, {
        programs: (argv) => argv.slice(0, -2).join(' ') === node.prefix.join(' '),
      });
      const names = new Set(programs.map(([program = '']) => path.basename(program)));
      for (const name of ['ip', 'bridge', 'nsenter', 'docker', 'nft', 'iptables-nft-save', 'lsns', 'ethtool'])
        assert.ok(names.has(name), `${name} was not seen`);
      assert.ok(netlinkMessages > 100 && httpRequests.length > 10);
    }
  });

  it('also through curl, where there is no docker client', async () => {
    const [node] = lab().nodes;
    assert.ok(node);
    const file = path.join(folder, 'curl');
    const hide =
      'for file in /usr/local/bin/docker /usr/bin/docker; do if [ -e "$file" ]; then mount --bind /dev/null "$file"; fi; done; exec "$@"';
    const argv = [
      ...node.prefix,
      'unshare',
      '-m',
      'sh',
      '-c',
      hide,
      'hide',
      'strace',
      ...straceOptions(file),
      'sh',
      '-s',
    ];
    const evidence = await readDocker({kind: 'exec', label: 'curl', argv}, everything.docker, signal);
    assert.equal(evidence.failure, undefined);
    const {httpRequests} = await assertReadOnly(file);
    assert.ok(httpRequests.length > 10);
  });

  it('as a command of ovdiag, whole process', {
    skip: existsSync(built) ? false : 'dist/ is not built',
  }, async () => {
    const node = lab().node('node1');
    const output = path.join(folder, 'output.json');
    const commands = [
      'namespaces',
      'networks',
      'links --stats',
      'fdb uber-net',
      'inspect web1',
      `snapshot -o ${output}`,
    ];
    for (const [index, command] of commands.entries()) {
      const file = path.join(folder, `command-${index}`);
      const argv = [
        process.execPath,
        path.resolve(import.meta.dirname, '../../bin/run.js'),
        ...command.split(' '),
      ];
      const {exitCode, stderr} = await node.run(['strace', ...straceOptions(file), ...argv], {
        reject: false,
      });
      assert.ok(exitCode === 0 || exitCode === 3, `${command}: ${exitCode}\n${stderr}`);
      await assertReadOnly(file, {
        programs: (started) => started[0] === process.execPath,
        writes: (target) => target.startsWith(output),
      });
    }
  });

  it('and a write that is planted in its batch is found', async () => {
    const spaces = namespaceFolder('planted');
    try {
      await spaces.add('1-planted0000', overlayLike(1).ip);
      const wanted: Wanted = {
        netns: ['overlay'],
        netnsTables: ['addr'],
        hostTables: [],
        docker: {containers: false, networks: 'none', cluster: false},
      };
      const file = path.join(folder, 'planted');
      // The far shell gets the script through a filter that swaps one command.
      const planting = "sed -u 's/addr show/link add ovplanted type bridge/' | sh -s";
      await collect(
        {
          kind: 'exec',
          label: 'planted',
          argv: ['strace', ...straceOptions(file), 'unshare', '-n', 'sh', '-c', planting],
        },
        wanted,
        {signal, netnsDir: spaces.folder},
      );
      const {violations} = checkTrace(await readStrace(file));
      assert.ok(
        violations.some(
          (text) => text.startsWith('netlink, NETLINK_ROUTE: ') && /0x10|RTM_NEWLINK/.test(text),
        ),
        violations.join('\n'),
      );
    } finally {
      spaces.remove();
    }
  });

  it('and what a card with a faulty driver would be asked is reading too', async () => {
    const file = path.join(folder, 'features');
    const script = 'ethtool -i lo; ethtool -k lo';
    spawnSync('strace', [...straceOptions(file), 'sh', '-s'], {input: script});
    const {netlinkMessages} = await assertReadOnly(file);
    assert.ok(netlinkMessages > 1);
  });

  it('and other writes are found as well', async () => {
    const target = path.join(folder, 'written');
    const cases: [string, RegExp][] = [
      [`echo x >${target}`, /file opened for writing/],
      [`touch ${target}; rm ${target}`, /program that is not listed/],
      ['kill -0 1', /signal to another process/],
      ['ip link set lo up', /program that is not listed/],
      ['ip -d -s -j -force -batch - <<X\nneigh flush all\nlink set lo up\nX', /netlink, NETLINK_ROUTE/],
      ['bridge -batch - </dev/null', /program that is not listed/],
      ['iptables-nft -L', /program that is not listed/],
      ['nft -j list ruleset; nft add table ip ovplanted', /netlink, NETLINK_NETFILTER/],
      ["printf 'POST /v1.41/containers/create HTTP/1.1\\r\\n'", /request that is no GET/],
      ['curl -s http://127.0.0.1:9/', /a connection/],
      ['ethtool -K lo tx off', /netlink, NETLINK_GENERIC/],
      ['sed -i s/a/b/ /nonexistent', /program that is not listed/],
    ];
    for (const [index, [script, expected]] of cases.entries()) {
      const file = path.join(folder, `case-${index}`);
      spawnSync('strace', [...straceOptions(file), 'unshare', '-n', 'sh', '-s'], {
        input: script,
      });
      const {violations} = checkTrace(await readStrace(file), {
        programs: ([program]) => program === 'unshare',
      });
      const told = violations.filter((text) => !text.includes('CLONE_NEWNET'));
      assert.ok(
        told.some((text) => expected.test(text)),
        `${script}\n${violations.join('\n')}`,
      );
    }
    assert.ok((await readdir(folder)).length > 20);
    assert.match(await readFile(target, 'utf8').catch(() => 'gone'), /^(x\n|gone)$/);
  });
});
