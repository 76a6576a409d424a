import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import type {FdbRow} from '../../src/model/facts.js';
import {hostModel} from '../../src/model/host.js';
import {judgeBridgeRow} from '../../src/rows/bridge-row.js';
import {type RowsAt, rowJudge} from '../../src/rows/row-judge.js';
import {sourceCheck} from '../../src/rows/source-check.js';
import type {HostEvidence} from '../../src/snapshot/snapshot.js';
import {endpointsOf} from '../../src/topology/endpoints.js';
import {derived, editAnswers, overlayOf, type Raw, recordedEvidence} from '../support/evidence.js';

const node1 = recordedEvidence('node1');
const node2 = recordedEvidence('node2');
const {id, file} = overlayOf(node1, 'uber-net');
const own = {node1: '172.31.1.5', node2: '192.168.1.5'};

const row = (dst: string, mac = '02:42:0a:00:01:09'): FdbRow => ({
  mac,
  device: 'vxlan0',
  plane: 'self',
  state: 'permanent',
  vtep: dst,
});

/** What the rows of node1 are judged to be: the row of an address with a VTEP. */
function placed(evidence: HostEvidence[], dst: string, ip: string) {
  const hosts = evidence.map((one) => hostModel(one));
  const [host] = hosts;
  const tables = host?.namespaces.find((namespace) => namespace.file === file)?.tables;
  assert.ok(host && tables);
  const at: RowsAt = {host, netns: file, tables};
  const {status, names, deniedBy} = rowJudge(hosts, id, endpointsOf(hosts, id, new Set([ip]))).place(
    at,
    row(dst),
    ip,
  );
  return [status, names ?? null, deniedBy !== undefined];
}

describe('where a single row leads', () => {
  // web2 of node2.
  const web2 = '10.0.1.9';

  it('is judged by gossip, and by the engine that runs the endpoint', () => {
    for (const hosts of [[node1], [node1, node2]]) {
      assert.deepEqual(placed(hosts, own.node2, web2), ['ok', null, false]);
      assert.deepEqual(placed(hosts, '192.0.2.9', web2), ['fdb-wrong-vtep', null, false]);
      assert.deepEqual(placed(hosts, own.node1, web2), ['fdb-wrong-vtep', 'this-host', false]);
    }
  });

  it('is not known where gossip has two places for the endpoint, and wrong where it is at neither', () => {
    const twice = derived(node1, (draft) =>
      editAnswers(draft, /^\/networks\/.*verbose/, (body) => {
        if (body.Id !== id) return;
        const tasks = Object.values<Raw>(body.Services).flatMap(({Tasks}) => Tasks as Raw[]);
        const task = tasks.find(({EndpointIP}) => EndpointIP === web2);
        assert.ok(task);
        const other = {...task, EndpointID: 'another', Info: {...task.Info, 'Host IP': '192.0.2.7'}};
        for (const service of Object.values<Raw>(body.Services))
          if (service.Tasks.includes(task)) service.Tasks.push(other);
      }),
    );
    assert.deepEqual(placed([twice], own.node2, web2), ['unknown', null, false]);
    assert.deepEqual(placed([twice], '192.0.2.7', web2), ['unknown', null, false]);
    assert.deepEqual(placed([twice], '192.0.2.8', web2), ['fdb-wrong-vtep', null, false]);
  });

  it('is stale where the engine of the node has no such endpoint, and where the row names this very host', () => {
    const nobody = '10.0.1.222';
    assert.deepEqual(placed([node1, node2], own.node2, nobody), ['fdb-stale', null, true]);
    assert.deepEqual(placed([node1, node2], own.node1, nobody), ['fdb-stale', 'this-host', false]);
    assert.deepEqual(placed([node1], own.node2, nobody)[0], 'unknown');
  });
});

describe("a frame's source, by the receiver's row", () => {
  const learns = {vxlan: {vni: 4097, learning: true}};
  const blind = {vxlan: {vni: 4097, learning: false}};
  const learned: FdbRow = {...row('192.0.2.1'), state: 'reachable'};

  it('is discarded by a permanent row alone, and only where the device learns', () => {
    assert.equal(sourceCheck(learns, row('192.0.2.1'), '192.0.2.1'), 'accepted');
    assert.equal(sourceCheck(learns, row('192.0.2.1'), '192.0.2.2'), 'discarded');
    assert.equal(sourceCheck(learns, {...row('192.0.2.1'), state: 'static'}, '192.0.2.2'), 'discarded');
    assert.equal(sourceCheck(learns, learned, '192.0.2.2'), 'accepted');
    assert.equal(sourceCheck(learns, undefined, '192.0.2.2'), 'accepted');
    assert.equal(sourceCheck(blind, row('192.0.2.1'), '192.0.2.2'), 'unchecked');
  });

  it('is not judged without an address to compare, nor by a row of another kind', () => {
    assert.equal(sourceCheck(learns, row('192.0.2.1'), undefined), 'unknown');
    assert.equal(sourceCheck(learns, {...row('192.0.2.1'), via: 'eth0'}, '192.0.2.2'), 'other-kind');
  });
});

describe("a bridge's row for a MAC", () => {
  const links = [
    {ifindex: 1, name: 'vxlan0', vxlan: {vni: 4097}},
    {ifindex: 2, name: 'veth1'},
  ];
  const behind = (dev: string, state: FdbRow['state'] = 'reachable'): FdbRow => ({
    mac: '02:42:0a:00:01:09',
    device: dev,
    plane: 'master',
    master: 'br0',
    state,
  });

  it('leads to the port, into the tunnel, elsewhere, or nowhere', () => {
    assert.equal(judgeBridgeRow(links, undefined, {name: 'veth1'}), 'flooded');
    assert.equal(judgeBridgeRow(links, behind('veth1'), {name: 'veth1'}), 'right');
    assert.equal(judgeBridgeRow(links, behind('vxlan0'), {name: 'vxlan0'}), 'right');
    assert.equal(judgeBridgeRow(links, behind('vxlan0'), {name: 'veth1'}), 'into-tunnel');
    assert.equal(judgeBridgeRow(links, behind('vxlan0'), undefined), 'into-tunnel');
    assert.equal(judgeBridgeRow(links, behind('veth2'), {name: 'veth1'}), 'behind-other-port');
    assert.equal(judgeBridgeRow(links, behind('veth2'), undefined), 'unknown');
    assert.equal(judgeBridgeRow(links, behind('veth1', 'permanent'), {name: 'veth1'}), 'taken');
  });
});
