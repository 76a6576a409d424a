/** What `doctor` finds: facts that prove a fault, with what to do about it. */
import type {Advice} from './advice.js';
import type {CheckCode} from './catalogue.js';
import type {Severity} from './severity.js';

/** What a finding rests on. */
export type Basis =
  /** One host's own tables prove it. */
  | 'one-host'
  /** It was seen by holding the evidence of several hosts side by side. */
  | 'several-hosts'
  /** Counters moved between two readings of one host. */
  | 'sample';

/** Where something is, as far as it matters; of keys that are absent it may be anywhere. */
export interface Scope {
  /** Name of the host. */
  host?: string;
  /** Full id of the network. */
  networkId?: string;
  /** File name of the namespace, `@host` for dockerd's own. */
  netns?: string;
  device?: string;
  vtep?: string;
  address?: string;
}

export interface Finding extends Advice {
  /** Stable kebab-case word; each has an explanation in `catalogue`. */
  code: CheckCode;
  severity: Severity;
  /** Host where it is, null where it is between hosts or of the swarm. */
  host: string | null;
  /** Name of the network, null where it is the host's. */
  network: string | null;
  /** What is at fault: an endpoint, a device, a port, a node. Together with code, host and network it is the finding's identity. */
  subject: string;
  /** The very rows, rules, counters or answers, as the source printed them. */
  evidence: string[];
  cause: string;
  /** Set where it may still go by itself: the change is younger than a swarm may take to settle. */
  converging?: {secondsLeft: number; ceilingSeconds: number};
  basis: Basis;
  /** Where it is, for folding what follows from it under it. */
  at: Scope;
  /** Where its consequences show, if not just where it is itself. */
  reach?: Scope[];
}

/** A finding with those that follow from it or are like it. */
export interface FoldedFinding extends Finding {
  folded: {because: 'follows' | 'alike'; finding: Finding}[];
}

/** Something that a check could not look at, and what would show it. */
export interface NotChecked {
  /** Name of the check. */
  checkName: string;
  host: string | null;
  network: string | null;
  /** What was not looked at, and why. */
  reason: string;
  /** What to add or type so that it can be. */
  add: string;
}

/** How the endpoints of one network came out. */
export interface NetworkHealth {
  network: string;
  networkId: string;
  /** Hosts that were read and have a sandbox of it. */
  hostCount: number;
  /** Endpoints that any source names. */
  endpointCount: number;
  /** Those whose rows were compared on at least one host. */
  checked: number;
  /** Those without a finding, confirmed wherever they were compared. */
  healthy: number;
  /** Those that no source could decide. */
  unknown: number;
}

/** What tells two findings apart, over two readings of the same hosts. */
export function findingKey({code, host, network, subject}: Finding): string {
  return JSON.stringify([code, host, network, subject]);
}
