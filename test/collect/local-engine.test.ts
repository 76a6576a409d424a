import assert from 'node:assert/strict';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, before, describe, it} from 'node:test';
import {decideLocalEngine, type LocalEngine, localEngine} from '../../src/collect/local-engine.js';

const because = 'DOCKER_HOST';

describe('decideLocalEngine', () => {
  it('follows DOCKER_HOST', () => {
    const cases: [string | undefined, LocalEngine][] = [
      [undefined, {place: 'here'}],
      ['', {place: 'here'}],
      ['unix:///var/run/docker.sock', {place: 'here'}],
      ['unix:///run/user/1000/docker.sock', {place: 'here'}],
      ['ssh://ops@node1', {place: 'ssh', host: 'ssh://ops@node1', because}],
      ['ssh://node1:2222/run/user/1/docker.sock', {place: 'ssh', host: 'ssh://node1:2222', because}],
      ['tcp://10.0.0.5:2376', {place: 'elsewhere', endpoint: 'tcp://10.0.0.5:2376', because}],
      ['tcp://127.0.0.1:2375', {place: 'elsewhere', endpoint: 'tcp://127.0.0.1:2375', because}],
      ['node1', {place: 'elsewhere', endpoint: 'node1', because}],
      ['ssh://', {place: 'elsewhere', endpoint: 'ssh://', because}],
    ];
    for (const [dockerHost, expected] of cases)
      assert.deepEqual(decideLocalEngine({dockerHost, context: undefined, contextHost: undefined}), expected);
  });

  it('follows a context only where DOCKER_HOST says nothing', () => {
    const contextHost = 'ssh://ops@prod';
    const settings = {dockerHost: undefined, context: 'prod', contextHost};
    assert.deepEqual(decideLocalEngine(settings), {
      place: 'ssh',
      host: contextHost,
      because: "Docker's context prod",
    });
    assert.deepEqual(decideLocalEngine({...settings, dockerHost: 'unix:///x'}), {place: 'here'});
    assert.deepEqual(decideLocalEngine({...settings, context: 'default'}), {place: 'here'});
    assert.deepEqual(decideLocalEngine({...settings, context: ''}), {place: 'here'});
    assert.deepEqual(
      decideLocalEngine({...settings, context: 'rootless', contextHost: 'unix:///run/user/1/d.sock'}),
      {
        place: 'here',
      },
    );
  });

  it('takes a context that can not be read for another place, not for this one', () => {
    const {place} = decideLocalEngine({dockerHost: undefined, context: 'prod', contextHost: undefined});
    assert.equal(place, 'elsewhere');
  });
});

describe('localEngine', () => {
  let folder = '';
  const {signal} = new AbortController();
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'ovdiag-context-'));
    // A client that knows one context, and leaves a trace when it is asked.
    await writeFile(
      path.join(folder, 'docker'),
      `#!/bin/sh\necho "$*" >>'${folder}/asked'\n[ "$5" = prod ] && echo ssh://ops@prod || exit 1\n`,
      {mode: 0o755},
    );
  });
  after(() => rm(folder, {recursive: true, force: true}));
  const environment = (more: NodeJS.ProcessEnv) => ({
    PATH: `${folder}:${process.env['PATH']}`,
    HOME: folder,
    DOCKER_CONFIG: folder,
    ...more,
  });

  it('asks no client where no context is set', async () => {
    await rm(path.join(folder, 'config.json'), {force: true});
    assert.deepEqual(await localEngine(signal, environment({})), {place: 'here'});
    for (const text of ['{}', '{"currentContext": "default"}', 'broken', 'null', '{"currentContext": 5}']) {
      await writeFile(path.join(folder, 'config.json'), text);
      assert.deepEqual(await localEngine(signal, environment({})), {place: 'here'}, text);
    }
    await assert.rejects(
      import('node:fs/promises').then(({readFile}) => readFile(path.join(folder, 'asked'))),
    );
  });

  it('asks the client about a context of the environment or of the configuration', async () => {
    const expected = {place: 'ssh', host: 'ssh://ops@prod', because: "Docker's context prod"};
    assert.deepEqual(await localEngine(signal, environment({DOCKER_CONTEXT: 'prod'})), expected);
    await writeFile(path.join(folder, 'config.json'), '{"currentContext": "prod"}');
    assert.deepEqual(await localEngine(signal, environment({})), expected);
    assert.deepEqual(await localEngine(signal, environment({DOCKER_CONTEXT: 'default'})), {place: 'here'});
    assert.deepEqual(await localEngine(signal, environment({DOCKER_HOST: 'unix:///x'})), {place: 'here'});
  });

  it('lets no context name pass for an option, and takes an unknown one for elsewhere', async () => {
    for (const name of ['--help', '-f', 'a b', 'gone'])
      assert.equal((await localEngine(signal, environment({DOCKER_CONTEXT: name}))).place, 'elsewhere', name);
  });

  it('takes a named context over all settings, and knows no other', async () => {
    const set = environment({DOCKER_HOST: 'tcp://198.51.100.1:2376', DOCKER_CONTEXT: 'gone'});
    assert.deepEqual(await localEngine(signal, set, 'prod'), {
      place: 'ssh',
      host: 'ssh://ops@prod',
      because: "Docker's context prod",
    });
    for (const name of ['gone', '--help', '']) {
      await assert.rejects(localEngine(signal, set, name), {code: 'unknown-context', exit: 2}, name);
    }
  });

  it('ends when it is told to', async () => {
    const controller = new AbortController();
    controller.abort(new Error('enough'));
    await assert.rejects(localEngine(controller.signal, environment({DOCKER_CONTEXT: 'prod'})), /enough/);
  });
});
