import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {parseDocker} from '../../src/model/docker.js';
import type {Container, Network} from '../../src/model/docker-types.js';
import type {DockerAnswer} from '../../src/snapshot/snapshot.js';
import {
  derived,
  dockerAnswers,
  dockerContainer,
  editAnswers,
  type Raw,
  recordedEvidence,
} from '../support/evidence.js';

function parse(bodies: Record<string, Raw>, more: {failure?: string} = {}) {
  const answers: DockerAnswer[] = Object.entries(bodies).map(([path, body]) => ({
    path,
    at: '',
    status: 200,
    body,
  }));
  return parseDocker({apiVersion: '1.41', answers, ...more});
}

function containerOf(raw: Raw): Container {
  const [found] = parse(dockerAnswers([raw])).docker?.containers ?? [];
  assert.ok(found);
  return found;
}

function networkOf(raw: Raw): Network {
  const [found] = parse(dockerAnswers([], [{Id: 'n', Name: 'net', ...raw}])).docker?.networks ?? [];
  assert.ok(found);
  return found;
}

describe("an engine's answers", () => {
  it('are understood without a problem on the recorded swarm', () => {
    for (const name of ['node1', 'node2']) {
      const {docker, problems} = parseDocker(recordedEvidence(name).docker);
      assert.deepEqual(problems, []);
      assert.equal(docker?.engine.swarm?.manager, name === 'node1');
      assert.equal(docker?.read.nodes, name === 'node1');
      assert.ok((docker?.containers.length ?? 0) >= 6);
    }
  });

  it('of API 1.52, without the top-level addresses, tell the same', () => {
    const before = parseDocker(recordedEvidence('node1').docker).docker;
    const newer = derived(recordedEvidence('node1'), (draft) => {
      draft.docker.apiVersion = '1.52';
      editAnswers(draft, /^\/containers\/[0-9a-f]+\/json/, (body) => {
        const {SandboxID, SandboxKey, Ports, Networks} = body.NetworkSettings;
        body.NetworkSettings = {SandboxID, SandboxKey, Ports, Networks};
      });
      // Gossip's plain containers have an empty VIP there instead of Go's "<nil>".
      editAnswers(draft, /verbose=true/, (body) => {
        for (const service of Object.values<Raw>(body.Services ?? {}))
          if (service.VIP === '<nil>') service.VIP = '';
      });
      // And a stopped container has no key any more.
      editAnswers(draft, /^\/containers\/[0-9a-f]+\/json/, (body) => {
        if (!body.State.Running) body.NetworkSettings.SandboxKey = '';
      });
    });
    const after = parseDocker(newer.docker).docker;
    assert.deepEqual({...after, engine: undefined}, {...before, engine: undefined});
  });

  it('give a VIP only where there is one', () => {
    const vips = (VIP: unknown) =>
      networkOf({Driver: 'overlay', Services: {s: {VIP, Tasks: []}}}).services?.map(({vip}) => vip);
    assert.deepEqual(
      [vips('10.0.1.2'), vips('<nil>'), vips(''), vips(undefined)],
      [['10.0.1.2'], [undefined], [undefined], [undefined]],
    );
  });

  it('keep no sandbox of a stopped container, whose engine up to 26 still tells one', () => {
    const stale = dockerContainer('x', {running: false, key: '111111111111'});
    assert.equal(containerOf(stale).sandboxFile, undefined);
    assert.equal(containerOf(dockerContainer('x', {key: '111111111111'})).sandboxFile, '111111111111');
    assert.equal(containerOf(dockerContainer('x', {key: ''})).sandboxFile, undefined);
    const moved = dockerContainer('x');
    moved.NetworkSettings.SandboxKey = '/run/user/1000/docker/netns/abcdefabcdef';
    assert.deepEqual(
      [containerOf(moved).sandboxDir, containerOf(moved).sandboxFile],
      ['/run/user/1000/docker/netns', 'abcdefabcdef'],
    );
  });

  it('make an overlay encrypted by the presence of the option, whatever its value', () => {
    for (const value of ['', 'true', 'false'])
      assert.equal(networkOf({Driver: 'overlay', Options: {encrypted: value}}).encrypted, true);
    assert.equal(networkOf({Driver: 'overlay', Options: {}}).encrypted, false);
    assert.equal(networkOf({Driver: 'bridge', Options: {encrypted: ''}}).encrypted, false);
  });

  it('list VNIs in their own order, and nothing that is no VNI', () => {
    const vnis = (list: string) =>
      networkOf({Driver: 'overlay', Options: {'com.docker.network.driver.overlay.vxlanid_list': list}}).vnis;
    assert.deepEqual(vnis('4099,4098'), [4099, 4098]);
    assert.deepEqual(vnis('4099,x,,0,-1'), [4099]);
    assert.deepEqual(networkOf({Driver: 'overlay', Options: null}).vnis, []);
  });

  it('name the bridge of a bridge network, and the parent of a macvlan', () => {
    const id = 'abcdef0123456789';
    assert.equal(networkOf({Id: id, Driver: 'bridge'}).bridgeName, 'br-abcdef012345');
    assert.equal(
      networkOf({Driver: 'bridge', Options: {'com.docker.network.bridge.name': 'docker0'}}).bridgeName,
      'docker0',
    );
    assert.equal(networkOf({Driver: 'macvlan', Options: {parent: 'eth0'}}).parent, 'eth0');
    assert.equal(networkOf({Driver: 'overlay'}).bridgeName, undefined);
  });

  it('tell which ports were asked for and which were mapped', () => {
    const raw = dockerContainer('x');
    raw.HostConfig.PortBindings = {'80/tcp': [{HostIp: '', HostPort: '8080'}], '53/udp': null};
    raw.NetworkSettings.Ports = {'80/tcp': [{HostIp: '::', HostPort: '8080'}], '81/tcp': null};
    assert.deepEqual(containerOf(raw).requestedPorts, {'80/tcp': ['0.0.0.0:8080']});
    assert.deepEqual(containerOf(raw).publishedPorts, {'80/tcp': ['[::]:8080']});
  });

  it('hold an address of every node that can be used', () => {
    const [node] =
      parse({'/nodes': [{ID: 'n', Status: {Addr: '0.0.0.0'}, ManagerStatus: {Addr: '10.1.1.1:2377'}}]}).docker
        ?.nodes ?? [];
    assert.deepEqual([node?.address, node?.managerAddress], ['0.0.0.0', '10.1.1.1']);
  });

  it('join the default list of tasks with that of attachments', () => {
    const tasks = parse({
      '/tasks': [
        {
          ID: 't',
          Status: {State: 'running'},
          NetworksAttachments: [{Network: {ID: 'n'}, Addresses: ['10.0.1.7/24']}],
        },
      ],
      '/tasks?filters=x': [
        {ID: 'a', Spec: {Runtime: 'attachment', NetworkAttachmentSpec: {ContainerID: 'c'}}},
      ],
    }).docker?.tasks;
    assert.deepEqual(
      tasks?.map(({id, attachment, containerId, attachments}) => [id, attachment, containerId, attachments]),
      [
        ['t', false, undefined, [{networkId: 'n', addresses: ['10.0.1.7']}]],
        ['a', true, 'c', []],
      ],
    );
  });
});

describe('answers that are missing or odd', () => {
  it('cost only what they would have told', () => {
    const {docker, problems} = parse({
      '/info': {Name: 7, Swarm: {NodeID: ['x']}},
      '/networks': [{Id: 'n', Name: 'net', Driver: {}, IPAM: [], Options: 'none'}, {Name: 'no id'}, 5, null],
      '/containers/json': 'not a list',
    });
    assert.equal(docker?.engine.name, undefined);
    assert.deepEqual(
      docker?.networks.map(({id, name, driver, subnets}) => [id, name, driver, subnets]),
      [['n', 'net', '', []]],
    );
    assert.equal(problems.filter(({code}) => code === 'docker-unparsable').length, 3);
  });

  it('are problems, but for what went away meanwhile', () => {
    const answer = (path: string, status: number | null, body?: unknown): DockerAnswer => ({
      path,
      at: '',
      status,
      ...(body === undefined ? {error: 'timed out'} : {body}),
    });
    const {problems} = parseDocker({
      answers: [
        answer('/info', 200, {}),
        answer('/containers/gone/json', 404, {message: 'No such container'}),
        answer('/networks', 500, {message: 'boom'}),
        answer('/version', null),
      ],
    });
    assert.deepEqual(
      problems.map(({code, subject, message}) => [code, subject, message]),
      [
        ['docker-error', '/networks', 'boom'],
        ['docker-silent', '/version', 'timed out'],
      ],
    );
  });

  it('never make an empty list of one that was not answered', () => {
    assert.deepEqual(parse({'/info': {}}).docker?.read, {
      containers: false,
      networks: false,
      nodes: false,
      tasks: false,
      services: false,
    });
    const {docker, problems} = parseDocker({failure: 'refused', answers: []});
    assert.equal(docker, undefined);
    assert.deepEqual(
      problems.map(({code}) => code),
      ['docker-unreachable'],
    );
  });

  it('of a container that is no longer listed are not lost in a broken neighbour', () => {
    const good = dockerContainer('good');
    const {docker, problems} = parse({...dockerAnswers([good]), '/containers/bad/json': {Id: 5}});
    assert.deepEqual(
      docker?.containers.map(({name}) => name),
      ['good'],
    );
    assert.equal(problems.length, 1);
  });
});
