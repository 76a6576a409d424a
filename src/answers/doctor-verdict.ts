/** The answer of `doctor` in one line: how much was found on how many hosts, the worst of it, and where. */
import {explanationOf} from '../findings/catalogue.js';
import {type Severity, severities} from '../findings/severity.js';
import {leavesGap} from '../hosts/host-problems.js';
import type {Problem} from '../model/problem.js';
import type {ReportedFinding} from './merge-hosts.js';

interface Found {
  findings: readonly ReportedFinding[];
  /** Findings that the configuration accepts. */
  acceptedCount?: number;
  /** Hosts that were read. */
  hosts: readonly unknown[];
  problems: readonly Problem[];
  /** How many checks ran. */
  checks: number;
}

/** `2 errors, 1 warning on 3 hosts: node1: uber-net: web2: an FDB entry is missing (fdb-row-missing)`. */
export function doctorVerdict({findings, acceptedCount = 0, hosts, problems, checks}: Found): string {
  const on = `on ${plural(hosts.length, 'host')}`;
  const [first] = findings;
  const unread = incomplete(problems);
  const known = acceptedCount > 0 ? `, ${acceptedCount} accepted` : '';
  if (first)
    return `${counts(findings)}${known} ${on}: ${worst(first)}${unread === undefined ? '' : `; ${unread}`}`;
  return unread === undefined
    ? `nothing found${known} ${on} (${plural(checks, 'check')})`
    : `nothing found${known} ${on}, but incomplete: ${unread}`;
}

function counts(findings: readonly ReportedFinding[]): string {
  const count = (wanted: Severity) => findings.filter(({severity}) => severity === wanted).length;
  return severities
    .flatMap((severity) => {
      const number = count(severity);
      return number === 0 ? [] : [severity === 'info' ? `${number} info` : plural(number, severity)];
    })
    .join(', ');
}

function worst({code, hosts, network, subject}: ReportedFinding): string {
  const where = [hostsText(hosts), network, subject].filter(Boolean).join(': ');
  return `${where}: ${explanationOf(code)?.title ?? code} (${code})`;
}

function hostsText(hosts: readonly string[]): string {
  return hosts.length > 3 ? `${hosts.slice(0, 2).join(', ')} and ${hosts.length - 2} more` : hosts.join(', ');
}

/** What could not be read, and where; undefined where all was. */
function incomplete(problems: readonly Problem[]): string | undefined {
  const [first, ...others] = problems.filter(leavesGap);
  if (!first) return undefined;
  const where = [first.host, first.subject].filter((part) => part !== undefined && part !== '');
  const more = others.length > 0 ? `, and ${plural(others.length, 'more problem')}` : '';
  return `${[...where, first.message].join(': ')} (${first.code})${more}`;
}

function plural(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? '' : 's'}`;
}
