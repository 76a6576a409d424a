import assert from 'node:assert/strict';
import {mkdir, mkdtemp, readdir, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, before, describe, it} from 'node:test';
import {ownFolder} from '../lab/full/own-folder.js';

describe("a folder of a process's own", () => {
  let parent = '';
  before(async () => {
    parent = await mkdtemp(path.join(tmpdir(), 'ovdiag-own-'));
  });
  after(() => rm(parent, {recursive: true}));

  it('takes the place of those of dead processes, and of no other', async () => {
    // No process of now began at the first tick of the boot.
    const dead = [`kernel-${process.pid}-1-abcdef`, 'kernel-4194304-77-abcdef'];
    const others = ['guest-4194304-77-abcdef', 'kernel-notes', 'kernel'];
    for (const name of [...dead, ...others]) await mkdir(path.join(parent, name, 'usr'), {recursive: true});
    const first = path.basename(await ownFolder(parent, 'kernel'));
    const second = path.basename(await ownFolder(parent, 'kernel'));
    assert.deepEqual((await readdir(parent)).sort(), [...others, first, second].sort());
  });
});
