import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import path from 'node:path';
import {describe, it} from 'node:test';
import {readProject, releaseNotes, root} from '../../scripts/release/project.js';

describe('release notes', () => {
  it('are the section of the version, without its heading', () => {
    const text =
      '# Changes\n\n## 1.10.0\n\nten\n\n## 1.1.0 (yesterday)\n\n- one\n\nFixes\n\n## 1.0.0\n\nzero\n';
    assert.equal(releaseNotes(text, '1.1.0'), '- one\n\nFixes\n');
    assert.equal(releaseNotes(text, '1.10.0'), 'ten\n');
    assert.throws(() => releaseNotes(text, '1.1'), /nothing of 1\.1/);
    assert.throws(() => releaseNotes('## 2.0.0\n\n## 1.0.0\n\ntext\n', '2.0.0'), /nothing/);
  });

  it('are there for the version of this tree', async () => {
    const {version} = await readProject();
    assert.match(releaseNotes(readFileSync(path.join(root, 'CHANGELOG.md'), 'utf8'), version), /^- /m);
  });
});

describe('the version', () => {
  it('is the same wherever it stands', async () => {
    const {version} = await readProject();
    const lock = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')) as {
      version: string;
      packages: Record<string, {version: string}>;
    };
    assert.deepEqual([lock.version, lock.packages['']?.version], [version, version]);
    const readme = readFileSync(path.join(root, 'README.md'), 'utf8');
    const named = [...readme.matchAll(/ovdiag[-_](\d+\.\d+\.\d+)/g)].map(([, found]) => found);
    assert.ok(named.length > 1);
    assert.deepEqual([...new Set(named)], [version]);
  });
});
