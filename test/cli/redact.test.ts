import assert from 'node:assert/strict';
import {mkdtemp, readFile, rm, stat, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, before, describe, it} from 'node:test';
import {gunzipSync} from 'node:zlib';
import {recordedEvidence} from '../support/evidence.js';
import {ovdiag, swarm} from './support.js';

describe('ovdiag snapshot --redact', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'ovdiag-redact-'));
  });
  after(() => rm(folder, {recursive: true, force: true}));
  const file = (name: string) => path.join(folder, name);

  it('writes what can be shared: the same answers without a name or an address of the original', async () => {
    const shared = file('case.json.gz');
    const {status, stdout, stderr} = await ovdiag(['snapshot', ...swarm, '--redact', '-o', shared]);
    assert.deepEqual([status, stderr], [0, '']);
    assert.equal(stdout.split('\n')[0], `Wrote ${shared}`);
    assert.equal((await stat(shared)).mode & 0o777, 0o600);
    const text = gunzipSync(await readFile(shared)).toString();
    for (const secret of [
      'node1',
      'web1',
      'uber-net',
      '172.31.1.5',
      '10.0.1.9',
      '02:42:0a:00:01:09',
      'k9adhvbmg8',
    ])
      assert.ok(!text.includes(secret), secret);
    const {networks} = JSON.parse((await ovdiag(['networks', '--json', '-s', shared])).stdout) as {
      networks: {network: string; driver: string; vnis: number[]; instantiatedOn: string[]}[];
    };
    const overlays = networks.filter(({driver}) => driver === 'overlay');
    assert.deepEqual(overlays.map(({vnis}) => vnis.join()).sort(), [
      '4096',
      '4097',
      '4098,4099',
      '4100',
      '4101',
    ]);
    for (const {instantiatedOn} of overlays)
      assert.equal(instantiatedOn.length, 2, 'both hosts have the same id for it');
    const network = overlays.find(({vnis}) => vnis[0] === 4097)?.network ?? '';
    const {stdout: rows} = await ovdiag(['fdb', network, '-s', shared]);
    assert.match(rows, /^14 endpoints: 7 ok, 7 local$/m);
  });

  it('gives two runs nothing in common, and one file or a directory alike', async () => {
    await ovdiag(['snapshot', ...swarm, '--redact', '-o', file('one.json')]);
    await ovdiag(['snapshot', ...swarm, '--redact', '-o', `${file('two')}/`]);
    const names = async (place: string) => {
      const {stdout} = await ovdiag(['namespaces', '--json', '-s', place]);
      return (JSON.parse(stdout) as {hosts: {name: string}[]}).hosts.map(({name}) => name);
    };
    const [one, two] = [await names(file('one.json')), await names(file('two'))];
    assert.equal(new Set([...one, ...two]).size, 4);
    const index = await readFile(path.join(file('two'), 'index.json'), 'utf8');
    assert.doesNotMatch(index, /node[12]|172\.31/);
    assert.equal((await ovdiag(['diff', file('one.json'), file('two')])).status, 2, 'no common host');
  });

  it('refuses what it does not understand by its name, and writes nothing', async () => {
    const host = recordedEvidence('node1');
    host.sections.push({
      name: 'later-table',
      netns: '@host',
      command: 'x',
      at: host.startedAt,
      status: 0,
      output: 'web1',
    });
    const later = file('later.json');
    const snapshot = {
      schemaVersion: 1,
      tool: {name: 'ovdiag', version: '9.0.0'},
      createdAt: host.startedAt,
      hosts: [host],
    };
    await writeFile(later, JSON.stringify(snapshot));
    for (const output of ['out.json', 'out/']) {
      const {status, stdout, stderr} = await ovdiag([
        'snapshot',
        '-s',
        later,
        '--redact',
        '-o',
        file(output),
      ]);
      assert.equal(status, 3);
      assert.equal(stdout, '');
      assert.match(stderr, /Nothing was written/);
      assert.match(stderr, /later-table of @host: sections of this name are not known/);
      await assert.rejects(stat(file(output)));
    }
  });
});
