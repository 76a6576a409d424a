import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import type {HostEvidence} from '../../../src/snapshot/snapshot.js';
import {derived, recordedEvidence, sectionOf} from '../../support/evidence.js';
import {examine, fixOf} from '../support.js';

const find = (...hosts: HostEvidence[]) =>
  examine(...hosts).findings.filter(({code}) => code === 'gwbridge-open');
const open = (name: string, rule?: string) =>
  derived(recordedEvidence(name), (draft) => {
    const section = sectionOf(draft, '@host', 'iptables-nft');
    section.output = section.output.replace(':FORWARD DROP', ':FORWARD ACCEPT');
    if (rule !== undefined)
      section.output = section.output.replace(/^.*-A DOCKER-USER -j RETURN$/m, `${rule}\n$&`);
  });

describe('containers on docker_gwbridge', () => {
  it('are closed to the underlay by the policy up to engine 27', () => {
    assert.deepEqual(find(recordedEvidence('node1')), []);
    const [finding, ...others] = find(open('node1'));
    assert.deepEqual(
      [others, finding?.severity, finding?.host, finding?.subject],
      [[], 'info', 'node1', 'docker_gwbridge'],
    );
    const rule = fixOf(finding)[0]?.replace(/^iptables -I /, '[0:0] -A ');
    assert.match(
      rule ?? '',
      /^\[0:0\] -A DOCKER-USER -i \S+ -o docker_gwbridge -m conntrack --ctstate NEW -m conntrack ! --ctstate DNAT -j DROP$/,
    );
  });

  it('are closed by a rule of the engine from 28 on', () => {
    assert.deepEqual(find(open('engine-28.5.2/node1')), []);
  });

  it('are not judged where a rule may drop it', () => {
    assert.deepEqual(find(open('node1', '[0:0] -A DOCKER-USER -m set --match-set some src -j DROP')), []);
  });
});
