import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {hostModel} from '../../src/model/host.js';
import type {HostEvidence} from '../../src/snapshot/snapshot.js';
import {derived, editTable, type Raw, recordedEvidence} from '../support/evidence.js';
import {examine, examineRecorded, told, unexpected} from './support.js';

/** What a host prints whose vxlan devices all have this too. */
function withVxlanData(evidence: HostEvidence, more: Raw): HostEvidence {
  return derived(evidence, (draft) => {
    for (const {name, netns} of draft.sections)
      if (name === 'addr' && netns !== undefined)
        editTable(draft, netns, 'addr', (rows) => {
          for (const {linkinfo} of rows)
            if (linkinfo?.info_kind === 'vxlan') Object.assign(linkinfo.info_data, more);
          return rows;
        });
  });
}

describe('a healthy swarm', () => {
  for (const [about, names] of [
    ['with engine 20.10', ['node1', 'node2']],
    ['with engine 26.1', ['engine-26.1.5/node1', 'engine-26.1.5/node2']],
    ['with engine 28.5', ['engine-28.5.2/node1', 'engine-28.5.2/node2']],
  ] as const) {
    it(`${about} has no finding, on one host or on both`, () => {
      for (const hosts of [...names.map((name) => [name]), [...names]]) {
        assert.deepEqual(told(unexpected(examineRecorded(...hosts).findings)), [], hosts.join(' and '));
      }
    });
  }

  it('with rules of nftables beside those of iptables-nft has no finding, and none is left open for its rules', () => {
    const both = ['engine-28.5.2/native/node1', 'engine-28.5.2/native/node2'];
    for (const hosts of [...both.map((name) => [name]), both]) {
      const {findings, notChecked} = examineRecorded(...hosts);
      assert.deepEqual(told(unexpected(findings)), []);
      const open = notChecked.map(({reason}) => reason);
      assert.deepEqual(
        open.filter((reason) => /filter|rule|nft|tracking/.test(reason)),
        [],
      );
    }
  });

  it('whose kernel gives each vxlan device two ends that are not set is looked at as any other', () => {
    const hosts = ['node1', 'node2'].map(recordedEvidence);
    const newer = hosts.map((host) => withVxlanData(host, {local: 'any', remote: 'any'}));
    const examination = examine(...newer);
    assert.deepEqual(examination.notChecked, examine(...hosts).notChecked);
    assert.deepEqual(told(unexpected(examination.findings)), []);
    assert.deepEqual(
      newer.flatMap((host) => hostModel(host).problems),
      [],
    );
  });

  it('whose vxlan devices have a property of an unknown form is looked at, and told of it once', () => {
    const host = recordedEvidence('node1');
    const odd = withVxlanData(host, {local: 'by-magic'});
    assert.deepEqual(examine(odd).notChecked, examine(host).notChecked);
    const {problems} = hostModel(odd);
    assert.equal(problems.length, 1);
    assert.match(problems[0]?.subject ?? '', /^addr of \S+ and of \d+ other namespaces$/);
    assert.match(problems[0]?.message ?? '', /^linkinfo\.info_data\.local is not understood: .*by-magic/);
  });
});
