import {randomBytes} from 'node:crypto';
import {keepListed} from '../snapshot/docker-fields.js';
import type {DockerAnswer, HostEvidence} from '../snapshot/snapshot.js';
import {
  connectDocker,
  type DockerConnection,
  type DockerOptions,
  type DockerResponse,
  DockerSilence,
} from './docker-api.js';
import {contactEngine, type EngineContact, type Relay} from './engine-contact.js';
import type {Transport} from './transport.js';
import type {DockerWanted} from './wanted.js';

/** A connection that went silent is replaced this often before the rest is given up. */
const reconnects = 2;

type DockerEvidence = HostEvidence['docker'];

/** Where the engine's client is to look, decided from the caller's settings, and how long to wait. */
export type EngineOptions = Omit<DockerOptions, 'nonce' | 'relay'>;

/** Reads what is wanted of Docker, GET by GET; what can't be had is recorded as such. Rejects only on abort. */
export async function readDocker(
  transport: Transport,
  wanted: DockerWanted,
  signal: AbortSignal,
  options: EngineOptions = {},
): Promise<DockerEvidence> {
  const connect = (relay: Relay) =>
    connectDocker(transport, {nonce: randomBytes(12).toString('hex'), relay, ...options}, signal);
  let contact: EngineContact;
  try {
    contact = await contactEngine(connect);
  } catch (error) {
    return {failure: silence(error, signal).slice(0, 1000), answers: []};
  }
  const asker = new Asker(contact, connect, options.endBy ?? Number.POSITIVE_INFINITY, signal);
  try {
    await askAll((path) => asker.ask(path), wanted);
  } finally {
    asker.close();
  }
  return asker.evidence();
}

/** Asks the engine one thing after another, over a connection that is recreated where it goes silent. */
class Asker {
  private readonly answers: DockerAnswer[] = [];
  private readonly contact: EngineContact;
  private readonly connect: (relay: Relay) => Promise<DockerConnection>;
  private readonly endBy: number;
  private readonly signal: AbortSignal;
  private connection: DockerConnection | undefined;
  /** Of paths: the version that both sides know, until the engine has refused it. */
  private prefix: string;
  private failures = 0;
  private unasked = 0;

  constructor(
    contact: EngineContact,
    connect: (relay: Relay) => Promise<DockerConnection>,
    endBy: number,
    signal: AbortSignal,
  ) {
    this.contact = contact;
    this.connection = contact.connection;
    this.prefix = contact.apiVersion ? `/v${contact.apiVersion}` : '';
    this.connect = connect;
    this.endBy = endBy;
    this.signal = signal;
  }

  /** The kept body of one answer, or undefined where there is none. */
  async ask(path: string): Promise<unknown> {
    const at = new Date().toISOString();
    if (this.failures > reconnects || Date.now() >= this.endBy) {
      this.unasked++;
      return;
    }
    try {
      const answer = await this.get(path);
      const body = keepListed(path, answer.status, parseJson(answer.body.toString('utf8')));
      this.answers.push({path, at, status: answer.status, ...(body === undefined ? {} : {body})});
      return answer.status === 200 ? body : undefined;
    } catch (error) {
      const said = silence(error, this.signal);
      this.failures++;
      this.connection = undefined;
      this.answers.push({path, at, status: null, error: said.slice(0, 500)});
      return;
    }
  }

  private async get(path: string): Promise<DockerResponse> {
    this.connection ??= await this.connect(this.contact.relay);
    const answer = await this.connection.get(this.prefix + path);
    if (answer.status !== 400 || this.prefix === '') return answer;
    // An engine that has given up our version (the text may be plain): it takes paths without one.
    const newest = await this.connection.get(path);
    if (newest.status === 400) return answer;
    this.prefix = '';
    return newest;
  }

  close(): void {
    this.connection?.close();
  }

  evidence(): DockerEvidence {
    const {answers, failures, unasked, prefix} = this;
    const {apiVersion} = this.contact;
    return {
      ...(prefix === '' || apiVersion === undefined ? {} : {apiVersion}),
      ...(failures + unasked > 0 ? {failure: missing(failures, unasked)} : {}),
      answers,
    };
  }
}

/** What a silence of the engine says; anything else is thrown on, as is an abort. */
function silence(error: unknown, signal: AbortSignal): string {
  signal.throwIfAborted();
  if (!(error instanceof DockerSilence)) throw error;
  return error.message;
}

async function askAll(ask: Ask, wanted: DockerWanted): Promise<void> {
  await ask('/version');
  const info = await ask('/info');
  if (wanted.networks !== 'none') await readNetworks(ask, wanted);
  if (wanted.containers) await readContainers(ask);
  if (!wanted.cluster || !isManager(info)) return;
  await ask('/nodes');
  await ask('/services');
  await ask('/tasks');
  // The default list hides plain containers that are attached to overlay networks.
  await ask(`/tasks?filters=${encodeURIComponent('{"runtime":["attachment"]}')}`);
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
