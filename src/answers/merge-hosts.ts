/** One finding for what several hosts have alike. */
import type {Fix} from '../findings/advice.js';
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
    fix: onEachHost(first),
    hosts: hostsOf(group),
    evidence:
      evidence.size === 1
        ? first.evidence
        : group.flatMap((one) => one.evidence.map((row) => `${one.host ?? ''}: ${row}`)),
    folded: group.flatMap(({folded}) => folded),
  };
}

/** Without the name of the first host: the same lines are for all of them. */
function onEachHost({fix, host}: FoldedFinding): Fix {
  if (fix.by !== 'commands' || fix.host !== host) return fix;
  const {host: _, ...rest} = fix;
  return rest;
}

function hostsOf(group: readonly FoldedFinding[]): string[] {
  return [...new Set(group.flatMap(({host}) => host ?? []))];
}

function keyOf(finding: FoldedFinding): string {
  const {code, severity, host, network, subject, cause, fix, basis} = finding;
  if (host === null) return JSON.stringify([code, severity, host, network, subject, cause]);
  const text = JSON.stringify([code, severity, network, subject, cause, fix, basis]);
  // The lines to type must be the very same on each host.
  const typed = fix.by === 'commands' ? [fix.commands, fix.undo] : [];
  return text.replaceAll(JSON.stringify(host).slice(1, -1), '\u0000') + JSON.stringify(typed);
}
