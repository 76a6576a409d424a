import {execFile} from 'node:child_process';
import {readFile} from 'node:fs/promises';
import {homedir} from 'node:os';
import path from 'node:path';
import {promisify} from 'node:util';
import {usageError} from '../base/errors.js';
import {quoteText} from '../base/escape.js';

/** What decides which engine the docker client of this machine talks to. */
export interface EngineSettings {
  /** DOCKER_HOST, which beats every context (docker/cli cli/command/cli.go, resolveContextName). */
  dockerHost: string | undefined;
  /** DOCKER_CONTEXT, else `currentContext` of the client's config.json; undefined and `default` mean none. */
  context: string | undefined;
  /** The endpoint of that context; undefined where it could not be asked. */
  contextHost: string | undefined;
}

/**
 * Where the local engine is:
 * - `here`: on this machine, so its kernel is the one to read;
 * - `ssh`: on another machine that a shell can be had on, so everything is read there;
 * - `elsewhere`: behind an address that gives no shell: Docker's own answers, and no kernel.
 */
export type LocalEngine =
  | {place: 'here'}
  | {place: 'ssh'; host: string; because: string}
  | {place: 'elsewhere'; endpoint: string; because: string};

/** Decides from the settings alone. */
export function decideLocalEngine(settings: EngineSettings): LocalEngine {
  const {dockerHost, context, contextHost} = settings;
  if (dockerHost) return byEndpoint(dockerHost, 'DOCKER_HOST');
  if (context === undefined || context === '' || context === 'default') return {place: 'here'};
  const because = `Docker's context ${quoteText(context)}`;
  if (contextHost === undefined) return {place: 'elsewhere', endpoint: 'an unknown address', because};
  return byEndpoint(contextHost, because);
}

function byEndpoint(endpoint: string, because: string): LocalEngine {
  if (/^(unix|fd|npipe):/.test(endpoint)) return {place: 'here'};
  // Docker takes a path behind the host (another socket there); the collector asks the engine there for its own.
  const ssh = /^(ssh:\/\/[^/]+)(\/.*)?$/.exec(endpoint);
  if (ssh?.[1]) return {place: 'ssh', host: ssh[1], because};
  // Also for a loopback address: more often than not it is the end of a tunnel, or an engine in a virtual machine.
  return {place: 'elsewhere', endpoint, because};
}

/**
 * Reads the settings of this process and decides. The client is asked only where a context is set.
 *
 * @param named a context that passes over these settings, as the client's own --context does; unlike theirs it must exist
 */
export async function localEngine(
  signal: AbortSignal,
  environment: NodeJS.ProcessEnv = process.env,
  named?: string,
): Promise<LocalEngine> {
  if (named !== undefined) {
    const endpoint = await endpointOf(named, signal, environment);
    if (endpoint !== undefined) return byEndpoint(endpoint, `Docker's context ${quoteText(named)}`);
    throw usageError('unknown-context', `The docker client here knows no context ${quoteText(named)}.`, [
      'See which there are: docker context ls',
    ]);
  }
  const dockerHost = environment['DOCKER_HOST'];
  const context = dockerHost ? undefined : await currentContext(environment);
  const asked = context !== undefined && context !== '' && context !== 'default';
  const contextHost = asked ? await endpointOf(context, signal, environment) : undefined;
  return decideLocalEngine({dockerHost, context, contextHost});
}

/** The context that the client would take: DOCKER_CONTEXT, else what `docker context use` has left in its file. */
export async function currentContext(environment: NodeJS.ProcessEnv): Promise<string | undefined> {
  const fromEnvironment = environment['DOCKER_CONTEXT'];
  if (fromEnvironment) return fromEnvironment;
  const folder = environment['DOCKER_CONFIG'] || path.join(environment['HOME'] || homedir(), '.docker');
  try {
    const config = JSON.parse(await readFile(path.join(folder, 'config.json'), 'utf8')) as unknown;
    const current = (config as {currentContext?: unknown} | null)?.currentContext;
    return typeof current === 'string' ? current : undefined;
  } catch {
    // No file, or none that the client could use either.
    return;
  }
}

async function endpointOf(
  context: string,
  signal: AbortSignal,
  environment: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  // A name that begins with a dash would be read as an option; Docker allows none (cli/context/store).
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.+-]+$/.test(context)) return;
  try {
    const {stdout} = await promisify(execFile)(
      'docker',
      ['context', 'inspect', '--format', '{{.Endpoints.docker.Host}}', context],
      {env: environment, timeout: 5000, killSignal: 'SIGKILL', signal},
    );
    return stdout.trim() || undefined;
  } catch {
    signal.throwIfAborted();
    return;
  }
}
