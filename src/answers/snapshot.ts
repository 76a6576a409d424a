import {everything, type Wanted} from '../collect/wanted.js';
import {type HostDocument, hostDocument} from '../hosts/document.js';
import type {Keeper} from '../hosts/keep.js';
import {sortReadings} from '../hosts/readings.js';
import {type HostModel, hostModel, outline} from '../model/host.js';
import type {Problem} from '../model/problem.js';
import type {HostEvidence} from '../snapshot/snapshot.js';

export interface EvidenceReader {
  /** The evidence of the hosts, one at a time, as it comes. */
  evidence(wanted: Wanted): AsyncIterable<HostEvidence>;
}

export interface SnapshotOptions {
  keeper: Keeper;
  /** Done to the evidence before it is kept. */
  redact?: ((evidence: HostEvidence) => HostEvidence) | undefined;
  /** Seconds that the readings of several hosts may be apart without a word. */
  maxSkew: number;
  /** What went wrong beside the reading of hosts; asked for when all of them have been read. */
  trouble: () => Problem[];
}

/** Where the snapshot is: one of the two. */
export type SnapshotDocument = HostDocument & {file?: string; directory?: string};

/** Keeps the evidence of all hosts, one at a time. Leaves nothing where it throws. */
export async function snapshotAnswer(
  reader: EvidenceReader,
  {keeper, redact = (evidence) => evidence, maxSkew, trouble}: SnapshotOptions,
): Promise<SnapshotDocument> {
  const models: HostModel[] = [];
  let path: string;
  try {
    for await (const read of reader.evidence(everything)) {
      const evidence = redact(read);
      const model = hostModel(evidence);
      await keeper.add(model.name, evidence);
      models.push(outline(model));
    }
    path = await keeper.finish();
  } catch (error) {
    await keeper.discard();
    throw error;
  }
  return {
    ...hostDocument(sortReadings(models, maxSkew), trouble()),
    ...(keeper.kind === 'file' ? {file: path} : {directory: path}),
  };
}
