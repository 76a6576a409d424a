import assert from 'node:assert/strict';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, before, describe, it} from 'node:test';
import {examine} from '../../src/answers/examine.js';
import {record} from '../../src/hosts/keep.js';
import {hostFromEvidence} from '../../src/topology/host-from-evidence.js';
import {derived, sectionOf} from '../support/evidence.js';
import {readByJob} from '../support/lent.js';

describe('what a thread of doctor looks at', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'ovdiag-examine-'));
  });
  after(() => rm(folder, {recursive: true, force: true}));

  it('is named by what a manager lent, where the host was read by a job', async () => {
    const evidence = readByJob();
    const web2 = hostFromEvidence(evidence).docker?.containers.find(({name}) => name === 'web2');
    const broken = derived(evidence, (draft) => {
      sectionOf(draft, web2?.sandboxFile, 'route').output = '[]';
    });
    const file = path.join(folder, 'lent.json.gz');
    await record(file, [broken], '0.1.0');
    const [host] = await examine({path: file});
    assert.deepEqual(
      [...(host?.kept.said.values() ?? [])]
        .flatMap(({findings}) => findings)
        .filter(({code}) => code === 'container-route-missing')
        .map(({subject}) => subject),
      ['web2 outside'],
    );
  });
});
