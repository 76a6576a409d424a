import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {fixtureFolders} from '../support/pictured.js';
import {reportAgrees} from './report-agreement.js';

describe('a report of every fixture', () => {
  it('finds what doctor finds and walks as trace does', async () => {
    assert.ok(fixtureFolders.length > 100, String(fixtureFolders.length));
    let walked = 0;
    for (const folder of fixtureFolders) walked += await reportAgrees(folder);
    assert.ok(walked > 2000, String(walked));
  });
});
