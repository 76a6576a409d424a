import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import type {HostEvidence} from '../../../src/snapshot/snapshot.js';
import {derived, type Raw, recordedEvidence} from '../../support/evidence.js';
import {hostsFiles} from '../../support/row-changes.js';
import {examine, fixOf} from '../support.js';

const node1 = recordedEvidence('node1');

/** What the engine keeps of each container. */
const withFiles = (isGone?: (ip: string) => boolean): HostEvidence => derived(node1, hostsFiles(isGone));
/** Of a container on uber-net. */
const addressOf = (name: string): string =>
  node1.docker.answers
    .filter(({path}) => /^\/containers\/[0-9a-f]+\/json$/.test(path))
    .map(({body}) => body as Raw)
    .find(({Name}) => Name === `/${name}`).NetworkSettings.Networks['uber-net'].IPAddress;
const find = (evidence: HostEvidence) =>
  examine(evidence).findings.filter(({code}) => code === 'hosts-file-odd');

describe('/etc/hosts of a container', () => {
  it('has its addresses on overlays', () => {
    assert.deepEqual(find(withFiles()), []);
    assert.equal(
      examine(withFiles()).notChecked.some(({checkName}) => checkName === 'hosts-files'),
      false,
    );
  });

  it('lacks one that was removed', () => {
    const own = addressOf('web1');
    const [finding, ...others] = find(withFiles((ip) => ip === own));
    assert.deepEqual([others.length, finding?.severity, finding?.network], [0, 'info', 'uber-net']);
    assert.equal(finding?.subject, 'web1');
    assert.match(finding?.cause ?? '', new RegExp(`lacks ${own}: programs`));
    assert.ok(fixOf(finding).length > 0);
  });

  it('is told as not checked where it was not read', () => {
    assert.deepEqual(find(node1), []);
    assert.ok(examine(node1).notChecked.some(({checkName}) => checkName === 'hosts-files'));
  });
});
