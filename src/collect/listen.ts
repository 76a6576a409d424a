import {setTimeout as sleep} from 'node:timers/promises';
import type {Section} from '../snapshot/snapshot.js';
import type {CollectOptions} from './options.js';
import {readKernel} from './read-kernel.js';
import type {Transport} from './transport.js';
import type {Wanted} from './wanted.js';

/** How much longer than asked for it may take until the far side has said what it heard. */
const graceMs = 20_000;

const nothing: Wanted = {
  netns: [],
  netnsTables: [],
  hostTables: [],
  docker: {containers: false, networks: 'none', cluster: false},
};

/**
 * Listens for so many seconds, in every overlay sandbox of a host, for what its vxlan devices announce when they have no
 * row for what they are to send. One section `misses` a namespace; none where it could not be listened, after the
 * same time. Rejects only when the signal aborts.
 */
export async function listen(
  transport: Transport,
  seconds: number,
  {netnsDir, signal}: CollectOptions,
): Promise<Section[]> {
  const end = Date.now() + seconds * 1000;
  const stallMs = seconds * 1000 + graceMs;
  const options = {
    signal,
    listenSeconds: seconds,
    endBy: end + graceMs,
    ...(netnsDir === undefined ? {} : {netnsDir}),
  };
  const {sections} = await readKernel(transport, nothing, options, {stallMs, sectionMs: stallMs});
  // A host that can't listen has answered at once.
  if (end > Date.now()) await sleep(end - Date.now(), undefined, {signal});
  return sections.filter(({name}) => name === 'misses');
}
