import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import path from 'node:path';
import {describe, it} from 'node:test';
import {root} from '../../cli/support.js';
import {documentPictures} from '../../support/document-pictures.js';

describe('the pictures of the documents', () => {
  for (const {name, svg} of documentPictures)
    it(`are what is drawn now: ${name}`, async () => {
      const kept = readFileSync(path.join(root, 'docs', 'pictures', `${name}.svg`), 'utf8');
      assert.ok(kept === (await svg()), `docs/pictures/${name}.svg is old: npm run pages`);
    });

  it('are shown', () => {
    const text = readFileSync(path.join(root, 'docs', 'graph.md'), 'utf8');
    for (const {name} of documentPictures) assert.ok(text.includes(`](pictures/${name}.svg)`), name);
  });
});
