import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {foldFindings} from '../../../src/findings/fold.js';
import type {HostEvidence} from '../../../src/snapshot/snapshot.js';
import {derived, recordedEvidence, sectionOf} from '../../support/evidence.js';
import {examine, fixOf} from '../support.js';

const node1 = recordedEvidence('node1');
const node2 = recordedEvidence('node2');

/** A host whose engine could not be asked. */
const without = (failure: string, change: (draft: HostEvidence) => void = () => {}) =>
  derived(node2, (draft) => {
    draft.docker = {answers: [], failure};
    change(draft);
  });
const about = (draft: HostEvidence, from: RegExp, to: string) => {
  const section = sectionOf(draft, undefined, 'about');
  assert.match(section.output, from);
  section.output = section.output.replace(from, to);
};
const gone = (draft: HostEvidence) => about(draft, /^dockerdPid=\d+$/m, 'dockerdPid=');
const found = (evidence: HostEvidence) =>
  examine(evidence).findings.filter(({code}) => code === 'engine-not-answering');

describe('engine-silent', () => {
  it("finds 'engine-not-answering' where the engine hangs, and where it has ended", () => {
    const [hung] = found(without('no answer within 5 s'));
    assert.match(hung?.cause ?? '', /^the engine of node2 hangs/);
    assert.deepEqual(fixOf(hung), ['systemctl restart docker']);
    const [dead] = found(without('Cannot connect to the Docker daemon', gone));
    assert.match(dead?.cause ?? '', /does not run/);
    assert.deepEqual(fixOf(dead), ['systemctl start docker']);
  });

  it('comes first, with what the other hosts lose by it folded under it', () => {
    const [first] = foldFindings(examine(node1, without('no answer within 5 s')).findings);
    assert.equal(first?.code, 'engine-not-answering');
  });

  it('says nothing where only the way to the engine may be missing', () => {
    for (const evidence of [
      node2,
      without('permission denied'),
      without('no answer within 5 s', (draft) => about(draft, /^uid=0$/m, 'uid=1000')),
      // Whoever does not see the processes of containers sees no engine either.
      without('Cannot connect to the Docker daemon', (draft) => {
        gone(draft);
        sectionOf(draft, undefined, 'processes').output = '';
      }),
    ])
      assert.deepEqual(found(evidence), []);
  });
});
