import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {redaction} from '../../src/answers/redaction.js';
import {snapshotAnswer} from '../../src/answers/snapshot.js';
import type {Wanted} from '../../src/collect/wanted.js';
import {everything} from '../../src/collect/wanted.js';
import type {Keeper} from '../../src/hosts/keep.js';
import type {HostEvidence} from '../../src/snapshot/snapshot.js';
import {derived, recordedEvidence} from '../support/evidence.js';

const [node1, node2] = [recordedEvidence('node1'), recordedEvidence('node2')];

/** Keeps in memory what it is told, in order. */
function keeping(kind: Keeper['kind'] = 'directory') {
  const told: string[] = [];
  const kept: HostEvidence[] = [];
  const keeper: Keeper = {
    kind,
    add: (name, evidence) => {
      told.push(`add ${name}`);
      kept.push(evidence);
      return Promise.resolve();
    },
    finish: () => {
      told.push('finish');
      return Promise.resolve('swarm');
    },
    discard: () => {
      told.push('discard');
      return Promise.resolve();
    },
  };
  return {keeper, told, kept};
}

function giving(evidence: HostEvidence[], end?: Error) {
  const asked: Wanted[] = [];
  return {
    asked,
    async *evidence(wanted: Wanted) {
      asked.push(wanted);
      for (const one of evidence) yield await Promise.resolve(one);
      if (end) throw end;
    },
  };
}

const options = {maxSkew: 1e9, trouble: () => []};

describe('a snapshot', () => {
  it('has everything of all hosts, and says where it is', async () => {
    const {keeper, told, kept} = keeping();
    const reader = giving([node1, node2]);
    const document = await snapshotAnswer(reader, {...options, keeper});
    assert.deepEqual(reader.asked, [everything]);
    assert.deepEqual(told, ['add node1', 'add node2', 'finish']);
    assert.deepEqual(kept, [node1, node2]);
    assert.deepEqual([document.directory, document.file], ['swarm', undefined]);
    assert.deepEqual(
      document.hosts.map(({name}) => name),
      ['node1', 'node2'],
    );
    const file = await snapshotAnswer(giving([node1]), {...options, keeper: keeping('file').keeper});
    assert.deepEqual([file.directory, file.file], [undefined, 'swarm']);
  });

  it('tells what went wrong meanwhile', async () => {
    const trouble = [{code: 'service-left', subject: 'service', message: 'it could not be removed'}];
    const document = await snapshotAnswer(giving([node1]), {
      ...options,
      keeper: keeping().keeper,
      trouble: () => trouble,
    });
    assert.deepEqual(document.problems, trouble);
  });

  it('leaves nothing where reading ends early', async () => {
    const {keeper, told} = keeping();
    await assert.rejects(snapshotAnswer(giving([node1], new Error('interrupted')), {...options, keeper}), {
      message: 'interrupted',
    });
    assert.deepEqual(told, ['add node1', 'discard']);
  });

  it('is kept redacted, and under no real name', async () => {
    const {keeper, told, kept} = keeping();
    const document = await snapshotAnswer(giving([node1]), {...options, keeper, redact: redaction()});
    assert.doesNotMatch(JSON.stringify([told, kept, document]), /node1|uber-net|web1/);
  });

  it('is not kept where a part of it cannot be redacted', async () => {
    const odd = derived(node1, (draft) => {
      draft.sections.push({at: draft.startedAt, status: 0, name: 'nosuch', command: 'x', output: 'secret'});
    });
    const {keeper, told, kept} = keeping();
    await assert.rejects(snapshotAnswer(giving([odd]), {...options, keeper, redact: redaction()}), {
      code: 'not-redactable',
    });
    assert.deepEqual([told, kept], [['discard'], []]);
  });
});
