import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import type {HostEvidence} from '../../../src/snapshot/snapshot.js';
import {derived, editAnswers, recordedEvidence} from '../../support/evidence.js';
import {examine, examineRecorded} from '../support.js';

function withNode2(
  change: (node: {Status: {State: string}; Spec: {Availability: string}}) => void,
): HostEvidence {
  return derived(recordedEvidence('node1'), (draft) => {
    editAnswers(draft, /^\/nodes/, (nodes) => {
      for (const node of nodes) if (node.Description.Hostname === 'node2') change(node);
    });
  });
}

const lost = (...hosts: HostEvidence[]) =>
  examine(...hosts).findings.filter(({code}) => code === 'node-down');

describe('nodes', () => {
  it('names the node that a manager has lost, as an error while rows lead there', () => {
    const found = examineRecorded('doctor/node-down/node1').findings.filter(({code}) => code === 'node-down');
    assert.deepEqual(
      found.map(({subject, severity, host, at}) => [subject, severity, host, at.vtep]),
      [['node node2', 'error', null, '192.168.1.5']],
    );
    assert.match(
      found[0]?.evidence.join('\n') ?? '',
      /status down \(.*\)[\s\S]*node1 has FDB entries that lead to 192\.168\.1\.5/,
    );
  });

  it('is milder where nobody sends there any more', () => {
    const gone = derived(recordedEvidence('doctor/node-down/node1'), (draft) => {
      for (const section of draft.sections) if (section.name === 'fdb') section.output = '[]';
    });
    assert.deepEqual(
      lost(gone).map(({severity}) => severity),
      ['warning'],
    );
  });

  it('says nothing of a node that was drained, or of one of which nothing is known yet', () => {
    assert.deepEqual(lost(withNode2((node) => (node.Spec.Availability = 'drain'))), []);
    assert.deepEqual(lost(withNode2((node) => (node.Status.State = 'unknown'))), []);
    assert.equal(lost(withNode2((node) => (node.Status.State = 'down'))).length, 1);
  });
});
