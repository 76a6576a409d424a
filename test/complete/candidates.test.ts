import assert from 'node:assert/strict';
import {createHash} from 'node:crypto';
import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises';
import {createServer, type Server} from 'node:http';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, before, describe, it} from 'node:test';
import {completionFor} from '../../src/complete/candidates.js';
import {localSocket} from '../../src/complete/engine.js';
import {grammarOf} from '../../src/complete/grammar.js';
import {namesIn} from '../../src/complete/names.js';
import {wantedAt} from '../../src/complete/wanted.js';
import {root} from '../cli/support.js';

const grammar = grammarOf(
  {
    commands: {
      fdb: {
        args: {network: {}},
        flags: {
          host: {name: 'host', char: 'H', type: 'option'},
          filter: {name: 'filter', type: 'option'},
          context: {name: 'context', type: 'option'},
          snapshot: {name: 'snapshot', char: 's', type: 'option', helpValue: 'FILE|DIR'},
          'netns-dir': {name: 'netns-dir', type: 'option', helpValue: 'DIR'},
        },
      },
      trace: {args: {source: {}, destination: {}}, flags: {}},
      explain: {args: {code: {}}, flags: {}},
    },
  },
  ['fdb-row-missing', 'vxlan-down'],
);

describe('candidates', () => {
  let folder = '';
  let server: Server;
  /** What the engine was asked for. */
  const asked: string[] = [];
  let answers = true;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'ovdiag-complete-'));
    server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url?.replace(/\?.*/, '')}`);
      if (!answers) return;
      const lists: Record<string, unknown> = {
        '/networks': [
          {Name: 'uber-net', Driver: 'overlay'},
          {Name: 'bridge', Driver: 'bridge'},
          {Name: '$(touch /tmp/x)', Driver: 'overlay'},
        ],
        '/containers/json': [{Names: ['/web1'], State: 'running'}, {Names: ['/-rf']}],
        '/services': [{ID: 's1', Spec: {Name: 'app'}}],
        '/tasks': [
          {ID: 't1', ServiceID: 's1', Slot: 2},
          {ID: 't2', ServiceID: 's1', NodeID: 'n1'},
        ],
      };
      response.end(JSON.stringify(lists[request.url?.replace(/\?.*/, '') ?? '']));
    });
    await new Promise<void>((resolve) => server.listen(path.join(folder, 'docker.sock'), resolve));
  });
  after(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await rm(folder, {recursive: true});
  });

  const environment = (more: Record<string, string> = {}) => ({
    HOME: folder,
    DOCKER_HOST: `unix://${folder}/docker.sock`,
    ...more,
  });
  const at = async (words: string[], more: Record<string, string> = {}) => {
    const {candidates, directive} = await completionFor(wantedAt(grammar, words), grammar, environment(more));
    return `${candidates.map(({word}) => word).join(' ')}:${directive}`;
  };

  it('are names of the engine, asked for by GET, each list only where it is needed', async () => {
    asked.length = 0;
    assert.equal(await at(['fdb', '']), 'uber-net:4');
    assert.deepEqual(asked, ['GET /networks']);
    assert.equal(await at(['trace', '']), 'web1 app app.2.t1 app.n1.t2:4');
    assert.equal(await at(['trace', 'service:']), 'service:app:4');
    assert.equal(await at(['trace', 'web1', 'task:app.n']), 'task:app.n1.t2:4');
  });

  it('are none, within a second, where the engine is down, hangs, or is on another machine', async () => {
    assert.equal(await at(['fdb', ''], {DOCKER_HOST: `unix://${folder}/none.sock`}), ':4');
    assert.equal(await at(['fdb', ''], {DOCKER_HOST: 'ssh://node1'}), ':4');
    answers = false;
    const start = Date.now();
    assert.equal(await at(['fdb', '']), ':4');
    assert.ok(Date.now() - start < 3000);
    answers = true;
  });

  it('ask no engine where other hosts are meant', async () => {
    asked.length = 0;
    assert.equal(await at(['fdb', '-H', 'ssh://node1', '']), ':4');
    assert.equal(await at(['fdb', ''], {OVDIAG_HOST: 'ssh://node1'}), ':4');
    assert.deepEqual(asked, []);
  });

  it('come from the snapshots that are named', async () => {
    const file = path.join(root, 'fixtures/recorded/node1.json.gz');
    asked.length = 0;
    assert.equal(await at(['fdb', '-s', file, 'ub']), 'uber-net:4');
    assert.equal(await at(['fdb', 'ub'], {OVDIAG_SNAPSHOT: file}), 'uber-net:4');
    const swarm = path.join(root, 'fixtures/recorded/stale');
    assert.match(await at(['fdb', '-s', swarm, '']), /uber-net/);
    assert.equal(await at(['fdb', '-s', path.join(folder, 'gone'), '']), ':4');
    await writeFile(path.join(folder, 'odd.json'), '{"hosts": 1}');
    assert.equal(await at(['fdb', '-s', path.join(folder, 'odd.json'), '']), ':4');
    assert.deepEqual(asked, []);
  });

  it('are files, folders, codes, and beginnings without a blank behind', async () => {
    assert.equal(await at(['fdb', '-s', '']), ':0');
    assert.equal(await at(['fdb', '--netns-dir', '']), ':16');
    assert.equal(await at(['explain', 'v']), 'vxlan-down:4');
    assert.equal(await at(['fdb', '-H', 'ss']), 'ssh://:6');
    assert.equal(await at(['fdb', '--filter', 'role=']), 'role=manager role=worker:4');
  });

  it('are contexts of the docker client', async () => {
    // docker/cli cli/context/store: the folder is the SHA-256 of the name.
    const hash = createHash('sha256').update('far').digest('hex');
    const remote = path.join(folder, '.docker/contexts/meta', hash);
    await mkdir(remote, {recursive: true});
    await writeFile(
      path.join(remote, 'meta.json'),
      '{"Name": "far", "Endpoints": {"docker": {"Host": "ssh://x"}}}',
    );
    assert.equal(await at(['fdb', '--context', '']), 'default far:4');
    assert.equal(await localSocket({HOME: folder}), '/var/run/docker.sock');
    assert.equal(await localSocket({HOME: folder, DOCKER_CONTEXT: 'far'}), undefined);
    assert.equal(await localSocket({HOME: folder, DOCKER_HOST: 'unix:///x/y'}), '/x/y');
  });
});

describe('names', () => {
  it('are plain words only, whatever the engine says', () => {
    const hostile = ['a b', '-x', 'a;b', '$(x)', '`x`', "a'", 'a\n', '\u001b[1m', 'x'.repeat(300), 7, null];
    const {networks, containers} = namesIn({
      networks: [...hostile, 'no object'].map((name) => ({Name: name})).concat([{Name: 'good.net'}]),
      containers: [{Names: hostile}, {Names: 5}, null, 'x', {Names: ['/good']}],
    });
    assert.deepEqual(networks, ['good.net']);
    assert.deepEqual(containers, ['good']);
    assert.deepEqual(namesIn({networks: {Name: 'x'}}).networks, []);
  });
});
