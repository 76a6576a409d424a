import type {ReportQuestion} from '../../answers/report.js';
import {usageError} from '../../base/errors.js';
import {type Acceptance, acceptancesOn} from '../../findings/acceptance.js';
import {parseDuration} from '../duration.js';

export interface ReportFlags {
  redact: boolean;
  capture?: string[] | undefined;
  record?: string | undefined;
  'max-skew': string;
}

/** What is asked with these flags. Throws where they can't be meant. */
export function reportQuestion(flags: ReportFlags, accept: readonly Acceptance[] = []): ReportQuestion {
  if (flags.redact && flags.capture !== undefined) {
    throw usageError('redact-and-capture', '--redact replaces names in evidence; a capture has its own.', [
      'Leave out one of them.',
    ]);
  }
  if (flags.redact && flags.record !== undefined) {
    throw usageError(
      'redact-and-record',
      '--record keeps the evidence as it was read, which --redact hides.',
      ['A redacted snapshot: ovdiag snapshot --redact -o FILE'],
    );
  }
  const now = new Date().toISOString();
  return {
    maxSkew: parseDuration('max-skew', flags['max-skew']) / 1000,
    accepted: acceptancesOn(now.slice(0, 10), accept),
    createdAt: now,
  };
}

/** `ovdiag-report-20260102T030405Z.html`. */
export function defaultReportName({createdAt}: Pick<ReportQuestion, 'createdAt'>): string {
  return `ovdiag-report-${createdAt.replace(/[-:]|\.\d+/g, '')}.html`;
}
