import assert from 'node:assert/strict';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, before, describe, it} from 'node:test';
import {type FaultName, plant} from '../../bench/swarm/faults.js';
import {writeSwarm} from '../../bench/swarm/make.js';
import {planSwarm, standardSize} from '../../bench/swarm/plan.js';
import {ovdiag} from './support.js';

describe('a swarm of many hosts', () => {
  const swarm = planSwarm({...standardSize(9), networks: 2, networksPerNode: 1, endpointsPerNode: 6});
  const [, network] = swarm.networks;
  let folder = '';
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'ovdiag-many-'));
    await writeSwarm(path.join(folder, 'swarm'), swarm, plant(swarm, ['fdb-missing'] as FaultName[]));
  });
  after(() => rm(folder, {recursive: true, force: true}));
  const read = (...args: string[]) =>
    ovdiag([...args, '--snapshot', path.join(folder, 'swarm')], {env: {OVDIAG_COLUMNS: '80'}});

  it('is shown by fdb as who knows whom, by its rows when asked', async () => {
    const name = network?.name ?? '';
    const [summary, rows, some] = await Promise.all([
      read('fdb', name),
      read('fdb', name, '--no-matrix'),
      read('fdb', name, '--status', 'fdb-row-missing'),
    ]);
    assert.match(summary.stdout, /^net-01, VNI 4097: \d+ endpoints on \d nodes, by \d hosts$/m);
    assert.match(summary.stdout, /^fdb-row-missing: app-01-/m);
    assert.match(rows.stdout, /^HOST +ENDPOINT/m);
    assert.match(rows.stdout, /^\d+ endpoints: \d+ ok, \d+ local, 1 fdb-row-missing$/m);
    assert.match(some.stdout, /^1 endpoint: 1 fdb-row-missing$/m);
    // Hosts that have no sandbox of it are told in one line.
    assert.equal(summary.stderr.match(/not-instantiated/g)?.length, 1);
    assert.match(summary.stderr, /not instantiated on \d of 9 hosts/);
  });

  it('is a matrix in JSON only when asked, so that the document does not depend on the number of hosts', async () => {
    const name = network?.name ?? '';
    const [plain, matrix] = await Promise.all([
      read('fdb', name, '--json'),
      read('fdb', name, '--json', '--matrix'),
    ]);
    assert.ok('entries' in (JSON.parse(plain.stdout) as object));
    const document = JSON.parse(matrix.stdout) as {matrix: {cells: {statuses: object}[]; hosts: string[]}};
    assert.ok(!('entries' in document));
    assert.deepEqual(
      document.matrix.cells.map(({statuses}) => statuses),
      [{'fdb-row-missing': 1}],
    );
  });

  it('is shown by networks with the hosts that have each, and once what all hosts have for themselves', async () => {
    const [folded, all] = await Promise.all([read('networks'), read('networks', '--wide')]);
    assert.equal(folded.stdout.match(/^docker_gwbridge /gm)?.length, 1);
    assert.match(folded.stdout, /^ingress .* all 9\b/m);
    assert.match(folded.stdout, /^net-01 .* [5-8] of 9: /m);
    for (const line of folded.stdout.split('\n')) assert.ok(line.length <= 80, line);
    assert.equal(all.stdout.match(/^docker_gwbridge /gm)?.length, 9);
    assert.match(all.stdout, /^net-01 .* node-0001, node-0003, node-0005/m);
  });
});
