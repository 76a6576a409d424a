/** What to type about a finding: how to see it by hand, and what fixes it. Nothing of it is ever run. */

import {type Command, named, sh} from '../base/command.js';

/** A command that only reads. */
export interface CheckStep {
  command: string;
  /** What to look for in its output, or where to type it, where that is not plain. */
  shows?: string;
}

/** What fixes a fault. */
export type Fix =
  /** A block to be typed as it stands by root on a host. */
  | {
      by: 'commands';
      /** Name of the host, where it is not the finding's own. */
      host?: string;
      commands: string[];
      /** What takes it back, where it changes rules or settings. */
      undo?: string[];
      /** What else it changes or interrupts. */
      affects: string;
      /** Why it must not be typed: the evidence is redacted, or old. */
      beware?: string;
    }
  /** It is done elsewhere than on a host of the swarm. */
  | {by: 'others'; who: string; what: string}
  /** The evidence does not say what would. */
  | {by: 'unknown'; reason: string};

/** Both of a finding. */
export interface Advice {
  check: CheckStep[];
  fix: Fix;
}

/** A read-only command; none where a value of the evidence spoils it. */
export function look(command: Command, shows?: string): CheckStep[] {
  if (command.problem !== undefined) return [];
  return [{command: command.text, ...(shows === undefined ? {} : {shows})}];
}

/** A block to be typed; words where a value of the evidence spoils a line of it. */
export function fixBy({
  commands,
  undo = [],
  affects,
  host,
}: {
  commands: readonly Command[];
  undo?: readonly Command[];
  affects: string;
  host?: string;
}): Fix {
  const problem = [...commands, ...undo].find((one) => one.problem !== undefined)?.problem;
  if (problem !== undefined) return {by: 'unknown', reason: `not known: ${problem}`};
  const text = (one: Command) => one.text;
  return {
    by: 'commands',
    ...(host === undefined ? {} : {host}),
    commands: commands.map(text),
    ...(undo.length > 0 ? {undo: undo.map(text)} : {}),
    affects,
  };
}

/** Where commands of services and nodes are typed: workers refuse them. */
export const anyManager = 'a manager of the swarm';

/** Replaces the tasks of a service, which brings all that belongs to them again. `affects`: what that is, after its tasks. */
export function renewService(service: string, affects: string): Fix {
  return fixBy({
    commands: [sh`docker service update --force ${named(service)}`],
    host: anyManager,
    affects: `the tasks of ${service}, ${affects}`,
  });
}

/** Only somebody else can fix it. */
export function fixByOthers(who: string, what: string): Fix {
  return {by: 'others', who, what};
}

/** Nothing in the evidence says what would fix it. */
export function noFix(reason: string): Fix {
  return {by: 'unknown', reason};
}

/** What has a fix, on a host. */
type Fixable = {fix: Fix; host: string | null};

/** The fix of a finding and those of others that are on the same host, as one block. */
export function joinFixes({fix, host}: Fixable, others: readonly Fixable[]): Fix {
  if (fix.by !== 'commands') return fix;
  const on = fix.host ?? host;
  const same = others.flatMap((other) =>
    other.fix.by === 'commands' && (other.fix.host ?? other.host) === on ? [other.fix] : [],
  );
  const together = (lists: readonly (readonly string[])[]) => [...new Set(lists.flat())];
  const undo = together([fix.undo ?? [], ...same.map((one) => one.undo ?? [])]);
  return {
    ...fix,
    commands: together([fix.commands, ...same.map(({commands}) => commands)]),
    ...(undo.length > 0 ? {undo} : {}),
  };
}
