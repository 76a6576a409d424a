import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import type {HostEvidence} from '../../../src/snapshot/snapshot.js';
import {derived, editTable, overlayOf, recordedEvidence} from '../../support/evidence.js';
import {examine} from '../support.js';

const [node1, node2] = ['node1', 'node2'].map((name) => recordedEvidence(name)) as [
  HostEvidence,
  HostEvidence,
];
const find = (...hosts: HostEvidence[]) =>
  examine(...hosts).findings.filter(({code}) => code === 'vtep-family-mixed');

describe('VTEPs of a network', () => {
  it('are of one IP version', () => {
    assert.deepEqual(find(node1, node2), []);
    const {file} = overlayOf(node1, 'uber-net');
    const mixed = derived(node1, (draft) =>
      editTable(draft, file, 'fdb', (rows) => {
        const row = rows.find(({dst}) => dst === '192.168.1.5');
        rows.push({...row, mac: '02:42:0a:00:01:f0', dst: '2001:db8::7'});
        return rows;
      }),
    );
    const [finding, ...others] = find(mixed);
    assert.deepEqual([others, finding?.severity, finding?.network], [[], 'error', 'uber-net']);
    assert.match(JSON.stringify(finding?.evidence), /172\.31\.1\.5.*2001:db8::7/);
  });
});
