import {outliner} from '../diff/outline.js';
import {sortReadings} from '../hosts/readings.js';
import type {HostModel} from '../model/host.js';
import {readRecorded, recordedFiles} from '../snapshot/snapshot-folder.js';
import {hostFromEvidence} from '../topology/host-from-evidence.js';

/** One of two snapshots that are compared. */
export interface DiffSide {
  /** The newest reading of each host; of many files outlines. */
  hosts: HostModel[];
  /** The model of one of these hosts with all its tables. */
  anew(host: HostModel): Promise<HostModel>;
}

/** The models of so many files are held; of more an outline each, and the file is read once more when it is asked for. */
const mostHeld = 3;

/** @param path a snapshot file, a directory of them, or `-` for standard input */
export async function readSide(path: string): Promise<DiffSide> {
  const files = await recordedFiles(path);
  const outline = files.length > mostHeld ? outliner() : undefined;
  const places = new Map<string, {number: number; index: number}>();
  const models: HostModel[] = [];
  for (const [number, file] of files.entries()) {
    for (const [index, evidence] of (await readRecorded(file)).entries()) {
      const model = hostFromEvidence(evidence);
      places.set(keyOf(model), {number, index});
      models.push(outline ? outline(model) : model);
    }
  }
  return {
    hosts: sortReadings(models).hosts,
    async anew(host) {
      const place = places.get(keyOf(host));
      const file = place && files[place.number];
      if (!outline || !file) return host;
      const evidence = (await readRecorded(file))[place.index];
      if (!evidence) return host;
      const {name, sharedName} = host;
      return {...hostFromEvidence(evidence), name, ...(sharedName === undefined ? {} : {sharedName})};
    },
  };
}

function keyOf({source, startedAt, finishedAt}: HostModel): string {
  return [source, startedAt, finishedAt].join('\n');
}
