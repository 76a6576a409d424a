import {explanationOf} from './catalogue.js';
import {type Finding, type FoldedFinding, type Scope, severities} from './finding.js';

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
    const cause = possible.get(finding.code)?.find((other) => other !== finding && reaches(other, finding));
    if (cause) causeOf.set(finding, cause);
  }
  const roots = findings.filter((finding) => rootOf(finding, causeOf) === finding);
  const folded = new Map<Finding, FoldedFinding>(roots.map((finding) => [finding, {...finding, folded: []}]));
  for (const finding of findings) {
    const root = rootOf(finding, causeOf);
    if (root !== finding) folded.get(root)?.folded.push({because: 'follows', finding});
  }
  return gatherAlike([...folded.values()]).sort(byWeight);
}

/** The end of the chain of causes; of a circle, the member that is met first. */
function rootOf(finding: Finding, causeOf: Map<Finding, Finding>): Finding {
  const passed = [finding];
  for (let cause = causeOf.get(finding); cause; cause = causeOf.get(cause)) {
    if (passed.includes(cause)) return earliest(passed.slice(passed.indexOf(cause)), causeOf);
    passed.push(cause);
  }
  return passed.at(-1) ?? finding;
}

function earliest(circle: Finding[], causeOf: Map<Finding, Finding>): Finding {
  const order = [...causeOf.keys()];
  return circle.reduce((first, other) => (order.indexOf(other) < order.indexOf(first) ? other : first));
}

/** The findings that could bring about one of a code, by that code. */
function possibleCauses(findings: Finding[]): Map<string, Finding[]> {
  const causes = new Map<string, Finding[]>();
  for (const finding of findings) {
    for (const code of explanationOf(finding.code)?.explains ?? []) {
      const known = causes.get(code);
      if (known) known.push(finding);
      else causes.set(code, [finding]);
    }
  }
  return causes;
}

/** Something worse than its cause stands by itself: folded, it would be read and counted as what covers it. */
function reaches(cause: Finding, consequence: Finding): boolean {
  if (severities.indexOf(cause.severity) > severities.indexOf(consequence.severity)) return false;
  return (cause.reach ?? [cause.at]).some((scope) => covers(scope, consequence.at));
}

/**
 * Every key of the scope that the other has too must be equal. What is of one address covers nothing that it has no key in
 * common with: a finding of a whole host may be about any of thousands.
 */
function covers(scope: Scope, other: Scope): boolean {
  const shared = (Object.keys(scope) as (keyof Scope)[]).filter((key) => other[key] !== undefined);
  return (shared.length > 0 || scope.ip === undefined) && shared.every((key) => other[key] === scope[key]);
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
    return [{...first, folded: [...first.folded, ...alike]}];
  });
}

function byWeight(a: FoldedFinding, b: FoldedFinding): number {
  return (
    severities.indexOf(a.severity) - severities.indexOf(b.severity) ||
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
