import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import type {OvdiagError} from '../../src/base/errors.js';
import {findContainer, findNetwork, parseName} from '../../src/topology/names.js';
import {dockerAnswers, dockerContainer, idOf, madeModel, recordedModel} from '../support/evidence.js';

const swarm = [recordedModel('node1'), recordedModel('node2')];
const container = (typed: string, hosts = swarm) => {
  const {host, container: found} = findContainer(hosts, typed);
  return `${found.name}@${host.name}`;
};

function refusal(find: () => unknown): {code: string; exit: number; message: string; suggestions: string[]} {
  try {
    find();
  } catch (error) {
    return error as OvdiagError;
  }
  throw new Error('nothing was refused');
}

const task = (name: string) => ({
  'com.docker.swarm.task.id': name.split('.').at(-1),
  'com.docker.swarm.task.name': name,
  'com.docker.swarm.service.id': `id-of-${name.split('.')[0]}`,
  'com.docker.swarm.service.name': name.split('.')[0],
});

describe('finding a container', () => {
  it('takes names, NAME@HOST, kinds, tasks, a service with one task, and addresses', () => {
    assert.equal(container('web1'), 'web1@node1');
    assert.equal(container('web2@node2'), 'web2@node2');
    assert.equal(container('container:web1'), 'web1@node1');
    const [site] = swarm[1]?.docker?.containers.filter(({name}) => name.startsWith('site.')) ?? [];
    assert.ok(site?.task);
    for (const typed of [
      'site',
      'service:site',
      'site.1',
      site.name,
      site.task.id,
      `task:${site.task.id.slice(0, 6)}`,
    ]) {
      assert.equal(container(typed), `${site.name}@node2`, typed);
    }
    const ip = site.endpoints.find(({networkName}) => networkName === 'uber-net')?.ip ?? '';
    assert.equal(container(ip), `${site.name}@node2`);
  });

  it('takes an id from its fourth character on', () => {
    const id = swarm[0]?.docker?.containers.find(({name}) => name === 'web1')?.id ?? '';
    for (const length of [4, 12, 64]) assert.equal(container(id.slice(0, length)), 'web1@node1');
    assert.equal(refusal(() => container(id.slice(0, 3))).code, 'unknown-container');
  });

  it('prefers an exact name to an id that begins alike, and a running one to one that has ended', () => {
    const id = idOf('other');
    const made = madeModel({
      docker: dockerAnswers([dockerContainer('other', {id}), dockerContainer(id.slice(0, 6))]),
    });
    assert.equal(container(id.slice(0, 6), [made]), `${id.slice(0, 6)}@host1`);
    const twice = madeModel({
      docker: dockerAnswers([
        dockerContainer('app.1.old', {labels: task('app.1.old'), running: false}),
        dockerContainer('app.1.new', {labels: task('app.1.new')}),
      ]),
    });
    assert.equal(container('app.1', [twice]), 'app.1.new@host1');
    assert.equal(container('app', [twice]), 'app.1.new@host1');
  });

  it('refuses a tie with exit 2 and lists who it could be', () => {
    const tie = refusal(() => container('app'));
    assert.deepEqual([tie.code, tie.exit], ['ambiguous-name', 2]);
    assert.equal(tie.suggestions.length, 2);
    for (const name of tie.suggestions) assert.match(name, /^app\.\d\.[0-9a-z]{25}@node\d$/);
    // A kind narrows the search to one way of naming.
    assert.equal(refusal(() => container('task:web1')).code, 'unknown-container');
    assert.equal(refusal(() => container('container:site')).code, 'unknown-container');
  });

  it('offers near names for one that nobody has', () => {
    const near = refusal(() => container('wbe1'));
    assert.deepEqual([near.code, near.exit], ['unknown-container', 2]);
    assert.ok(near.suggestions.includes('Did you mean: web1'), near.suggestions.join('\n'));
    const nowhere = refusal(() => container('web1@node9'));
    assert.deepEqual([nowhere.code, nowhere.exit], ['unknown-host', 2]);
    assert.deepEqual(nowhere.suggestions, ['Read: node1', 'Read: node2']);
    assert.equal(refusal(() => container('web1@node2')).code, 'unknown-container');
  });

  it('does not call a name unknown where Docker was not read', () => {
    const unread = refusal(() => container('web1', [madeModel({dockerFailure: 'no answer'})]));
    assert.deepEqual([unread.code, unread.exit], ['docker-unread', 3]);
  });

  it('takes a name with an @ or a colon of its own for what it is', () => {
    assert.deepEqual(parseName('a@b@c', ['task']), {name: 'a@b', hostName: 'c'});
    assert.deepEqual(parseName('@x', []), {name: '@x'});
    assert.deepEqual(parseName('job:x', ['task']), {name: 'job:x'});
    assert.deepEqual(parseName('task:x@y', ['task']), {kind: 'task', name: 'x', hostName: 'y'});
  });

  it('shows hostile names in the message without their control characters', () => {
    const {message} = refusal(() => container('a\u001b]0;x\u0007'));
    assert.doesNotMatch(message, /[\u0000-\u001f\u007f-\u009f]/);
  });
});

describe('finding a network', () => {
  it('takes names and ids, and joins a swarm network over hosts by its full id', () => {
    const found = findNetwork(swarm, 'uber-net');
    assert.deepEqual(
      found.hosts.map(({name}) => name),
      ['node1', 'node2'],
    );
    assert.equal(findNetwork(swarm, found.network.id.slice(0, 4)).network.name, 'uber-net');
  });

  it('refuses a local name that two hosts have, unless the host is named', () => {
    const tie = refusal(() => findNetwork(swarm, 'docker_gwbridge'));
    assert.deepEqual([tie.code, tie.exit], ['ambiguous-name', 2]);
    assert.equal(findNetwork(swarm, 'docker_gwbridge@node2').hosts[0]?.name, 'node2');
  });

  it('offers near names, or says that Docker was not read', () => {
    const near = refusal(() => findNetwork(swarm, 'ubernet'));
    assert.deepEqual([near.code, near.exit], ['unknown-network', 2]);
    assert.ok(near.suggestions.includes('Did you mean: uber-net'));
    assert.equal(refusal(() => findNetwork([madeModel({})], 'uber-net')).code, 'docker-unread');
  });
});
