/** Walks of a report: each hop is stored once, however many walks take it. */
import type {Step} from '../services/step.js';
import type {Disposition, Walk} from '../trace/disposition.js';
import {type Outcome, outcomeOf} from './outcome.js';
import type {PathDocument} from './trace.js';

/** A hop as a report shows it: the same as in `trace --json`. */
export type ReportHop = Step;

/** A walk both ways, its hops by their number among the hops of the report. */
export interface ReportWalk {
  /** As they are typed: with the host where several have a container of that name. */
  source: string;
  destination: string;
  network: string | null;
  /** The first line of `trace`. */
  verdict: string;
  disposition: Disposition;
  outcome: Outcome;
  forward: number[];
  reply: number[] | null;
}

export class WalkStore {
  readonly hops: ReportHop[] = [];
  readonly walks: ReportWalk[] = [];
  private readonly numbers = new Map<string, number>();

  /** The number of a walk between two ends, as they were typed. */
  add(
    {network, verdict, disposition, forward, reverse}: PathDocument,
    ends: Pick<ReportWalk, 'source' | 'destination'>,
  ): number {
    this.walks.push({
      ...ends,
      network,
      verdict,
      disposition,
      outcome: outcomeOf(disposition),
      forward: this.hopsOf(forward),
      reply: reverse && this.hopsOf(reverse),
    });
    return this.walks.length - 1;
  }

  hopsOf({hops}: Pick<Walk, 'hops'>): number[] {
    return hops.map((hop) => {
      const key = JSON.stringify(hop);
      const known = this.numbers.get(key);
      if (known !== undefined) return known;
      this.hops.push(hop);
      this.numbers.set(key, this.hops.length - 1);
      return this.hops.length - 1;
    });
  }
}
