import type {EachReader, Reader} from '../../src/answers/reader.js';
import type {ProbingReader} from '../../src/answers/trace.js';
import type {Wanted} from '../../src/collect/wanted.js';
import {sortReadings} from '../../src/hosts/readings.js';
import type {HostModel} from '../../src/model/host.js';
import type {HostEvidence} from '../../src/snapshot/snapshot.js';
import {hostFromEvidence} from '../../src/topology/host-from-evidence.js';

/** A reader of evidence that is there already, and what was asked of it. */
export interface ToldReader extends Reader, EachReader, ProbingReader {
  /** What was wanted, reading by reading. */
  readonly asked: Wanted[];
  /** Milliseconds that were waited, in turn. */
  readonly pauses: number[];
  /** Lines that were announced. */
  readonly announced: string[];
}

/** Gives the same models as often as they are asked for. */
export function readerOfModels(models: readonly HostModel[]): ToldReader {
  const readings = sortReadings([...models]);
  return {
    ...readerOf([]),
    read: () => Promise.resolve(readings),
    readEach: (_wanted, use) => {
      models.forEach(use);
      return Promise.resolve();
    },
  };
}

/**
 * Gives one set of hosts after another, as live hosts change; the last one for ever.
 *
 * @param live whether it says so; one that is not should be asked once
 */
export function readerOf(times: HostEvidence[][], {live = false} = {}): ToldReader {
  const asked: Wanted[] = [];
  const pauses: number[] = [];
  const announced: string[] = [];
  const all: HostModel[] = [];
  const next = (wanted: Wanted): HostModel[] => {
    const evidence = times[Math.min(asked.length, times.length - 1)] ?? [];
    asked.push(wanted);
    return evidence.map(hostFromEvidence);
  };
  return {
    asked,
    pauses,
    announced,
    get live() {
      return live && asked.length > 0;
    },
    read: (wanted) => {
      all.push(...next(wanted));
      return Promise.resolve(sortReadings([...all]));
    },
    readEach: (wanted, use) => {
      next(wanted).forEach(use);
      return Promise.resolve();
    },
    pause: (milliseconds) => {
      pauses.push(milliseconds);
      return Promise.resolve();
    },
    files: () => Promise.resolve([]),
    watched: (work) => work(new AbortController().signal, undefined),
    announce: (lines) => void announced.push(...lines),
    interruptible: () => Promise.reject(new Error('no packet is sent in a test')),
  };
}
