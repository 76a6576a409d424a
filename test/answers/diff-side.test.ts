import assert from 'node:assert/strict';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, before, describe, it, test} from 'node:test';
import {type FaultName, plant} from '../../bench/swarm/faults.js';
import {writeSwarm} from '../../bench/swarm/make.js';
import {planSwarm, standardSize} from '../../bench/swarm/plan.js';
import {type DiffSide, readSide} from '../../src/answers/diff-side.js';
import {beginDiff, diffSnapshots} from '../../src/diff/diff.js';
import {record} from '../../src/hosts/keep.js';
import {hostModel} from '../../src/model/host.js';
import {rootsOf} from '../diff/support.js';
import {readByJob} from '../support/lent.js';

const swarm = planSwarm(standardSize(6));
const healthy = plant(swarm, []);
const faulty = plant(swarm, ['fdb-wrong-vtep', 'hosts-disagree', 'forwarding-off'] satisfies FaultName[]);

test('a side has the names that a manager lent, as every other command has them', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'ovdiag-diff-side-'));
  try {
    const file = path.join(folder, 'lent.json.gz');
    await record(file, [readByJob()], '0.1.0');
    const {hosts} = await readSide(file);
    const names = hosts.flatMap(({docker}) => docker?.containers.map(({name}) => name) ?? []);
    assert.ok(names.includes('web2'), names.join(' '));
  } finally {
    await rm(folder, {recursive: true, force: true});
  }
});

describe('a side of a comparison', () => {
  let folder = '';
  let sides: [DiffSide, DiffSide];
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'ovdiag-diff-side-'));
    await writeSwarm(path.join(folder, 'before'), swarm, healthy);
    await writeSwarm(path.join(folder, 'after'), swarm, faulty);
    sides = [await readSide(path.join(folder, 'before')), await readSide(path.join(folder, 'after'))];
  });
  after(() => rm(folder, {recursive: true, force: true}));

  it('of many files holds outlines, which compare as whole models do', async () => {
    const [first, second] = sides;
    for (const {namespaces, host} of first.hosts) {
      assert.ok(namespaces.length > 20);
      assert.ok(namespaces.every(({tables}) => !tables?.neighbours && !tables?.links && !tables?.proc));
      assert.deepEqual(Object.keys(host ?? {}).sort(), ['links', 'problems', 'readAt']);
    }
    const comparing = beginDiff(first.hosts, second.hosts);
    for (const pair of comparing.pairs)
      comparing.compare(pair, await first.anew(pair.before), await second.anew(pair.after));
    const {differences, notCompared} = comparing.end();
    const models = [healthy, faulty].map(({evidence}) =>
      swarm.nodes.map((node) => hostModel(evidence(node))),
    );
    const whole = diffSnapshots(models[0] ?? [], models[1] ?? []);
    assert.deepEqual(differences, whole.differences);
    assert.deepEqual(notCompared, whole.notCompared);
    assert.equal(rootsOf(whole).length, 4);
  });

  it('holds what gossip says on all hosts once', () => {
    const tasks = sides[0].hosts.flatMap(({docker}) =>
      (docker?.networks ?? []).flatMap(({services}) => (services ?? []).flatMap((service) => service.tasks)),
    );
    const distinct = new Set(tasks.map((task) => JSON.stringify(task)));
    assert.ok(tasks.length > 3 * distinct.size);
    assert.equal(new Set(tasks).size, distinct.size);
  });

  it('of few files holds the models themselves', async () => {
    const {hosts, anew} = await readSide(path.join(folder, 'before', 'node-0001.json.gz'));
    const [host] = hosts;
    assert.ok(host?.host?.routes);
    assert.equal(await anew(host), host);
  });
});
