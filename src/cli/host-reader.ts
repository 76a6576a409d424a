import type {EachReader, Watched} from '../answers/reader.js';
import type {ProbingReader} from '../answers/trace.js';
import {escapeText} from '../base/escape.js';
import type {Wanted} from '../collect/wanted.js';
import type {ServiceChoice} from '../hosts/choice.js';
import type {Config} from '../hosts/config.js';
import {evidenceSource} from '../hosts/read-hosts.js';
import {type Readings, sortReadings} from '../hosts/readings.js';
import type {EvidenceSource} from '../hosts/source.js';
import type {HostModel} from '../model/host.js';
import type {Problem} from '../model/problem.js';
import type {HostEvidence} from '../snapshot/snapshot.js';
import type {RecordedFile} from '../snapshot/snapshot-folder.js';
import {parseDuration} from './duration.js';
import type {HostFlags} from './host-flags.js';
import {hostProgress} from './host-progress.js';
import {hostSelection} from './host-selection.js';
import type {Interruption} from './interruption.js';
import {Recording} from './recording.js';

export interface ReaderOptions {
  interruption: Interruption;
  /** Ours, for what is recorded. */
  version: string;
  /** What the configuration says of groups of hosts. */
  settings: Config;
  /** How to reach the nodes of a swarm, if not over ssh. */
  via?: ServiceChoice | undefined;
}

/**
 * Reads the hosts that the flags mean. While they are waited for, stderr says how far it has come; Ctrl-C makes whatever
 * waits throw.
 */
export class HostReader implements ProbingReader, EachReader {
  private readonly models: HostModel[] = [];
  private readonly found: Problem[] = [];
  private source: EvidenceSource | undefined;
  /** Whether reading again would tell the same again, which is not recorded twice. */
  private toldAll = false;
  private readonly flags: HostFlags;
  private readonly interruption: Interruption;
  private readonly via: ServiceChoice | undefined;
  private readonly settings: Config;
  private readonly recording: Recording | undefined;

  constructor(flags: HostFlags, {interruption, version, via, settings}: ReaderOptions) {
    this.flags = flags;
    this.interruption = interruption;
    this.via = via;
    this.settings = settings;
    this.recording = flags.record === undefined ? undefined : new Recording(flags.record, version);
  }

  get live(): boolean {
    return this.source?.live ?? false;
  }

  async read(wanted: Wanted): Promise<Readings> {
    const maxSkew = parseDuration('max-skew', this.flags['max-skew']) / 1000;
    await this.readEach(wanted, (model) => this.models.push(model));
    return sortReadings(this.models, maxSkew);
  }

  async readEach(wanted: Wanted, use: (model: HostModel) => void): Promise<void> {
    // Loaded here: whoever reads no host, as decode without names, needs none of the parsers.
    const {hostFromEvidence} = await import('../topology/host-from-evidence.js');
    for await (const evidence of this.evidence(wanted)) {
      if (!this.toldAll) this.recording?.add(evidence);
      const model = hostFromEvidence(evidence);
      this.found.push(...model.problems.map((problem) => ({host: model.name, ...problem})));
      use(model);
    }
    this.toldAll = !this.live;
    await this.recording?.write();
  }

  /** The evidence of the hosts, one at a time in the order in which they come, for whoever keeps only a little of each. */
  async *evidence(wanted: Wanted): AsyncGenerator<HostEvidence, void, undefined> {
    this.source ??= await this.openSource();
    const progress = await hostProgress(wanted.listenSeconds);
    const release = this.interruption.hold();
    try {
      yield* this.source.each(wanted, this.interruption.signal, progress?.update);
    } finally {
      release();
      progress?.done();
    }
  }

  async watched<T>(work: Watched<T>): Promise<T> {
    const progress = await hostProgress();
    try {
      return await this.interruptible((signal) => work(signal, progress?.update));
    } finally {
      progress?.done();
    }
  }

  /** What could not be read of the hosts so far. */
  problems(): readonly Problem[] {
    return this.found;
  }

  /** The snapshot files that were named, where hosts come from nothing else and nothing of them is to be recorded. */
  async files(): Promise<RecordedFile[]> {
    this.source ??= await this.openSource();
    if (this.recording || !this.source.files) return [];
    return this.source.files();
  }

  pause(milliseconds: number): Promise<void> {
    return this.interruption.pause(milliseconds);
  }

  /** Work that Ctrl-C stops. */
  interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return this.interruption.during(work(this.interruption.signal));
  }

  announce(lines: string[]): void {
    for (const line of lines) process.stderr.write(`ovdiag: ${escapeText(line)}\n`);
  }

  private async openSource(): Promise<EvidenceSource> {
    const selection = await hostSelection(this.flags, this.settings);
    const {via} = this;
    return evidenceSource(
      via && selection.swarm ? {...selection, swarm: {...selection.swarm, via}} : selection,
    );
  }
}
