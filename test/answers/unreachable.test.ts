import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {inspectAnswer} from '../../src/answers/inspect.js';
import type {HostEvidence} from '../../src/snapshot/snapshot.js';
import {later, recordedEvidence} from '../support/evidence.js';
import {readerOf} from './reader.js';

const reading = (folder: string) => ['node1', 'node2'].map((node) => recordedEvidence(`${folder}${node}`));
const inspected = (times: HostEvidence[][], typed = 'web1', live = false) =>
  inspectAnswer(readerOf(times, {live}), typed);

describe('the endpoints that a container can not reach', () => {
  it('are none on a healthy swarm, by either of its hosts', async () => {
    for (const typed of ['web1', 'web2']) {
      const {unreachable, walked, undecided, verdict} = await inspected([reading('')], typed);
      assert.deepEqual([unreachable, walked, undecided], [[], 6, 0]);
      assert.match(verdict, /^web[12] on node[12]: running, none of 6 overlay endpoints found unreachable/);
    }
  });

  it('are named, with the reason and the place', async () => {
    const {unreachable, verdict} = await inspected([reading('trace/fdb-missing/')]);
    assert.equal(unreachable.length, 1);
    const [{endpointName: endpoint, host, device, code, direction} = assert.fail()] = unreachable;
    assert.deepEqual(
      [endpoint, host, device, code, direction],
      ['web2', 'node1', 'vxlan0', 'fdb-row-missing', 'forward'],
    );
    assert.match(
      verdict,
      /^web1 on node1: 1 of 6 endpoints UNREACHABLE: web2 \([0-9.]+, uber-net\) on node1 at vxlan0: no FDB entry for .+ \(fdb-row-missing\)$/,
    );
  });

  it('are all of another host where that host drops what comes, and those whose replies are lost', async () => {
    const {unreachable} = await inspected([reading('trace/filter-in/')]);
    assert.deepEqual([...new Set(unreachable.map(({code}) => code))], ['data-path-filtered-in']);
    assert.equal(unreachable.length, 4);
    const reply = await inspected([reading('trace/route-gone-receiver/')]);
    assert.match(reply.verdict, / on node2 at eth0: reply lost: web2 has no route to /);
  });

  it('are not those that only large packets are lost to', async () => {
    const {unreachable, verdict} = await inspected([reading('trace/uplink-mtu/')]);
    assert.ok(unreachable.length > 0 && unreachable.every(({largeOnly}) => largeOnly));
    assert.match(verdict, /4 of 6 endpoints LOSE LARGE PACKETS: /);
  });

  it('are undecided where their host was not read', async () => {
    const {unreachable, undecided, verdict} = await inspected([[recordedEvidence('node1')]]);
    assert.deepEqual(unreachable, []);
    assert.ok(undecided > 0);
    assert.match(verdict, new RegExp(`found unreachable, ${undecided} undecided`));
  });

  it('of a live host must be so in a second reading', async () => {
    const faulty = reading('trace/fdb-missing/');
    const stands = await inspected([faulty, faulty.map((one) => later(one, 4))], 'web1', true);
    assert.equal(stands.unreachable.length, 1);
    const well = ['node1', 'node2'].map((node) => recordedEvidence(`transient/${node}-first`));
    const passing = ['node1', 'node2'].map((node) => recordedEvidence(`transient/${node}-second`));
    const passed = await inspected([well, passing.map((one) => later(one, 4))], 'web1', true);
    assert.deepEqual(passed.unreachable, []);
  });
});
