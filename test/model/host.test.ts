import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {hostModel} from '../../src/model/host.js';
import {isDockerName} from '../../src/model/namespace-files.js';
import {madeEvidence, madeModel, recordedEvidence, recordedModel} from '../support/evidence.js';

const codes = (host: ReturnType<typeof madeModel>) => host.problems.map(({code}) => code);

describe('a host', () => {
  it('is known by swarm node, boot and namespace, so that two readings of it are one host', () => {
    const [first, second] = ['transient/node1-first', 'transient/node1-second'].map(recordedModel);
    assert.equal(first?.key, second?.key);
    assert.notEqual(first?.key, recordedModel('node2').key);
    const docker = (NodeID: string) => ({'/info': {ID: 'e', Name: 'x', Swarm: {NodeID}}});
    const keys = [
      madeModel({docker: docker('n1')}),
      madeModel({docker: docker('n2')}),
      madeModel({docker: docker('n1'), bootId: 'later'}),
      madeModel({docker: docker('n1'), hostInode: 4001}),
      // A rename is no new host.
      madeModel({docker: docker('n1'), hostname: 'renamed', bootId: 'boot-of-host1'}),
    ].map(({key}) => key);
    assert.equal(new Set(keys.slice(0, 4)).size, 4);
    assert.equal(keys[4], keys[0]);
  });

  it('keeps its own name, else that of its engine, else where it was read', () => {
    const nameless = {about: {hostname: undefined}};
    assert.equal(madeModel({hostname: 'a'}).name, 'a');
    assert.equal(madeModel({...nameless, docker: {'/info': {Name: 'b'}}}).name, 'b');
    assert.equal(madeModel({...nameless, source: 'ssh://c'}).name, 'ssh://c');
  });

  it('has the namespace of dockerd for its own, not that of the collector', () => {
    const evidence = madeEvidence({hostInode: 4000});
    const listing = evidence.sections.find(({name}) => name === 'files');
    assert.ok(listing);
    listing.output = listing.output.replace(
      '4 4000 444 0 1 /proc/self/ns/net',
      '4 9999 444 0 1 /proc/self/ns/net',
    );
    assert.equal(hostModel(evidence).hostNetnsInode, 4000);
    listing.output = '4 9999 444 0 1 /proc/self/ns/net\n';
    assert.equal(hostModel(evidence).hostNetnsInode, 9999);
  });

  it('says what it lacks, and where to get it', () => {
    for (const [tool, name] of [
      ['ip', 'iproute2'],
      ['bridge', 'iproute2'],
      ['nsenter', 'util-linux'],
      ['stat', 'coreutils'],
    ] as const) {
      const {problems} = madeModel({about: {[`tool.${tool}`]: undefined}});
      const missing = problems.filter(({code}) => code === 'tool-missing');
      assert.deepEqual(
        missing.map(({subject}) => subject),
        [tool],
      );
      assert.match(missing[0]?.message ?? '', new RegExp(`package ${name}`));
    }
    assert.deepEqual(codes(madeModel({})), []);
  });

  it('says which right is missing', () => {
    const user = madeModel({about: {enter: '0', uid: '1000'}});
    assert.deepEqual(codes(user), ['permission']);
    assert.match(user.problems[0]?.message ?? '', /only root may enter network namespaces \(CAP_SYS_ADMIN\)/);
    assert.equal(user.privileged, false);
    const fenced = madeModel({about: {enter: '0'}});
    assert.match(fenced.problems[0]?.message ?? '', /CAP_SYS_ADMIN is missing/);
  });

  it('of another kind says so', () => {
    assert.ok(codes(madeModel({about: {system: 'Darwin'}})).includes('not-linux'));
    assert.ok(codes(madeModel({about: {rootless: '1'}})).includes('rootless'));
    assert.ok(codes(madeModel({about: {dockerdPid: ''}})).includes('dockerd-not-found'));
  });

  it('that could not be reached has one problem, the reason', () => {
    const evidence = madeEvidence({});
    evidence.failure = {code: 'ssh-refused', message: 'refused', suggestions: []};
    assert.deepEqual(codes(hostModel(evidence)), ['ssh-refused']);
  });

  it('has a container’s id for a process in its control group, in either form', () => {
    const id = 'ab'.repeat(32);
    const groups = [
      `9:name=systemd:/docker/${id}`,
      `0::/system.slice/docker-${id}.scope`,
      `0::/kubepods/x/${id}/init`,
    ];
    for (const group of groups) {
      assert.deepEqual(
        [...madeModel({processes: {7: 1, 'cgroup.7': group}}).cgroupContainers],
        [[7, id]],
        group,
      );
    }
    for (const group of ['0::/user.slice', `0::/docker/${id}0`, `0::/docker/${id.slice(1)}`]) {
      assert.equal(madeModel({processes: {7: 1, 'cgroup.7': group}}).cgroupContainers.size, 0, group);
    }
  });

  it('has every process of a namespace with it', () => {
    const host = madeModel({
      files: [{name: '111111111111', inode: 5001}],
      processes: {7: 5001, 8: 5001, 9: 5002},
    });
    assert.deepEqual(host.namespaces[0]?.pids, [7, 8]);
  });

  it('gains from a parser, not from the file: the evidence alone makes the model', () => {
    const evidence = recordedEvidence('node1');
    assert.deepEqual(hostModel(structuredClone(evidence)), hostModel(evidence));
  });
});

describe('names that Docker makes', () => {
  it('are told from others', () => {
    for (const name of [
      '1-o3dkmlm8tg',
      '10-o3dkmlm8t',
      'lb_o3dkmlm8t',
      'ingress_sbox',
      'default',
      '6ca7514e23fb',
    ])
      assert.ok(isDockerName(name), name);
    for (const name of [
      '6ca7514e23f',
      '6CA7514E23FB',
      'cni-1234',
      '1-',
      'lb_',
      'a b',
      '',
      'default.bak',
      '-o3dkmlm8tg',
    ])
      assert.ok(!isDockerName(name), name);
  });
});
