import {escapeText} from '../base/escape.js';
import type {FoldedFinding, NotChecked} from '../findings/finding.js';
import {atLeast, type Severity} from '../findings/severity.js';
import {adviceText} from './advice.js';

export interface JunitSource {
  /** When the hosts were read: ISO 8601. */
  timestamp: string;
  checks: readonly {name: string; codes: readonly string[]}[];
  findings: FoldedFinding[];
  notChecked: NotChecked[];
  /** Findings of this severity or a worse one are failures; `never`: none is. */
  failOn: Severity | 'never';
}

/**
 * The answer as JUnit's XML, which CI systems show as test results: a case a finding, which failed, and a case for each
 * check that found nothing, which passed, or was skipped where it could look at nothing.
 */
export function renderJunit({timestamp, checks, findings, notChecked, failOn}: JunitSource): string {
  const cases = checks.flatMap(({name, codes}) => {
    const own = findings.filter(({code}) => codes.includes(code));
    const gaps = notChecked.filter(({checkName: check}) => check === name);
    if (own.length > 0) return own.map((finding) => findingCase(name, finding, failOn));
    return [{failed: false, skipped: gaps.length > 0, lines: quietCase(name, gaps)}];
  });
  const count = (key: 'failed' | 'skipped') => cases.filter((one) => one[key]).length;
  const attributes = `name="ovdiag doctor" tests="${cases.length}" failures="${count('failed')}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${attributes}>`,
    `  <testsuite ${attributes} errors="0" skipped="${count('skipped')}" timestamp="${xml(timestamp)}">`,
    ...cases.flatMap(({lines}) => lines.map((line) => `    ${line}`)),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function findingCase(check: string, finding: FoldedFinding, failOn: JunitSource['failOn']) {
  const {code, severity, host, network, subject, cause, evidence, folded} = finding;
  const failed = failOn !== 'never' && atLeast(severity, failOn);
  const where = [network, host].filter((part) => part !== null).join(' on ');
  const text = [
    `${severity}: ${cause}`,
    ...evidence.map((row) => `evidence: ${row}`),
    ...adviceText(finding, host),
    ...folded.map(({finding: other}) => `follows: ${other.code} ${other.host ?? ''}: ${other.subject}`),
  ]
    .map((line) => xml(line))
    .join('\n');
  const head = `<testcase classname="ovdiag.${xml(check)}" name="${xml([code, where, subject].filter(Boolean).join(' '))}">`;
  return {
    failed,
    skipped: false,
    lines: [
      head,
      failed
        ? `  <failure type="${xml(code)}" message="${xml(cause)}">${text}</failure>`
        : `  <system-out>${text}</system-out>`,
      '</testcase>',
    ],
  };
}

function quietCase(name: string, gaps: NotChecked[]): string[] {
  const head = `<testcase classname="ovdiag.${xml(name)}" name="${xml(name)}"`;
  if (gaps.length === 0) return [`${head}/>`];
  const why = gaps.map(({host, reason}) => (host === null ? reason : `${host}: ${reason}`)).join('; ');
  return [`${head}>`, `  <skipped message="${xml(why)}"/>`, '</testcase>'];
}

const noXml = /[\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** Text for XML 1.0, which has no place for control characters and lone surrogates. */
function xml(text: string): string {
  return escapeText(text)
    .replace(noXml, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
