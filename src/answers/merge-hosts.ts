/** One finding for what several hosts have alike. */
import type {FoldedFinding} from '../findings/finding.js';

export interface ReportedFinding extends FoldedFinding {
  /** Every host that has it alike, `host` the first of them; empty where it is on none. */
  hosts: string[];
}

/** In the order of the first of each. Findings are alike where their words differ in the host's own name at most. */
export function mergeHosts(findings: readonly FoldedFinding[]): ReportedFinding[] {
  const groups = new Map<string, FoldedFinding[]>();
  for (const finding of findings) {
    const key = keyOf(finding);
    const group = groups.get(key);
    if (group) group.push(finding);
    else groups.set(key, [finding]);
  }
  return [...groups.values()].flatMap((group) => {
    const [first, ...others] = group;
    if (!first) return [];
    return [others.length === 0 ? {...first, hosts: hostsOf(group)} : merged(first, group)];
  });
}

function merged(first: FoldedFinding, group: FoldedFinding[]): ReportedFinding {
  const evidence = new Set(group.map((one) => JSON.stringify(one.evidence)));
  return {
    ...first,
    hosts: hostsOf(group),
    evidence:
      evidence.size === 1
        ? first.evidence
        : group.flatMap((one) => one.evidence.map((row) => `${one.host ?? ''}: ${row}`)),
    folded: group.flatMap(({folded}) => folded),
  };
}

function hostsOf(group: readonly FoldedFinding[]): string[] {
  return [...new Set(group.flatMap(({host}) => host ?? []))];
}

function keyOf(finding: FoldedFinding): string {
  const {code, severity, host, network, subject, cause, fix, basis} = finding;
  if (host === null) return JSON.stringify([code, severity, host, network, subject, cause]);
  const text = JSON.stringify([code, severity, network, subject, cause, fix, basis]);
  return text.replaceAll(JSON.stringify(host).slice(1, -1), '\u0000');
}
