import type {HostDocument} from '../hosts/document.js';
import type {ReportDocument, ReportScope} from './report.js';

/** What `report --json` prints: what was written, not what is in it. */
export interface ReportSummary extends HostDocument {
  verdict: string;
  /** Where the report is; `-` is standard output. */
  file: string;
  /** Its bytes. */
  size: number;
  createdAt: string;
  redacted: boolean;
  scope: ReportScope;
  findingCount: number;
}

export function reportSummary(
  {schemaVersion, hosts, problems, verdict, createdAt, redacted, scope, diagnosis}: ReportDocument,
  written: Pick<ReportSummary, 'file' | 'size'>,
): ReportSummary {
  return {
    schemaVersion,
    hosts,
    problems,
    verdict,
    ...written,
    createdAt,
    redacted,
    scope,
    findingCount: diagnosis.findings.length,
  };
}
