import type {Finding} from './finding.js';

/** A finding that is known and accepted until a day: it is shown and counted, but not reported as one. */
export interface Acceptance {
  code: string;
  /** Only on the host of this name. */
  host?: string;
  /** Only on the network of this name. */
  network?: string;
  /** Why it is accepted. */
  reason: string;
  /** The last day on which it is: YYYY-MM-DD, UTC. */
  until: string;
}

/** The acceptance that a finding falls under. */
export function acceptanceOf(
  finding: Pick<Finding, 'code' | 'host' | 'network'>,
  acceptances: readonly Acceptance[],
): Acceptance | undefined {
  return acceptances.find(
    ({code, host, network}) =>
      code === finding.code &&
      (host === undefined || host === finding.host) &&
      (network === undefined || network === finding.network),
  );
}

/** Acceptances that hold on a day (YYYY-MM-DD), and those whose last day has passed. */
export interface Acceptances {
  held: readonly Acceptance[];
  ended: readonly Acceptance[];
}

export function acceptancesOn(today: string, all: readonly Acceptance[]): Acceptances {
  return {
    held: all.filter(({until}) => until >= today),
    ended: all.filter(({until}) => until < today),
  };
}
