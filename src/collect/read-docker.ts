import {randomBytes} from 'node:crypto';
import {keepListed} from '../snapshot/docker-fields.js';
import type {DockerAnswer, HostEvidence} from '../snapshot/snapshot.js';
import {connectDocker, type DockerConnection, type DockerOptions, DockerSilence} from './docker-api.js';
import {contactEngine, type Relay} from './engine-contact.js';
import type {Transport} from './transport.js';
import type {DockerWanted} from './wanted.js';

/** A connection that went silent is replaced this often before the rest is given up. */
const reconnects = 2;

type DockerEvidence = HostEvidence['docker'];

/** Where the engine's client is to look, decided from the caller's settings, and how long to wait. */
export type DockerPlace = Omit<DockerOptions, 'nonce' | 'relay'>;

/** Reads what is wanted of Docker, GET by GET; what can't be had is recorded as such. Rejects only on abort. */
export async function readDocker(
  transport: Transport,
  wanted: DockerWanted,
  signal: AbortSignal,
  place: DockerPlace = {},
): Promise<DockerEvidence> {
  const answers: DockerAnswer[] = [];
  const {endBy = Number.POSITIVE_INFINITY} = place;
  let relay: Relay = 'any';
  const connect = (by: Relay) =>
    connectDocker(transport, {nonce: randomBytes(12).toString('hex'), relay: by, ...place}, signal);
  let connection: DockerConnection | undefined;
  let failures = 0;
  let unasked = 0;
  let prefix = '';

  /** The kept body of one answer, or undefined where there is none. */
  async function ask(path: string): Promise<unknown> {
    const at = new Date().toISOString();
    if (failures > reconnects || Date.now() >= endBy) {
      unasked++;
      return;
    }
    try {
      connection ??= await connect(relay);
      let answer = await connection.get(prefix + path);
      if (answer.status === 400 && prefix !== '') {
        // An engine that has given up our version (the text may be plain): it takes paths without one.
        const newest = await connection.get(path);
        if (newest.status !== 400) [answer, prefix] = [newest, ''];
      }
      const body = keepListed(path, answer.status, parseJson(answer.body.toString('utf8')));
      answers.push({path, at, status: answer.status, ...(body === undefined ? {} : {body})});
      return answer.status === 200 ? body : undefined;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof DockerSilence)) throw error;
      failures++;
      connection = undefined;
      answers.push({path, at, status: null, error: error.message.slice(0, 500)});
      return;
    }
  }

  let apiVersion: string | undefined;
  try {
    ({connection, relay, apiVersion} = await contactEngine(connect));
    if (apiVersion) prefix = `/v${apiVersion}`;
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof DockerSilence)) throw error;
    return {failure: error.message.slice(0, 1000), answers};
  }
  try {
    await ask('/version');
    const info = await ask('/info');
    if (wanted.networks !== 'none') await readNetworks(ask, wanted);
    if (wanted.containers) await readContainers(ask);
    if (wanted.cluster && isManager(info)) {
      await ask('/nodes');
      await ask('/services');
      await ask('/tasks');
      // The default list hides plain containers that are attached to overlay networks.
      await ask(`/tasks?filters=${encodeURIComponent('{"runtime":["attachment"]}')}`);
    }
  } finally {
    connection?.close();
  }
  return {
    ...(prefix === '' || apiVersion === undefined ? {} : {apiVersion}),
    ...(failures + unasked > 0 ? {failure: missing(failures, unasked)} : {}),
    answers,
  };
}

function missing(failures: number, unasked: number): string {
  if (failures === 0) return `the host's time was over before ${unasked} of Docker's answers were asked for`;
  const failed = failures === 1 ? "one of Docker's answers" : `${failures} of Docker's answers`;
  return `${failed} did not come${unasked > 0 ? `; ${unasked} more were not asked for` : ''}`;
}

type Ask = (path: string) => Promise<unknown>;

async function readNetworks(ask: Ask, wanted: DockerWanted): Promise<void> {
  const networks = rows(await ask('/networks'));
  if (wanted.networks !== 'inspect') return;
  for (const network of networks) {
    const [id, name, driver] = [text(network['Id']), text(network['Name']), text(network['Driver'])];
    if (!isId(id)) continue;
    const verbose = driver === 'overlay' && wanted.verbose?.({id, name, driver});
    await ask(`/networks/${id}${verbose ? '?verbose=true' : ''}`);
  }
}

async function readContainers(ask: Ask): Promise<void> {
  const containers = rows(await ask('/containers/json?all=true'));
  for (const container of containers) {
    const id = text(container['Id']);
    if (isId(id)) await ask(`/containers/${id}/json`);
  }
}

/** Docker's ids are hexadecimal, swarm's are base 36; anything else must not get into a path. */
function isId(id: string): boolean {
  return /^[0-9a-z]{12,64}$/.test(id);
}

function isManager(info: unknown): boolean {
  const swarm = (info as {Swarm?: {ControlAvailable?: unknown}} | undefined)?.Swarm;
  return swarm?.ControlAvailable === true;
}

function rows(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter((row) => typeof row === 'object' && row !== null) : [];
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    // An old engine answers some errors in plain text.
    return {message: body.slice(0, 500)};
  }
}
