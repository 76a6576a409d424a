import assert from 'node:assert/strict';
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, before, describe, it} from 'node:test';
import {gunzipSync} from 'node:zlib';
import {dropSections, type recordedEvidence, sectionOf} from '../support/evidence.js';
import {ovdiag, recorded} from './support.js';

describe('ovdiag diff', () => {
  let temporary = '';
  before(async () => {
    temporary = await mkdtemp(path.join(tmpdir(), 'ovdiag-diff-'));
  });
  after(() => rm(temporary, {recursive: true, force: true}));

  it('says what vanished and where, with status 1, in text and in JSON', async () => {
    const files = [recorded('node1'), recorded('fdb-row-missing/node1')];
    const [text, json] = await Promise.all([
      ovdiag(['diff', ...files], {env: {OVDIAG_COLUMNS: '80'}}),
      ovdiag(['diff', '--json', ...files]),
    ]);
    assert.equal(
      text.stdout,
      [
        'node1',
        '└── overlay uber-net',
        '    └── FDB entry for web2 vanished (02:42:0a:00:01:09 → 192.168.1.5',
        '            (node2))',
        '',
        '1 difference.',
        '',
      ].join('\n'),
    );
    assert.deepEqual([text.status, text.stderr, json.status, json.stderr], [1, '', 1, '']);
    const {differences} = JSON.parse(json.stdout) as {differences: object[]};
    assert.deepEqual(differences, [
      {
        change: 'vanished',
        kind: 'fdb-row',
        host: 'node1',
        place: 'overlay uber-net',
        network: 'uber-net',
        name: 'FDB entry for web2',
        detail: '02:42:0a:00:01:09 → 192.168.1.5 (node2)',
        facts: [],
        follows: null,
      },
    ]);
  });

  it('ends with 0 where nothing differs, and with 3 where one of the two lacks what the other has', async () => {
    const same = await ovdiag(['diff', recorded('node1'), recorded('node1')]);
    assert.deepEqual([same.status, same.stdout], [0, 'No difference on node1.\n']);
    const file = path.join(temporary, 'less.json');
    const snapshot = JSON.parse(gunzipSync(await readFile(recorded('node1'))).toString()) as {
      hosts: [ReturnType<typeof recordedEvidence>];
    };
    dropSections(snapshot.hosts[0], ({netns, name}) => netns === '@host' && name === 'route');
    await writeFile(file, JSON.stringify(snapshot));
    const less = await ovdiag(['diff', recorded('node1'), file]);
    assert.equal(less.status, 3);
    assert.match(less.stdout, /^Not compared: routes of host on node1: not read in the second\.$/m);
    // A difference is worth more than what could not be compared.
    sectionOf(snapshot.hosts[0], '@host', 'rule').output = '[]';
    await writeFile(file, JSON.stringify(snapshot));
    assert.equal((await ovdiag(['diff', recorded('node1'), file])).status, 1);
  });

  it('folds what is alike, and shows all with --verbose', async () => {
    const files = [recorded('engine-28.5.2/node1'), recorded('engine-28.5.2/node1-bridges')];
    const [folded, all] = await Promise.all([
      ovdiag(['diff', ...files], {env: {OVDIAG_COLUMNS: '80'}}),
      ovdiag(['diff', ...files, '--verbose']),
    ]);
    assert.match(folded.stdout, /5 containers appeared: isolated1, named1, published1 and 2 more/);
    assert.match(folded.stdout, /with it: 1 link, 1 address, 1 route, 10 packet filter rules/);
    for (const line of folded.stdout.split('\n')) assert.ok(line.length <= 80, line);
    assert.ok(folded.stdout.split('\n').length < 25, folded.stdout);
    assert.match(all.stdout, /├── container routed1 appeared \(running, routed-bridge\)/);
    assert.match(all.stdout, /rule in nat\/DOCKER appeared \(-i br-063d494053e0 -j RETURN\)/);
  });

  it('takes directories, and a snapshot from standard input', async () => {
    const directories = ['fdb-row-missing', 'fdb-wrong-vtep'].map((name) => path.join(temporary, name));
    for (const [index, name] of ['fdb-row-missing', 'fdb-wrong-vtep'].entries()) {
      const nodes = ['node1', 'node2'].flatMap((node) => ['-s', recorded(`${name}/${node}`)]);
      await ovdiag(['snapshot', ...nodes, '-o', `${directories[index]}/`]);
    }
    const both = await ovdiag(['diff', ...directories]);
    assert.equal(both.status, 1, both.stderr);
    assert.match(
      both.stdout,
      /^ {4}└── FDB entry for web2 appeared \(02:42:0a:00:01:09 → 192\.168\.1\.77\)$/m,
    );
    const text = gunzipSync(await readFile(recorded('fdb-row-missing/node1'))).toString();
    const piped = await ovdiag(['diff', recorded('node1'), '-'], {input: text});
    assert.match(piped.stdout, /FDB entry for web2 vanished/);
    assert.equal((await ovdiag(['diff', '-', '-'], {input: text})).status, 2);
  });

  it('refuses snapshots of other hosts, and files that are none', async () => {
    const others = await ovdiag(['diff', recorded('node1'), recorded('node2')]);
    assert.equal(others.status, 2);
    assert.match(others.stderr, /no host in common: the first has node1, the second node2\./);
    const namesakes = await ovdiag(['diff', recorded('node1'), recorded('engine-26.1.5/node1')]);
    assert.match(namesakes.stderr, /One name is no proof/);
    const nothing = await ovdiag(['diff', recorded('node1'), '/nonexistent', '--json']);
    assert.equal(nothing.status, 3);
    assert.equal((JSON.parse(nothing.stdout) as {error: {code: string}}).error.code, 'cannot-read');
  });
});
