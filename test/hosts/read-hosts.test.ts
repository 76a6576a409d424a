import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {fileURLToPath} from 'node:url';
import {OvdiagError} from '../../src/base/errors.js';
import {everything} from '../../src/collect/wanted.js';
import type {Progress} from '../../src/hosts/fan-out.js';
import {evidenceSource, type HostSelection} from '../../src/hosts/read-hosts.js';

const file = (node: string): string =>
  fileURLToPath(new URL(`../../fixtures/recorded/${node}.json.gz`, import.meta.url));
const none: HostSelection = {hosts: [], snapshots: []};
const signal = new AbortController().signal;

function refusal(selection: Partial<HostSelection>, platform = 'linux'): string | undefined {
  try {
    evidenceSource({...none, ...selection}, platform);
    return undefined;
  } catch (error) {
    if (error instanceof OvdiagError) return error.code;
    throw error;
  }
}

describe('where evidence comes from', () => {
  it('is one kind of source', () => {
    const snapshots = [file('node1')];
    assert.equal(refusal({snapshots, hosts: ['local']}), 'host-and-snapshot');
    assert.equal(refusal({snapshots, context: 'x'}), 'host-and-snapshot');
    assert.equal(refusal({snapshots, swarm: {filters: []}}), 'host-and-snapshot');
    assert.equal(refusal({snapshots, netnsDir: '/x'}), 'netns-dir-and-snapshot');
    assert.equal(refusal({snapshots}), undefined);
    assert.equal(refusal({hosts: ['local'], context: 'x'}), 'host-and-context');
    assert.equal(refusal({context: 'x'}), undefined);
  });

  it('is one manager of a swarm', () => {
    assert.equal(refusal({hosts: ['ssh://a', 'ssh://b'], swarm: {filters: []}}), 'one-manager');
    assert.equal(refusal({hosts: ['ssh://a'], swarm: {filters: []}}), undefined);
  });

  it('is not this machine where that is no Linux; others and snapshots are', () => {
    assert.equal(refusal({}, 'darwin'), 'not-linux');
    assert.equal(refusal({hosts: ['ssh://a', 'local']}, 'darwin'), 'not-linux');
    assert.equal(refusal({hosts: ['ssh://a']}, 'darwin'), undefined);
    assert.equal(refusal({snapshots: [file('node1')]}, 'darwin'), undefined);
    assert.equal(refusal({}), undefined);
  });

  it('gives snapshots in the order in which they were named, and says how far it has come', async () => {
    const source = evidenceSource({...none, snapshots: [file('node2'), file('node1')]});
    assert.equal(source.live, false);
    const steps: Progress[] = [];
    const read = await source.read(everything, signal, (progress) => steps.push(progress));
    const hostname = /^hostname=(.*)$/m;
    assert.deepEqual(
      read.map(({sections}) => hostname.exec(sections.find(({name}) => name === 'about')?.output ?? '')?.[1]),
      ['node2', 'node1'],
    );
    assert.deepEqual(
      steps.map(({done, failed, waiting}) => [done, failed, waiting]),
      [
        [0, 0, 1],
        [1, 0, 0],
      ],
    );
    assert.equal((await source.files?.())?.length, 2);
  });

  it('ends where it is told to', async () => {
    const source = evidenceSource({...none, snapshots: [file('node1')]});
    await assert.rejects(source.read(everything, AbortSignal.abort(new Error('enough'))), /enough/);
  });
});
