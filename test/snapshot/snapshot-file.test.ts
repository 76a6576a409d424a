import assert from 'node:assert/strict';
import {execFile, execFileSync} from 'node:child_process';
import {lstat, mkdir, mkdtemp, open, readdir, readFile, rm, stat, symlink, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, before, describe, it} from 'node:test';
import {promisify} from 'node:util';
import {gunzipSync, gzipSync} from 'node:zlib';
import type {Snapshot} from '../../src/snapshot/snapshot.js';
import {readSnapshot, writeSnapshot} from '../../src/snapshot/snapshot-file.js';

const snapshot: Snapshot = {
  schemaVersion: 1,
  tool: {name: 'ovdiag', version: '0.1.0'},
  createdAt: '2026-01-02T03:04:05.678Z',
  hosts: [
    {
      source: 'exec:nsenter -t 1 -n',
      startedAt: '2026-01-02T03:04:05.678Z',
      finishedAt: '2026-01-02T03:04:06.678Z',
      sections: [
        {
          name: 'addr',
          netns: '1-o3dkmlm8tg',
          command: 'ip -j addr show',
          at: '2026-01-02T03:04:05.900Z',
          status: null,
          output: '[{"ifname":"ü\u0000\u2028"}]\n',
          truncated: true,
        },
      ],
      docker: {apiVersion: '1.41', answers: [{path: '/info', at: 'x', status: 200, body: {__proto__: null}}]},
      failure: {code: 'host-cut', message: 'x', suggestions: []},
    },
  ],
};

describe('snapshot file', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'ovdiag-snapshot-'));
  });
  after(() => rm(folder, {recursive: true, force: true}));
  const file = (name: string) => path.join(folder, name);

  async function refused(name: string, code: string, words: RegExp): Promise<void> {
    await assert.rejects(readSnapshot(file(name)), (error: Error & {code: string; exit: number}) => {
      assert.equal(error.code, code, error.message);
      assert.match(error.message, words);
      assert.equal(error.exit, 3);
      return true;
    });
  }

  it('gives back what was written, for its owner alone', async () => {
    for (const name of ['plain.json', 'zipped.json.gz', 'with space ü.json']) {
      await writeSnapshot(file(name), snapshot);
      assert.equal((await stat(file(name))).mode & 0o777, 0o600);
      assert.deepEqual(
        JSON.parse(JSON.stringify(await readSnapshot(file(name)))),
        JSON.parse(JSON.stringify(snapshot)),
      );
    }
    assert.deepEqual([...(await readFile(file('zipped.json.gz'))).subarray(0, 2)], [0x1f, 0x8b]);
    // Whatever names and texts hold, so that large ones are read fast.
    assert.match((await readFile(file('plain.json'))).toString('latin1'), /^[\0-\x7f]*\\u00fc[\0-\x7f]*$/);
    assert.deepEqual(
      gunzipSync(await readFile(file('zipped.json.gz'))).toString(),
      (await readFile(file('plain.json'))).toString(),
    );
    assert.deepEqual(
      (await readdir(folder)).filter((name) => name.endsWith('.part')),
      [],
    );
  });

  it('tells gzip by its first bytes, not by its name', async () => {
    await writeFile(file('misnamed.json'), gzipSync(JSON.stringify(snapshot)));
    assert.equal((await readSnapshot(file('misnamed.json'))).hosts.length, 1);
    await writeFile(file('misnamed.json.gz'), `\ufeff\n ${JSON.stringify(snapshot)}`);
    assert.equal((await readSnapshot(file('misnamed.json.gz'))).hosts.length, 1);
  });

  it('replaces a file that others could read', async () => {
    await writeFile(file('open.json'), 'old', {mode: 0o666});
    await writeSnapshot(file('open.json'), snapshot);
    assert.equal((await stat(file('open.json'))).mode & 0o777, 0o600);
  });

  it('replaces a link in the way and leaves alone what it points to', async () => {
    await writeFile(file('victim'), 'precious');
    await symlink(file('victim'), file('link.json'));
    await writeSnapshot(file('link.json'), snapshot);
    assert.equal(await readFile(file('victim'), 'utf8'), 'precious');
    assert.ok((await lstat(file('link.json'))).isFile());
  });

  it('writes to no device, FIFO or directory', async () => {
    execFileSync('mkfifo', [file('fifo')]);
    await mkdir(file('folder'));
    await symlink('/dev/null', file('to-null'));
    for (const target of [file('fifo'), file('folder'), file('to-null'), '/dev/null']) {
      await assert.rejects(writeSnapshot(target, snapshot), {code: 'cannot-write'});
    }
    assert.ok((await stat('/dev/null')).isCharacterDevice());
    assert.ok((await stat(file('fifo'))).isFIFO());
  });

  it('says why it can not write', async () => {
    const writing = (target: string) => writeSnapshot(target, snapshot);
    await assert.rejects(writing(file('nowhere/x.json')), /there is no such file/);
    // Even root may not make files here.
    await assert.rejects(writing('/proc/self/x.json'), {code: 'cannot-write'});
    const inTheWay = `${file('busy.json')}.${process.pid}.part`;
    await writeFile(inTheWay, 'other');
    await assert.rejects(writing(file('busy.json')), /in the way/);
    assert.equal(await readFile(inTheWay, 'utf8'), 'other');
  });

  it('goes through pipes by -', async () => {
    const program = `
      import {readSnapshot, writeSnapshot} from './src/snapshot/snapshot-file.ts';
      await writeSnapshot('-', await readSnapshot('-'));`;
    const run = promisify(execFile)(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '--eval', program],
      {maxBuffer: 1e8},
    );
    run.child.stdin?.end(gzipSync(JSON.stringify(snapshot)));
    assert.deepEqual(JSON.parse((await run).stdout), JSON.parse(JSON.stringify(snapshot)));
  });

  it('refuses what is not there, not a file, or empty', async () => {
    await refused('missing.json', 'cannot-read', /there is no such file/);
    await mkdir(file('directory.json'));
    await refused('directory.json', 'not-a-snapshot', /it is a directory/);
    await writeFile(file('empty.json'), '');
    await refused('empty.json', 'not-a-snapshot', /it is empty/);
    await writeFile(file('empty.json.gz'), gzipSync(''));
    await refused('empty.json.gz', 'not-a-snapshot', /it is empty/);
    execFileSync('mkfifo', [file('fifo.json')]);
    await refused('fifo.json', 'not-a-snapshot', /no ordinary file/);
    await symlink('/dev/zero', file('zero.json'));
    await refused('zero.json', 'not-a-snapshot', /no ordinary file/);
  });

  it('refuses a file without the right to read it', {
    skip: process.getuid?.() === 0 ? 'root may read all' : false,
  }, async () => {
    await writeFile(file('secret.json'), '{}', {mode: 0});
    await refused('secret.json', 'cannot-read', /permission denied/);
  });

  it('refuses what is cut, at any place', async () => {
    const text = JSON.stringify(snapshot);
    const zipped = gzipSync(text);
    for (const part of [0.1, 0.5, 0.99]) {
      await writeFile(file('cut.json'), text.slice(0, Math.floor(text.length * part)));
      await refused('cut.json', 'not-a-snapshot', /cut or damaged/);
      await writeFile(file('cut.json.gz'), zipped.subarray(0, Math.floor(zipped.length * part)));
      await refused('cut.json.gz', 'not-a-snapshot', /cut or damaged/);
    }
  });

  it('refuses other JSON, naming the place, and newer versions', async () => {
    await writeFile(file('other.json'), '{"schemaVersion": 1, "hosts": []}');
    await refused('other.json', 'not-a-snapshot', /JSON of another kind \(tool:/);
    await writeFile(file('array.json'), '[1]');
    await refused('array.json', 'not-a-snapshot', /it is not JSON|another kind/);
    await writeFile(file('newer.json'), JSON.stringify({...snapshot, schemaVersion: 2, hosts: {}}));
    await refused('newer.json', 'snapshot-newer', /schema version 2; this ovdiag reads up to 1/);
    const hostile = {...snapshot, tool: {name: '\u001b]0;x\u0007', version: ''}};
    await writeFile(file('hostile.json'), JSON.stringify(hostile));
    await assert.rejects(
      readSnapshot(file('hostile.json')),
      (error: Error) => !error.message.includes('\u001b'),
    );
  });

  it('refuses 200 MB of zeros, and a gzip bomb, without reading them to the end', async () => {
    const sparse = await open(file('zeros.json'), 'w');
    await sparse.truncate(200_000_000);
    await sparse.close();
    const start = Date.now();
    await refused('zeros.json', 'not-a-snapshot', /it is not JSON/);
    await writeFile(file('zeros.json.gz'), gzipSync(Buffer.alloc(200_000_000), {level: 1}));
    const begun = Date.now();
    await refused('zeros.json.gz', 'not-a-snapshot', /it is not JSON/);
    assert.ok(Date.now() - begun < 20_000 && begun - start < 100_000);
    const piece = gzipSync(Buffer.alloc(100_000_000, ' '), {level: 1});
    // gzip members one after another are one text: 300 MB of it here.
    await writeFile(file('bomb.json.gz'), Buffer.concat([gzipSync('{'), piece, piece, piece]));
    await refused('bomb.json.gz', 'not-a-snapshot', /more than 256 MiB/);
  });
});
