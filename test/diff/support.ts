import {type Diff, diffSnapshots} from '../../src/diff/diff.js';
import {sentenceOf} from '../../src/diff/words.js';
import {type HostModel, hostModel} from '../../src/model/host.js';
import type {HostEvidence} from '../../src/snapshot/snapshot.js';

/** Differences that follow from no other, each as `HOST PLACE: SENTENCE`. */
export function rootsOf({differences}: Diff): string[] {
  return differences
    .filter(({follows}) => follows === undefined)
    .map((one) => `${one.place.host ?? 'swarm'} ${one.place.title}: ${sentenceOf(one)}`);
}

/** What comes with something else, each as `KIND SENTENCE`. */
export function followersOf({differences}: Diff): string[] {
  return differences
    .filter(({follows}) => follows !== undefined)
    .map((one) => `${one.kind} ${sentenceOf(one)}`);
}

export function diffEvidence(before: HostEvidence[], after: HostEvidence[]): Diff {
  return diffSnapshots(before.map(hostModel), after.map(hostModel));
}

/** Against models made once, as making one takes most of the time. */
export function diffTo(before: HostModel[], after: HostEvidence[]): Diff {
  return diffSnapshots(before, after.map(hostModel));
}

export function diffModels(before: HostModel, after: HostModel): Diff {
  return diffSnapshots([before], [after]);
}
