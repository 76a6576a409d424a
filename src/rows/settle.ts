import type {FdbEntry} from './entry.js';
import {isFault} from './status.js';

/**
 * A fault is believed when two readings show it. The tables are read one after another while Docker changes
 * them, so a single reading can catch a state that never was.
 *
 * @param latest the entries of the newest reading
 * @param before those of the reading at least 3 s earlier
 */
export function settle(latest: FdbEntry[], before: FdbEntry[]): FdbEntry[] {
  const seen = new Set(before.filter(({status}) => isFault(status)).map(faultKey));
  return latest.map((entry) =>
    isFault(entry.status) && !seen.has(faultKey(entry))
      ? {
          ...entry,
          status: 'transient' as const,
          reason: `${entry.status} in the second of two readings only: ${entry.reason}`,
        }
      : entry,
  );
}

function faultKey({host, netns, vni, ip, mac, status}: FdbEntry): string {
  return [host, netns, vni, ip ?? mac, status].join(' ');
}
