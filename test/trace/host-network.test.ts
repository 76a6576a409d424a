import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {findContainer, findDestination} from '../../src/topology/names.js';
import {trace} from '../../src/trace/trace.js';
import {recordedModel} from '../support/evidence.js';

const read = [recordedModel('node1'), recordedModel('node2')];

function outcome(from: string, to: string): string {
  const {disposition, forward} = trace(read, findContainer(read, from), findDestination(read, to).target);
  return `${disposition} ${forward.hops.find(({verdict}) => verdict === 'fail')?.code ?? '-'}`;
}

/** What pings in the lab do, from and to a container with --network host. */
describe("trace from and to a host's own network", () => {
  it('reaches containers on bridges of the same host, and no overlay', () => {
    assert.equal(outcome('on-host', 'open1'), 'deliverable -');
    assert.equal(outcome('on-host', 'closed1'), 'deliverable -');
    for (const apart of ['web1', 'web2', 'quiet1', 'mac1', 'app'])
      assert.equal(outcome('on-host', apart), 'isolated host-network', apart);
  });

  it("is reached at its host's own address", () => {
    assert.equal(outcome('web1', 'on-host'), 'deliverable -');
    assert.equal(outcome('web2', 'on-host'), 'sent-outside -');
    assert.equal(outcome('mac1', 'on-host'), 'isolated own-host-apart');
    assert.equal(outcome('quiet1', 'on-host'), 'isolated internal-network');
    assert.equal(outcome('on-host', 'on-host'), 'deliverable -');
  });

  it('goes out as its host does', () => {
    assert.equal(outcome('on-host', '192.168.1.5'), 'sent-outside -');
  });

  it('has nothing with --network none', () => {
    assert.equal(outcome('on-none', 'web1'), 'isolated no-network');
    assert.equal(outcome('on-host', 'on-none'), 'isolated no-network');
  });
});
