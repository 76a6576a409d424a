import {checks} from '../../src/checks/registry.js';
import {type Examination, Examiner} from '../../src/checks/run.js';
import type {HostEvidence} from '../../src/evidence/snapshot.js';
import type {Finding} from '../../src/findings/finding.js';
import {type HostModel, hostModel} from '../../src/model/host.js';
import {recordedModel} from '../support/evidence.js';

/** What all checks say of these readings, in their order. */
export function examine(...readings: (HostEvidence | HostModel)[]): Examination {
  const examiner = new Examiner(checks);
  for (const reading of readings) examiner.add('namespaces' in reading ? reading : hostModel(reading));
  return examiner.end();
}

/** What all checks say of recorded hosts, such as `stale/node1`. */
export function examineRecorded(...names: string[]): Examination {
  return examine(...names.map(recordedModel));
}

/** Codes with their hosts and subjects, for comparing. */
export function told(findings: Finding[]): string[] {
  return findings.map(({code, host, subject}) => `${code} ${host ?? '-'} ${subject}`).sort();
}

/** Codes that are true of the lab in which the fixtures were recorded: its kernel has neither IPVS nor ESP. */
export const expectedInLab: ReadonlySet<string> = new Set<string>([]);

/** Findings beyond those that the lab's kernel brings along. */
export function unexpected(findings: Finding[]): Finding[] {
  return findings.filter(({code}) => !expectedInLab.has(code));
}
