import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {redactAnswer} from '../../src/redact/docker.js';
import {all, mapped, scrub} from './section.js';

const id = '5f0c1e2d3b4a5f0c1e2d3b4a5f0c1e2d3b4a5f0c1e2d3b4a5f0c1e2d3b4a5f0c';

const redact = (path: string, body: unknown) =>
  redactAnswer({path, at: '2026-01-01T00:00:00Z', status: 200, body}, scrub, all);

describe("an answer of Docker's API", () => {
  it('has other names and ids, also in its path and as keys', () => {
    const {path, body} = redact(`/networks/${id}?verbose=true`, {
      Name: 'acme-net',
      Id: id,
      Created: '2026-01-01T00:00:00Z',
      Containers: {[id]: {Name: 'acme-web', IPv4Address: '10.0.1.9/24'}},
    });
    assert.equal(path, `/networks/${all.id(id)}?verbose=true`);
    assert.deepEqual(body, {
      Name: all.name('acme-net'),
      Id: all.id(id),
      Created: '2026-01-01T00:00:00Z',
      Containers: {[all.name(id)]: {Name: all.name('acme-web'), IPv4Address: `${mapped}/24`}},
    });
  });

  it('has no label of its owner left', () => {
    const {body} = redact('/networks', [{Labels: {'com.acme.owner': 'berlin'}}]);
    assert.doesNotMatch(JSON.stringify(body), /acme|berlin/);
  });

  it('is refused where its path is not one that is asked', () => {
    for (const path of ['/secrets', '/configs/x', '/networks/a/b/c', `/containers/${id}/logs`])
      assert.throws(() => redact(path, {}), /not known/, path);
  });
});
