import {describe, it} from 'node:test';
import {renderFdbMatrix} from '../../src/render/fdb-matrix.js';
import {plainPaint} from '../../src/render/paint.js';
import type {Disagreement, FdbMatrix} from '../../src/rows/fdb-matrix.js';
import {assertEscaped, hostileName, shows, terminal, wide} from './support.js';

function disagreement(more: Partial<Disagreement> = {}): Disagreement {
  return {
    status: 'fdb-row-missing',
    endpoint: {kind: 'container', name: 'web2', id: null},
    name: 'web2',
    address: '10.0.1.9',
    mac: '02:42:0a:00:01:09',
    node: 'node2',
    hosts: ['node1'],
    reason: 'no row of vxlan0 has its MAC',
    ...more,
  };
}

const matrix: FdbMatrix = {
  hosts: ['node1', 'node2', 'node3', 'node4'],
  nodes: ['node1', 'node2', 'node3', 'node4'],
  endpointCount: 12,
  cells: [
    {host: 'node1', node: 'node2', endpointCount: 3, ok: 2, statuses: {'fdb-row-missing': 1, 'fdb-stale': 1}},
    {host: 'node3', node: 'node2', endpointCount: 3, ok: 2, statuses: {unknown: 1}},
  ],
  disagreements: [
    disagreement(),
    disagreement({status: 'unknown', hosts: ['node3'], reason: 'its neighbour table was not read'}),
  ],
};
const healthy: FdbMatrix = {...matrix, cells: [], disagreements: []};

const view = (of: FdbMatrix, at = terminal(), all = false) =>
  renderFdbMatrix('uber-net, VNI 4097', of, at, plainPaint, {all});

describe('who knows whom', () => {
  it('is told where something is not as it should be', async () => {
    shows(
      await view(matrix),
      `
uber-net, VNI 4097: 12 endpoints on 4 nodes, by 4 hosts

HOST    NODE2
node1  2/3 +1
node3  2/3 ?1

fdb-row-missing: web2 (10.0.1.9, node2) on node1: no row of vxlan0 has its
    MAC
unknown: web2 (10.0.1.9, node2) on node3: its neighbour table was not read

2 of 4 hosts know every endpoint; every host knows all of 3 of 4 nodes.
k/n: k of the node's n endpoints are as they should be; +k: rows that nothing
    stands behind; ?k: not decidable
`,
    );
  });

  it('is told of all hosts and nodes where all is asked for', async () => {
    shows(
      await view(matrix, wide, true),
      `
uber-net, VNI 4097: 12 endpoints on 4 nodes, by 4 hosts

HOST    NODE1   NODE2   NODE3   NODE4
node1  itself  2/3 +1      ok      ok
node3      ok  2/3 ?1  itself      ok
node2      ok  itself      ok      ok
node4      ok      ok      ok  itself

fdb-row-missing: web2 (10.0.1.9, node2) on node1: no row of vxlan0 has its MAC
unknown: web2 (10.0.1.9, node2) on node3: its neighbour table was not read

2 of 4 hosts know every endpoint; every host knows all of 3 of 4 nodes.
k/n: k of the node's n endpoints are as they should be; +k: rows that nothing stands behind; ?k: not decidable
`,
    );
  });

  it('is one sentence where all is well', async () => {
    shows(
      await view(healthy),
      `
uber-net, VNI 4097: 12 endpoints on 4 nodes, by 4 hosts
All hosts know all endpoints of all nodes.
`,
    );
  });

  it('folds what many endpoints have alike', async () => {
    const alike = ['web2', 'web3', 'web4', 'web5'].map((name) => disagreement({name}));
    shows(
      await view({...matrix, disagreements: alike}),
      `
uber-net, VNI 4097: 12 endpoints on 4 nodes, by 4 hosts

HOST    NODE2
node1  2/3 +1
node3  2/3 ?1

fdb-row-missing: 4 endpoints of 1 node on node1, such as web2: no row of
    vxlan0 has its MAC

2 of 4 hosts know every endpoint; every host knows all of 3 of 4 nodes.
k/n: k of the node's n endpoints are as they should be; +k: rows that nothing
    stands behind; ?k: not decidable
`,
    );
  });

  it('lets nothing of a name through', async () => {
    const hostile: FdbMatrix = {
      ...matrix,
      hosts: [hostileName, 'node2'],
      nodes: [hostileName, 'node2'],
      cells: [{host: hostileName, node: hostileName, endpointCount: 3, ok: 2, statuses: {'fdb-stale': 1}}],
      disagreements: [
        disagreement({name: hostileName, node: hostileName, hosts: [hostileName], reason: hostileName}),
      ],
    };
    assertEscaped(await view(hostile));
    assertEscaped(await view(hostile, wide, true));
  });
});
