import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import type {HostEvidence} from '../../../src/snapshot/snapshot.js';
import {derived, recordedEvidence} from '../../support/evidence.js';
import {examine, told, unexpected} from '../support.js';

const [broken, node2] = ['fdb-row-missing/node1', 'node2'].map((name) => recordedEvidence(name)) as [
  HostEvidence,
  HostEvidence,
];

const ago = (hours: number) => new Date(Date.parse(broken.startedAt) - hours * 3_600_000).toISOString();
const withLog = (evidence: HostEvidence, ...lines: string[]) =>
  derived(evidence, (draft) => {
    draft.sections.push({
      name: 'engine-log',
      command: 'journalctl',
      at: draft.startedAt,
      status: 0,
      output: lines.join('\n'),
    });
  });
const row = (evidence: HostEvidence) =>
  examine(evidence, node2).findings.find(({code}) => code === 'fdb-row-missing');

describe("the engine's log", () => {
  const address = row(broken)?.at.address ?? '';
  const line = (words: string, hours = 2) => `entry 3 ${ago(hours)} ${ago(hours)} ${words}`;

  it('explains what the tables show', () => {
    const words = `overlay: failed to add peer entry ip=${address} error=exists`;
    const finding = row(withLog(broken, line(words)));
    assert.equal(finding?.evidence.at(-1), `engine log of node1, 3 lines at ${ago(2)}: ${words}`);
  });

  it('explains nothing of others, nor of the day before', () => {
    const bare = row(broken)?.evidence;
    assert.deepEqual(
      row(withLog(broken, line('overlay: failed to add peer entry ip=10.9.9.9')))?.evidence,
      bare,
    );
    // A longer address that begins so is another one.
    assert.deepEqual(
      row(withLog(broken, line(`overlay: failed to add peer entry ip=${address}9`)))?.evidence,
      bare,
    );
    assert.deepEqual(row(withLog(broken, line(`failed to add peer entry ${address}`, 30)))?.evidence, bare);
  });

  it('is no finding by itself', () => {
    const healthy = withLog(
      recordedEvidence('node1'),
      line('overlay: failed to add peer entry ip=10.0.1.9'),
      'keys 9 - - ',
    );
    assert.deepEqual(told(unexpected(examine(healthy, node2).findings)), []);
  });
});
