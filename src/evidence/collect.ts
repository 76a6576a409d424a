import {quoteText} from '../render/escape.js';
import {currentContext, type LocalEngine, localEngine} from './local-engine.js';
import {type DockerPlace, readDocker} from './read-docker.js';
import {type KernelEvidence, readKernel} from './read-kernel.js';
import type {HostEvidence} from './snapshot.js';
import {parseHost, type Transport} from './transport.js';
import type {Wanted} from './wanted.js';

export interface CollectOptions {
  /** Where the namespace files are; the engine is asked where this is not given. */
  netnsDir?: string;
  /** When the host's time is over, in milliseconds since the epoch; what came by then is kept. */
  endBy?: number;
  signal: AbortSignal;
}

/** Reads one host: the kernel's tables and Docker's answers side by side, neither waiting for the other. */
export async function collect(
  transport: Transport,
  wanted: Wanted,
  options: CollectOptions,
): Promise<HostEvidence> {
  const startedAt = new Date().toISOString();
  options.signal.throwIfAborted();
  // The engine of "this host" is the one that the docker command here would talk to.
  const engine: LocalEngine =
    transport.kind === 'local' ? await localEngine(options.signal) : {place: 'here'};
  const there = engine.place === 'ssh' ? parseHost(engine.host) : transport;
  const place = {
    ...(await dockerPlace(there)),
    ...(options.endBy === undefined ? {} : {endBy: options.endBy}),
  };
  // Both to their end, also where one rejects: an abort is over only when nothing of it runs any more.
  const [kernelEnd, dockerEnd] = await Promise.allSettled([
    engine.place === 'elsewhere' ? noKernel(engine) : readKernel(there, wanted, options),
    readDocker(there, wanted.docker, options.signal, place),
  ]);
  const [kernel, docker] = [outcome(kernelEnd), outcome(dockerEnd)];
  return {
    source: engine.place === 'elsewhere' ? engine.endpoint : there.label,
    startedAt,
    finishedAt: new Date().toISOString(),
    sections: kernel.sections,
    docker,
    ...(kernel.failure ? {failure: kernel.failure} : {}),
  };
}

/** On any other host its own settings count, not the caller's, which a prefix on this machine would pass on. */
async function dockerPlace(transport: Transport): Promise<DockerPlace> {
  if (transport.kind !== 'exec') return {};
  const {DOCKER_HOST: callersHost, DOCKER_CONTEXT: callersContext} = process.env;
  const context = await currentContext(process.env);
  return {
    ...(callersHost ? {callersHost} : {}),
    ...(callersContext ? {callersContext} : {}),
    ...(context && context !== 'default' ? {context: 'default'} : {}),
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
