import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import type {HostModel} from '../../src/model/host.js';
import {knownHost} from '../../src/topology/known-host.js';
import {dockerAnswers, dockerContainer, idOf, madeModel, recordedModel, veth} from '../support/evidence.js';

const net = idOf('net').slice(0, 25);
const container = '0123456789ab';
const netnsFile = (name: string) => `1-${name.slice(0, 10)}`;

/** A model that counts how often its namespaces and its host's tables are asked for. */
function counting(model: HostModel): {model: HostModel; asked: {namespaces: number; host: number}} {
  const asked = {namespaces: 0, host: 0};
  const {namespaces, host} = model;
  Object.defineProperties(model, {
    namespaces: {
      get: () => {
        asked.namespaces++;
        return namespaces;
      },
    },
    host: {
      get: () => {
        asked.host++;
        return host;
      },
    },
  });
  return {model, asked};
}

/** A host with the sandbox of one network, and a container with a guest in its namespace, and one in the host's. */
function made(more: {docker?: boolean; routes?: boolean} = {}): HostModel {
  const {docker = true, routes = true} = more;
  const file = netnsFile(net);
  return madeModel({
    files: [
      {name: file, inode: 1},
      {name: container, inode: 2},
      {name: 'default', inode: 4000},
    ],
    tables: {
      '@host': {
        addr: [{...veth('eth0', 2, 2, {address: '192.0.2.1', kind: null}), link_index: undefined}],
        ...(routes ? {route: [{dst: 'default', gateway: '192.0.2.254', dev: 'eth0', flags: []}]} : {}),
        rule: [{priority: 32_766, src: 'all', table: 'main'}],
      },
      [file]: {addr: [veth('veth0', 11, 12, {mac: '02:42:0a:00:00:03'})]},
      [container]: {addr: [veth('eth0', 12, 11, {mac: '02:42:0a:00:00:02', address: '10.0.0.2'})]},
    },
    docker: docker
      ? dockerAnswers(
          [
            dockerContainer('web', {key: container}),
            dockerContainer('guest', {mode: `container:${idOf('web')}`}),
            dockerContainer('agent', {mode: 'host'}),
            dockerContainer('lost'),
          ],
          [
            {
              Name: 'net',
              Id: net,
              Driver: 'overlay',
              Scope: 'swarm',
              Containers: {
                [idOf('web')]: {
                  Name: 'web',
                  EndpointID: 'e1',
                  MacAddress: '02:42:0a:00:00:02',
                  IPv4Address: '10.0.0.2/24',
                },
              },
            },
          ],
        )
      : {},
  });
}

describe('a known host', () => {
  it('is one object for all who ask for the same model, and another for a copy', () => {
    const model = made();
    const host = knownHost(model);
    assert.equal(knownHost(model), host);
    assert.notEqual(knownHost({...model}), host);
    assert.equal(host.sandboxes, host.sandboxes);
    assert.equal(host.pairs, host.pairs);
    assert.equal(host.sandboxesOf(net), host.sandboxesOf(net));
  });

  it('joins nothing before it is asked for, and then once', () => {
    const {model, asked} = counting(made());
    const host = knownHost(model);
    assert.deepEqual(asked, {namespaces: 0, host: 0});
    assert.equal(host.sandboxes.length, 3);
    assert.deepEqual(asked, {namespaces: 1, host: 0});
    assert.ok(
      host.sandboxOf({id: idOf('web')}) && host.overlays.length === 1 && host.sandboxesOf(net).length === 1,
    );
    assert.deepEqual(asked, {namespaces: 1, host: 0});
  });

  it('finds the namespace of a container, of its guest, and of one that uses the host’s', () => {
    const host = knownHost(made());
    const at = (name: string) => {
      const found = host.model.docker?.containers.find((one) => one.name === name);
      return found && host.namespaceOf(found);
    };
    assert.equal(at('web')?.netns, container);
    assert.equal(at('guest')?.netns, container);
    assert.deepEqual(at('agent'), {netns: '@host', tables: host.model.host});
    assert.equal(at('lost'), undefined);
  });

  it('tells where the endpoints that the engine lists live, and by which port they are reached', () => {
    const host = knownHost(made());
    const [network] = host.model.docker?.networks ?? [];
    assert.ok(network);
    const [endpoint] = host.endpoints(network) ?? [];
    assert.deepEqual(
      [endpoint?.name, endpoint?.link?.name, endpoint?.port?.netns, endpoint?.port?.link.name],
      ['web', 'eth0', netnsFile(net), 'veth0'],
    );
    const {endpoints: _, ...unlisted} = network;
    assert.equal(host.endpoints(unlisted), undefined);
  });

  it('finds the sandboxes of a network by its id where no engine names it', () => {
    const host = knownHost(made({docker: false}));
    assert.deepEqual(
      host.sandboxesOf(net).map(({namespace}) => namespace.file),
      [netnsFile(net)],
    );
    assert.deepEqual(host.sandboxesOf(idOf('other')), []);
    assert.deepEqual(host.overlays, []);
  });

  it('takes the way to a VTEP from the host’s tables, and knows none where they were not read', () => {
    assert.deepEqual(
      [knownHost(made()).way('198.51.100.7')?.verdict, knownHost(made()).way('198.51.100.7')?.nextHop],
      ['found', '192.0.2.254'],
    );
    const unread = knownHost(madeModel({}));
    assert.deepEqual(
      [unread.way('198.51.100.7'), unread.filter, unread.vtep],
      [undefined, undefined, undefined],
    );
  });

  it('knows its VTEP by its own word first, then by the rows of others, then by its node', () => {
    const [node1, node2] = [recordedModel('node1'), recordedModel('node2')];
    const told = knownHost(node1).vtep;
    assert.equal(told?.source, 'own-task');
    assert.deepEqual(knownHost(node1).vtepAmong([node1, node2]), told);
    // Without gossip, the state file and the swarm's word: what node2's rows point at.
    const {swarmState: _, docker: __, ...silent} = node1;
    assert.equal(knownHost(silent).vtep, undefined);
    assert.deepEqual(knownHost(silent).vtepAmong([silent, node2]), {...told, source: 'peer-row'});
    // Its own rows point at others only, and at no address of this host.
    assert.equal(knownHost(silent).vtepAmong([silent]), undefined);
    assert.ok(node1.docker);
    const mute = {...silent, docker: {...node1.docker, networks: []}};
    assert.deepEqual(knownHost(mute).vtep, {...told, source: 'node-address'});
  });
});
