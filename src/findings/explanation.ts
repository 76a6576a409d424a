import {defaultNetnsDir} from '../base/netns-dir.js';
import type {CheckStep} from './advice.js';
import type {Severity} from './severity.js';

/** What fixes it in general: a command without the values of a host, or who does what. */
export type FixText = {command: string; affects: string} | {words: string};

/** The fix of a recorded fault, as `doctor` printed it. */
export interface FixExample {
  /** Folder of the recording in the repository. */
  from: string;
  host: string;
  commands: readonly string[];
  undo?: readonly string[];
  affects: string;
  /** Values of that host, to be replaced by those that `doctor` prints. */
  replace: readonly string[];
}

/** The text behind a finding code: what `explain` prints, and what makes its page in docs/checks. */
export interface Explanation<Code extends string = string> {
  code: Code;
  /** One line: what is wrong. */
  title: string;
  /** As `doctor` reports it; some findings are milder where less is proven. */
  severity: Severity;
  /** What it takes to see it: one host, several hosts, a sample over time, a manager. */
  needs: 'one host' | 'several hosts' | 'a sample over time' | 'a manager';
  /** What it means, and what people notice. */
  meaning: string;
  /** What the kernel or the engine does then. */
  behaviour: string;
  /** How to see it by hand; words in capitals stand for what doctor and trace print. */
  check: readonly CheckStep[];
  fix: readonly FixText[];
  /** The fix of a recorded fault with its real values, where there is one. */
  example?: FixExample;
  /** RFC sections, kernel or moby paths, issue threads. */
  references: readonly string[];
  /** Codes of findings that this one brings about: they are folded under it where it reaches them. */
  explains?: readonly Code[];
  /** Of those, codes whose fix belongs to this one's own: what was lost with it does not come back by itself. */
  restores?: readonly Code[];
  /** Set on errors by which no packet is lost now, or only what containers exchange with the outside: others come before them. */
  loses?: 'nothing' | 'outside';
  /** Set on codes that only `trace` reports. */
  traceOnly?: true;
}

/** Said beside commands that name the engine's directory: here no host tells where its own is. */
export function directoryNote({check, fix}: Explanation): string | undefined {
  const commands = [...check, ...fix].map((one) => ('command' in one ? one.command : ''));
  return commands.some((command) => command.includes(defaultNetnsDir))
    ? `${defaultNetnsDir} is the default directory of namespaces: an engine that was started with another --exec-root has it as netns under that. The commands that doctor and trace print name the host's own.`
    : undefined;
}
