import assert from 'node:assert/strict';
import {diagnose} from '../../src/answers/doctor.js';
import type {ReportDocument} from '../../src/answers/report.js';
import type {ReportWalk} from '../../src/answers/report-walks.js';
import {type ProbingReader, traceAnswer} from '../../src/answers/trace.js';
import {checks} from '../../src/checks/registry.js';
import {hostFromEvidence} from '../../src/topology/host-from-evidence.js';
import {recordedSwarm} from '../support/pictured.js';
import {reportOf} from '../support/reports.js';
import {readerOfModels} from './reader.js';

/**
 * Throws where the report of a folder of fixtures finds or walks other than doctor and trace do.
 *
 * @returns how many walks were compared
 */
export async function reportAgrees(folder: string): Promise<number> {
  const {hosts} = recordedSwarm(folder);
  const report = await reportOf(hosts);
  const reader = readerOfModels(hosts.map(hostFromEvidence));
  const doctor = await diagnose(reader, {maxSkew: 60, contract: true}, checks);
  assert.deepEqual(report.diagnosis, doctor, folder);
  assert.equal(report.verdict, doctor.verdict);
  for (const walk of report.walks)
    assert.deepEqual(shownOf(report, walk), await tracedOf(reader, walk), `${folder}: ${walk.verdict}`);
  return report.walks.length;
}

/** A walk of a report in the form of `trace --json`. */
function shownOf(report: ReportDocument, {verdict, disposition, forward, reply}: ReportWalk): unknown[] {
  return [verdict, disposition, hopsOf(report, forward), reply && hopsOf(report, reply)];
}

async function tracedOf(
  reader: ProbingReader,
  {source, destination, network}: ReportWalk,
): Promise<unknown[]> {
  const {verdict, disposition, forward, reverse} = await traceAnswer(reader, {
    source,
    destination,
    network: network ?? undefined,
    traffic: {protocol: 'icmp'},
  });
  return [verdict, disposition, forward.hops, reverse?.hops ?? null];
}

function hopsOf({hops}: ReportDocument, numbers: readonly number[]): ReportDocument['hops'] {
  return numbers.flatMap((number) => hops[number] ?? []);
}
