import assert from 'node:assert/strict';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, before, describe, it, test} from 'node:test';
import {faultNames, plant} from '../../bench/swarm/faults.js';
import {planSwarm, standardSize} from '../../bench/swarm/plan.js';
import {checks} from '../../src/checks/registry.js';
import {createSnapshotFolder} from '../../src/snapshot/snapshot-folder.js';
import {sectionOf} from '../support/evidence.js';
import {ovdiag} from './support.js';

test('what a thread keeps goes by the names of checks, which are all different', () => {
  assert.equal(new Set(checks.map(({name}) => name)).size, checks.length);
});

const swarm = planSwarm({...standardSize(30), endpointsPerNode: 12});

describe('doctor over a directory of many snapshots', () => {
  let directory = '';
  before(async () => {
    directory = path.join(await mkdtemp(path.join(tmpdir(), 'ovdiag-threads-')), 'swarm');
    const {evidence, planted} = plant(swarm, faultNames);
    const namesake = planted.find(({name}) => name === 'veth-down')?.place.node;
    const folder = await createSnapshotFolder(directory, '0.1.0');
    for (const node of swarm.nodes) {
      const host = evidence(node);
      if (node === namesake) {
        const about = sectionOf(host, undefined, 'about');
        about.output = about.output.replace(node.name, 'node-0003');
      }
      await folder.add(node.name, host);
    }
    await folder.finish();
  });
  after(() => rm(path.dirname(directory), {recursive: true, force: true}));

  it('gives in threads, byte for byte, what it gives one after the other', async () => {
    const words = ['doctor', '-s', directory, '--json'];
    const threads = await ovdiag(words);
    // What is recorded is read here, host by host.
    const here = await ovdiag([...words, '--record', path.join(directory, '..', 'all.json.gz')]);
    assert.equal(threads.stdout, here.stdout);
    assert.equal(threads.status, here.status);
    const {findings} = JSON.parse(threads.stdout) as {findings: {host: string | null}[]};
    assert.ok(findings.length > 10);
    assert.ok(
      findings.some(({host}) => host === 'node-0003#2'),
      'a host that calls itself by the name of another',
    );
  });
});
