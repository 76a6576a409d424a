import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {environmentWords} from '../../src/cli/environment.js';

const words = (argv: string[], env: Record<string, string>) => environmentWords(argv, env).words;

describe('OVDIAG_… variables', () => {
  it('name hosts and snapshots where no flag does', () => {
    assert.deepEqual(words(['fdb', 'x'], {OVDIAG_HOST: 'ssh://root@a,exec:docker exec -i b,c,local'}), [
      '--host=ssh://root@a',
      '--host=exec:docker exec -i b,c',
      '--host=local',
    ]);
    assert.deepEqual(words([], {OVDIAG_SNAPSHOT: 'a.json:b dir'}), ['--snapshot=a.json', '--snapshot=b dir']);
    assert.deepEqual(words([], {OVDIAG_SWARM: '1'}), ['--swarm']);
    assert.deepEqual(words([], {OVDIAG_SWARM: '0', OVDIAG_HOST: ''}), []);
    assert.deepEqual(words([], {OVDIAG_CONTEXT: 'far', OVDIAG_HOSTS_FILE: 'f'}), [
      '--hosts-file=f',
      '--context=far',
    ]);
  });

  it('are all replaced by one flag that says which hosts are read', () => {
    const env = {OVDIAG_HOST: 'ssh://a', OVDIAG_SWARM: '1', OVDIAG_SNAPSHOT: 'x'};
    for (const flag of [
      '--host',
      '--host=local',
      '-H',
      '-Hlocal',
      '-s',
      '-sx',
      '--snapshot',
      '--swarm',
      '--context=a',
    ])
      assert.deepEqual(words([flag], env), [], flag);
    assert.notDeepEqual(words(['--', '--host'], env), [], 'words behind -- are no flags');
  });

  it('say how hosts are read, each until its own flag does', () => {
    const env = {OVDIAG_TIMEOUT: '5s', OVDIAG_PARALLEL: '2', OVDIAG_MAX_SKEW: '9s', OVDIAG_NETNS_DIR: '/n'};
    assert.deepEqual(words([], env), [
      '--netns-dir=/n',
      '--parallel=2',
      '--host-timeout=5s',
      '--max-skew=9s',
    ]);
    assert.deepEqual(words(['--host-timeout=1s', '--parallel', '3'], env), [
      '--netns-dir=/n',
      '--max-skew=9s',
    ]);
    assert.ok(!words(['-s', 'x.json'], env).includes('--netns-dir=/n'), 'a snapshot has no such directory');
    assert.deepEqual(words([], {OVDIAG_SSH_USER: 'ops', OVDIAG_FILTER: 'role=worker'}), []);
    assert.deepEqual(words(['--swarm'], {OVDIAG_SSH_USER: 'ops', OVDIAG_FILTER: 'role=worker'}), [
      '--filter=role=worker',
      '--ssh-user=ops',
    ]);
  });
});
