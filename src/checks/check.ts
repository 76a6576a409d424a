import type {Part} from '../collect/wanted.js';
import type {CheckCode} from '../findings/catalogue.js';
import type {Finding, NetworkHealth, NotChecked} from '../findings/finding.js';
import type {KnownHost} from '../topology/known-host.js';

/**
 * One thing that `doctor` looks at.
 *
 * A check is pure and sees one host at a time, because a swarm of a thousand does not fit into memory: `perHost` reports
 * what one host's own tables prove, and boils the host down to a digest of plain data for `across`. A check that lacks
 * what it needs says so by `report.notChecked` and stays silent.
 */
export interface Check<Digest = unknown, Counters = unknown> {
  /** Its file's name. */
  name: string;
  /** Every finding code that it can report. */
  codes: readonly CheckCode[];
  /**
   * Parts of a reading that this check never looks at, so that a second look for what it found can do without them. None where
   * it isn't said.
   */
  ignores?: readonly Part[];
  /** What one host alone shows. The digest of all checks of a host together stays under 200 kB. */
  perHost?: (host: KnownHost, report: Report) => Digest | undefined;
  /** What the digests of all hosts show together; called with those of the hosts that gave one. */
  across?: (hosts: HostDigest<Digest>[], report: Report) => void;
  /** Lines of evidence that this check has about a finding of any check: an explanation, and no finding by itself. */
  explain?: (finding: Finding, hosts: HostDigest<Digest>[]) => string[];
  /**
   * Counters of one reading, to be compared with those of another: small, plain data with all that `sample` needs to
   * name things, because the readings come in any order and the model is gone by then.
   */
  counters?: (host: KnownHost) => Counters | undefined;
  /** What moved between the first and the last reading of one host. */
  sample?: (pair: CounterPair<Counters>, report: Report, hosts: HostDigest<Digest>[]) => void;
}

/** A host as `across` sees it: who it is, and what the check kept of it. */
export interface HostDigest<Digest> extends HostIdentity {
  digest: Digest;
}

export interface HostIdentity {
  /** Name as shown, distinct among the hosts that were read. */
  name: string;
  key: string;
  /** Its own VTEP, where that is known. */
  vtep?: string;
  /** When its reading began: ISO 8601. */
  startedAt: string;
}

export interface CounterPair<Counters> {
  host: HostIdentity;
  before: Counters;
  after: Counters;
  /** Between the two readings. */
  seconds: number;
}

/** What a check could not look at. */
export type Gap = Omit<NotChecked, 'checkName'>;

/** Where a check says what it saw. */
export interface Report {
  found: (finding: Finding) => void;
  notChecked: (gap: Gap) => void;
  /** Asks for a second reading of live hosts, where one can't tell whether something is wrong. */
  lookAgain: () => void;
  /** How the endpoints of a network came out; told by one check only. */
  health: (health: NetworkHealth) => void;
}

/** Gives a check its types; the registry holds them without. */
export function defineCheck<Digest = undefined, Counters = undefined>(check: Check<Digest, Counters>): Check {
  return check as unknown as Check;
}
