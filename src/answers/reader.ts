import type {Wanted} from '../collect/wanted.js';
import {secondLookMs} from '../hosts/document.js';
import type {Progress} from '../hosts/fan-out.js';
import type {Readings} from '../hosts/readings.js';
import type {HostModel} from '../model/host.js';
import type {RecordedFile} from '../snapshot/snapshot-folder.js';

/** What an answer needs of whoever reads hosts for it. */
export interface Reader {
  /** Reads all hosts. A second call on a live source reads again, and both readings are given. */
  read(wanted: Wanted): Promise<Readings>;
  /** Whether reading once more can tell more: false of snapshots, and before anything was read. */
  readonly live: boolean;
  /** Waits so many milliseconds; throws where it is interrupted. */
  pause(milliseconds: number): Promise<void>;
}

/** The same for an answer that need not hold all hosts at once. */
export interface EachReader extends Pick<Reader, 'live' | 'pause'> {
  /** Reads all hosts and hands each on as it comes. */
  readEach(wanted: Wanted, use: (model: HostModel) => void): Promise<void>;
  /** The snapshot files that are read, where hosts come from nothing else. */
  files(): Promise<RecordedFile[]>;
  /** Work on hosts that is told how to say how far it has come, and when to stop. */
  watched<T>(work: Watched<T>): Promise<T>;
}

export type Watched<T> = (
  signal: AbortSignal,
  onProgress: ((progress: Progress) => void) | undefined,
) => Promise<T>;

/**
 * What is seen in readings; of a live source, where it may pass by itself, what is seen in readings a little later, late
 * enough that what Docker was just changing has settled; and in a third, where those two differ.
 *
 * @param first what was read already
 * @param differs whether what is seen now was not there before
 */
export async function lookTwice<Seen>(
  reader: Reader,
  wanted: Wanted,
  first: Readings,
  look: (readings: Readings) => Seen,
  {mayPass, differs}: {mayPass: (seen: Seen) => boolean; differs: (now: Seen, before: Seen) => boolean},
): Promise<{readings: Readings; seen: Seen}> {
  const again = async () => {
    await reader.pause(secondLookMs);
    const readings = await reader.read(wanted);
    return {readings, seen: look(readings)};
  };
  const seen = look(first);
  if (!reader.live || !mayPass(seen)) return {readings: first, seen};
  const second = await again();
  return differs(second.seen, seen) ? again() : second;
}
