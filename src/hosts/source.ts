import type {Wanted} from '../collect/wanted.js';
import type {HostEvidence} from '../snapshot/snapshot.js';
import type {RecordedFile} from '../snapshot/snapshot-folder.js';
import type {Progress} from './fan-out.js';

/** A source that gives evidence; a live one can be asked again, a recorded one always tells the same. */
export interface EvidenceSource {
  live: boolean;
  /**
   * Host by host, in the order in which they come, so that whoever needs only one at a time holds only one. A host
   * that could not be read is among them, with its `failure`. Leaving the loop early ends what still runs.
   */
  each(wanted: Wanted, signal: AbortSignal, onProgress?: (progress: Progress) => void): Evidences;
  /** The files that it reads, where it reads files: each can be read by itself. */
  files?: () => Promise<RecordedFile[]>;
  /** All of them at once, in the order in which they were named. */
  read(
    wanted: Wanted,
    signal: AbortSignal,
    onProgress?: (progress: Progress) => void,
  ): Promise<HostEvidence[]>;
}

export type Evidences = AsyncGenerator<HostEvidence, void, undefined>;
