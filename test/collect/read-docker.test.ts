import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import type {RequestListener, ServerResponse} from 'node:http';
import {describe, it} from 'node:test';
import {readDocker} from '../../src/collect/read-docker.js';
import type {DockerWanted} from '../../src/collect/wanted.js';
import {type Answers, json, servedEngines} from './served-engine.js';

const all: DockerWanted = {containers: true, networks: 'inspect', verbose: () => true, cluster: true};
const {signal} = new AbortController();
const impatient = {answerDeadlineMs: 1000};
const installed = (program: string) => !spawnSync(program, ['--version']).error;
const [one, two, three] = ['a', 'b', 'c'].map((letter) => letter.repeat(64)) as [string, string, string];

const engine: Answers = {
  '/_ping': 'OK',
  '/version': {Version: '20.10.24', ApiVersion: '1.41', MinAPIVersion: '1.12'},
  '/info': {ID: 'i', Name: 'n', Swarm: {ControlAvailable: true}},
  '/networks': [
    {Id: one, Name: 'net', Driver: 'overlay'},
    {Id: '../../secrets', Name: 'evil', Driver: 'bridge'},
  ],
  [`/networks/${one}?verbose=true`]: {Id: one, Name: 'net', Driver: 'overlay', Services: {}},
  '/containers/json?all=true': [{Id: one}, {Id: two}, {Id: three}],
  [`/containers/${one}/json`]: {Id: one, Config: {Env: ['PASSWORD=hunter2']}},
  [`/containers/${two}/json`]: {Id: two, Name: 'ü\u0000"'},
  [`/containers/${three}/json`]: {Id: three},
  '/nodes': [{ID: 'n1'}],
  '/services': [],
  '/tasks': [],
  '/tasks?filters=%7B%22runtime%22%3A%5B%22attachment%22%5D%7D': [{ID: 't'}],
};

describe('readDocker', {
  skip: installed('curl') ? false : 'curl is not installed',
  concurrency: true,
}, () => {
  const {folder, serve} = servedEngines(engine);

  const bodies = (evidence: Awaited<ReturnType<typeof readDocker>>) =>
    JSON.parse(
      JSON.stringify(evidence.answers.map(({path, status, body}) => ({path, status, body}))),
    ) as unknown;

  it('asks GET by GET, for listed paths only, and keeps no secret', async () => {
    const {transport, asked} = await serve({});
    const evidence = await readDocker(transport, all, signal);
    assert.deepEqual([evidence.failure, evidence.apiVersion], [undefined, '1.41']);
    assert.deepEqual(asked, [
      'GET /_ping',
      ...Object.keys(engine)
        .slice(1)
        .map((path) => `GET /v1.41${path}`),
    ]);
    assert.doesNotMatch(JSON.stringify(evidence), /hunter2/);
    assert.ok(JSON.stringify(evidence).includes('ü\\u0000\\"'));
  });

  it('goes through the relay of the client just the same', {
    skip: installed('docker') ? false : 'there is no docker client',
  }, async () => {
    const [byCurl, byClient] = await Promise.all([
      serve({}).then(({transport}) => readDocker(transport, all, signal)),
      serve({}, '').then(({transport}) => readDocker(transport, all, signal)),
    ]);
    assert.equal(byClient.failure, undefined);
    assert.deepEqual(bodies(byClient), bodies(byCurl));
  });

  it('passes over clients that are too old to relay, whatever they print', async () => {
    for (const client of [
      '#!/bin/sh\necho "Usage:\tdocker system COMMAND"; echo; echo "Manage Docker"\n',
      '#!/bin/sh\necho "Usage: docker system COMMAND"; exit 1\n',
      '#!/bin/sh\necho "unknown shorthand flag" >&2; exit 125\n',
      '#!/bin/sh\nexit 0\n',
    ]) {
      const {transport} = await serve({}, client);
      const evidence = await readDocker(transport, {...all, containers: false, cluster: false}, signal);
      assert.deepEqual([evidence.failure, evidence.answers.length], [undefined, 4], client);
    }
  });

  it('takes paths without a version from an engine that has given up ours, or tells none', async () => {
    const tooOld: RequestListener = (_, response) => {
      response.writeHead(400, {'content-type': 'text/plain'});
      response.end(
        'client version 1.52 is too old. Minimum supported API version is 1.60, please upgrade your client',
      );
    };
    const ping =
      (headers: Record<string, string>): RequestListener =>
      (_, response) => {
        response.writeHead(200, headers);
        response.end('OK');
      };
    const versioned = Object.fromEntries(Object.keys(engine).map((path) => [`/v1.52${path}`, tooOld]));
    const newer = await serve({...versioned, '/_ping': ping({'api-version': '1.70'})});
    const silent = await serve({'/_ping': ping({})});
    for (const {transport, asked} of [newer, silent]) {
      const evidence = await readDocker(transport, all, signal);
      assert.deepEqual([evidence.failure, evidence.apiVersion], [undefined, undefined]);
      assert.ok(evidence.answers.every(({status}) => status === 200));
      assert.ok(asked.includes(`GET /containers/${three}/json`));
    }
    assert.equal(newer.asked.filter((line) => line.includes('/v1.52')).length, 1);
  });

  it('keeps the message of an error, also of one in plain text', async () => {
    const {transport} = await serve({
      '/nodes': (_: unknown, response: ServerResponse) =>
        json(response, {message: 'This node is not a swarm manager.'}, 503),
      '/services': (_: unknown, response: ServerResponse) => {
        response.writeHead(500);
        response.end('plain words\n');
      },
    });
    const {answers} = await readDocker(transport, all, signal);
    const of = (path: string) => answers.find((answer) => answer.path === path);
    assert.deepEqual(
      [of('/nodes')?.status, {...(of('/nodes')?.body as object)}],
      [503, {message: 'This node is not a swarm manager.'}],
    );
    assert.deepEqual(
      [of('/services')?.status, {...(of('/services')?.body as object)}],
      [500, {message: 'plain words\n'}],
    );
    assert.equal(of('/tasks')?.status, 200);
  });

  it('gives up a silent engine after its deadline', async () => {
    const {transport} = await serve({'/_ping': () => undefined});
    const start = Date.now();
    const evidence = await readDocker(transport, all, signal);
    assert.match(evidence.failure ?? '', /no answer within 5 s/);
    assert.deepEqual(evidence.answers, []);
    assert.ok(Date.now() - start < 80_000);
  });

  it('loses only the answer that does not come', async () => {
    const {transport} = await serve({[`/containers/${two}/json`]: () => undefined});
    const evidence = await readDocker(transport, all, signal, impatient);
    assert.equal(evidence.failure, "one of Docker's answers did not come");
    const late = evidence.answers.find(({path}) => path.includes(`/containers/${two}`));
    assert.deepEqual([late?.status, late?.error], [null, 'no answer within 1 s']);
    assert.equal(evidence.answers.find(({path}) => path.includes(`/containers/${three}`))?.status, 200);
    assert.equal(evidence.answers.at(-1)?.status, 200);
  });

  it('stops asking after three that did not come, and says how many it left', async () => {
    const silent = () => undefined;
    const {transport} = await serve({
      [`/containers/${one}/json`]: silent,
      [`/containers/${two}/json`]: silent,
      [`/containers/${three}/json`]: silent,
    });
    const evidence = await readDocker(transport, all, signal, impatient);
    assert.equal(evidence.failure, "3 of Docker's answers did not come; 4 more were not asked for");
  });

  it('bounds an answer that is huge, and one that never ends', async () => {
    const flood: RequestListener = (_, response) => {
      response.writeHead(200);
      const piece = Buffer.alloc(1024 * 1024, ' ');
      const more = () => {
        while (!response.destroyed && response.write(piece));
      };
      response.on('drain', more);
      more();
    };
    const drip: RequestListener = (_, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write(' '), 200);
      response.on('close', () => clearInterval(timer));
    };
    const {transport} = await serve({[`/containers/${one}/json`]: flood, [`/containers/${two}/json`]: drip});
    const start = Date.now();
    const {answers, failure} = await readDocker(transport, all, signal, impatient);
    assert.ok(Date.now() - start < 100_000);
    assert.equal(failure, "2 of Docker's answers did not come");
    assert.match(
      answers.find(({path}) => path.includes(`/containers/${one}`))?.error ?? '',
      /more than 32 MiB|no answer within/,
    );
    assert.equal(
      answers.find(({path}) => path.includes(`/containers/${two}`))?.error,
      'no answer within 1 s',
    );
    assert.equal(answers.find(({path}) => path.includes(`/containers/${three}`))?.status, 200);
  });

  it('takes an answer that is cut or no JSON for what it is', async () => {
    const {transport} = await serve({
      [`/containers/${one}/json`]: (_: unknown, response: ServerResponse) => {
        response.writeHead(200, {'content-length': '1000'});
        response.write('{');
        setTimeout(() => response.destroy(), 50);
      },
      [`/containers/${two}/json`]: (_: unknown, response: ServerResponse) => response.end('<html>'),
    });
    const {answers} = await readDocker(transport, all, signal, impatient);
    assert.equal(answers.find(({path}) => path.includes(`/containers/${one}`))?.status, null);
    assert.equal(answers.find(({path}) => path.includes(`/containers/${two}`))?.status, 200);
    assert.equal(answers.find(({path}) => path.includes(`/containers/${three}`))?.status, 200);
  });

  it('rejects with the reason when it is told to stop', async () => {
    const {transport} = await serve({'/info': () => undefined});
    await assert.rejects(readDocker(transport, all, AbortSignal.timeout(700)), {name: 'TimeoutError'});
  });

  it('says that nothing is there, quickly', async () => {
    const argv = [
      'env',
      '-i',
      `PATH=${process.env['PATH']}`,
      `HOME=${folder}`,
      `DOCKER_HOST=unix://${folder}/none.sock`,
      'sh',
      '-s',
    ];
    const start = Date.now();
    const evidence = await readDocker({kind: 'exec', label: 'x', argv}, all, signal);
    assert.match(evidence.failure ?? '', /none\.sock|neither a docker client nor curl/);
    const missing = await readDocker(
      {kind: 'exec', label: 'x', argv: ['/nonexistent', 'sh', '-s']},
      all,
      signal,
    );
    assert.ok(missing.failure);
    const deaf = await readDocker({kind: 'exec', label: 'x', argv: ['false']}, all, signal);
    assert.ok(deaf.failure);
    assert.ok(Date.now() - start < 40_000);
  });

  it('minds the engine of the far side, not that of the caller', async () => {
    const {transport, asked} = await serve({});
    const callersHost =
      transport.argv.find((word) => word.startsWith('DOCKER_HOST='))?.slice('DOCKER_HOST='.length) ?? '';
    await readDocker(transport, all, signal, {callersHost});
    assert.deepEqual(asked, []);
  });
});
