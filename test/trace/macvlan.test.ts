import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import type {Change, Raw} from '../support/evidence.js';
import {all, deciding, editLink, forward, hopsOf, netnsOf, setDown, unread} from './changed.js';

const [mac1, mac2] = [netnsOf('node1', 'mac1'), netnsOf('node1', 'mac2')];
const way = (node1: Change): string[] => deciding(forward('mac1', 'mac2', {node1}));
const mode = (netns: string, word: string): Change =>
  editLink(netns, 'eth0', (link: Raw) => {
    link.linkinfo.info_data.mode = word;
  });

describe('between two macvlan endpoints', () => {
  it('is one parent, and nothing else', () => {
    assert.deepEqual(hopsOf(forward('mac1', 'mac2')).slice(0, 3), [
      'node1 interface pass',
      'node1 parent pass',
      'node1 endpoint pass',
    ]);
    assert.deepEqual(deciding(forward('mac1', 'mac2')), ['deliverable']);
  });

  it('are links that must be up: both ends and the parent', () => {
    assert.deepEqual(way(setDown(mac1, 'eth0')), ['dropped', 'node1 interface fail container-link-down']);
    assert.deepEqual(way(setDown(mac2, 'eth0')), ['dropped', 'node1 interface fail container-link-down']);
    assert.deepEqual(way(setDown('@host', 'eth0')), ['dropped', 'node1 parent fail parent-down']);
  });

  it('is a mode that lets them meet', () => {
    assert.deepEqual(way(mode(mac1, 'private')), ['isolated', 'node1 parent fail macvlan-private']);
    assert.deepEqual(way(mode(mac2, 'private')), ['isolated', 'node1 parent fail macvlan-private']);
    assert.deepEqual(way(mode(mac2, 'vepa')), ['undecided', 'node1 parent unknown']);
    assert.deepEqual(way(all(mode(mac1, 'vepa'), mode(mac2, 'private'))), [
      'isolated',
      'node1 parent fail macvlan-private',
    ]);
  });

  it('is not known where the parent is another, or was not found', () => {
    const other = (netns: string, index: number): Change =>
      editLink(netns, 'eth0', (link: Raw) => {
        link.link_index = index;
      });
    assert.deepEqual(way(other(mac2, 1)), ['undecided', 'node1 parent unknown']);
    assert.deepEqual(way(other(mac1, 4000)), ['undecided', 'node1 parent unknown']);
  });

  it('is not known where an end was not read', () => {
    assert.deepEqual(way(unread(mac1)), ['undecided', 'node1 interface unknown']);
    assert.deepEqual(way(unread(mac2)), ['undecided', 'node1 endpoint unknown']);
  });

  it('ends at the parent for an address that no host has', () => {
    assert.equal(forward('mac1', '172.31.1.200').disposition, 'sent-receiver-unknown');
  });
});
