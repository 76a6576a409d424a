/** What to type about a finding: how to see it by hand, and what mends it. Nothing of it is ever run. */

/** A command that only reads. */
export interface CheckStep {
  command: string;
  /** What to look for in its output, or where to type it, where that is not plain. */
  shows?: string;
}

/** What mends a fault. */
export type Fix =
  /** A block to be typed as it stands by root on a host. */
  | {
      by: 'commands';
      /** Name of the host, where it is not the finding's own. */
      host?: string;
      commands: string[];
      /** What takes it back, where it changes rules. */
      undo?: string[];
      /** What else it changes or interrupts. */
      affects: string;
    }
  /** It is done elsewhere than on a host of the swarm. */
  | {by: 'others'; who: string; what: string}
  /** The evidence does not say what would. */
  | {by: 'unknown'; why: string};

/** Both of a finding. */
export interface Advice {
  check: CheckStep[];
  fix: Fix;
}

/** A command and what it touches, `nothing` where it only looks. */
export interface Remedy {
  command: string;
  touches: string;
}

/** Lists of commands of which some only look, parted: the first of the others is the fix. */
export function advised(remedies: readonly Remedy[]): Advice {
  const check = remedies.flatMap(({command, touches}) => {
    const shows = /^nothing\b[ ;:(]*(.*?)\)?$/.exec(touches)?.[1];
    return shows === undefined ? [] : [{command, ...(shows === '' ? {} : {shows})}];
  });
  const first = remedies.find(({touches}) => !touches.startsWith('nothing'));
  return {
    check,
    fix: first
      ? {by: 'commands', commands: [first.command], affects: first.touches}
      : {by: 'unknown', why: 'what the check shows decides'},
  };
}
