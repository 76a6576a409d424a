import {availableParallelism} from 'node:os';
import type {Examiner} from '../checks/run.js';
import type {Progress} from '../hosts/fan-out.js';
import type {HostFacts} from '../hosts/host-facts.js';
import {type RecordedFile, readRecorded} from '../snapshot/snapshot-folder.js';
import {hostFromEvidence} from '../topology/host-from-evidence.js';
import type {Examined} from './examine.js';
import {inThreads} from './threads.js';

/** Each thread holds one host's evidence and model, up to 250 MB of memory with what it has not yet cleaned up. */
const mostThreads = 4;
/** With fewer files than this the threads would be done before their code is as fast as it gets. */
const worthThreads = 24;

/** As the build puts it. From the sources there are no threads: what makes Node read TypeScript does not reach into them. */
const module = new URL('../workers/examine.js', import.meta.url);

/** How many threads so many files are worth; 0 where they are better looked at here. */
export function threadsFor(files: number): number {
  if (import.meta.url.endsWith('.ts')) return 0;
  const threads = Math.min(mostThreads, availableParallelism());
  return files < worthThreads || threads < 2 ? 0 : threads;
}

/** Looks at the hosts of many snapshot files in threads, each by itself, and hands what is kept of them to the examiner. */
export async function examineFiles(
  files: readonly RecordedFile[],
  examiner: Examiner,
  use: (facts: HostFacts) => void,
  signal: AbortSignal,
  onProgress?: (progress: Progress) => void,
): Promise<void> {
  const examined: Examined[] = [];
  for await (const {index, result} of inThreads<RecordedFile, Examined>(
    module,
    files,
    threadsFor(files.length),
    signal,
    (progress) => onProgress?.({...progress, failed: 0, running: []}),
  ))
    examined[index] = result;
  // In the order of the files, whichever thread was faster.
  for (const {kept, facts} of examined.flat()) {
    examiner.take(kept);
    use(facts);
  }
  for (const [number, file] of files.entries()) {
    if (examined[number]?.some(({kept}) => examiner.outdated(kept.identity))) await addAgain(file, examiner);
  }
}

/** The hosts of a file of which one shares its name or key with another: what was said of it has the wrong one. */
async function addAgain(file: RecordedFile, examiner: Examiner): Promise<void> {
  for (const evidence of await readRecorded(file)) examiner.addAgain(hostFromEvidence(evidence));
}
