import http from 'node:http';
import {json} from 'node:stream/consumers';
import {LabError} from './error.js';
import type {ProcessId} from './process.js';
import {patience} from './wait.js';

/**
 * What an engine answers to a GET: the same as its client prints, without the start of two programs.
 *
 * @param path of the Engine API, such as /containers/web1/json
 */
export async function askEngine<T>(dockerd: ProcessId, path: string): Promise<T> {
  const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
    // The engine's own view of the file system, where its socket lies.
    const socketPath = `/proc/${dockerd.pid}/root/run/docker.sock`;
    http.get({socketPath, path, agent: false, timeout: patience}, resolve).on('error', reject);
  });
  const answer = await json(response);
  if (response.statusCode !== 200)
    throw new LabError(`${path}: ${response.statusCode} ${JSON.stringify(answer)}`);
  return answer as T;
}
