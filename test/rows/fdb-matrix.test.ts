import assert from 'node:assert/strict';
import {before, describe, it} from 'node:test';
import {type FaultName, plant} from '../../bench/swarm/faults.js';
import {planSwarm, standardSize} from '../../bench/swarm/plan.js';
import {type HostModel, hostModel} from '../../src/model/host.js';
import {renderFdbMatrix} from '../../src/render/fdb-matrix.js';
import {plainPaint} from '../../src/render/paint.js';
import type {Terminal} from '../../src/render/terminal.js';
import {fdbEntries} from '../../src/rows/fdb.js';
import {type FdbMatrix, fdbMatrix} from '../../src/rows/fdb-matrix.js';
import {recordedModel} from '../support/evidence.js';

const terminal: Terminal = {width: 80, colour: false, unicode: true, isTty: true};

function matrixOf(hosts: HostModel[], id: string): FdbMatrix {
  return fdbMatrix(hosts, id, fdbEntries(hosts, id));
}

const drawn = (matrix: FdbMatrix, all = false, width = 80) =>
  renderFdbMatrix('net', matrix, {...terminal, width}, plainPaint, {all});

describe('the matrix of a recorded swarm', () => {
  const idOf = (host: HostModel) => host.docker?.networks.find(({name}) => name === 'uber-net')?.id ?? '';

  it('has no cell where all is well', async () => {
    const hosts = [recordedModel('node1'), recordedModel('node2')];
    const matrix = matrixOf(hosts, idOf(hosts[0] as HostModel));
    assert.deepEqual(matrix, {
      hosts: ['node1', 'node2'],
      nodes: ['node1', 'node2'],
      endpointCount: 7,
      cells: [],
      disagreements: [],
    });
    assert.equal(
      await drawn(matrix),
      'net: 7 endpoints on 2 nodes, by 2 hosts\nAll hosts know all endpoints of all nodes.\n',
    );
  });

  it('puts a row that leads astray with the node that has the endpoint, and a stale one where it leads', () => {
    for (const [folder, cell] of [
      ['fdb-row-missing', {endpointCount: 4, ok: 3, statuses: {'fdb-row-missing': 1}}],
      ['fdb-wrong-vtep', {endpointCount: 4, ok: 3, statuses: {'fdb-wrong-vtep': 1}}],
      ['stale', {endpointCount: 4, ok: 4, statuses: {'fdb-stale': 2}}],
    ] as const) {
      const hosts = [recordedModel(`${folder}/node1`), recordedModel(`${folder}/node2`)];
      const {cells} = matrixOf(hosts, idOf(hosts[0] as HostModel));
      assert.deepEqual(cells, [{host: 'node1', node: 'node2', ...cell}], folder);
    }
  });
});

describe('the matrix of a swarm of many nodes', () => {
  const swarm = planSwarm({...standardSize(12), networks: 1, networksPerNode: 1, endpointsPerNode: 8});
  const [, network] = swarm.networks;
  const id = network?.id ?? '';
  const names = ['fdb-missing', 'fdb-stale', 'vxlan-down'] as FaultName[];
  const {evidence, planted} = plant(swarm, names);
  const places = new Map(planted.map(({name, place}) => [name, place]));
  let healthy: FdbMatrix;
  let broken: FdbMatrix;
  before(() => {
    healthy = matrixOf(
      swarm.nodes.map((node) => hostModel(plant(swarm, []).evidence(node))),
      id,
    );
    broken = matrixOf(
      swarm.nodes.map((node) => hostModel(evidence(node))),
      id,
    );
  });

  it('counts all endpoints once', () => {
    assert.equal(healthy.endpointCount, network?.endpoints.length);
    assert.deepEqual([healthy.hosts.length, healthy.nodes.length], [12, 12]);
    assert.deepEqual(healthy.cells, []);
  });

  it('has the host and the node of each fault, and says what is missing there', () => {
    const missing = places.get('fdb-missing');
    const far = missing?.far;
    const cell = broken.cells.find(({host, node}) => host === missing?.node.name && node === far?.node.name);
    assert.equal(cell?.statuses['fdb-row-missing'], 1);
    assert.equal(cell?.ok, (cell?.endpointCount ?? 0) - 1);
    const down = places.get('vxlan-down')?.node.name;
    const silent = broken.cells.filter(({host}) => host === down);
    assert.equal(silent.length, 11, 'nothing of any other node is known there');
    for (const {ok} of silent) assert.equal(ok, 0);
    const said = broken.disagreements.find(({status}) => status === 'fdb-row-missing');
    assert.deepEqual(
      [said?.address, said?.node, said?.hosts],
      [far?.ip, far?.node.name, [missing?.node.name]],
    );
    const stale = broken.disagreements.find(({status}) => status === 'fdb-stale');
    assert.deepEqual(stale?.hosts, [places.get('fdb-stale')?.node.name]);
  });

  it('shows hosts and nodes that disagree, those alike as one, within the terminal', async () => {
    const text = await drawn(broken);
    const lines = text.split('\n');
    assert.ok(lines.length < 26, text);
    for (const line of lines) assert.ok(line.length <= 80, line);
    for (const place of places.values()) assert.match(text, new RegExp(`^${place.node.name}\\b`, 'm'));
    assert.match(text, /\+\d+/, 'columns of several nodes');
    assert.match(text, /^9 of 12 hosts know every endpoint/m);
    assert.match(text, /neighbour-missing: \d+ endpoints of 11 nodes on/);
  });

  it('shows every host and every node when asked', async () => {
    const text = await drawn(broken, true, Number.POSITIVE_INFINITY);
    const [, , head = ''] = text.split('\n');
    for (const node of broken.nodes) assert.ok(head.includes(node.toUpperCase()), head);
    for (const host of broken.hosts) assert.match(text, new RegExp(`^${host} `, 'm'));
    assert.match(text, / itself\b/);
  });
});
