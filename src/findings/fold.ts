import {joinFixes} from './advice.js';
import {explanationOf} from './catalogue.js';
import type {Finding, FoldedFinding, Scope} from './finding.js';
import {severities} from './severity.js';

/** More findings of one kind in one place than this are told as one. */
const mostAlike = 3;

/**
 * Folds what follows from another finding under it, and many of a kind into one, so that an outage reads as one finding.
 * The most severe first; what explains most before others.
 */
export function foldFindings(findings: Finding[]): FoldedFinding[] {
  const causeOf = new Map<Finding, Finding>();
  const possible = possibleCauses(findings);
  for (const finding of findings) {
    const cause = possible.get(finding.code)?.find(finding);
    if (cause) causeOf.set(finding, cause);
  }
  const indices = new Map(findings.map((finding, index) => [finding, index]));
  const roots = findings.map((finding) => rootOf(finding, causeOf, indices));
  const folded = new Map<Finding, FoldedFinding>();
  for (const [index, finding] of findings.entries())
    if (roots[index] === finding) folded.set(finding, {...finding, folded: []});
  for (const [index, finding] of findings.entries()) {
    const root = roots[index];
    if (root && root !== finding) folded.get(root)?.folded.push({because: 'follows', finding});
  }
  return gatherAlike([...folded.values()].map(restoring)).sort(byWeight);
}

/** With the fixes of those that follow from it and don't go with it. */
function restoring(finding: FoldedFinding): FoldedFinding {
  const restores = explanationOf(finding.code)?.restores ?? [];
  const others = finding.folded.filter(({finding: {code}}) => restores.includes(code));
  return others.length === 0
    ? finding
    : {
        ...finding,
        fix: joinFixes(
          finding,
          others.map((one) => one.finding),
        ),
      };
}

/** The end of the chain of causes; of a circle, the member that comes first. */
function rootOf(
  finding: Finding,
  causeOf: ReadonlyMap<Finding, Finding>,
  indices: ReadonlyMap<Finding, number>,
): Finding {
  const passed = new Set([finding]);
  let last = finding;
  for (let cause = causeOf.get(finding); cause; cause = causeOf.get(cause)) {
    if (passed.has(cause)) return earliest([...passed].slice([...passed].indexOf(cause)), indices);
    passed.add(cause);
    last = cause;
  }
  return last;
}

function earliest(circle: Finding[], indices: ReadonlyMap<Finding, number>): Finding {
  const index = (finding: Finding) => indices.get(finding) ?? 0;
  return circle.reduce((first, other) => (index(other) < index(first) ? other : first));
}

/** The findings that could bring about one of a code, by that code. */
function possibleCauses(findings: Finding[]): Map<string, Causes> {
  const causes = new Map<string, Causes>();
  for (const [index, finding] of findings.entries()) {
    for (const code of explanationOf(finding.code)?.explains ?? []) {
      const known = causes.get(code) ?? new Causes();
      known.add(finding, index);
      causes.set(code, known);
    }
  }
  return causes;
}

interface Placed {
  finding: Finding;
  index: number;
}

/** Causes by the hosts that they reach, as nearly all reach one: in an outage of a large swarm there are thousands. */
class Causes {
  private readonly all: Placed[] = [];
  private readonly anywhere: Placed[] = [];
  private readonly byHost = new Map<string, Placed[]>();

  add(finding: Finding, index: number): void {
    const one = {finding, index};
    this.all.push(one);
    const hosts = new Set(scopesOf(finding).map(({host}) => host));
    for (const host of hosts) {
      const known = host === undefined ? this.anywhere : this.byHost.get(host);
      if (known) known.push(one);
      else this.byHost.set(host ?? '', [one]);
    }
  }

  /** The first that reaches a finding. */
  find(finding: Finding): Finding | undefined {
    const {host} = finding.at;
    const lists = host === undefined ? [this.all] : [this.byHost.get(host) ?? [], this.anywhere];
    const found = lists.flatMap(
      (list) => list.find((one) => one.finding !== finding && reaches(one.finding, finding)) ?? [],
    );
    return found.sort((a, b) => a.index - b.index)[0]?.finding;
  }
}

function scopesOf({reach, at}: Finding): Scope[] {
  return reach ?? [at];
}

/** Something worse than its cause stands by itself: folded, it would be read and counted as what covers it. */
function reaches(cause: Finding, consequence: Finding): boolean {
  if (severities.indexOf(cause.severity) > severities.indexOf(consequence.severity)) return false;
  return scopesOf(cause).some((scope) => covers(scope, consequence.at));
}

/**
 * Every key of the scope that the other has too must be equal, and there must be one: what has no place in common with
 * another is somewhere else, for all that is known.
 */
function covers(scope: Scope, other: Scope): boolean {
  const shared = (Object.keys(scope) as (keyof Scope)[]).filter((key) => other[key] !== undefined);
  return shared.length > 0 && shared.every((key) => other[key] === scope[key]);
}

function gatherAlike(findings: FoldedFinding[]): FoldedFinding[] {
  const groups = new Map<string, FoldedFinding[]>();
  for (const finding of findings) {
    const key = JSON.stringify([finding.code, finding.host, finding.network, finding.at.vtep ?? null]);
    const group = groups.get(key);
    if (group) group.push(finding);
    else groups.set(key, [finding]);
  }
  return [...groups.values()].flatMap((group) => {
    const [first, ...others] = [...group].sort(byWeight);
    if (!first || group.length <= mostAlike) return group;
    const alike = others.flatMap(({folded, ...finding}) => [{because: 'alike' as const, finding}, ...folded]);
    return [{...first, fix: joinFixes(first, others), folded: [...first.folded, ...alike]}];
  });
}

/**
 * What loses packets now comes first, also as a warning that counters have proven; of that what overlays carry before what
 * containers exchange with the outside; then errors by which none is lost yet; and a node that the swarm
 * has given up after whatever may be why, as the advice to it is to remove it.
 */
function rankOf({code, severity, basis}: FoldedFinding): number {
  if (severity === 'info') return 6;
  if (severity === 'warning') return basis === 'sample' ? 1 : 5;
  const loses = explanationOf(code)?.loses;
  if (loses !== undefined) return loses === 'outside' ? 2 : 4;
  return code === 'node-down' ? 3 : 0;
}

function byWeight(a: FoldedFinding, b: FoldedFinding): number {
  return (
    rankOf(a) - rankOf(b) ||
    b.folded.length - a.folded.length ||
    compare(a.code, b.code) ||
    compare(a.host ?? '', b.host ?? '') ||
    compare(a.network ?? '', b.network ?? '') ||
    compare(a.subject, b.subject)
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
