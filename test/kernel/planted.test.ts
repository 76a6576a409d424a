import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {describe, it} from 'node:test';
import {planted} from '../support/rulesets/planted.js';

describe('the errors that npm run rulesets -- --planted plants', () => {
  it('are each still in the text of the walk, and change it', () => {
    assert.ok(planted.length >= 20);
    for (const {what, file, text, wrong} of planted) {
      const source = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
      assert.ok(source.includes(text), `${what}: ${file}`);
      assert.notEqual(text, wrong, what);
    }
  });
});
