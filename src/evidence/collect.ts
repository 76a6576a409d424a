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
  const [kernel, docker] = await Promise.all([
    readKernel(transport, wanted, options),
    readDocker(transport, wanted.docker, options.signal),
  ]);
  return {
    source: transport.label,
    startedAt,
    finishedAt: new Date().toISOString(),
    sections: kernel.sections,
    docker,
    ...(kernel.failure ? {failure: kernel.failure} : {}),
  };
}
