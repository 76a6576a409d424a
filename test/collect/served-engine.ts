import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {createServer, type RequestListener, type Server, type ServerResponse} from 'node:http';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after} from 'node:test';
import type {Transport} from '../../src/collect/transport.js';

/** What an engine answers, by path without its version; a function may do as it likes. */
export type Answers = Record<string, unknown>;

export interface ServedEngine {
  transport: Transport;
  /** Method and path of each request, in their order. */
  asked: string[];
}

export function json(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, {'content-type': 'application/json', 'api-version': '1.41'});
  response.end(JSON.stringify(body));
}

const cannotRelay = '#!/bin/sh\necho "docker: \'system dial-stdio\' is not a docker command." >&2\nexit 1\n';

/** Engines that answer from tables, until the suite ends that calls this. */
export function servedEngines(usual: Answers) {
  const folder = mkdtempSync(path.join(tmpdir(), 'ovdiag-engine-'));
  const servers: Server[] = [];
  after(() => {
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
    rmSync(folder, {recursive: true, force: true});
  });

  /** One more, behind a docker client that can't relay, so that curl does. */
  async function serve(
    changes: Record<string, unknown | RequestListener>,
    client = cannotRelay,
  ): Promise<ServedEngine> {
    const asked: string[] = [];
    const answers: Answers = {...usual, ...changes};
    const server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      const name = (request.url ?? '').replace(/^\/v[\d.]+/, '');
      const answer = answers[request.url ?? ''] ?? answers[name];
      if (typeof answer === 'function') (answer as RequestListener)(request, response);
      else if (answer === undefined) json(response, {message: 'page not found'}, 404);
      else json(response, answer);
    });
    servers.push(server);
    const place = mkdtempSync(path.join(folder, 'x'));
    await new Promise<void>((resolve) => server.listen(`${place}/docker.sock`, resolve));
    if (client !== '') writeFileSync(`${place}/docker`, client, {mode: 0o755});
    const search = `${place}:${process.env['PATH']}`;
    const argv = [
      'env',
      '-i',
      `PATH=${search}`,
      `HOME=${place}`,
      `DOCKER_HOST=unix://${place}/docker.sock`,
      'sh',
      '-s',
    ];
    return {transport: {kind: 'exec', label: 'test', argv}, asked};
  }

  return {folder, serve};
}
