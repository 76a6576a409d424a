import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import path from 'node:path';
import {describe, it} from 'node:test';
import {execa} from 'execa';
import {outputFilter} from '../../src/cli/output.js';
import {eachOf, ovdiag, recorded, root, swarm} from './support.js';

const views = [
  ['namespaces', ...swarm],
  ['networks', ...swarm],
  ['links', '--all', ...swarm],
  ['links', 'uber-net', '--table', '--stats', ...swarm],
  ['fdb', 'uber-net', ...swarm],
  ['fdb', 'uber-net', '--raw', ...swarm],
  ['fdb', 'uber-net', '--snapshot', recorded('fdb-row-missing/node1')],
  ['inspect', 'web1', ...swarm],
  ['inspect', 'closed1', ...swarm],
];
const escapeByte = '\u001b';

/** In a terminal of so many columns, made by util-linux's script; undefined where there is none. */
async function onTerminal(
  columns: number,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<string> {
  const quoted = [process.execPath, path.join(root, 'bin', 'run.js'), ...args]
    .map((word) => `'${word.replaceAll("'", "'\\''")}'`)
    .join(' ');
  const {stdout} = await execa('script', ['-qec', `stty cols ${columns} rows 50; ${quoted}`, '/dev/null'], {
    env: {PATH: process.env['PATH'] ?? '', TERM: 'xterm', LC_ALL: 'C.UTF-8', HOME: '/nonexistent', ...env},
    extendEnv: false,
    stdin: 'ignore',
    timeout: 900_000,
  });
  return stdout.replaceAll('\r', '');
}

const hasScript = await execa('script', ['--version'], {reject: false}).then(({exitCode}) => exitCode === 0);
const terminal = {skip: hasScript ? false : 'util-linux’s script is not installed'};

describe('bytes on the way to a terminal', () => {
  const unicode = {isTty: true, colour: false, unicode: true};

  it('are one text, wherever they are cut', () => {
    const text = 'größe 日本 \u{1f600}\n';
    const bytes = Buffer.from(text);
    for (let size = 1; size <= bytes.length; size++) {
      const filter = outputFilter(unicode);
      let shown = '';
      for (let at = 0; at < bytes.length; at += size) shown += filter(bytes.subarray(at, at + size));
      assert.equal(shown, text, `pieces of ${size}`);
    }
  });

  it('are escaped, and half a character shows as one that is no text', () => {
    const filter = outputFilter(unicode);
    assert.equal(filter(Buffer.from('\u001b[2Jx')), '\\x1b[2Jx');
    assert.equal(filter(Buffer.from([0xe6, 0x97])), '');
    assert.equal(filter('then text\n'), '\ufffdthen text\n');
  });

  it('are left as they are in a pipe', () => {
    const bytes = Buffer.from([0xff, 0x1b]);
    assert.equal(outputFilter({...unicode, isTty: false})(bytes), bytes);
  });
});

describe('colour', () => {
  it('is in no byte of a pipe, of NO_COLOR, of --no-color', async () => {
    await eachOf(views, async (args) => {
      for (const [more, env] of [
        [[], {NO_COLOR: ''}],
        [[], {NO_COLOR: '1', FORCE_COLOR: '1'}],
        [['--no-color'], {NO_COLOR: '', FORCE_COLOR: '1'}],
      ] as [string[], Record<string, string>][]) {
        const {stdout, stderr} = await ovdiag([...args, ...more], {env});
        assert.ok(!`${stdout}${stderr}`.includes(escapeByte), args.join(' '));
      }
    });
  });

  it('is in a pipe with FORCE_COLOR, and never in JSON', async () => {
    const args = ['fdb', 'uber-net', '--snapshot', recorded('fdb-row-missing/node1')];
    const env = {NO_COLOR: '', FORCE_COLOR: '1'};
    const {stdout} = await ovdiag(args, {env});
    assert.ok(stdout.includes(escapeByte));
    assert.equal(
      (await ovdiag([...args, '--json'], {env})).stdout,
      (await ovdiag([...args, '--json'])).stdout,
    );
    // Without its colours it is the same text: meaning is never in colour alone.
    assert.equal(stdout.replaceAll(/\u001b\[[0-9;]*m/g, ''), (await ovdiag(args)).stdout);
  });

  it('is on a terminal, but not on a dumb one or with NO_COLOR', terminal, async () => {
    const args = ['fdb', 'uber-net', '--snapshot', recorded('fdb-row-missing/node1')];
    assert.ok((await onTerminal(120, args)).includes(escapeByte));
    assert.ok(!(await onTerminal(120, args, {TERM: 'dumb'})).includes(escapeByte));
    assert.ok(!(await onTerminal(120, args, {NO_COLOR: '1'})).includes(escapeByte));
  });
});

describe('width', () => {
  it('of a terminal is never exceeded, from 40 columns to 200', terminal, async () => {
    // Each view where room is least, and at one of the others in turn.
    const wider = [60, 80, 120, 200];
    const cases = views.flatMap((args, index) =>
      [40, wider[index % wider.length] ?? 40].map((columns) => ({args, columns})),
    );
    await eachOf(cases, async ({args, columns}) => {
      const text = await onTerminal(columns, args, {NO_COLOR: '1'});
      assert.ok(text.length > 100, args.join(' '));
      for (const line of text.split('\n')) {
        assert.ok([...line].length <= columns, `${args.join(' ')} at ${columns}: ${line}`);
      }
    });
  });

  it('of a pipe is what the content needs: nothing is shortened or left out', async () => {
    const {stdout} = await ovdiag(['fdb', 'uber-net', ...swarm]);
    assert.doesNotMatch(stdout, /…|Not shown/);
    assert.match(stdout, /app\.1\.[0-9a-z]{25} /);
    const narrow = await ovdiag(['fdb', 'uber-net', ...swarm], {env: {COLUMNS: '40'}});
    assert.equal(narrow.stdout, stdout, 'COLUMNS is exported by shells and means nothing to a pipe');
  });

  it('that is too small leaves out columns, says which, and keeps addresses and MACs whole', async () => {
    const {stdout} = await ovdiag(['fdb', 'uber-net', ...swarm], {env: {OVDIAG_COLUMNS: '80'}});
    assert.match(stdout, /Not shown: .*--wide/);
    assert.match(stdout, /02:42:0a:00:01:0a/);
    for (const view of ['namespaces', 'networks']) {
      const of80 = await ovdiag([view, ...swarm], {env: {OVDIAG_COLUMNS: '80'}});
      assert.match(of80.stdout, /^(HOST|.*HERE)/, `${view} tells whose each row is`);
    }
    const wide = await ovdiag(['fdb', 'uber-net', '--wide', ...swarm], {env: {OVDIAG_COLUMNS: '80'}});
    assert.equal(wide.stdout, (await ovdiag(['fdb', 'uber-net', ...swarm])).stdout);
  });
});

describe('locale and time zone', () => {
  it('other than UTF-8 get ASCII only', async () => {
    await eachOf(views, async (args) => {
      const {stdout} = await ovdiag(args, {env: {LC_ALL: 'POSIX'}});
      assert.match(stdout, /^[\u0000-\u007f]*$/, args.join(' '));
      assert.ok(stdout.length > 100);
    });
  });

  it('change neither numbers nor JSON', async () => {
    await eachOf(views, async (args) => {
      const plain = await ovdiag([...args, '--json']);
      const german = await ovdiag([...args, '--json'], {env: {LC_ALL: 'de_DE.UTF-8', TZ: 'Asia/Tokyo'}});
      assert.equal(german.stdout, plain.stdout, args.join(' '));
    });
    const text = await ovdiag(['links', '--stats', '--all', ...swarm]);
    const german = await ovdiag(['links', '--stats', '--all', ...swarm], {
      env: {LC_ALL: 'de_DE.UTF-8', TZ: 'Asia/Tokyo'},
    });
    assert.equal(german.stdout, text.stdout);
  });
});

describe('a reader that leaves early', () => {
  it('ends the program without a stack and without blame', async () => {
    for (const args of [
      ['links', '--all', '--json', ...swarm],
      ['namespaces', ...swarm],
    ]) {
      const child = spawn(process.execPath, [path.join(root, 'bin', 'run.js'), ...args], {
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let said = '';
      child.stderr.on('data', (chunk: Buffer) => {
        said += chunk.toString();
      });
      child.stdout.once('data', () => child.stdout.destroy());
      const [status] = (await once(child, 'close')) as [number | null];
      assert.equal(said, '', args.join(' '));
      assert.equal(status, 0, args.join(' '));
    }
  });
});

describe('--json', () => {
  it('is one document on standard output that names its version and its hosts', async () => {
    await eachOf(views, async (args) => {
      const {stdout, stderr, status} = await ovdiag([...args, '--json']);
      assert.deepEqual([status, stderr], [0, ''], args.join(' '));
      const document = JSON.parse(stdout) as {
        schemaVersion: number;
        hosts: {name: string}[];
        problems: unknown[];
      };
      assert.equal(document.schemaVersion, 2);
      assert.deepEqual(
        document.hosts.map(({name}) => name),
        args.includes(recorded('fdb-row-missing/node1')) ? ['node1'] : ['node1', 'node2'],
      );
      assert.ok(Array.isArray(document.problems));
      assert.ok(stdout.endsWith('}\n'));
    });
  });

  it('does not depend on the order of the files', async () => {
    await eachOf(
      [['namespaces'], ['networks'], ['links', '--all'], ['fdb', 'uber-net'], ['inspect', 'web2']],
      async (command) => {
        const forth = await ovdiag([...command, '--json', '-s', recorded('node1'), '-s', recorded('node2')]);
        const back = await ovdiag([...command, '--json', '-s', recorded('node2'), '-s', recorded('node1')]);
        assert.equal(back.stdout, forth.stdout, command.join(' '));
      },
    );
  });
});
