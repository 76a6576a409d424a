import {quoteText} from '../base/escape.js';
import type {HostEvidence} from '../snapshot/snapshot.js';
import {listen} from './listen.js';
import {currentContext, type LocalEngine, localEngine} from './local-engine.js';
import type {CollectOptions} from './options.js';
import {type EngineOptions, readDocker} from './read-docker.js';
import {type KernelEvidence, readKernel} from './read-kernel.js';
import {parseHost, type Transport} from './transport.js';
import type {Wanted} from './wanted.js';

/** Where a transport leads, after the docker client's own settings: where a shell can be had, and where the engine is. */
export interface EngineAccess {
  /** Runs a shell where the engine's client is to be asked; the engine's own host unless `elsewhere` is set. */
  shell: Transport;
  docker: EngineOptions;
  /** The engine that is asked gives no shell, so its kernel can't be read. */
  elsewhere?: LocalEngine & {place: 'elsewhere'};
}

/** The engine of "this host" is the one that the docker command here would talk to. */
export async function locate(transport: Transport, signal: AbortSignal): Promise<EngineAccess> {
  if (transport.kind === 'exec') return {shell: transport, docker: await withoutCallersSettings()};
  if (transport.kind === 'ssh') return {shell: transport, docker: {}};
  const engine = await localEngine(signal, process.env, transport.context);
  if (engine.place === 'ssh') return {shell: parseHost(engine.host), docker: {}};
  const docker = transport.context === undefined ? {} : contextOptions(transport.context);
  return {shell: transport, docker, ...(engine.place === 'elsewhere' ? {elsewhere: engine} : {})};
}

/**
 * Reads one host: the kernel's tables and Docker's answers side by side, neither waiting for the other. Where it is to
 * be listened too, that comes first, and the reading begins, and its time, when it has ended.
 */
export async function collect(
  transport: Transport,
  wanted: Wanted,
  options: CollectOptions,
): Promise<HostEvidence> {
  options.signal.throwIfAborted();
  const {shell, docker: engineOptions, elsewhere} = await locate(transport, options.signal);
  const heard =
    wanted.listenSeconds === undefined || elsewhere ? [] : await listen(shell, wanted.listenSeconds, options);
  const startedAt = new Date().toISOString();
  const {endBy, startMs} = options;
  const limits = {
    ...(endBy === undefined ? {} : {endBy}),
    ...(startMs === undefined ? {} : {connectDeadlineMs: startMs}),
  };
  // Both to their end, also where one rejects: an abort is over only when nothing of it runs any more.
  const [kernelEnd, dockerEnd] = await Promise.allSettled([
    elsewhere ? noKernel(elsewhere) : readKernel(shell, wanted, options),
    readDocker(shell, wanted.docker, options.signal, {...engineOptions, ...limits}),
  ]);
  const [kernel, docker] = [outcome(kernelEnd), outcome(dockerEnd)];
  return {
    source: elsewhere?.endpoint ?? shell.label,
    startedAt,
    finishedAt: new Date().toISOString(),
    sections: [...kernel.sections, ...heard],
    docker,
    ...(kernel.failure ? {failure: kernel.failure} : {}),
  };
}

/** On any other host its own settings count, not the caller's, which a prefix on this machine would pass on. */
async function withoutCallersSettings(): Promise<EngineOptions> {
  const {DOCKER_HOST: callersHost, DOCKER_CONTEXT: callersContext} = process.env;
  const context = await currentContext(process.env);
  return {
    ...(callersHost ? {callersHost} : {}),
    ...(callersContext ? {callersContext} : {}),
    ...(context && context !== 'default' ? {context: 'default'} : {}),
  };
}

/** A named context passes over DOCKER_HOST and DOCKER_CONTEXT, save `default`, which stands for DOCKER_HOST. */
function contextOptions(context: string): EngineOptions {
  const {DOCKER_HOST: callersHost, DOCKER_CONTEXT: callersContext} = process.env;
  return {
    context,
    ...(callersHost && context !== 'default' ? {callersHost} : {}),
    ...(callersContext ? {callersContext} : {}),
  };
}

function noKernel({endpoint, because}: LocalEngine & {place: 'elsewhere'}): KernelEvidence {
  return {
    sections: [],
    failure: {
      code: 'engine-elsewhere',
      message: `${because} names ${quoteText(endpoint)}, which gives no shell: these are Docker's own answers, without the kernel's tables.`,
      suggestions: [
        "Read the engine's host itself: --host ssh://[user@]host",
        'Or read this machine: unset DOCKER_HOST, DOCKER_CONTEXT=default',
      ],
    },
  };
}

function outcome<T>(end: PromiseSettledResult<T>): T {
  if (end.status === 'rejected') throw end.reason;
  return end.value;
}
