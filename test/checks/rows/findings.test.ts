import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {rowFinding} from '../../../src/checks/rows/findings.js';
import type {Finding} from '../../../src/findings/finding.js';
import type {JudgedEntry} from '../../../src/rows/entry.js';
import {rowsDigest} from '../../../src/rows/rows-digest.js';
import {judgeNetworks} from '../../../src/rows/rows-swarm.js';
import {knownHost} from '../../../src/topology/known-host.js';
import {recordedHosts, recordings} from '../../support/recordings.js';

/** The judgements of a recording, each with what is found by it. */
function judgements(
  folder: string,
): {judged: JudgedEntry; find: (other: JudgedEntry) => Finding | undefined}[] {
  const hosts = recordedHosts(folder).map((model) => {
    const vtep = knownHost(model).vtep?.address;
    const {name, key, startedAt} = model;
    return {name, key, startedAt, digest: rowsDigest(model), ...(vtep === undefined ? {} : {vtep})};
  });
  return [...judgeNetworks(hosts)].flatMap((network) =>
    network.entries.map(({member, judged}) => ({
      judged,
      find: (other: JudgedEntry) => rowFinding(network, member, other),
    })),
  );
}

/** The same judgement in other words. */
const reworded = ({entry, verdict, ...rest}: JudgedEntry): JudgedEntry => ({
  ...rest,
  entry: {...entry, reason: 'for a reason'},
  verdict: {...verdict, reason: 'for a reason'},
});

const withoutWords = (finding: Finding | undefined) => finding && {...finding, cause: ''};

describe('a finding about rows', () => {
  it('does not change with the words of the judgement, but for its cause', () => {
    const found = recordings.flatMap((folder) =>
      judgements(folder).map(({judged, find}) => {
        const finding = find(judged);
        assert.deepEqual(withoutWords(find(reworded(judged))), withoutWords(finding), folder);
        return finding;
      }),
    );
    assert.ok(found.some((finding) => finding?.basis === 'several-hosts'));
  });

  it('rests on several hosts where the engine of another one has no such endpoint', () => {
    const [stale] = judgements('stale').filter(
      ({judged: {entry, endpoint}}) => entry.address === '10.0.1.200' && !endpoint,
    );
    assert.equal(stale?.judged.entry.status, 'fdb-stale');
    assert.equal(stale?.find(stale.judged)?.basis, 'several-hosts');
    const {deniedBy, ...verdict} = stale?.judged.verdict ?? assert.fail();
    assert.ok(deniedBy);
    assert.equal(stale?.find({...stale.judged, verdict})?.basis, 'one-host');
  });
});
