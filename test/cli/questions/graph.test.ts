import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {type GraphArgs, type GraphFlags, graphQuestion} from '../../../src/cli/questions/graph.js';

const flags: GraphFlags = {trace: false, all: false, 'max-skew': '60s'};
const asked = (args: GraphArgs, more: Partial<GraphFlags> = {}) => graphQuestion(args, {...flags, ...more});

describe('what graph is asked', () => {
  it('is of everything, of a name, or of a path', async () => {
    assert.equal((await asked({})).name, undefined);
    assert.deepEqual(
      [(await asked({name: 'uber-net'}, {all: true})).name, (await asked({}, {all: true})).all],
      ['uber-net', true],
    );
    const {trace, name} = await asked(
      {name: 'web1', destination: 'web2'},
      {trace: true, port: '80/tcp', network: 'a'},
    );
    assert.equal(name, undefined);
    assert.deepEqual(trace, {
      source: 'web1',
      destination: 'web2',
      network: 'a',
      traffic: {protocol: 'tcp', dport: 80},
    });
  });

  it('names both ends with --trace, and one thing without', async () => {
    await assert.rejects(asked({name: 'web1'}, {trace: true}), {code: 'missing-argument'});
    await assert.rejects(asked({}, {trace: true}), {code: 'missing-argument'});
    await assert.rejects(asked({name: 'web1', destination: 'web2'}), {
      code: 'invalid-argument',
      suggestions: ['ovdiag graph --trace web1 web2'],
    });
  });
});
