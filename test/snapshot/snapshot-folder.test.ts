import assert from 'node:assert/strict';
import {mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, before, describe, it} from 'node:test';
import fc from 'fast-check';
import type {HostEvidence} from '../../src/snapshot/snapshot.js';
import {createSnapshotFolder, eachRecorded, fileName} from '../../src/snapshot/snapshot-folder.js';

const host = (source: string, extra: Partial<HostEvidence> = {}): HostEvidence => ({
  source,
  startedAt: '2026-01-02T03:04:05.678Z',
  finishedAt: '2026-01-02T03:04:06.678Z',
  sections: [],
  docker: {answers: []},
  ...extra,
});

async function write(directory: string, hosts: [name: string, HostEvidence][]): Promise<void> {
  const folder = await createSnapshotFolder(directory, '0.1.0');
  for (const [name, evidence] of hosts) await folder.add(name, evidence);
  await folder.finish();
}

async function sources(place: string): Promise<string[]> {
  const found: string[] = [];
  for await (const {evidence} of eachRecorded(place)) found.push(evidence.source);
  return found;
}

describe('a directory of snapshots', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'ovdiag-folder-'));
  });
  after(() => rm(folder, {recursive: true, force: true}));
  const place = (name: string) => path.join(folder, name);

  it('gives back host by host what was put in, for its owner alone', async () => {
    const failure = {code: 'ssh-refused', message: 'x', suggestions: []};
    const node = {
      id: 'n',
      name: 'b',
      address: '192.0.2.1',
      role: 'worker',
      availability: 'active',
      state: 'down',
    };
    const [a, b] = [host('local'), host('ssh://b', {failure, node})];
    await write(place('two'), [
      ['b', b],
      ['a', a],
    ]);
    assert.equal((await stat(place('two'))).mode & 0o777, 0o700);
    assert.deepEqual((await readdir(place('two'))).sort(), ['a.json.gz', 'b.json.gz', 'index.json']);
    for (const file of await readdir(place('two'))) {
      assert.equal((await stat(path.join(place('two'), file))).mode & 0o777, 0o600, file);
    }
    const found: unknown[] = [];
    for await (const one of eachRecorded(place('two'))) found.push(one);
    assert.deepEqual(found, [
      {evidence: a, left: 1},
      {evidence: b, left: 0},
    ]);
    assert.deepEqual(await sources(path.join(place('two'), 'b.json.gz')), ['ssh://b'], 'a file of it alone');
  });

  it('replaces an earlier one only in the end', async () => {
    await write(place('again'), [
      ['old', host('old')],
      ['both', host('before')],
    ]);
    const next = await createSnapshotFolder(place('again'), '0.1.0');
    await next.add('both', host('after'));
    assert.deepEqual(await sources(place('again')), ['before', 'old']);
    await next.discard();
    assert.deepEqual((await readdir(place('again'))).sort(), ['both.json.gz', 'index.json', 'old.json.gz']);
    await write(place('again'), [['both', host('after')]]);
    assert.deepEqual((await readdir(place('again'))).sort(), ['both.json.gz', 'index.json']);
    assert.deepEqual(await sources(place('again')), ['after']);
  });

  it('leaves nothing of a run that was given up', async () => {
    const given = await createSnapshotFolder(place('given-up'), '0.1.0');
    await given.add('a', host('a'));
    await given.discard();
    assert.ok(!(await readdir(folder)).includes('given-up'));
    await mkdir(place('empty'));
    const second = await createSnapshotFolder(place('empty'), '0.1.0');
    await second.discard();
    assert.deepEqual(await readdir(place('empty')), []);
  });

  it('refuses a place that holds anything else, and leaves it as it is', async () => {
    await mkdir(place('foreign'));
    await writeFile(path.join(place('foreign'), 'thesis.txt'), 'x');
    await write(place('mixed'), [['a', host('a')]]);
    await writeFile(path.join(place('mixed'), 'notes.txt'), 'x');
    await write(place('linked'), [['a', host('a')]]);
    await rm(path.join(place('linked'), 'a.json.gz'));
    await symlink(path.join(place('foreign'), 'thesis.txt'), path.join(place('linked'), 'a.json.gz'));
    await mkdir(place('broken'));
    await writeFile(path.join(place('broken'), 'index.json'), '{"schemaVersion": 1}');
    await writeFile(place('file'), '');
    for (const [name, words] of [
      ['foreign', /thesis\.txt/],
      ['mixed', /notes\.txt/],
      ['linked', /a\.json\.gz/],
      ['broken', /index\.json/],
      ['file', /a file with this name/],
      ['absent/deep', /no such file/],
    ] as const) {
      await assert.rejects(createSnapshotFolder(place(name), '0.1.0'), (error: Error & {code: string}) => {
        assert.equal(error.code, 'cannot-write');
        assert.match(error.message, words);
        return true;
      });
    }
    assert.deepEqual(await readdir(place('foreign')), ['thesis.txt']);
    assert.deepEqual((await readdir(place('mixed'))).sort(), ['a.json.gz', 'index.json', 'notes.txt']);
  });

  it('tells of a file that is gone or damaged, and gives the others', async () => {
    await write(place('hurt'), [
      ['a', host('a')],
      ['b', host('b')],
      ['c', host('c')],
    ]);
    await rm(path.join(place('hurt'), 'a.json.gz'));
    await writeFile(path.join(place('hurt'), 'b.json.gz'), 'no snapshot');
    const found: [string, string | undefined][] = [];
    for await (const {evidence} of eachRecorded(place('hurt'))) {
      found.push([evidence.source, evidence.failure?.code]);
    }
    assert.deepEqual(found, [
      ['a', 'host-file-unreadable'],
      ['b', 'host-file-unreadable'],
      ['c', undefined],
    ]);
  });

  it('reads no file that its index names outside of it', async () => {
    const good = {
      schemaVersion: 1,
      kind: 'ovdiag-snapshots',
      tool: {name: 'ovdiag', version: '0.1.0'},
      createdAt: 'x',
      hosts: [{file: 'a.json.gz', name: 'a', source: 'a', startedAt: 'x', finishedAt: 'x'}],
    };
    await write(place('outside'), [['a', host('a')]]);
    const index = path.join(place('outside'), 'index.json');
    for (const file of [
      '../two/a.json.gz',
      '/etc/passwd',
      '..',
      'sub/a.json.gz',
      '-.json.gz',
      '.a.json.gz',
    ]) {
      await writeFile(index, JSON.stringify({...good, hosts: [{...good.hosts[0], file}]}));
      await assert.rejects(sources(place('outside')), {code: 'not-a-snapshot'}, file);
    }
    await writeFile(index, JSON.stringify({...good, schemaVersion: 2}));
    await assert.rejects(sources(place('outside')), {code: 'snapshot-newer'});
    await writeFile(index, JSON.stringify(good));
    assert.deepEqual(await sources(place('outside')), ['a']);
    assert.match(await readFile(index, 'utf8'), /a\.json\.gz/);
  });

  it('names files safely, whatever a host calls itself', () => {
    assert.equal(fileName('node1', new Set()), 'node1.json.gz');
    assert.equal(fileName('../../etc/passwd', new Set()), '_.._etc_passwd.json.gz');
    assert.equal(fileName('-rf', new Set()), 'rf.json.gz');
    assert.equal(fileName('..', new Set()), 'host.json.gz');
    assert.equal(fileName('ssh://root@[fd00::1]:22', new Set()), 'ssh_root_fd00_1_22.json.gz');
    const taken = new Set<string>();
    assert.deepEqual(
      ['a/b', 'a_b', 'A_B', 'x'].map((name) => fileName(name, taken)),
      ['a_b.json.gz', 'a_b-2.json.gz', 'A_B-3.json.gz', 'x.json.gz'],
    );
    fc.assert(
      fc.property(fc.array(fc.string({unit: 'binary', maxLength: 100}), {maxLength: 20}), (names) => {
        const all = new Set<string>();
        const files = names.map((name) => fileName(name, all));
        for (const file of files) assert.match(file, /^[A-Za-z0-9_][A-Za-z0-9._-]{0,79}\.json\.gz$/);
        assert.equal(new Set(files.map((file) => file.toLowerCase())).size, names.length);
      }),
    );
  });
});
