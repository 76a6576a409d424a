/** What was found of each row of the contract of Swarm networking. */
import type {Check} from '../checks/check.js';
import {explanationOf, type FindingCode} from '../findings/catalogue.js';
import {contract} from '../findings/contract/contract.js';
import type {ContractRow, Tier} from '../findings/contract/row.js';
import type {Finding, NotChecked} from '../findings/finding.js';

export type RowState =
  /** All checks of it ran and found nothing. */
  | 'held'
  | 'broken'
  /** A check of it could not run; `reason` says what would make it. */
  | 'not-visible'
  | 'needs-probe'
  /** It can't be judged; `reason` says why. */
  | 'not-judged';

/** One row, in the names of `doctor --json`. */
export interface ContractState {
  id: string;
  section: string;
  tier: Tier;
  text: string;
  state: RowState;
  /** Of the findings that prove a breach. */
  codes: string[];
  /** What proves the breach; empty where there is none. */
  evidence: string[];
  /** What is missing, or why it can't be judged; null where it was. */
  reason: string | null;
  /** What its checks do not look at; null where they look at all of it. */
  partly: string | null;
}

/** What was read and found, as far as rows depend on it. */
export interface Grounds {
  findings: readonly Finding[];
  notChecked: readonly NotChecked[];
  checks: readonly Pick<Check, 'name' | 'codes'>[];
  /** How many hosts were read, how many of them listed the swarm, and of how many counters were compared. */
  hosts: number;
  managers: number;
  samples: number;
}

export function contractStates(grounds: Grounds): ContractState[] {
  const missing = missingBy(grounds);
  return contract.flatMap(({title, rows}) =>
    rows.map((row): ContractState => {
      const {id, tier, text, judged} = row;
      return {
        id,
        section: title,
        tier,
        text,
        codes: 'codes' in judged ? [...judged.codes] : [],
        partly: 'partly' in judged ? (judged.partly ?? null) : null,
        ...stateOf(row, grounds, missing),
      };
    }),
  );
}

type Missing = (code: FindingCode) => string | undefined;

function stateOf(
  {judged}: ContractRow,
  {findings}: Grounds,
  missing: Missing,
): Pick<ContractState, 'state' | 'evidence' | 'reason'> {
  if (judged.by === 'probe') return {state: 'needs-probe', evidence: [], reason: null};
  if (judged.by === 'none') return {state: 'not-judged', evidence: [], reason: judged.why};
  // What may still settle within its time breaks nothing yet.
  const broken = findings.filter(({code, converging}) => !converging && judged.codes.includes(code));
  if (broken.length > 0) return {state: 'broken', evidence: evidenceOf(broken), reason: null};
  const [reason] = judged.codes.flatMap((code) => missing(code) ?? []);
  if (reason !== undefined) return {state: 'not-visible', evidence: [], reason};
  return {state: 'held', evidence: [], reason: null};
}

const mostEvidence = 5;

function evidenceOf(findings: readonly Finding[]): string[] {
  return findings
    .slice(0, mostEvidence)
    .map(({code, host, network, subject}) =>
      [code, [host, network].filter((one) => one !== null).join(' '), subject].filter(Boolean).join(': '),
    );
}

/** What keeps the check of a code from seeing it; undefined where it ran. */
function missingBy({notChecked, checks, hosts, managers, samples}: Grounds): Missing {
  const gaps = new Map(notChecked.map((gap) => [gap.checkName, gap]));
  return (code) => {
    const needs = explanationOf(code)?.needs;
    if (hosts === 0) return 'read a host';
    if (needs === 'several hosts' && hosts < 2) return 'read more hosts: -H ssh://root@NODE, or --swarm';
    if (needs === 'a manager' && managers === 0) return 'read a manager too';
    if (needs === 'a sample over time' && samples === 0) return 'compare counters: --for 10s';
    const check = checks.find(({codes}) => (codes as readonly string[]).includes(code));
    const gap = gaps.get(check?.name ?? '');
    return gap && `${gap.reason}; ${gap.add}`;
  };
}
