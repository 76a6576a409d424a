import type {Finding} from './finding.js';

/** Seconds within which a swarm settles after a change, by what it is (moby swarm-networking.md, 11.2, where nothing else is said). */
export const ceilings = {
  /** An address elsewhere, a task that was replaced, the tasks that gossip lists. */
  reassignment: 300,
  /** Both sides list and reach each other again. */
  heal: 180,
  /** A node that failed leaves the peers of all others. */
  failure: 120,
  /** A manager gives a network its subnet, and a task its addresses. */
  allocation: 30,
  /** An engine that starts has given the ingress sandbox all of its interfaces and routes (no source: seen to take up to 14 s on a loaded host). */
  ingressSandbox: 30,
} as const;

/**
 * A finding about something that changed so recently that the swarm may still settle: then it is told as that, with the time
 * that is left. The age must come from a timestamp in the evidence; without one the finding stays as it is.
 *
 * @param ageSeconds from the change to the reading
 */
export function unlessOverdue(
  finding: Finding,
  kind: keyof typeof ceilings,
  ageSeconds: number | undefined,
): Finding {
  const ceilingSeconds = ceilings[kind];
  if (ageSeconds === undefined || !(ageSeconds <= ceilingSeconds)) return finding;
  const secondsLeft = Math.ceil(ceilingSeconds - Math.max(0, ageSeconds));
  return {
    ...finding,
    severity: 'info',
    cause: `converging, ${secondsLeft} s of at most ${ceilingSeconds} s left: ${finding.cause}`,
    converging: {secondsLeft, ceilingSeconds},
  };
}
