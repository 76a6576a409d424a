import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import type {RequestListener} from 'node:http';
import {after, describe, it} from 'node:test';
import {type EngineQuestions, engineQuestions} from '../../src/collect/engine-questions.js';
import {json, servedEngines} from './served-engine.js';

const {signal} = new AbortController();

describe('questions to an engine', {
  skip: spawnSync('curl', ['--version']).error ? 'curl is not installed' : false,
}, () => {
  const {serve} = servedEngines({'/_ping': 'OK', '/info': {ID: 'i'}});
  const open: EngineQuestions[] = [];
  after(() => {
    for (const questions of open) questions.close();
  });

  async function asking(answers: Record<string, unknown | RequestListener>, answerDeadlineMs = 20_000) {
    const {transport, asked} = await serve(answers);
    const questions = engineQuestions({shell: transport, docker: {answerDeadlineMs}}, signal);
    open.push(questions);
    return {questions, asked};
  }

  it('go over one connection, by the version that both sides know', async () => {
    const {questions, asked} = await asking({
      '/logs': ((_, response) => response.end('\u0001text')) satisfies RequestListener,
    });
    assert.deepEqual(asked, []);
    assert.deepEqual(await questions.json('/info'), {ID: 'i'});
    assert.deepEqual(await questions.bytes('/logs'), Buffer.from('\u0001text'));
    assert.deepEqual(asked, ['GET /_ping', 'GET /v1.41/info', 'GET /v1.41/logs']);
  });

  it('are refused in the words of the engine, without what those could do to a terminal', async () => {
    const {questions} = await asking({
      '/nodes?filters=x': ((_, response) =>
        json(response, {message: 'no \u001b[31mmanager'}, 503)) satisfies RequestListener,
      '/tasks': ((_, response) => {
        response.writeHead(500);
        response.end('oops');
      }) satisfies RequestListener,
    });
    await assert.rejects(questions.json('/nodes?filters=x'), {
      code: 'docker-unreachable',
      message: 'test: the engine gave no answer to /nodes: no \\x1b[31mmanager.',
    });
    await assert.rejects(questions.json('/tasks'), {message: /gave no answer to \/tasks: status 500\.$/});
  });

  it('take only JSON for JSON', async () => {
    const {questions} = await asking({
      '/info': ((_, response) => response.end('<html>')) satisfies RequestListener,
    });
    await assert.rejects(questions.json('/info'), {message: /\/info: it is not JSON\.$/});
  });

  it('are asked once more over a new connection where the old one broke', async () => {
    let breaks = 1;
    const {questions, asked} = await asking({
      '/tasks': ((request, response) => {
        if (breaks-- > 0) request.socket.destroy();
        else json(response, []);
      }) satisfies RequestListener,
    });
    await questions.json('/info');
    assert.deepEqual(await questions.json('/tasks'), []);
    assert.deepEqual(asked.filter((line) => line.endsWith('/tasks')).length, 2);
  });

  it('are given up where a new connection breaks as well', async () => {
    const {questions, asked} = await asking({
      '/tasks': ((request) => request.socket.destroy()) satisfies RequestListener,
    });
    await questions.json('/info');
    await assert.rejects(questions.json('/tasks'), {code: 'docker-unreachable'});
    assert.equal(asked.filter((line) => line.endsWith('/tasks')).length, 2);
  });
});
