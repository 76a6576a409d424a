/** Finds the largest packet that passes, with few packets: the largest first, then halving. */

export type StepResult =
  /** Answered, and crossed in one piece as far as anybody looked. */
  | 'whole'
  /** Answered, and the outer packet crossed in fragments. */
  | 'pieces'
  | 'lost'
  /** Refused with "fragmentation needed", by the own kernel or a router. */
  | 'too-big';

export interface Step {
  /** Bytes of the inner IP packet. */
  size: number;
  result: StepResult;
  /** The MTU that was told with the refusal. */
  mtu?: number;
  /** The source's own kernel refused it, by a path MTU in its route cache: nothing was sent. */
  cached?: true;
}

export interface Ladder {
  steps: Step[];
  /** The size to try next; undefined when there is nothing left to find, or no packet left. */
  next(): number | undefined;
  add(step: Step): void;
}

export const mostSteps = 12;

/**
 * @param passes a size in bytes that is known to pass
 * @param mtu of the source's interface in bytes: the largest packet that can leave it whole
 */
export function ladder(passes: number, mtu: number, most = mostSteps): Ladder {
  const steps: Step[] = [];
  let low = passes;
  let high = mtu + 1;
  let told: number | undefined;
  return {
    steps,
    next() {
      if (steps.length >= most || high - low <= 1) return undefined;
      if (steps.length === 0) return mtu;
      if (told !== undefined && told > low && told < high) return told;
      return Math.floor((low + high) / 2);
    },
    add(step) {
      steps.push(step);
      if (step.result === 'whole') low = Math.max(low, step.size);
      else high = Math.min(high, step.size);
      told = step.mtu;
      // The own kernel refuses all that is larger, so that asking again would tell nothing.
      if (step.cached && step.mtu !== undefined) high = Math.min(high, Math.max(low, step.mtu) + 1);
    },
  };
}

export interface PathMtu {
  /** MTU of the source's interface. */
  interfaceMtu: number;
  /** The largest inner packet that was answered, in one piece or in several. */
  largestPassing: number;
  /** The largest one that crossed in one piece. */
  largestWhole: number;
  /** The smallest one that did not cross in one piece; null where all did. */
  smallestNot: number | null;
  /** Whether the two are neighbours, so that the limit is exact. */
  exact: boolean;
  sizes: Step[];
}

export function pathMtu(passes: number, mtu: number, steps: Step[]): PathMtu {
  const sizes = (results: StepResult[]) =>
    steps.filter(({result}) => results.includes(result)).map(({size}) => size);
  const largestWhole = Math.max(passes, ...sizes(['whole']));
  const not = sizes(['pieces', 'lost', 'too-big']);
  const refused = steps.flatMap((step) =>
    step.cached && step.mtu !== undefined && step.mtu >= largestWhole ? [step.mtu + 1] : [],
  );
  const smallestNot = not.length > 0 ? Math.min(...not, ...refused) : null;
  return {
    interfaceMtu: mtu,
    largestPassing: Math.max(largestWhole, ...sizes(['pieces'])),
    largestWhole,
    smallestNot,
    exact: smallestNot === null || smallestNot - largestWhole === 1,
    sizes: steps,
  };
}
