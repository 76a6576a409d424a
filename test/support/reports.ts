/** Reports of evidence that is there already, as `ovdiag report` writes them. */
import {type ReportDocument, type ReportQuestion, reportAnswer} from '../../src/answers/report.js';
import type {ReportSource} from '../../src/answers/report-reader.js';
import {checks} from '../../src/checks/registry.js';
import {reportText} from '../../src/cli/report-file.js';
import {captureReport} from '../../src/decode/capture-report.js';
import type {HostEvidence} from '../../src/snapshot/snapshot.js';

/** A source of evidence that is there already, all of which is read at once. */
export function sourceOf(hosts: readonly HostEvidence[]): ReportSource {
  return {
    live: false,
    pause: () => Promise.reject(new Error('nothing is waited for')),
    files: () => Promise.resolve([]),
    watched: (work) => work(new AbortController().signal, undefined),
    readEach: () => Promise.reject(new Error('a report reads evidence')),
    async *evidence() {
      yield* hosts;
    },
  };
}

export interface ReportOptions extends Partial<ReportQuestion> {
  /** Capture files to show. */
  captures?: readonly string[];
}

export function reportOf(
  hosts: readonly HostEvidence[],
  {captures, ...question}: ReportOptions = {},
): Promise<ReportDocument> {
  const never = {isStopped: () => false, onStop: () => {}};
  return reportAnswer(
    sourceOf(hosts),
    {
      maxSkew: 60,
      createdAt: '2026-11-29T12:00:00.000Z',
      ...(captures ? {capture: (names) => captureReport(captures, names, never)} : {}),
      ...question,
    },
    checks,
  );
}

/** The file itself. */
export async function reportPage(
  hosts: readonly HostEvidence[],
  options: ReportOptions = {},
): Promise<string> {
  return reportText(await reportOf(hosts, options));
}
