import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {type ListedNode, nodesOf, selfOf} from '../../src/collect/ask-swarm.js';
import {localTransport} from '../../src/collect/transport.js';
import {parseNodeFilter, passes} from '../../src/hosts/node-filter.js';
import {nodeTargets, ofTarget} from '../../src/hosts/targets.js';
import {hostModel} from '../../src/model/host.js';
import type {HostEvidence} from '../../src/snapshot/snapshot.js';
import {recordedEvidence} from '../support/evidence.js';

/** A node as the Engine API lists it, with as much as is read. */
const raw = (id: string, address: string, more: object = {}) => ({
  ID: id,
  Spec: {Role: 'worker', Availability: 'active', Labels: {}},
  Description: {Hostname: `host-${id}`},
  Status: {State: 'ready', Addr: address},
  ...more,
});

const node = (name: string, more: Partial<ListedNode> = {}): ListedNode => ({
  id: name,
  name,
  address: '192.0.2.1',
  role: 'worker',
  availability: 'active',
  state: 'ready',
  labels: {},
  ...more,
});

describe("a manager's nodes", () => {
  it('are listed with the address that others know them by', () => {
    const manager = (addr: string) => ({ManagerStatus: {Addr: addr}});
    const cases: [object, string | undefined][] = [
      [raw('a', '192.0.2.1'), '192.0.2.1'],
      [raw('a', '0.0.0.0', manager('192.0.2.2:2377')), '192.0.2.2'],
      [raw('a', '127.0.0.1', manager('[2001:db8::1]:2377')), '2001:db8::1'],
      [raw('a', '::1'), undefined],
      [raw('a', ''), undefined],
      [{}, undefined],
    ];
    for (const [listed, address] of cases) assert.equal(nodesOf([listed])[0]?.address, address);
    assert.deepEqual(nodesOf([{}])[0], {
      id: '',
      name: '',
      role: 'unknown',
      availability: 'unknown',
      state: 'unknown',
      labels: {},
    });
    assert.deepEqual(nodesOf('junk'), []);
  });

  it('are known to managers alone, and an engine that is none says whom to ask', () => {
    const swarm = {NodeID: 'me', LocalNodeState: 'active', ControlAvailable: true};
    assert.equal(selfOf({Swarm: swarm}, 'local'), 'me');
    const worker = {
      ...swarm,
      ControlAvailable: false,
      RemoteManagers: [{Addr: '192.0.2.1:2377'}, {Addr: '[fd00::1]:2377'}],
    };
    assert.throws(
      () => selfOf({Swarm: worker}, 'local'),
      (error: Error & {code: string; suggestions: string[]}) => {
        assert.equal(error.code, 'not-a-manager');
        assert.match(
          error.suggestions.join('\n'),
          /ssh:\/\/root@192\.0\.2\.1 --swarm\n.*@\[fd00::1\] --swarm/,
        );
        return true;
      },
    );
    assert.throws(() => selfOf({Swarm: {LocalNodeState: 'inactive'}}, 'local'), {code: 'not-a-swarm'});
    assert.throws(() => selfOf(null, 'local'), {code: 'not-a-swarm'});
  });

  it('are chosen as docker node ls --filter chooses', () => {
    const nodes = [
      node('web1', {labels: {zone: 'a', ssd: ''}}),
      node('web2', {labels: {zone: 'b'}, availability: 'drain'}),
      node('db1', {role: 'manager', labels: {zone: 'a=b'}}),
    ];
    const chosen = (...filters: string[]) =>
      nodes.filter((one) => passes(one, filters.map(parseNodeFilter))).map(({name}) => name);
    assert.deepEqual(chosen(), ['web1', 'web2', 'db1']);
    assert.deepEqual(chosen('name=web'), ['web1', 'web2']);
    assert.deepEqual(chosen('name=web1', 'name=db'), ['web1', 'db1']);
    assert.deepEqual(chosen('label=zone'), ['web1', 'web2', 'db1']);
    assert.deepEqual(chosen('label=zone=a'), ['web1']);
    assert.deepEqual(chosen('label=zone=a=b'), ['db1']);
    assert.deepEqual(chosen('label=zone', 'label=ssd'), ['web1']);
    assert.deepEqual(chosen('label=constructor'), []);
    assert.deepEqual(chosen('role=worker', 'availability=drain', 'availability=pause'), ['web2']);
    for (const text of ['', 'name', 'name=', '=x', 'state=ready', 'role=boss', 'constructor=x', 'Name=x']) {
      assert.throws(() => parseNodeFilter(text), {code: 'invalid-filter', exit: 2}, text);
    }
  });

  it('become hosts: the one that was asked as it was asked, the others over ssh', () => {
    const view = {
      asked: 'm',
      nodes: [
        node('m', {role: 'manager'}),
        node('w', {address: '192.0.2.7', labels: {zone: 'a'}}),
        node('v6', {address: 'fd00::7'}),
        node('odd', {address: '-oProxyCommand=x'}),
      ],
    };
    const targets = nodeTargets(view, {filters: [], sshUser: 'ops'}, localTransport);
    assert.deepEqual(
      targets.map(({label, transport, failure}) => [label, transport?.label, failure?.code]),
      [
        ['m', 'local', undefined],
        ['w', 'ssh://ops@192.0.2.7', undefined],
        ['v6', 'ssh://ops@[fd00::7]', undefined],
        ['odd', undefined, 'host-no-address'],
      ],
    );
    assert.ok(!JSON.stringify(targets).includes('zone'), 'labels are not kept');
    const bare = nodeTargets(view, {filters: [parseNodeFilter('name=w')]}, undefined);
    assert.deepEqual(
      bare.map(({transport}) => transport?.label),
      ['ssh://192.0.2.7'],
    );
    assert.throws(() => nodeTargets(view, {filters: [parseNodeFilter('name=x')]}, localTransport), {
      code: 'no-nodes',
      exit: 3,
    });
  });
});

describe('a host that was found through a manager', () => {
  const evidence = recordedEvidence('node2');
  const ownId = hostModel(evidence).docker?.engine.swarm?.nodeId ?? '';
  const failure = {
    code: 'ssh-unreachable',
    message: 'ssh://192.0.2.1: it can not be reached',
    suggestions: ['x'],
  };
  const empty: HostEvidence = {...evidence, sections: [], docker: {answers: []}, failure};

  it('is called down where it is, with what was tried', () => {
    const {labels: _, ...down} = node('node3', {state: 'down'});
    const found = ofTarget({label: 'node3', node: down}, empty);
    assert.equal(found.failure?.code, 'host-down');
    assert.match(
      found.failure?.message ?? '',
      /^node3: the swarm's manager calls this node down; ssh:.*reached/,
    );
    const {labels: __, ...ready} = node('node3');
    assert.equal(ofTarget({label: 'node3', node: ready}, empty).failure?.code, 'ssh-unreachable');
    const reached = ofTarget({label: 'node3', node: down}, evidence);
    assert.deepEqual([reached.failure, reached.node], [undefined, down]);
    assert.deepEqual(ofTarget({label: 'x'}, evidence), evidence);
  });

  it('has its node’s name and identity where it tells none itself', () => {
    const {labels: _, ...listed} = node('node3', {id: 'the-id'});
    const silent = hostModel({...empty, node: listed});
    assert.deepEqual([silent.name, silent.node?.id], ['node3', 'the-id']);
    assert.match(silent.key, /^the-id\//);
    assert.deepEqual(
      silent.problems.map(({code}) => code),
      ['ssh-unreachable'],
    );
  });

  it('is not taken for the node where another one answered', () => {
    const {labels: _, ...listed} = node('node3', {id: 'the-id'});
    const other = hostModel({...evidence, node: listed});
    assert.deepEqual([other.name, other.node], ['node2', undefined]);
    assert.ok(other.problems.some(({code}) => code === 'node-elsewhere'));
    const same = hostModel({...evidence, node: {...listed, id: ownId}});
    assert.equal(same.node?.id, ownId);
    assert.ok(!same.problems.some(({code}) => code === 'node-elsewhere'));
  });
});
