import {defaultNetnsDir} from '../base/netns-dir.js';
import type {Remedy, Severity} from './severity.js';

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
  /** How to prove it by hand. */
  prove: readonly Remedy[];
  mend: readonly Remedy[];
  /** RFC sections, kernel or moby paths, issue threads. */
  references: readonly string[];
  /** Codes of findings that this one brings about: they are folded under it where it reaches them. */
  explains?: readonly Code[];
  /** Set on codes that only `trace` reports. */
  traceOnly?: true;
}

/** Said beside commands that name the engine's directory: here no host tells where its own is. */
export function directoryNote({prove, mend}: Explanation): string | undefined {
  return [...prove, ...mend].some(({command}) => command.includes(defaultNetnsDir))
    ? `${defaultNetnsDir} is the default directory of namespaces: an engine that was started with another --exec-root has it as netns under that. The commands that doctor and trace print name the host's own.`
    : undefined;
}
