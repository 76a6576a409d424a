import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {explanationOf} from '../../src/findings/catalogue.js';
import {directoryNote} from '../../src/findings/explanation.js';
import {explanationPage} from '../../src/render/explain.js';

describe('an explanation', () => {
  it('says that its directory of namespaces is the default one, where it names it', () => {
    const stale = explanationOf('fdb-stale') ?? assert.fail();
    assert.match(directoryNote(stale) ?? '', /^\/var\/run\/docker\/netns is the default directory/);
    assert.ok(explanationPage(stale).includes(directoryNote(stale) ?? assert.fail()));
  });

  it('says nothing of it elsewhere', () => {
    const down = explanationOf('node-down') ?? assert.fail();
    assert.equal(directoryNote(down), undefined);
    assert.doesNotMatch(explanationPage(down), /default directory/);
  });
});
