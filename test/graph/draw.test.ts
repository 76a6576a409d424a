import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {sceneOf} from '../../src/answers/graph.js';
import {drawGraph, type MarkedFinding} from '../../src/graph/draw.js';
import {closedScene, type HostScene} from '../../src/graph/host-scene.js';
import {hostFromEvidence} from '../../src/topology/host-from-evidence.js';
import {recordedEvidence} from '../support/evidence.js';

const scene = sceneOf(hostFromEvidence(recordedEvidence('node1')));
const many = (count: number, like: HostScene = scene): HostScene[] =>
  Array.from({length: count}, (_, at) => ({
    ...like,
    name: `host${at + 1}`,
    key: `${at}`,
    addresses: [`192.0.2.${at % 250}`],
    vtep: {address: `198.51.${Math.floor(at / 250)}.${at % 250}`, isSure: true},
  }));

const finding = (host: string, more: Partial<MarkedFinding> = {}): MarkedFinding => ({
  code: 'vxlan-down',
  severity: 'error',
  host,
  hosts: [host],
  network: 'uber-net',
  subject: 'vxlan0 in 1-k9adhvbmg8',
  evidence: [],
  cause: 'it is down',
  check: [],
  fix: {by: 'unknown', reason: 'it is a test'},
  basis: 'one-host',
  at: {host, networkId: 'k9adhvbmg8fb7l1v69c3obszc'},
  folded: [],
  ...more,
});

const stateOf = ({lanes}: ReturnType<typeof drawGraph>, host: string) =>
  lanes.find((lane) => lane.host === host)?.state;

describe('what is folded', () => {
  it('is nothing of a few endpoints, and of many those without a finding', () => {
    assert.equal(drawGraph({scenes: many(1), findings: []}).view, 'whole');
    const {view, elements, marks} = drawGraph({
      scenes: many(6),
      findings: [
        finding('host2', {
          code: 'veth-down',
          subject: 'web1',
          at: {host: 'host2', netns: '1-k9adhvbmg8', device: 'veth1'},
        }),
      ],
    });
    assert.equal(view, 'folded');
    const containers = elements.filter(({name}) => name === 'web1');
    assert.deepEqual(
      containers.map(({host}) => host),
      ['host2'],
    );
    const veth = elements.find(({id}) => id === marks[0]?.element);
    assert.deepEqual([veth?.kind, marks[0]?.exact], ['veth', true]);
    assert.ok(
      elements.some(
        ({kind, host, endpointCount = 0}) => kind === 'folded' && host === 'host1' && endpointCount >= 2,
      ),
    );
  });

  it('is every host of many that has no finding; up to eight with one are opened, the worst first', () => {
    const warned = Array.from({length: 12}, (_, at) => finding(`host${at + 1}`, {severity: 'warning'}));
    const graph = drawGraph({scenes: many(40), findings: [...warned, finding('host30')]});
    assert.equal(graph.view, 'overview');
    assert.equal(graph.lanes.filter(({state}) => state === 'open').length, 8);
    assert.equal(stateOf(graph, 'host30'), 'open');
    assert.equal(stateOf(graph, 'host40'), 'folded');
    const hidden = graph.marks.find(({findingIndex}) => findingIndex === 11);
    assert.deepEqual(
      [hidden?.exact, graph.elements.find(({id}) => id === hidden?.element)?.kind],
      [false, 'host'],
    );
  });

  it('is every host of a thousand, one element each, with all findings marked', () => {
    const scenes = many(1000, closedScene(scene));
    const graph = drawGraph({scenes, findings: [finding('host7'), finding('host900')], all: true});
    assert.equal(graph.view, 'overview');
    assert.ok(graph.lanes.every(({state}) => state === 'folded'));
    assert.equal(graph.elements.filter(({lane}) => lane !== null).length, 1000);
    assert.deepEqual(
      graph.marks.map(({element}) => graph.elements.find(({id}) => id === element)?.name),
      ['host7', 'host900'],
    );
    assert.equal(graph.lanes[0]?.endpointCount, scene.endpointCount);
  });

  it('is nothing where that was asked for', () => {
    const graph = drawGraph({scenes: many(40), findings: [], all: true});
    assert.equal(graph.view, 'whole');
    assert.equal(graph.elements.filter(({name}) => name === 'web1').length, 40);
  });
});
