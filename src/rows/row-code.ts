import type {CheckCode} from '../findings/catalogue.js';
import type {Verdict} from './fdb-judge.js';

/** The code by which trace and doctor name what is wrong with rows; undefined where nothing is known to be. */
export function rowCode({status, names}: Pick<Verdict, 'status' | 'names'>): CheckCode | undefined {
  switch (status) {
    case 'missing-fdb':
      return 'fdb-row-missing';
    case 'missing-neighbour':
      return 'neighbour-missing';
    case 'wrong-mac':
      return 'neighbour-wrong-mac';
    case 'learned-only':
      return 'fdb-learned-only';
    case 'wrong-vtep':
      return names === 'this-host' ? 'fdb-points-home' : 'fdb-wrong-vtep';
    case 'stale':
      if (names === 'local-endpoint') return 'fdb-local-as-remote';
      return names === 'this-host' ? 'fdb-points-home' : 'fdb-stale';
    default:
      return undefined;
  }
}
