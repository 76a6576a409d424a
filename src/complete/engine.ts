import {createHash} from 'node:crypto';
import {readdir, readFile} from 'node:fs/promises';
import {request} from 'node:http';
import path from 'node:path';
import {type ListName, listPaths, type Names, namesIn} from './names.js';

/** Longer than this nobody waits for Tab; an engine that is down or hangs offers no names. */
const deadlineMs = 700;
const largestAnswer = 16 * 1024 * 1024;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Names that the engine of this machine has, by its socket. Empty where it is down, or where the user may not ask it. An
 * engine of another machine (DOCKER_HOST or a context by ssh or TCP) is never asked.
 */
export async function engineNames(
  lists: readonly ListName[],
  environment: Environment,
  context: string | undefined,
): Promise<Names> {
  const socketPath = await localSocket(environment, context);
  if (socketPath === undefined) return namesIn({});
  const signal = AbortSignal.timeout(deadlineMs);
  const answers = await Promise.all(
    lists.map(
      async (list) => [list, await get(socketPath, listPaths[list], signal).catch(() => undefined)] as const,
    ),
  );
  return namesIn(Object.fromEntries(answers));
}

function get(socketPath: string, url: string, signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const asked = request({socketPath, path: url, signal, headers: {host: 'docker'}}, (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > largestAnswer) asked.destroy(new Error('too long'));
        else chunks.push(chunk);
      });
      response.on('error', reject);
      response.on('end', () => {
        try {
          resolve(
            response.statusCode === 200 ? JSON.parse(Buffer.concat(chunks).toString('utf8')) : undefined,
          );
        } catch (error) {
          reject(error);
        }
      });
    });
    asked.on('error', reject);
    asked.end();
  });
}

/** The socket that the docker client would take, where it is on this machine. */
export async function localSocket(environment: Environment, named?: string): Promise<string | undefined> {
  const dockerHost = named === undefined ? environment['DOCKER_HOST'] : undefined;
  if (dockerHost) return socketOf(dockerHost);
  const folder = configFolder(environment);
  const context = named ?? environment['DOCKER_CONTEXT'] ?? (await currentContext(folder));
  if (!context || context === 'default') return '/var/run/docker.sock';
  // docker/cli cli/context/store: a context's folder is the hash of its name.
  const hash = createHash('sha256').update(context).digest('hex');
  const meta = await readContext(path.join(folder, 'contexts', 'meta', hash));
  return socketOf(meta.host ?? '');
}

/** Names of the docker client's contexts. */
export async function contextNames(environment: Environment): Promise<string[]> {
  const folder = path.join(configFolder(environment), 'contexts', 'meta');
  const hashes = await readdir(folder).catch(() => []);
  const metas = await Promise.all(hashes.slice(0, 200).map((hash) => readContext(path.join(folder, hash))));
  return ['default', ...metas.flatMap(({name}) => name ?? [])].filter((name) =>
    /^[a-zA-Z0-9][a-zA-Z0-9_.+-]*$/.test(name),
  );
}

function configFolder(environment: Environment): string {
  return environment['DOCKER_CONFIG'] || path.join(environment['HOME'] || '/', '.docker');
}

function socketOf(endpoint: string): string | undefined {
  return /^unix:\/\/(\/.+)$/.exec(endpoint)?.[1];
}

async function currentContext(folder: string): Promise<string | undefined> {
  const {currentContext: current} = await readJson<{currentContext?: unknown}>(
    path.join(folder, 'config.json'),
  );
  return typeof current === 'string' ? current : undefined;
}

async function readContext(folder: string): Promise<{name?: string; host?: string}> {
  const meta = await readJson<{Name?: unknown; Endpoints?: {docker?: {Host?: unknown}}}>(
    path.join(folder, 'meta.json'),
  );
  const host = meta.Endpoints?.docker?.Host;
  return {
    ...(typeof meta.Name === 'string' ? {name: meta.Name} : {}),
    ...(typeof host === 'string' ? {host} : {}),
  };
}

/** An object of a file; an empty one where there is none. */
async function readJson<T extends object>(file: string): Promise<Partial<T>> {
  try {
    const value = JSON.parse(await readFile(file, 'utf8')) as unknown;
    return typeof value === 'object' && value !== null ? (value as Partial<T>) : {};
  } catch {
    return {};
  }
}
