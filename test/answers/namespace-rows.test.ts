import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {namespaceRows} from '../../src/answers/namespace-rows.js';
import {hostModel} from '../../src/model/host.js';
import {
  answerOf,
  derived,
  dockerAnswers,
  dockerContainer,
  idOf,
  madeModel,
  type Raw,
  recordedEvidence,
  recordedModel,
} from '../support/evidence.js';

const now = 1_800_000_000;
const row = (host: ReturnType<typeof madeModel>, name: string) =>
  namespaceRows([host]).find((one) => one.netns === name);

describe('what each namespace file is', () => {
  it('is told on the recorded swarm by the sandbox keys and network ids of its engines', () => {
    for (const name of ['node1', 'node2']) {
      const evidence = recordedEvidence(name);
      const rows = namespaceRows([hostModel(evidence)]);
      const containers = evidence.docker.answers
        .filter(({path}) => /^\/containers\/[0-9a-f]+\/json/.test(path))
        .map(({body}) => body as Raw);
      for (const {Name, State, HostConfig, NetworkSettings} of containers) {
        const holder = rows.find(({containers: inside}) => inside.includes(Name.slice(1)));
        if (!State.Running) assert.equal(holder, undefined, Name);
        else if (HostConfig.NetworkMode.startsWith('container:'))
          assert.notEqual(holder?.container, Name.slice(1));
        else assert.equal(holder?.netns, NetworkSettings.SandboxKey.split('/').at(-1), Name);
      }
      for (const network of answerOf(evidence, '/networks').body as Raw[]) {
        if (network.Driver !== 'overlay') continue;
        const kinds = rows.filter(({networks}) => networks.includes(network.Name)).map(({kind}) => kind);
        assert.ok(kinds.includes('overlay'), network.Name);
        assert.ok(kinds.includes(network.Ingress ? 'ingress' : 'load-balancer'), network.Name);
      }
      assert.deepEqual(
        rows.filter(({kind, state, note}) => kind === 'unknown' || state !== 'live' || note !== null),
        [],
      );
    }
  });

  it('keeps the owner of a shared sandbox first', () => {
    const [shared] = namespaceRows([recordedModel('node1')]).filter(({containers}) => containers.length > 1);
    assert.deepEqual(shared?.containers, ['web1', 'sidecar']);
    assert.equal(shared?.container, 'web1');
  });

  it('follows container: to the sandbox of another, and forgets a guest that has ended', () => {
    const owner = dockerContainer('owner', {pid: 50, key: '111111111111'});
    const mode = `container:${owner.Id}`;
    const host = madeModel({
      files: [{name: '111111111111', inode: 5001}],
      docker: dockerAnswers([
        owner,
        dockerContainer('guest', {pid: 51, mode}),
        dockerContainer('ended', {mode, running: false}),
      ]),
    });
    assert.deepEqual(row(host, '111111111111')?.containers, ['owner', 'guest']);
  });

  it('shows host-mode containers at the host’s own file', () => {
    const host = madeModel({
      files: [{name: 'default', inode: 4000}],
      docker: dockerAnswers([dockerContainer('agent', {pid: 60, mode: 'host', key: 'default'})]),
    });
    assert.deepEqual([row(host, 'default')?.kind, row(host, 'default')?.containers], ['host', ['agent']]);
  });

  it('does not believe the old sandbox key of a stopped container', () => {
    // Engines up to 26 keep it; the file may be another's by now.
    const host = madeModel({
      files: [{name: '111111111111', inode: 5001}],
      docker: dockerAnswers([
        dockerContainer('old', {key: '111111111111', running: false}),
        dockerContainer('new', {pid: 70, key: '111111111111'}),
      ]),
    });
    assert.deepEqual(row(host, '111111111111')?.containers, ['new']);
    const orphan = madeModel({
      files: [{name: '111111111111', inode: 5001}],
      docker: dockerAnswers([dockerContainer('old', {key: '111111111111', running: false})]),
    });
    assert.equal(row(orphan, '111111111111')?.container, null);
    assert.match(row(orphan, '111111111111')?.note ?? '', /no running container .* no process lives in it/);
  });

  it('names containers by their control groups where Docker does not answer', () => {
    const [first, second] = [idOf('first'), idOf('second')];
    const host = madeModel({
      files: [
        {name: '111111111111', inode: 5001},
        {name: '222222222222', inode: 5002},
      ],
      // cgroup v1 with cgroupfs, and v2 with systemd.
      processes: {
        81: 5001,
        'cgroup.81': `4:memory:/docker/${first}`,
        82: 5002,
        'cgroup.82': `0::/system.slice/docker-${second}.scope`,
      },
      dockerFailure: 'no answer',
    });
    assert.deepEqual(
      namespaceRows([host]).map(({netns: name, kind, container}) => [name, kind, container]),
      [
        ['111111111111', 'container', first.slice(0, 12)],
        ['222222222222', 'container', second.slice(0, 12)],
      ],
    );
    assert.ok(host.problems.some(({code}) => code === 'docker-unreachable'));
    // The same on the real swarm: every container that has a namespace and a process keeps a name.
    const silent = hostModel(
      derived(recordedEvidence('node1'), (draft) => {
        draft.docker = {failure: 'no answer', answers: []};
      }),
    );
    const named = namespaceRows([recordedModel('node1')]).filter(({kind}) => kind === 'container');
    const rows = namespaceRows([silent]);
    for (const {netns: name, containers} of named) {
      const [owner] = containers;
      const answer = recordedEvidence('node1').docker.answers.find(
        ({body}) => (body as Raw)?.Name === `/${owner}`,
      );
      const id = String((answer?.body as Raw | undefined)?.Id);
      const inside = rows.find((one) => one.netns === name)?.containers ?? [];
      assert.ok(inside.includes(id.slice(0, 12)), `${owner} in ${name}: ${inside.join(' ')}`);
    }
  });

  it('tells two networks whose ids begin alike by the VNI inside', () => {
    const network = (tail: string, vni: number) => ({
      Id: `aaaaaaaaaa${tail.repeat(15)}`,
      Name: `net-${tail}`,
      Driver: 'overlay',
      Scope: 'swarm',
      Options: {'com.docker.network.driver.overlay.vxlanid_list': String(vni)},
    });
    const vxlan = {
      ifindex: 5,
      ifname: 'vxlan0',
      linkinfo: {info_kind: 'vxlan', info_data: {id: 4099, port: 4789}},
    };
    const networks = [network('b', 4098), network('c', 4099)];
    const host = (more: object[]) =>
      madeModel({
        files: [{name: '1-aaaaaaaaaa', inode: 5001}],
        tables: {'1-aaaaaaaaaa': {addr: more}},
        docker: dockerAnswers([], networks),
      });
    assert.equal(row(host([vxlan]), '1-aaaaaaaaaa')?.network, 'net-c');
    assert.equal(row(host([]), '1-aaaaaaaaaa')?.network, null);
  });

  it('says of a sandbox that no network owns that it may be left behind', () => {
    const host = madeModel({
      files: [
        {name: '1-zzzzzzzzzz', inode: 5001},
        {name: 'lb_zzzzzzzzz', inode: 5002},
      ],
      docker: dockerAnswers([]),
    });
    for (const name of ['1-zzzzzzzzzz', 'lb_zzzzzzzzz'])
      assert.match(row(host, name)?.note ?? '', /leftover/);
    // Without Docker's list nothing is said.
    assert.equal(row(madeModel({files: [{name: '1-zzzzzzzzzz', inode: 5001}]}), '1-zzzzzzzzzz')?.note, null);
  });
});

describe('the state of a namespace file', () => {
  const states = (host: ReturnType<typeof madeModel>) =>
    Object.fromEntries(namespaceRows([host]).map(({netns: name, state}) => [name, state]));

  it('tells live ones from those torn down, dead and foreign', () => {
    const host = madeModel({
      time: now,
      files: [
        {name: '111111111111', inode: 5001},
        // Engines up to 27 leave a plain file for up to a minute.
        {name: '222222222222', madeAt: now - 64},
        {name: '333333333333', madeAt: now - 66},
        {name: 'notes.txt', madeAt: now - 5},
      ],
    });
    assert.deepEqual(states(host), {
      '111111111111': 'live',
      '222222222222': 'torn-down',
      '333333333333': 'dead',
      'notes.txt': 'foreign',
    });
    for (const {state, note, inode} of namespaceRows([host])) {
      assert.equal(note === null, state === 'live', state);
      assert.equal(inode === null, state !== 'live', state);
    }
  });

  it('knows a namespace that only dockerd’s mounts show', () => {
    const host = madeModel({
      files: [
        {name: '111111111111', inode: 5001},
        {name: '222222222222', inode: 5002},
      ],
      filesHere: [{name: '111111111111', inode: 5001}, {name: '222222222222'}],
    });
    assert.deepEqual(states(host), {'111111111111': 'live', '222222222222': 'other-mount'});
  });

  it('says how entering failed', () => {
    const host = madeModel({
      files: [
        {name: '111111111111', inode: 5001},
        {name: '222222222222', inode: 5002},
        {name: '333333333333', inode: 5003},
      ],
      tables: {
        '111111111111': {enter: {status: 1, output: 'nsenter: cannot open x: No such file or directory'}},
        '222222222222': {
          enter: {status: 1, output: 'nsenter: reassociate to namespace failed: Invalid argument'},
        },
        '333333333333': {enter: {status: 1, output: 'nsenter: Operation not permitted'}},
      },
    });
    assert.deepEqual(states(host), {
      '111111111111': 'gone',
      '222222222222': 'dead',
      '333333333333': 'unreadable',
    });
    assert.deepEqual(host.problems.map(({code, subject}) => `${code} ${subject}`).sort(), [
      'netns-gone 111111111111',
      'netns-unreadable 222222222222',
      'netns-unreadable 333333333333',
    ]);
  });
});
