import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {fdbAnswer} from '../../src/answers/fdb.js';
import {recordedEvidence} from '../support/evidence.js';
import {readerOf} from './reader.js';

async function verdictOf(folder: string, nodes = ['node1', 'node2'], more = {}): Promise<string | undefined> {
  const reader = readerOf([nodes.map((node) => recordedEvidence(`${folder}${node}`))]);
  return (await fdbAnswer(reader, {network: 'uber-net', ...more})).document.verdict;
}

describe('the first line of fdb', () => {
  it('names the endpoint, the host and the reason', async () => {
    assert.match(
      (await verdictOf('trace/fdb-missing/')) ?? '',
      /^uber-net \(VNI \d+\): 1 of 7 endpoints FAULTY on node1: web2 \(10\.0\.1\.10\): fdb-row-missing: neighbour entry without FDB entry/,
    );
  });

  it('counts all entries, whatever was selected', async () => {
    assert.match(
      (await verdictOf('trace/fdb-missing/', undefined, {status: ['ok']})) ?? '',
      /1 of 7 endpoints FAULTY/,
    );
    assert.equal(await verdictOf('trace/fdb-missing/', undefined, {raw: true}), undefined);
  });

  it('says of which hosts no fault was found', async () => {
    assert.match(
      (await verdictOf('')) ?? '',
      /: no fault found in the entries of 7 endpoints on node1, node2$/,
    );
  });
});
