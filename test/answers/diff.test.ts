import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {diffAnswer} from '../../src/answers/diff.js';
import type {DiffSide} from '../../src/answers/diff-side.js';
import {sortReadings} from '../../src/hosts/readings.js';
import type {HostEvidence} from '../../src/snapshot/snapshot.js';
import {hostFromEvidence} from '../../src/topology/host-from-evidence.js';
import {derived, dropSections, recordedEvidence} from '../support/evidence.js';

const [node1, node2] = [recordedEvidence('node1'), recordedEvidence('node2')];

function side(...evidence: HostEvidence[]): DiffSide {
  return {hosts: sortReadings(evidence.map(hostFromEvidence)).hosts, anew: (host) => Promise.resolve(host)};
}

describe('what diff answers', () => {
  it('is nothing between a snapshot and itself, with status 0', async () => {
    const {document, diff, status} = await diffAnswer(side(node1), side(node1));
    assert.deepEqual([document.differences, diff.differences, status], [[], [], 0]);
    assert.deepEqual(document.matches, [{host: 'node1', before: 'node1', by: 'identity'}]);
    assert.deepEqual(document.hosts, document.hostsBefore);
  });

  it('is each difference with its place, and null for what does not apply, with status 1', async () => {
    const [first, second] = ['first', 'second'].map((which) => recordedEvidence(`transient/node1-${which}`));
    if (!first || !second) throw new Error('two readings');
    const {document, status} = await diffAnswer(side(first), side(second));
    assert.equal(status, 1);
    const row = document.differences.find(({kind}) => kind === 'fdb-row');
    assert.deepEqual(
      [row?.change, row?.host, row?.place, row?.network, row?.follows],
      ['vanished', 'node1', 'overlay uber-net', 'uber-net', null],
    );
    assert.ok(document.differences.every((one) => Object.values(one).every((value) => value !== undefined)));
  });

  it('has status 3 where nothing differs and a table is in one snapshot only', async () => {
    const less = derived(node1, (draft) => dropSections(draft, ({name}) => name === 'route'));
    const {document, status} = await diffAnswer(side(node1), side(less));
    assert.deepEqual([document.differences, status], [[], 3]);
    assert.ok(document.notCompared.some(({missingIn, host}) => missingIn === 'second' && host === 'node1'));
  });

  it('is refused where no host is in both', async () => {
    await assert.rejects(diffAnswer(side(node1), side(node2)), (error: {code?: string; message?: string}) => {
      assert.equal(error.code, 'no-common-host');
      assert.match(error.message ?? '', /the first has node1, the second node2/);
      return true;
    });
  });
});
