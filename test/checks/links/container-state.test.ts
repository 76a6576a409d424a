import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {hostModel} from '../../../src/model/host.js';
import type {HostEvidence} from '../../../src/snapshot/snapshot.js';
import {findContainer} from '../../../src/topology/names.js';
import {trace} from '../../../src/trace/trace.js';
import {derived, type Raw} from '../../support/evidence.js';
import {fixOf} from '../support.js';
import {foundOn, inShort, node1, node2} from './settings.js';

const state = (name: string, State: Raw, change: (draft: HostEvidence) => void = () => {}) =>
  derived(node1, (draft) => {
    const body = draft.docker.answers
      .map((answer) => answer.body as Raw)
      .find((one) => one?.Name === `/${name}`);
    Object.assign(body.State, State);
    change(draft);
  });
const walked = (evidence: HostEvidence, from: string, to: string) => {
  const hosts = [evidence, node2].map(hostModel);
  const {disposition, forward} = trace(hosts, findContainer(hosts, from), findContainer(hosts, to));
  return `${disposition} ${forward.hops.find(({verdict}) => verdict === 'fail')?.code ?? '-'}`;
};

describe('a paused container', () => {
  const paused = state('web1', {Status: 'paused'});

  it("is 'container-paused' where it is on an overlay, for trace at either end", () => {
    const [finding, ...others] = foundOn(paused);
    assert.deepEqual([inShort(finding ? [finding] : []), others], [['warning container-paused web1'], []]);
    assert.deepEqual(fixOf(finding), ['docker unpause web1']);
    assert.equal(walked(paused, 'web1', 'web2'), 'no-such-endpoint container-paused');
    assert.equal(walked(paused, 'web2', 'web1'), 'no-such-endpoint container-paused');
  });

  it('is no finding on other networks', () => {
    assert.deepEqual(inShort(foundOn(state('open1', {Status: 'paused'}))), []);
  });
});

describe('a stopped container', () => {
  it("is 'not-running' where gossip still announces it here", () => {
    const exited = {Status: 'exited', Running: false, Pid: 0};
    const found = foundOn(state('web1', exited)).filter(({code}) => code === 'not-running');
    assert.deepEqual(inShort(found), ['warning not-running web1']);
    assert.deepEqual(fixOf(found[0]), ['docker start web1']);
    const forgotten = state('web1', exited, (draft) => {
      for (const {path, body} of draft.docker.answers)
        if (/verbose/.test(path) && (body as Raw).Name === 'uber-net')
          (body as Raw).Services[''].Tasks = (body as Raw).Services[''].Tasks.filter(
            ({Name}: Raw) => Name !== 'web1',
          );
    });
    assert.deepEqual(
      foundOn(forgotten).filter(({code}) => code === 'not-running'),
      [],
    );
    // The swarm of the recording has one that nothing counts on.
    assert.deepEqual(inShort(foundOn(node1)), []);
  });
});
