import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {unreadParts} from '../../src/answers/unread-parts.js';
import type {HostEvidence} from '../../src/snapshot/snapshot.js';
import {hostFromEvidence} from '../../src/topology/host-from-evidence.js';
import {knownHost} from '../../src/topology/known-host.js';
import {derived, dropSections, type Raw, recordedEvidence} from '../support/evidence.js';

const node1 = recordedEvidence('node1');
const unread = (evidence: HostEvidence) => unreadParts(knownHost(hostFromEvidence(evidence)));
const isContainers = (netns: string | undefined) => /^[0-9a-f]{12}$/.test(netns ?? '');

describe('parts that a reading lacks', () => {
  it('are none of a host that was read, files of stopped containers or not', () => {
    assert.deepEqual(unread(node1), []);
  });

  it('are the rules where the host gave none, or where a program failed', () => {
    const none = derived(node1, (draft) =>
      dropSections(draft, ({name, netns}) => netns === '@host' && /^(iptables|nft)/.test(name)),
    );
    const failed = derived(node1, (draft) => {
      for (const section of draft.sections as Raw[])
        if (section.netns === '@host' && section.name === 'nft') section.status = 1;
    });
    for (const evidence of [none, failed]) assert.deepEqual(unread(evidence), ['rules']);
  });

  it('are the containers where one that lives was not entered', () => {
    const one = node1.sections.find(({netns}) => isContainers(netns))?.netns;
    const without = derived(node1, (draft) => dropSections(draft, ({netns}) => netns === one));
    assert.deepEqual(unread(without), ['containers']);
  });
});
