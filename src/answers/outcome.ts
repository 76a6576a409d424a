import type {Disposition} from '../trace/disposition.js';

/** What a disposition comes to: as far as can be known it arrives, nothing decides, or it is proven not to arrive. */
export type Outcome = 'passes' | 'open' | 'fails';

const passing: ReadonlySet<Disposition> = new Set(['delivered', 'deliverable', 'sent-outside']);
const open: ReadonlySet<Disposition> = new Set(['sent-receiver-unknown', 'undecided', 'not-on-this-host']);

export function outcomeOf(disposition: Disposition): Outcome {
  if (passing.has(disposition)) return 'passes';
  return open.has(disposition) ? 'open' : 'fails';
}
