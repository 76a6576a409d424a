import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {parseNftRuleset} from '../../src/model/rules/nftables.js';
import {vnisEncryptedByNft} from '../../src/services/encryption.js';

const vnis = (text: string) => vnisEncryptedByNft(parseNftRuleset(text));

describe('the VNIs that an nftables back end encrypts', () => {
  // The set as nft 1.0.6 printed it, made in a kernel by the words that the engine uses.
  const set = (elem: string) =>
    `{"nftables": [{"metainfo": {"version": "1.0.6"}}, {"table": {"family": "ip", "name": "docker-overlay", "handle": 13}}, {"set": {"family": "ip", "name": "encrypted-vnis", "table": "docker-overlay", "type": "integer", "handle": 3, "elem": ${elem}}}]}`;

  it('are numbers, however they are printed', () => {
    const forms = ['[4101, 4102]', '["0x1005", "4102"]', '[{"elem": {"val": 4101, "comment": "x"}}, 4102]'];
    for (const form of forms) assert.deepEqual(vnis(set(form)), new Set([4101, 4102]), form);
  });

  it('may be none', () => {
    const none = ['', 'null', '[]', '{"nftables": [null, 3]}', '{"nftables": []}', set('[]')];
    const other = set('[1]').replace('docker-overlay", "type', 'other", "type');
    for (const text of [...none, other]) assert.deepEqual(vnis(text), new Set(), text);
  });
});
