import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, describe, it} from 'node:test';
import {gunzipSync} from 'node:zlib';
import {ovdiag, recorded, root} from './support.js';

const folder = mkdtempSync(path.join(tmpdir(), 'ovdiag-habits-'));
after(() => rmSync(folder, {recursive: true, force: true}));

const hostile = 'evil\u001b]0;x\u0007\u001b[31m\u009b5m\u202e\nroot# \u00e9';

/** A snapshot in which the network uber-net has a hostile name, as an edited file has. */
function hostileSnapshot(): string {
  const file = path.join(folder, 'hostile.json');
  const renamed = (value: unknown): unknown => {
    if (typeof value === 'string') return value.replaceAll('uber-net', hostile);
    if (Array.isArray(value)) return value.map(renamed);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, renamed(one)]));
  };
  writeFileSync(
    file,
    JSON.stringify(renamed(JSON.parse(gunzipSync(readFileSync(recorded('node1'))).toString()))),
  );
  return file;
}

/** Runs the program with standard output on a file or a pipe that is closed at once. */
async function withStdout(
  args: string[],
  stdout: 'full' | 'closed',
): Promise<{status: unknown; stderr: string}> {
  const fd = stdout === 'full' ? openSync('/dev/full', 'w') : undefined;
  const child = spawn(process.execPath, [path.join(root, 'bin', 'run.js'), ...args], {
    stdio: ['ignore', fd ?? 'pipe', 'pipe'],
  });
  if (fd !== undefined) closeSync(fd);
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  child.stdout?.destroy();
  const [status] = await once(child, 'close');
  return {status, stderr};
}

const source = ['-s', recorded('node1')];

describe('habits', () => {
  it('6: --json is one document on stdout, also for what fails', async () => {
    for (const args of [['fbd'], ['fdb', ...source], ['networks', ...source], ['fdb', 'x', ...source]])
      JSON.parse((await ovdiag([...args, '--json'])).stdout);
  });

  it('11: a full disk is one line and 3, a closed pipe is nothing', {
    skip: process.platform === 'linux' ? false : '/dev/full is of Linux',
  }, async () => {
    for (const args of [
      ['explain'],
      ['doctor', '--json', ...source],
      ['snapshot', ...source, '-o', '-'],
      ['--help'],
    ]) {
      const {status, stderr} = await withStdout(args, 'full');
      assert.equal(status, 3, args.join(' '));
      assert.equal(stderr, "ovdiag: Can't write to standard output: no space left on the device\n");
      assert.doesNotMatch((await withStdout(args, 'closed')).stderr, /\n\s+at |bug/, args.join(' '));
    }
    assert.equal((await withStdout(['explain'], 'closed')).status, 0);
  });

  it('12, 16: hostile names are escaped in every view, in ASCII where the locale is; exact in JSON', async () => {
    const from = ['-s', hostileSnapshot()];
    const {networks} = JSON.parse((await ovdiag(['networks', '--json', ...from])).stdout) as {
      networks: {network: string; networkId: string}[];
    };
    const {networkId} = networks.find(({network}) => network === hostile) ?? {networkId: ''};
    assert.notEqual(networkId, '', 'JSON has the very name');
    const capture = 'fixtures/captures/lab-gro.pcap';
    const views = [
      ['networks'],
      ['networks', '-q'],
      ['namespaces'],
      ['links', '--all'],
      ['fdb', networkId, '--matrix'],
      ['inspect', 'web1'],
      ['trace', 'web1', '10.0.1.9', '-v'],
      ['doctor', '-v'],
      ['decode', capture],
      ['decode', capture, '--flows'],
      ['decode', capture, '--stats'],
      ['capture'],
    ];
    for (const LC_ALL of ['C.UTF-8', 'C']) {
      for (const view of views) {
        const {stdout, stderr} = await ovdiag([...view, ...from], {env: {LC_ALL}});
        const call = `${LC_ALL} ${view.join(' ')}`;
        assert.doesNotMatch(
          `${stdout}${stderr}`,
          /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/,
          call,
        );
        assert.doesNotMatch(`${stdout}${stderr}`, /^root#/m, call);
        if (LC_ALL === 'C') assert.match(`${stdout}${stderr}`, /^[\n -~]*$/, call);
      }
    }
  });

  it('17: -q, -v, -o, -s and -H mean one thing, and all that read have them', () => {
    const {commands} = JSON.parse(readFileSync(path.join(root, 'oclif.manifest.json'), 'utf8')) as {
      commands: Record<string, {flags: Record<string, {char?: string}>}>;
    };
    for (const [name, {flags}] of Object.entries(commands)) {
      if (flags['verbose']) assert.equal(flags['verbose'].char, 'v', name);
      if (flags['quiet']) assert.equal(flags['quiet'].char, 'q', name);
      if (flags['output']) assert.equal(flags['output'].char, 'o', name);
    }
    for (const name of ['fdb', 'trace', 'doctor']) assert.ok(commands[name]?.flags['watch'], name);
  });

  it('18: every error code that the sources have is in docs/errors.md, and the error names it', async () => {
    const page = readFileSync(path.join(root, 'docs/errors.md'), 'utf8');
    const files = readdirSync(path.join(root, 'src'), {recursive: true, encoding: 'utf8'});
    const codes = new Set<string>();
    for (const file of files.filter((name) => name.endsWith('.ts'))) {
      const text = readFileSync(path.join(root, 'src', file), 'utf8');
      for (const [, code] of text.matchAll(/usageError\(\s*'([a-z0-9-]+)'/g)) codes.add(code ?? '');
      for (const [, line] of text.matchAll(/new OvdiagError\(\s*\{\s*code: ([^,]+),/g))
        for (const [, code] of (line ?? '').matchAll(/(?:[?:] |^)'([a-z0-9-]+)'/g)) if (code) codes.add(code);
    }
    assert.ok(codes.size > 40);
    assert.deepEqual(
      [...codes].filter((code) => !page.includes(`| \`${code}\` |`)),
      [],
    );
    assert.match((await ovdiag(['fdb', 'nosuch', ...source])).stderr, /^ovdiag: .* \[unknown-network\]\n/);
  });

  it('23: a file that is no snapshot is one line and 3', async () => {
    const [empty, cut] = ['empty.json', 'cut.json.gz'].map((name) => path.join(folder, name)) as [
      string,
      string,
    ];
    writeFileSync(empty, '');
    writeFileSync(cut, readFileSync(recorded('node1')).subarray(0, 1000));
    for (const file of ['/nonexistent/x', '/', empty, cut]) {
      const {status, stdout, stderr} = await ovdiag(['networks', '-s', file]);
      assert.deepEqual([status, stdout], [3, ''], file);
      assert.match(stderr, /^ovdiag: .*\n/, file);
      assert.doesNotMatch(stderr, /\n\s+at /, file);
    }
  });

  it('a directory of snapshot files needs no index', async () => {
    const directory = mkdtempSync(path.join(folder, 'loose-'));
    for (const node of ['node1', 'node2'])
      writeFileSync(path.join(directory, `${node}.json.gz`), readFileSync(recorded(node)));
    const {hosts} = JSON.parse((await ovdiag(['networks', '--json', '-s', directory])).stdout) as {
      hosts: unknown[];
    };
    assert.equal(hosts.length, 2);
  });

  it('OVDIAG_SNAPSHOT stands for --snapshot, and a flag wins', async () => {
    const env = {OVDIAG_SNAPSHOT: recorded('node1')};
    const given = await ovdiag(['networks', '-q', ...source]);
    assert.equal((await ovdiag(['networks', '-q'], {env})).stdout, given.stdout);
    assert.notEqual(given.stdout, '');
    const other = await ovdiag(['namespaces', '-q', '-s', recorded('node2')], {env});
    assert.equal(other.stdout, (await ovdiag(['namespaces', '-q', '-s', recorded('node2')])).stdout);
  });
});
