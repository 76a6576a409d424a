import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {fixtureFolders} from '../support/pictured.js';
import {answersAlike, holdsNoOriginal} from './agreement.js';

const folders = fixtureFolders.flatMap((folder) =>
  /^recorded(\/|$)/.test(folder) ? [folder.slice('recorded/'.length) || '.'] : [],
);

describe('a redacted snapshot', () => {
  it('is made of every recorded one', () => assert.ok(folders.length > 50));

  for (const folder of folders)
    it(`of ${folder} gives the same answers, in other words`, () => answersAlike(folder));

  for (const folder of [
    'stale',
    'engine-26.1.5',
    'engine-28.5.2',
    'trace/nft-out',
    'trace/endpoint-filtered',
  ])
    it(`of ${folder} holds no name, address, MAC or id of the original, in no form`, () =>
      holdsNoOriginal(folder));
});
