import type {HostEvidence} from '../snapshot/snapshot.js';

/** The evidence behind an answer, kept as a snapshot file: what `--record FILE` does. */
export class Recording {
  private readonly evidence: HostEvidence[] = [];
  private readonly path: string;
  private readonly version: string;

  constructor(path: string, version: string) {
    this.path = path;
    this.version = version;
  }

  add(evidence: HostEvidence): void {
    this.evidence.push(evidence);
  }

  /** Writes all that was read so far. */
  async write(): Promise<void> {
    const {record} = await import('../hosts/keep.js');
    await record(this.path, this.evidence, this.version);
  }
}
