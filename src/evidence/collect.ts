import {readDocker} from './read-docker.js';
import {readKernel} from './read-kernel.js';
import type {HostEvidence} from './snapshot.js';
import type {Transport} from './transport.js';
import type {Wanted} from './wanted.js';

export interface CollectOptions {
  /** Where the namespace files are; the engine is asked where this is not given. */
  netnsDir?: string;
  signal: AbortSignal;
}

/** Reads one host: the kernel's tables and Docker's answers side by side, neither waiting for the other. */
export async function collect(
  transport: Transport,
  wanted: Wanted,
  options: CollectOptions,
): Promise<HostEvidence> {
  const startedAt = new Date().toISOString();
  // Both to their end, also where one rejects: an abort is over only when nothing of it runs any more.
  const [kernelEnd, dockerEnd] = await Promise.allSettled([
    readKernel(transport, wanted, options),
    readDocker(transport, wanted.docker, options.signal),
  ]);
  const [kernel, docker] = [outcome(kernelEnd), outcome(dockerEnd)];
  return {
    source: transport.label,
    startedAt,
    finishedAt: new Date().toISOString(),
    sections: kernel.sections,
    docker,
    ...(kernel.failure ? {failure: kernel.failure} : {}),
  };
}

function outcome<T>(end: PromiseSettledResult<T>): T {
  if (end.status === 'rejected') throw end.reason;
  return end.value;
}
