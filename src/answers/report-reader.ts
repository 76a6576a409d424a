import type {Wanted} from '../collect/wanted.js';
import {type Readings, sortReadings} from '../hosts/readings.js';
import type {HostModel} from '../model/host.js';
import type {HostEvidence} from '../snapshot/snapshot.js';
import type {RecordedFile} from '../snapshot/snapshot-folder.js';
import {hostFromEvidence} from '../topology/host-from-evidence.js';
import type {EachReader, Watched} from './reader.js';
import type {ProbingReader} from './trace.js';

/** What a report reads from: models for the checks, and the evidence that they are made of. */
export interface ReportSource extends EachReader {
  /** The evidence of the hosts, one at a time, as it comes. */
  evidence(wanted: Wanted): AsyncIterable<HostEvidence>;
}

/** A reading of a host, with what it was made of. */
export interface KeptReading {
  model: HostModel;
  evidence: HostEvidence;
}

export interface ReportReaderOptions {
  /** Keep the readings of at most so many hosts. */
  most: number;
  maxSkew: number;
  /** Done to the evidence before anything looks at it. */
  redact?: ((evidence: HostEvidence) => HostEvidence) | undefined;
  /** Sees every model that is read here, and not in threads. */
  watch: (model: HostModel) => void;
}

/**
 * Reads hosts once for all parts of a report: the checks decide how often, and everything else is answered from the readings
 * that they saw. Of more hosts than are kept, only the checks see the readings.
 */
export class ReportReader implements EachReader {
  private readonly source: ReportSource;
  private readonly options: ReportReaderOptions;
  private readonly kept = new Map<string, KeptReading>();
  private overflow = false;

  constructor(source: ReportSource, options: ReportReaderOptions) {
    this.source = source;
    this.options = options;
  }

  get live(): boolean {
    return this.source.live;
  }

  /** Whether there were more hosts than are kept. */
  get isLarge(): boolean {
    return this.overflow;
  }

  pause(milliseconds: number): Promise<void> {
    return this.source.pause(milliseconds);
  }

  watched<T>(work: Watched<T>): Promise<T> {
    return this.source.watched(work);
  }

  /** Many files are looked at in threads, which keep nothing; evidence that is redacted goes through here. */
  async files(): Promise<RecordedFile[]> {
    if (this.options.redact) return [];
    const files = await this.source.files();
    if (files.length <= this.options.most) return [];
    this.overflow = true;
    return files;
  }

  async readEach(wanted: Wanted, use: (model: HostModel) => void): Promise<void> {
    const {redact = (evidence: HostEvidence) => evidence} = this.options;
    for await (const read of this.source.evidence(wanted)) {
      const evidence = redact(read);
      const model = hostFromEvidence(evidence);
      this.keep({model, evidence});
      this.options.watch(model);
      use(model);
    }
  }

  private keep(reading: KeptReading): void {
    if (this.overflow) return;
    const {model} = reading;
    this.kept.set(JSON.stringify([model.key, model.source, model.startedAt]), reading);
    if (new Set([...this.kept.values()].map(({model: {key}}) => key)).size <= this.options.most) return;
    this.overflow = true;
    this.kept.clear();
  }

  /** The latest reading of each host by name, with its evidence; empty of too many. */
  latest(): KeptReading[] {
    const readings = [...this.kept.values()];
    return this.readings().hosts.flatMap((model) => {
      const found = readings.find(
        ({model: own}) => own.startedAt === model.startedAt && own.source === model.source,
      );
      return found ? [{model, evidence: found.evidence}] : [];
    });
  }

  /** What was kept, as one reading that tells no more when it is read again. */
  replay(): ProbingReader {
    const readings = this.readings();
    const nothing = () => Promise.reject(new Error('a report sends nothing'));
    return {
      live: false,
      read: () => Promise.resolve(readings),
      pause: () => Promise.resolve(),
      announce: () => {},
      interruptible: nothing,
    };
  }

  private readings(): Readings {
    return sortReadings(
      [...this.kept.values()].map(({model}) => model),
      this.options.maxSkew,
    );
  }
}
