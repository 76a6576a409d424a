/** What `trace` advises: what `doctor` says of the hop that fails, from the same hosts. */
import type {Advice} from '../findings/advice.js';
import {explanationOf} from '../findings/catalogue.js';
import type {Finding, FoldedFinding} from '../findings/finding.js';
import {foldFindings} from '../findings/fold.js';
import type {HostModel} from '../model/host.js';
import type {Step} from '../services/step.js';
import {cautioned} from './caution.js';

/** The check and fix of the finding that is the hop's; nothing where no check of `doctor` finds it. */
export async function traceAdvice(
  hosts: readonly HostModel[],
  hop: Step | undefined,
): Promise<Partial<Advice>> {
  if (hop?.verdict !== 'fail' || hop.code === undefined || explanationOf(hop.code)?.traceOnly) return {};
  const [{checks}, {Examiner}] = await Promise.all([
    import('../checks/registry.js'),
    import('../checks/run.js'),
  ]);
  const wanted = checks.filter(({codes}) => codes.some((code) => code === hop.code));
  // What its fix restores beside it is found by the checks of entries.
  const restoring = checks.filter(({name}) => name === 'fdb-rows');
  const examiner = new Examiner([...new Set([...wanted, ...restoring])]);
  for (const host of hosts) examiner.add(host);
  const own = findingOf(foldFindings(examiner.end().findings), hop);
  if (!own) return {};
  const {check, fix} = cautioned(own, hosts);
  return {check, fix};
}

function findingOf(findings: readonly FoldedFinding[], hop: Step): Finding | undefined {
  const all = findings.flatMap((one): Finding[] => [one, ...one.folded.map(({finding}) => finding)]);
  const alike = all.filter(({code, host}) => code === hop.code && (host === null || host === hop.host));
  const [only, ...more] = alike;
  if (more.length === 0) return only;
  const text = [hop.summary, hop.cause ?? '', ...hop.evidence].join('\n');
  const named = alike.filter(
    ({at, evidence}) =>
      (at.address !== undefined && text.includes(at.address)) ||
      (at.device !== undefined && at.device === hop.device) ||
      evidence.some((line) => hop.evidence.some((row) => line.endsWith(row))),
  );
  return named.length === 1 ? named[0] : undefined;
}
