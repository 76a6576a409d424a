import assert from 'node:assert/strict';
import {mkdtemp, readFile, rm, stat, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, before, describe, it} from 'node:test';
import {ovdiag, recorded, swarm} from './support.js';

const faulty = ['--snapshot', recorded('fdb-row-missing/node1'), '--snapshot', recorded('node2')];

describe('ovdiag graph', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'ovdiag-graph-'));
  });
  after(() => rm(folder, {recursive: true, force: true}));

  it('writes a file as its name ends, for its owner alone, and says so', async () => {
    for (const [name, begin] of [
      ['a.svg', '<svg '],
      ['a.mmd', 'flowchart LR'],
      ['a.dot', 'graph ovdiag {'],
      ['a.gv', 'graph ovdiag {'],
      ['a.txt', '4 errors on 2 hosts'],
    ] as const) {
      const file = path.join(folder, name);
      const {stdout, status} = await ovdiag(['graph', '-o', file, ...faulty]);
      assert.deepEqual([stdout, status], [`Wrote ${file}\n`, 0]);
      assert.ok((await readFile(file, 'utf8')).startsWith(begin), name);
      assert.equal((await stat(file)).mode & 0o777, 0o600);
    }
  });

  it('writes the document with --json, and the format that was asked for whatever the name', async () => {
    const file = path.join(folder, 'b.json');
    const written = await ovdiag(['graph', '--json', '-o', file, ...faulty]);
    assert.deepEqual([written.stdout, written.status], ['', 0]);
    const printed = await ovdiag(['graph', '--json', ...faulty]);
    assert.equal(await readFile(file, 'utf8'), printed.stdout);
    await ovdiag(['graph', '--format', 'dot', '-o', path.join(folder, 'b'), ...faulty]);
    assert.ok((await readFile(path.join(folder, 'b'), 'utf8')).startsWith('graph ovdiag {'));
  });

  it('asks how to draw a file whose name does not say it, before a host is read', async () => {
    const {stderr, status} = await ovdiag(['graph', '-o', path.join(folder, 'c.png'), '-s', '/nonexistent']);
    assert.equal(status, 2);
    assert.match(stderr, /is not clear from its name/);
  });

  it('replaces no special file', async () => {
    const {stderr, status} = await ovdiag(['graph', '--format', 'svg', '-o', folder, ...faulty]);
    assert.deepEqual([status, /it is a directory/.test(stderr)], [3, true]);
    const link = path.join(folder, 'kept.svg');
    await writeFile(link, 'old');
    await ovdiag(['graph', '-o', link, ...faulty]);
    assert.ok((await readFile(link, 'utf8')).startsWith('<svg '));
  });

  it('prints the same SVG whatever the locale of a pipe', async () => {
    const args = ['graph', '--format', 'svg', ...faulty];
    const [plain, posix] = [await ovdiag(args), await ovdiag(args, {env: {LC_ALL: 'C'}})];
    assert.equal(posix.stdout, plain.stdout);
    assert.match(plain.stdout, /^[\n\u0020-\u007e]*$/);
  });

  it('exits 0 with findings: it shows, and judges nothing', async () => {
    assert.equal((await ovdiag(['graph', ...faulty])).status, 0);
    assert.equal((await ovdiag(['graph', '--trace', 'web1', 'web2', ...faulty])).status, 0);
    assert.equal((await ovdiag(['graph', 'nosuch', ...swarm])).status, 2);
  });
});
