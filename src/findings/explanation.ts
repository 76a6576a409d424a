import type {Remedy, Severity} from './finding.js';

/** The text behind a finding code: what `explain` prints, and what makes its page in docs/checks. */
export interface Explanation {
  code: string;
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
  prove: Remedy[];
  mend: Remedy[];
  /** RFC sections, kernel or moby paths, issue threads. */
  references: string[];
  /** Codes of findings that this one brings about: they are folded under it where it reaches them. */
  explains?: string[];
  /** Set on codes that only `trace` reports. */
  traceOnly?: true;
}
