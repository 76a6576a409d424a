import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {derived, recordedEvidence, sectionOf, setProc} from '../../support/evidence.js';
import {examine} from '../support.js';

/** With another port in the rows of these tables that have 7946. */
function closed(...tables: string[]) {
  return derived(recordedEvidence('node1'), (draft) => {
    const section = sectionOf(draft, '@host', 'proc');
    section.output = section.output
      .split('\n')
      .map((line) =>
        tables.some((table) => line.startsWith(`${table}:`)) ? line.replaceAll(':1F0A ', ':1F0B ') : line,
      )
      .join('\n');
  });
}

const found = (evidence: ReturnType<typeof closed>) =>
  examine(evidence).findings.filter(({code}) => code === 'gossip-listener-missing');

describe('an engine in a swarm', () => {
  it('gossip-listener-missing: told for the protocols on which it does not listen', () => {
    const [closedUdp] = found(closed('/proc/net/udp', '/proc/net/udp6'));
    assert.deepEqual([closedUdp?.subject, closedUdp?.host], ['UDP 7946', 'node1']);
    assert.deepEqual(found(closed()), []);
    // That recording has no TCP sockets: one that has, with the cluster management's alone.
    const row = '   0: 00000000:0949 00000000:0000 0A 00000000:00000000 00:00000000 00000000';
    const noTcp = derived(recordedEvidence('node1'), (draft) =>
      setProc(draft, '@host', '/proc/net/tcp', row),
    );
    assert.equal(found(noTcp)[0]?.subject, 'TCP 7946');
  });
});
