import type {Walk} from '../../src/trace/disposition.js';
import type {Naming} from '../../src/trace/naming.js';

/** Where a walk ends, as the table of faults writes it: `node layer code`, `? node layer`, or null. */
export function named(walk: Walk | null): string | null {
  const failing = walk?.hops.find(({verdict}) => verdict === 'fail');
  if (failing) return `${failing.host} ${failing.layer} ${failing.code}`;
  // What is only noted leaves the walk decided.
  if (walk?.disposition !== 'undecided') return null;
  const doubtful = walk.hops.find(({verdict, layer}) => verdict === 'unknown' && layer !== 'underlay');
  return doubtful ? `? ${doubtful.host} ${doubtful.layer}` : null;
}

/** What stands against a name; undefined where nothing does. */
export function nameCode(naming: Naming | undefined): string | undefined {
  return naming?.hops.find(({verdict}) => verdict === 'fail')?.code;
}

const passes = new Set(['delivered', 'deliverable', 'limited']);
const loses = new Set(['dropped', 'unreachable', 'isolated']);

/** Whether a walk says something that the kernel did not do. What it leaves open is no lie. */
export function lies({disposition}: Walk, arrived: boolean, unseen = false): boolean {
  if (unseen) return disposition === 'delivered' || loses.has(disposition);
  return (passes.has(disposition) && !arrived) || (loses.has(disposition) && arrived);
}
