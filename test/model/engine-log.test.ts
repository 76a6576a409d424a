import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {parseEngineLog} from '../../src/model/engine-log.js';
import {parseHostsFiles} from '../../src/model/hosts-files.js';

describe("what is picked of an engine's log", () => {
  it('has a kind, a number, two times and the words', () => {
    assert.deepEqual(
      parseEngineLog(
        [
          'ingress 3 2026-11-29T21:25:12.5Z 2026-11-29T21:27:00Z Failed to add ingress: address already in use',
          'keys 2 - - ',
          'other 1 - - of another kind',
          'no line of it',
        ].join('\n'),
      ),
      [
        {
          kind: 'ingress',
          count: 3,
          first: '2026-11-29T21:25:12.5Z',
          last: '2026-11-29T21:27:00Z',
          words: 'Failed to add ingress: address already in use',
        },
        {kind: 'keys', count: 2, words: ''},
      ],
    );
  });

  it('is no score of a healthy node', () => {
    const line = (rest: string) => `gossip 1 - - healthscore:${rest}`;
    assert.deepEqual(parseEngineLog(line('0')), []);
    assert.equal(parseEngineLog(line('2 (connectivity issues)')).length, 1);
  });
});

describe('addresses in hosts files', () => {
  it('are told by container', () => {
    const id = 'a'.repeat(64);
    assert.deepEqual(
      parseHostsFiles(`${id}/hosts:127.0.0.1\n${id}/hosts:10.0.1.3\nother/hosts:10.0.1.4\n`),
      new Map([[id, ['127.0.0.1', '10.0.1.3']]]),
    );
  });
});
